"""Sites: the Jiras that are worked with; adding one, trying it, giving it another token, letting it go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from connectors.jira.http.errors import AuthFailure, JiraError
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.sites import sites
from connectors.store.work import inbox
from plugin.access.authorization.actor import Actor
from plugin.runtime import saved_sites
from plugin.runtime.connector import Connector, Site
from plugin.runtime.saved_sites import ConnectionTest, NewSite
from plugin.runtime.sites.credential_expiry import Expiry, expiry_at
from plugin.use_cases.permission import ADMIN, VIEWER, act, question
from plugin.use_cases.sites import app_webhook, token_renewal

__all__ = [
    "ConnectionTest",
    "NewSite",
    "RemovedSite",
    "SiteStanding",
    "add",
    "attempt",
    "list_sites",
    "one_site",
    "remove",
    "renew",
    "require_addable",
    "require_added",
    "reseal",
    "shortcomings",
]

NEEDED = ("BROWSE_PROJECTS", "EDIT_ISSUES")
"""Permissions without which it cannot be worked with."""


@dataclass(frozen=True, slots=True)
class SiteStanding:
    """One site without anything secret. `added`: by page, API or command, so that it can be removed here."""

    name: str
    url: str
    api_base: str
    deployment: str
    issues: int
    mapping_revision: str | None
    last_delivery: datetime | None
    added: bool
    signed: bool
    token_expires: date | None
    credential: Expiry


@question(VIEWER)
def list_sites(connector: Connector, _actor: Actor) -> tuple[SiteStanding, ...]:
    """All of them, in the order in which they are shown, also those that another process added a moment ago."""
    connector.look()
    return tuple(_standing(connector, site) for site in list(connector.sites.values()))


@question(VIEWER)
def one_site(connector: Connector, _actor: Actor, name: str) -> SiteStanding:
    """One of them, which has to be there."""
    return _standing(connector, connector.site(name))


@act(ADMIN)
def attempt(connector: Connector, _actor: Actor, name: str) -> ConnectionTest:
    """Ask Jira who we are, what we may do and which projects we see. Raises JiraError."""
    return saved_sites.test_site(connector.site(name))


def shortcomings(found: ConnectionTest) -> tuple[str, ...]:
    """What the account and its token lack for reading and writing, as what to do about it; empty where nothing."""
    lacking = [name for name in NEEDED if not found.permissions.get(name)]
    return (
        *([f"Give the account these permissions: {', '.join(lacking)}."] if lacking else []),
        *(f"The token lacks the scope {scope}. {found.scope_remedy}" for scope in found.missing_scopes),
    )


AS_SERVICE_ACCOUNT = (
    "Without an e-mail address the token is taken for that of a service account, which goes by Atlassian's gateway: "
    "where it is a person's, give the address of that account."
)


@act(ADMIN)
def add(connector: Connector, actor: Actor, new: NewSite) -> ConnectionTest:
    """Try a site and keep it. Raises Refusal for what cannot be, JiraError where it does not let us in; then nothing is kept."""
    try:
        return saved_sites.add_site(connector, new, actor.label)
    except JiraError as error:
        if new.token and not new.email and not isinstance(error, AuthFailure):  # that says it itself
            error.advise(f"{AS_SERVICE_ACCOUNT} {error.remedy}")
        raise


@act(ADMIN)
def renew(
    connector: Connector, actor: Actor, name: str, token: str, expires: date | None
) -> ConnectionTest | None:
    """Keep another token, tried first, and the day on which it expires; None where only the day was given."""
    return token_renewal.renew(connector, name, token, expires, actor.label)


@dataclass(frozen=True, slots=True)
class RemovedSite:
    """A site that is forgotten; `withdrawn`: its webhook is out of Jira, too, as that of an OAuth app is."""

    withdrawn: bool

    @property
    def webhook(self) -> str:
        """What became of its webhook, or has to."""
        return "Its webhook is out of Jira, too." if self.withdrawn else "Remove its webhook in Jira too."


@act(ADMIN)
def remove(connector: Connector, actor: Actor, name: str) -> RemovedSite:
    """Forget a site, its credentials and its pending work; revisions and history come back with a site of the same name."""
    saved_sites.require_added(connector, name)
    withdrawn = app_webhook.withdraw(connector, name)
    saved_sites.remove_site(connector, name, actor.label)
    return RemovedSite(withdrawn)


@question(ADMIN)
def require_addable(
    connector: Connector,
    _actor: Actor,
    name: str,
    url: str,
    api_base: str = "",
    expires: date | None = None,
    *,
    consent: bool = False,
) -> None:
    """Refusal for what `add` (or `prepare`, by `consent`) would refuse whatever the token is: asked before anybody types one."""
    saved_sites.require_addable(connector, name, url, api_base, expires, consent=consent)


@question(ADMIN)
def require_added(connector: Connector, _actor: Actor, name: str, expires: date | None = None) -> None:
    """Refusal unless it was added here, and for a day on which no token that works can expire."""
    saved_sites.require_added(connector, name)
    saved_sites.require_ahead(expires, connector.clock())


@act(ADMIN)
def reseal(connector: Connector, actor: Actor) -> Sequence[str]:
    """Seal stored credentials with the first key; the names of the sites."""
    return saved_sites.reseal_sites(connector, actor.label)


def _standing(connector: Connector, site: Site) -> SiteStanding:
    with connector.store.read() as conn:
        active = revisions.active(conn, site.name)
        latest = inbox.recent(conn, site.name, 1)
        saved = sites.get(conn, site.name)
        issues = mirror.count(conn, site.name)
    return SiteStanding(
        name=site.name,
        url=site.browse_url,
        api_base=site.jira.transport.known_base,
        deployment=str(saved.settings.get("deployment", "")) if saved else "",
        issues=issues,
        mapping_revision=active.revision if active else None,
        last_delivery=latest[0].received_at if latest else None,
        added=saved is not None,
        signed=site.webhook_secret is not None,
        token_expires=site.token_expires,
        credential=expiry_at(site.token_expires, connector.clock()),
    )
