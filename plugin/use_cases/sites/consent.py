"""Letting an OAuth 2.0 app work with a Jira: a Jira user is asked by Atlassian, and says yes to it in their own browser."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.jira.sign_in.authorization import OFFLINE, AccessibleSite, GrantedTokens, LostConsent
from connectors.jira.sign_in.scopes import MANAGE_WEBHOOK, NEEDED, WRITE_WORK, Scope, describe_scopes
from connectors.store.people import audit
from connectors.store.sites import consents, grants, sites
from connectors.store.sites.consents import BegunConsent
from connectors.store.sites.grants import Grant
from connectors.store.sites.sites import SavedSite
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization.actor import Actor
from plugin.next_steps import ADD_BY_CONSENT, ALLOW_APP
from plugin.runtime.composition import site_from
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.granted_tokens import (
    CONSENT_SCOPES,
    AttemptTokens,
    basis_of,
    client_of,
    seal,
    server_of,
)
from plugin.runtime.saved_sites import (
    ConnectionTest,
    NewSite,
    open_sites,
    prepare_site,
    put_site,
    settings_of_row,
    test_site,
)
from plugin.runtime.settings import JiraSettings
from plugin.sync import outage
from plugin.use_cases.permission import ADMIN, act, question
from plugin.use_cases.sites.webhook import SHOWN_AT

__all__ = [
    "AccessibleSite",
    "ConsentRequest",
    "ConsentResult",
    "OAuthStanding",
    "begin",
    "consent_standing",
    "finish",
    "prepare",
]

VALID = timedelta(minutes=15)
CALLBACK = "/consent"
"""The path of ours that the app in Atlassian's developer console has as its callback URL."""
OF_SECRETS = (SHOWN_AT, "former_until", "former_app_until", "path_stays")
"""What is kept of the secrets of a site, which stay its own where another Jira was chosen."""
STAY = Scope(OFFLINE, "to go on working when the first hour is over")


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """Where the browser of a Jira user goes, and until when it may come back."""

    address: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ConsentResult:
    """`tested` is what Jira said at once; None where `choices` are to be chosen from first, by `state`.

    `before` names the Jira account as which the connector worked until now, where that was another one.
    """

    site: str
    tested: ConnectionTest | None
    choices: tuple[AccessibleSite, ...] = ()
    state: str = ""
    before: str = ""

    @property
    def warning(self) -> str:
        """What follows from another account; empty where it is the same, or the first."""
        if not self.before or self.tested is None:
            return ""
        return (
            f"The connector worked as {self.before} before, and works as {self.tested.account} from now on: with the permissions of that "
            "account, which may see and write more or less, and with its webhooks. If that is not what you want, let the former account "
            "allow the app again."
        )


@dataclass(frozen=True, slots=True)
class OAuthStanding:
    """How a site signs in by OAuth 2.0: `by_consent` where a Jira user allowed it (`granted_at`); `fault` says why it holds no more."""

    by_consent: bool
    client_id: str
    granted_at: datetime | None
    fault: str


@act(ADMIN)
def prepare(connector: Connector, actor: Actor, new: NewSite) -> None:
    """Keep a site whose app nobody has allowed yet; `begin` comes next. Raises Refusal for what cannot be."""
    prepare_site(connector, new, actor.label)


@question(ADMIN)
def consent_standing(connector: Connector, _actor: Actor, site: str) -> OAuthStanding | None:
    """None where the site signs in by a token that lasts."""
    settings = _settings(connector, site)
    if not settings.by_oauth:
        return None
    with connector.store.read() as conn:
        found = grants.get(conn, site)
    counts = found is not None and found.basis == basis_of(settings)
    return OAuthStanding(
        settings.by_consent,
        settings.client_id or "",
        found.granted_at if found is not None and counts else None,
        found.fault if found is not None and counts else "",
    )


