"""The webhook by which Jira tells of changes: registered, listed and deleted by an account that may administer Jira."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from connectors.jira.webhooks.app_webhooks import TOLD
from connectors.jira.webhooks.registration import EVENTS, RegisteredWebhook
from connectors.jira.webhooks.signature import HEADER, static_secret
from connectors.store.people.audit import note
from connectors.store.sites import app_webhooks
from connectors.store.sites import sites as saved_sites
from connectors.store.work import inbox
from connectors.store.work.inbox import Delivery
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.next_steps import ANOTHER_SECRET, SECRET_OF_SETTINGS, WEBHOOKS
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import deployment_of, webhook_address
from plugin.use_cases.health import webhook_state
from plugin.use_cases.health.webhook_state import (
    WebhookState,
    events_besides,
    in_jira,
    is_ours,
    keep_answer,
    look,
)
from plugin.use_cases.permission import ADMIN, VIEWER, act, question
from plugin.use_cases.sites import app_webhook

__all__ = [
    "HEADER",
    "RegisteredWebhook",
    "ShownSecret",
    "Target",
    "WebhookState",
    "delete",
    "in_jira_when_asked_last",
    "last_delivery",
    "list_webhooks",
    "register",
    "show_secret",
    "target",
]


SecretState = Literal["none", "setting", "unshown", "shown"]
"""Whether a site has a webhook secret: one of the settings, which operators have, or one of ours, and whether somebody has seen that."""

SHOWN_AT = "secret_shown_at"
"""The setting of a kept site that says when its secret was shown."""

NAME = "OKR connector"
"""What a webhook of ours is called in Jira, unless it is there by another name or somebody gives one."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to type into Jira's webhook form, but for the secret: `show_secret` gives that, once.

    `by_app`: nobody has to type anything, for the app registers its webhook itself.
    """

    address: str
    secret: SecretState
    deployment: str
    besides: tuple[str, ...]
    shown_at: datetime | None = None
    by_app: bool = False

    @property
    def by_hand(self) -> bool:
        """Whether what others send could be believed: not where the app alone proves what comes."""
        return not self.by_app or self.signed

    @property
    def signed(self) -> bool:
        """Whether there is a secret to sign with."""
        return self.secret != "none"  # noqa: S105 - a state

    @property
    def events(self) -> tuple[str, ...]:
        """All that it has to tell of, by the names that Jira's API has for them."""
        every = (*EVENTS, *self.besides)
        return tuple(event for event in every if event in TOLD) if self.by_app else every


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """What Jira signs with, and what rules of Jira Automation, which cannot sign, send as `header`.

    Whoever has them can send deliveries: keep them as you keep a password.
    """

    secret: str = field(repr=False)
    header: str = field(repr=False)


@question(ADMIN)
def target(connector: Connector, _actor: Actor, site: str) -> Target:
    """Where Jira has to deliver to, whether it signs, and which events it has to tell of besides the usual ones."""
    known, deployment = connector.site(site), deployment_of(connector, site)
    state, shown_at = _secret_state(connector, known)
    return Target(
        address=webhook_address(connector, known, deployment),
        secret=state,
        deployment=deployment,
        besides=events_besides(connector, site),
        shown_at=shown_at,
        by_app=known.app_secret is not None,
    )


@act(ADMIN)
def show_secret(connector: Connector, actor: Actor, site: str) -> ShownSecret:
    """The webhook secret, once; who needs it again makes another. That it was shown is noted.

    Refusal where there is none, where it was shown, and where it stands in the settings, which operators alone read.
    """
    known, now = connector.site(site), connector.clock()
    if not known.webhook_secret:
        raise Refusal(f"The site {site} has no webhook secret: there is nothing to show.")
    with connector.store.write() as conn:
        saved = None if _is_of_settings(connector, site) else saved_sites.to_change(conn, site)
        if saved is None:
            if actor != COMMAND_LINE:
                raise Refusal(
                    "The secret stands in the settings (JIRA_OKR_JIRA__WEBHOOK_SECRET), which operators alone read.",
                    step=SECRET_OF_SETTINGS,
                )
            secret = known.webhook_secret
        else:
            shown = str(saved.settings.get(SHOWN_AT) or "")
            if shown:
                raise Refusal(
                    f"The secret was shown on {datetime.fromisoformat(shown):%Y-%m-%d %H:%M} UTC, and it is shown once; "
                    "where another is made, the present one is accepted meanwhile.",
                    step=ANOTHER_SECRET,
                )
            secret = vault(connector.settings).open(saved.credentials or b"")["webhook_secret"]
            settings = {**saved.settings, SHOWN_AT: now.replace(microsecond=0).isoformat()}
            saved_sites.put(conn, site, settings, saved.credentials, now)
        note(conn, actor.label, "webhook secret shown", now, {}, site)
    return ShownSecret(secret=secret, header=static_secret(secret, site))


