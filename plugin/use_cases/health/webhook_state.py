"""Whether our webhook is registered in Jira: asked now and then, kept in the store, because a page must not wait for Jira."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.jira.http.errors import AuthFailure, JiraError, JiraRefusal
from connectors.jira.webhooks.app_webhooks import TOLD
from connectors.jira.webhooks.registration import EVENTS, RegisteredWebhook
from connectors.store.mappings import revisions
from connectors.store.sites import app_webhooks, webhook_states
from connectors.store.sites.webhook_states import WebhookAnswer
from mappings.document.schema import Document
from mappings.document.text.source import read_document
from mappings.write_back.targets import WRITE_TARGETS
from plugin.next_steps import BRING_UP_WEBHOOK, Door, NextStep
from plugin.runtime.connector import Connector, Refusal, Site

COMMENTS = ("comment_created", "comment_updated", "comment_deleted")
"""What tells of check-ins by comment, where the mapping asks for check-ins."""
_WORDS = ("check_ins", *(target.option for target in WRITE_TARGETS if target.events))
NEEDED = EVENTS[:5]
"""Without these a number stays wrong until the next resync; sprints and versions change seldom, and many sites have none."""


@dataclass(frozen=True, slots=True)
class WebhookState:
    """What Jira said: `registered` None where our account may not ask (only administrators may).

    `events` are those that Jira delivers, None where that was not kept; `lacking` those that it ought to deliver besides.
    `filters` are the JQL filters of ours: what leaves one leaves without a word. `expires`: until when it lives that an app keeps alive.
    """

    registered: bool | None
    enabled: bool
    at: datetime
    events: tuple[str, ...] | None = None
    lacking: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    expires: datetime | None = None

    @property
    def remedy(self) -> str:
        """What to do about the events that are lacking; empty where none is."""
        if not self.lacking:
            return ""
        return f"Tick {', '.join(self.lacking)} in Jira, System > WebHooks. {BRING_UP_WEBHOOK.at(Door.PAGE)}"


@dataclass(frozen=True, slots=True)
class WebhookLapse:
    """The webhook of an app that is over, is about to be, or is refused: in a sentence, and what to do."""

    sentence: str
    remedy: str
    step: NextStep | None = None


LAPSES = timedelta(days=7)
"""With so little time left it has not been refreshed for more than two weeks."""
AGAIN = "Mend that and wait an hour."


def lapse(conn: Connection, site: str, now: datetime) -> WebhookLapse | None:
    """None where nobody asked for the webhook of an app, or where it lives."""
    asked = app_webhooks.get(conn, site)
    if asked is None:
        return None
    if asked.fault:
        said = f"The webhook cannot be kept alive: {asked.fault}"
        if asked.remedy:
            return WebhookLapse(said, asked.remedy)
        return WebhookLapse(said, AGAIN, BRING_UP_WEBHOOK)
    answer = webhook_states.get(conn, site)
    until = None if answer is None else answer.expires
    if until is None or until - now > LAPSES:
        return None
    ended = "ended" if until <= now else "ends"
    return WebhookLapse(
        f"The webhook {ended} on {until:%Y-%m-%d %H:%M} UTC: it was not refreshed for weeks.",
        "Start the server, or a worker, which refresh it each hour.",
        BRING_UP_WEBHOOK,
    )


def in_jira(site: Site) -> tuple[RegisteredWebhook, ...]:
    """The webhooks that our account may see: those of the app, or those of administrators. Raises JiraError."""
    return site.jira.app_webhooks() if site.app_secret else site.jira.webhooks()


def look(connector: Connector, site: str) -> WebhookState | None:
    """Ask Jira for a webhook that leads to this site; None, and nothing kept, where it does not answer."""
    try:
        found = in_jira(connector.site(site))
    except (AuthFailure, JiraRefusal):
        return _keep(connector, site, WebhookAnswer(None, False, connector.clock()))
    except JiraError:
        return None
    return keep_answer(connector, site, found)


def keep_answer(connector: Connector, site: str, found: Sequence[RegisteredWebhook]) -> WebhookState:
    """Keep what Jira said about all its webhooks."""
    ours = [hook for hook in found if is_ours(hook, site)]
    events = {event for hook in ours if hook.enabled for event in hook.events}
    enabled = any(hook.enabled for hook in ours)
    expires = max((hook.expires for hook in ours if hook.expires is not None), default=None)
    # those of an app have a filter always, which names all projects
    lasting = (hook.jql for hook in ours if hook.enabled and hook.expires is None)
    filters = tuple(sorted({jql for jql in lasting if jql.strip()}))
    answer = WebhookAnswer(
        registered=bool(ours),
        enabled=enabled,
        at=connector.clock(),
        events=tuple(sorted(events)),
        filters=filters,
        expires=expires,
    )
    return _keep(connector, site, answer)


def last_answer(conn: Connection, site: str) -> WebhookState | None:
    """What Jira said when it was asked last, held against the mapping that is active now."""
    answer = webhook_states.get(conn, site)
    return None if answer is None else _held_against(conn, site, answer)


def _held_against(conn: Connection, site: str, answer: WebhookAnswer) -> WebhookState:
    state = WebhookState(
        answer.registered,
        answer.enabled,
        answer.at,
        answer.events,
        filters=answer.filters,
        expires=answer.expires,
    )
    if not state.enabled or state.events is None:
        return state
    wanted = (*NEEDED, *_events_of_active(conn, site))
    if state.expires is not None:
        wanted = tuple(event for event in wanted if event in TOLD)
    return replace(state, lacking=tuple(event for event in wanted if event not in state.events))


def is_ours(hook: RegisteredWebhook, site: str) -> bool:
    """Whether it leads to this site of a connector."""
    path = f"/webhooks/jira/{site}"
    return hook.url.rstrip("/").endswith(path) or f"{path}/" in hook.url


def events_besides(connector: Connector, site: str) -> tuple[str, ...]:
    """The events that the webhook has to tell of besides, because the active mapping writes, or reads, something that they tell of."""
    try:
        return _events_of(connector.context(site).mapping.document)
    except Refusal:
        return ()


def _events_of_active(conn: Connection, site: str) -> tuple[str, ...]:
    """The same by the stored document alone, which need not be bound for it."""
    active = revisions.active(conn, site)
    if active is None or not any(word in active.text for word in _WORDS):
        return ()
    return _events_of(read_document(active.text).require())


def _events_of(document: Document) -> tuple[str, ...]:
    written = (target for target in WRITE_TARGETS if any(map(target.is_written, document.write_back)))
    read = () if document.check_ins is None else COMMENTS
    return (*(event for target in written for event in target.events), *read)


def _keep(connector: Connector, site: str, answer: WebhookAnswer) -> WebhookState:
    with connector.store.write() as conn:
        webhook_states.put(conn, site, answer)
        return _held_against(conn, site, answer)
