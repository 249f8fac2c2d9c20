"""The webhook that an OAuth 2.0 app registers for itself: made as it should be, kept alive by the clock, and made anew where it was lost."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from connectors.jira.http.errors import JiraError, JiraRefusal
from connectors.jira.webhooks.app_webhooks import AppWebhookWish, care, wish
from connectors.jira.webhooks.registration import RegisteredWebhook
from connectors.store.people.audit import note
from connectors.store.sites import app_webhooks
from plugin.next_steps import REGISTER_WEBHOOK
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.resync.watermark import want_full_read
from plugin.use_cases.health.webhook_state import events_besides, is_ours, keep_answer

ITSELF = "the connector"


def make(connector: Connector, site: str) -> tuple[RegisteredWebhook, bool]:
    """Make what was asked for so in Jira: the webhook, and whether none of ours was there. Twice makes one. Raises JiraError, Refusal."""
    jira, wished = connector.site(site).jira, _wished(connector, site)
    found = _ours(jira.app_webhooks(), site, wished.url)
    todo = care(wished, found, connector.clock())
    elsewhere = [one.id for one in found if one.id in todo.remove and one.url != wished.url]
    if elsewhere:
        # an app may have one address alone, so the new one has to wait for this
        jira.delete_app_webhooks(elsewhere)
    if todo.register:
        jira.register_app_webhook(wished)
    if todo.refresh is not None:
        jira.refresh_app_webhooks([todo.refresh])
    stale = [one for one in todo.remove if one not in elsewhere]
    if stale:
        # not before its successor is there: an event in between would be told by nobody
        jira.delete_app_webhooks(stale)
    there = jira.app_webhooks()
    twins = care(wished, _ours(there, site, wished.url), connector.clock()).remove if todo.register else ()
    if twins:
        # another process registered one at the same time, and keeps the same one
        jira.delete_app_webhooks(twins)
        there = tuple(one for one in there if one.id not in twins)
    keep_answer(connector, site, there)
    made = next((one for one in there if (one.url, one.jql) == (wished.url, wished.jql)), None)
    if made is None:
        raise JiraRefusal(200, ("Jira took the webhook, and does not list it.",))
    with connector.store.write() as conn:
        app_webhooks.note(conn, site)
    return made, todo.register and not todo.remove


def keep_alive(connector: Connector, site: str) -> None:
    """By the clock: refresh it in good time, and register it anew where it is gone, for then it is not known what was told to nobody.

    What Jira refuses is kept, to be shown; what is no answer of Jira's own is raised, and tried again soon.
    """
    with connector.store.read() as conn:
        asked = app_webhooks.get(conn, site)
    if asked is None:
        return
    try:
        made, lost = make(connector, site)
    except (JiraRefusal, Refusal) as refused:
        remedy = refused.remedy if isinstance(refused, JiraError) else ""
        with connector.store.write() as conn:
            app_webhooks.note(
                conn, site, refused.message if isinstance(refused, JiraError) else str(refused), remedy
            )
        return
    if lost:
        with connector.store.write() as conn:
            note(conn, ITSELF, "webhook registered again", connector.clock(), {"webhook": made.id}, site)
        with suppress(Refusal):
            want_full_read(connector.context(site))


def withdraw(connector: Connector, site: str) -> bool:
    """The site is to be removed: its webhook would call in vain for a month, and an app may have one address alone.

    False where there is none of an app, and where Jira refuses or does not answer: then it stays there until it is over.
    """
    with connector.store.read() as conn:
        asked = app_webhooks.get(conn, site)
    if asked is None or not connector.signs_in_by_app(site):
        return False
    jira = connector.site(site).jira
    try:
        ours = [one.id for one in _ours(jira.app_webhooks(), site, asked.address)]
        if ours:
            jira.delete_app_webhooks(ours)
    except (JiraError, Refusal):
        return False
    return True


def _ours(found: Iterable[RegisteredWebhook], site: str, address: str) -> list[RegisteredWebhook]:
    """Those that lead to this site, and that at the address which was asked for, wherever that leads."""
    return [one for one in found if one.url == address or is_ours(one, site)]


def _wished(connector: Connector, site: str) -> AppWebhookWish:
    with connector.store.read() as conn:
        asked = app_webhooks.get(conn, site)
    if asked is None:
        raise Refusal(f"Nobody asked for a webhook of {site}.", step=REGISTER_WEBHOOK)
    projects = [one.id for one in connector.catalogue(site).projects]
    if not projects:
        raise Refusal(
            "The Jira user who allowed the app sees no project, so Jira has nothing to tell of. Give it the permission Browse projects."
        )
    return wish(asked.address, projects, events_besides(connector, site))