@act(ADMIN)
def begin(connector: Connector, actor: Actor, site: str, callback: str) -> ConsentRequest:
    """Where to ask a Jira user; `callback` is the address of ours that the app in Atlassian's developer console names."""
    settings = _by_consent(connector, site)
    state, until = secrets.token_urlsafe(32), connector.clock() + VALID
    with connector.store.write() as conn:
        consents.put(
            conn,
            BegunConsent(state=hash_of(state), site=site, actor=actor.label, callback=callback, until=until),
            connector.clock(),
        )
        audit.note(conn, actor.label, "consent asked for", connector.clock(), {}, site)
    scopes = [scope.name for scope in (*NEEDED, MANAGE_WEBHOOK, STAY)]
    address = server_of(connector.settings).consent_address(client_of(settings).id, scopes, callback, state)
    return ConsentRequest(address, until)


@act(ADMIN)
def finish(
    connector: Connector, actor: Actor, state: str, code: str = "", refusal: str = "", cloud_id: str = ""
) -> ConsentResult:
    """The browser came back with a `code`, or with a `refusal`; or a person chose one of several sites by its `cloud_id`.

    Raises Refusal for what cannot be, and JiraError where the tokens are no good; then nothing is changed.
    """
    now = connector.clock()
    with connector.store.write() as conn:
        begun = consents.take(conn, hash_of(state), actor.label, now)
    if begun is None:
        raise Refusal(
            "This consent was not begun by you here, was used already, or has run out after a quarter of an hour. If it was begun at "
            "the command line, copy the address of this page there; if through the API, send state and code of this address to "
            "POST /api/v1/consent by the same token.",
            step=ALLOW_APP,
        )
    if refusal:
        raise Refusal(f"Nobody allowed it: Atlassian says {refusal[:200]}.", step=ALLOW_APP)
    settings = _by_consent(connector, begun.site)
    tokens = _tokens(connector, settings, begun, code)
    _require_scopes(tokens)
    found = server_of(connector.settings).accessible(tokens.access)
    chosen = _chosen(settings, found, "" if _of_settings(connector, begun.site) else cloud_id)
    if chosen is None:
        _require_choice(connector, settings, found)
        waiting = replace(begun, tokens=seal(vault(connector.settings), tokens))
        with connector.store.write() as conn:
            consents.put(conn, waiting, now)
        return ConsentResult(begun.site, None, found, state)
    tested, before = _kept(connector, actor, settings, tokens, chosen)
    return ConsentResult(begun.site, tested, before=before)


def _tokens(connector: Connector, settings: JiraSettings, begun: BegunConsent, code: str) -> GrantedTokens:
    """For the code; or those that were kept until somebody chose."""
    if begun.tokens is None:
        client = client_of(settings)
        try:
            return server_of(connector.settings).by_code(client, code, begun.callback, connector.clock())
        except LostConsent:
            raise Refusal(
                "Atlassian takes this code no more: it holds for some minutes, once.",
                step=ALLOW_APP,
            ) from None
    kept = vault(connector.settings).open(begun.tokens)
    return GrantedTokens(
        kept["access"], connector.clock() + VALID, tuple(kept["scopes"].split()), kept["refresh"]
    )


def _require_scopes(tokens: GrantedTokens) -> None:
    """Without those for reading and for going on nothing works; one for writing is told by the test."""
    granted = set(tokens.scopes)
    missing = [scope for scope in NEEDED if scope is not WRITE_WORK and scope.name not in granted]
    if not tokens.refresh:
        missing.append(STAY)
    if missing:
        raise Refusal(f"What was allowed lacks {describe_scopes(missing)}. {CONSENT_SCOPES}")


def _chosen(
    settings: JiraSettings, found: tuple[AccessibleSite, ...], cloud_id: str
) -> AccessibleSite | None:
    """By its cloud id, else the one at the address of the site."""
    if cloud_id:
        return next((one for one in found if one.id == cloud_id), None)
    url = str(settings.url).rstrip("/").lower()
    return next((one for one in found if one.url.lower() == url), None)