def _secret_state(connector: Connector, known: Site) -> tuple[SecretState, datetime | None]:
    if not known.webhook_secret:
        return "none", None
    if _is_of_settings(connector, known.name):
        return "setting", None
    with connector.store.read() as conn:
        saved = saved_sites.get(conn, known.name)
    shown = str(saved.settings.get(SHOWN_AT) or "") if saved is not None else ""
    return ("shown", datetime.fromisoformat(shown)) if shown else ("unshown", None)


def _is_of_settings(connector: Connector, site: str) -> bool:
    given = connector.settings.jira
    return given is not None and given.name == site


@act(ADMIN)
def register(
    connector: Connector, actor: Actor, site: str, address: str, name: str | None = None
) -> RegisteredWebhook:
    """Create the webhook, or bring the one that leads here up to date; doing it twice makes one, whatever door it was done at.
    Without a filter: by one that names the scope Jira would never tell of an issue that leaves it. The webhook of an app, which Jira lets live
    for 30 days, is kept alive from then on.
    """
    known = connector.site(site)
    if known.app_secret:
        with connector.store.write() as conn:
            app_webhooks.put(conn, site, address)
        own, _ = app_webhook.make(connector, site)
        _note(connector, actor, site, "webhook registered", own.id)
        return own
    if not known.webhook_secret and not known.path_token:
        raise Refusal(
            "There is nothing to prove that a webhook comes from Jira. Set JIRA_OKR_JIRA__WEBHOOK_SECRET to a long random "
            "text, or JIRA_OKR_SECRET_KEY for Jira Data Center 9, which cannot sign."
        )
    called = name or next((one.name for one in known.jira.webhooks() if one.url == address), NAME)
    made = known.jira.register_webhook(
        called, address, known.webhook_secret or "", besides=events_besides(connector, site)
    )
    _note(connector, actor, site, "webhook registered", made.id)
    look(connector, site)
    return made


@question(ADMIN)
def in_jira_when_asked_last(connector: Connector, _actor: Actor, site: str) -> WebhookState | None:
    """How ours stood in Jira when that was asked last; asks nothing. None where it never was."""
    with connector.store.read() as conn:
        return webhook_state.last_answer(conn, site)


@question(ADMIN)
def list_webhooks(
    connector: Connector, _actor: Actor, site: str
) -> tuple[tuple[RegisteredWebhook, ...], WebhookState]:
    """All webhooks of Jira, and how ours stands among them."""
    found = in_jira(connector.site(site))
    return tuple(found), keep_answer(connector, site, found)


@act(ADMIN)
def delete(connector: Connector, actor: Actor, site: str, webhook_id: str) -> None:
    """Take one webhook out of Jira; that of an app is kept alive no more."""
    known = connector.site(site)
    if known.app_secret:
        if not webhook_id.isdecimal():
            raise Refusal(f"{webhook_id!r} is no id of a webhook.", step=WEBHOOKS)
        found = next((one for one in in_jira(known) if one.id == webhook_id), None)
        if found is not None and is_ours(found, site):
            with connector.store.write() as conn:
                app_webhooks.forget(conn, site)
        known.jira.delete_app_webhooks([webhook_id])
        look(connector, site)
    else:
        known.jira.delete_webhook(webhook_id)
    _note(connector, actor, site, "webhook deleted", webhook_id)


@question(VIEWER)
def last_delivery(connector: Connector, _actor: Actor, site: str) -> Delivery | None:
    """The latest delivery, None before the first."""
    with connector.store.read() as conn:
        return next(iter(inbox.recent(conn, site, 1)), None)


def _note(connector: Connector, actor: Actor, site: str, what: str, webhook_id: str) -> None:
    with connector.store.write() as conn:
        note(conn, actor.label, what, connector.clock(), {"webhook": webhook_id}, site)