def _require_choice(connector: Connector, settings: JiraSettings, found: tuple[AccessibleSite, ...]) -> None:
    if not found:
        raise Refusal(
            "What was allowed is for no site of Jira Cloud at all. Choose one when Atlassian asks.",
            step=ALLOW_APP,
        )
    if _of_settings(connector, settings.name):
        named_ = ", ".join(one.url for one in found)
        raise Refusal(
            f"What was allowed is for {named_}, and not for {str(settings.url).rstrip('/')}. Choose that one when Atlassian asks, or set "
            "JIRA_OKR_JIRA__URL to one of these."
        )


def _kept(
    connector: Connector,
    actor: Actor,
    settings: JiraSettings,
    tokens: GrantedTokens,
    chosen: AccessibleSite,
) -> tuple[ConnectionTest, str]:
    """Tried with what was given, and kept only then; and as whom the connector worked before, where that was somebody else."""
    place = f"{str(connector.settings.gateway_url).rstrip('/')}/ex/jira/{chosen.id}"
    tried = settings.model_copy(update={"api_base": place})
    attempt = AttemptTokens(connector.settings, tried, connector.clock(), tokens)
    tested = test_site(site_from(tried, connector.settings, connector.store, connector.clock, attempt))
    now, name = connector.clock(), settings.name
    with connector.store.write() as conn:
        before = _account_before(grants.get(conn, name), settings, tested)
        saved = None if _of_settings(connector, name) else _unchanged(connector, conn, settings)
        ruled = settings
        if saved is not None:
            ruled = settings.model_validate({**settings.model_dump(), "url": chosen.url})
            if ruled.url != settings.url:
                stays = {key: saved.settings[key] for key in OF_SECRETS if key in saved.settings}
                put_site(connector, conn, ruled, place, "cloud", "", stays)
            else:
                sites.put(conn, name, {**saved.settings, "api_base": place}, saved.credentials, now)
        account = (tested.account_id, tested.account)
        grants.put(
            conn,
            name,
            basis_of(ruled),
            seal(vault(connector.settings), tokens),
            tokens.expires,
            now,
            account,
        )
        detail = {"url": chosen.url, "cloud": chosen.id, "account": tested.account}
        if before:
            detail["account_before"] = before
        audit.note(conn, actor.label, "consent given", now, detail, name)
    outage.try_now(connector.store, name, now)
    open_sites(connector)
    return tested, before


def _account_before(former: Grant | None, settings: JiraSettings, tested: ConnectionTest) -> str:
    """The name of the account that allowed the same app before; empty where it is this one, or nobody is known."""
    if former is None or former.basis != basis_of(settings) or not former.account:
        return ""
    return former.account_name if former.account != tested.account_id else ""


def _unchanged(connector: Connector, conn: Connection, settings: JiraSettings) -> SavedSite:
    """The kept site while it is of the Jira and the app that were tried: what was given for these counts for no others."""
    saved = sites.to_change(conn, settings.name)
    if saved is not None and basis_of(_opened(connector, saved)) == basis_of(settings):
        return saved
    raise Refusal(
        f"The site {settings.name!r} was changed or removed meanwhile, and nothing was done.",
        step=ALLOW_APP,
    )


def _of_settings(connector: Connector, site: str) -> bool:
    given = connector.settings.jira
    return given is not None and given.name == site


def _opened(connector: Connector, saved: SavedSite) -> JiraSettings:
    return settings_of_row(connector, saved, vault(connector.settings).open(saved.credentials or b""))


def _by_consent(connector: Connector, site: str) -> JiraSettings:
    settings = _settings(connector, site)
    if not settings.by_consent:
        raise Refusal(
            f"{site} does not sign in by an app that a Jira user allows; an operator may set JIRA_OKR_JIRA__CLIENT_ID, "
            "JIRA_OKR_JIRA__CLIENT_SECRET and JIRA_OKR_JIRA__GRANT=authorization_code.",
            step=ADD_BY_CONSENT,
        )
    return settings


def _settings(connector: Connector, site: str) -> JiraSettings:
    """As they are given, or kept."""
    connector.site(site)
    given = connector.settings.jira
    if given is not None and given.name == site:
        return given
    with connector.store.read() as conn:
        saved = sites.get(conn, site)
    if saved is None:
        raise Refusal(f"The site {site!r} was removed meanwhile.")
    return _opened(connector, saved)
