"""The composition root: the one place where settings become a running connector."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial

from pydantic import SecretStr

from connectors.clock import system_clock
from connectors.jira import BasicCredentials, BearerCredentials, Jira, JiraAddress, connect
from connectors.jira.http.address import TlsFiles
from connectors.jira.http.governor import CLOUD, data_center
from connectors.jira.sign_in.authorization import OAuthClient
from connectors.jira.sign_in.credentials import Credentials, GrantedCredentials, TokenSource
from connectors.jira.webhooks.signature import static_secret
from connectors.store import Store, open_store, open_to_read, upgrade
from connectors.store.absence.hidden_parents import HiddenParents
from connectors.store.forge import installations
from connectors.store.people import audit
from plugin.access.authentication.secret_key import first_key
from plugin.jobs.queue import QueueAnnouncer, install
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.runtime.granted_tokens import StoredTokens
from plugin.runtime.moving_clock import clock_of
from plugin.runtime.processes.governors import SharedGovernor
from plugin.runtime.processes.logs import conceal, known_secrets
from plugin.runtime.settings import JiraSettings, Settings
from plugin.sync.announcement import SILENT, Announcer
from plugin.use_cases.forge.app_jira import jira_as_app


def build_connector(
    settings: Settings,
    clock: Callable[[], datetime] | None = None,
    *,
    writes: bool = True,
) -> Connector:
    """Open the store, bring its schema up to date and connect the configured site; raises StoreError and Refusal.

    It goes by the `clock`, that of the settings where none is given. Without `writes` a file is opened that takes none, too.
    """
    clock = clock or clock_of(settings)
    store = (open_store if writes else open_to_read)(settings.database_url)
    upgrade(store)
    announcer = announcer_for(store, settings)
    sites = {settings.jira.name: site_from(settings.jira, settings, store, clock)} if settings.jira else {}
    for site in sites.values():
        _unpair_strangers(store, site, clock())
    connector = Connector(settings, store, sites, clock, announcer=announcer)
    connector.as_app = partial(jira_as_app, connector)
    return connector


def announcer_for(store: Store, settings: Settings) -> Announcer:
    """How work is announced by the engine of the settings; brings the tables of the distributed engine into the database."""
    if settings.engine_name == "embedded":
        return SILENT
    if store.dialect != "postgresql":
        raise Refusal(
            "The procrastinate engine needs PostgreSQL. Set JIRA_OKR_DATABASE_URL to postgresql://…, "
            "or JIRA_OKR_ENGINE to embedded."
        )
    install(store)
    return QueueAnnouncer()


def site_from(
    jira: JiraSettings,
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime] = system_clock,
    tokens: TokenSource | None = None,
) -> Site:
    """A Site from its settings; says which credential is missing. `tokens` in the place of those that are granted and kept."""
    secret = jira.webhook_secret.get_secret_value() if jira.webhook_secret else None
    end, credentials = path_token(jira.name, settings), _credentials(jira, settings, store, clock, tokens)
    former = jira.former_webhook_secret.get_secret_value() if jira.former_webhook_secret else ""
    said = [static_secret(one, jira.name) for one in (secret, *former.splitlines()) if one]
    sent = [] if isinstance(credentials, GrantedCredentials) else credentials.header().split()[-1:]
    conceal(*known_secrets(jira), *former.splitlines(), end, *said, *sent)
    return Site(
        name=jira.name,
        jira=_connect(jira, credentials, settings, store, clock),
        browse_url=str(jira.url).rstrip("/"),
        webhook_secret=secret,
        path_token=end,
        token_expires=jira.token_expires,
        former_secrets=tuple(former.splitlines()),
        app_secret=_text(jira.client_secret) if jira.by_consent else None,
        former_app_secret=_text(jira.former_client_secret) if jira.by_consent else None,
        is_cloud=jira.pat is None,
        link=_link(jira),
    )


def _text(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _unpair_strangers(store: Store, site: Site, now: datetime) -> None:
    """Whoever was paired with another Jira, before the settings gave its name to this one, must not see it. Writes where there are some alone."""
    with store.read() as conn:
        if installations.holds(conn, site.name, site.browse_url):
            return
    with store.write() as conn:
        count = installations.hold_to(conn, site.name, site.browse_url)
        if count:
            detail = {"installations": count, "url": site.browse_url}
            audit.note(conn, "settings", "Forge app unpaired", now, detail, site.name)


def path_token(site: str, settings: Settings) -> str | None:
    """The unguessable end of the webhook path for Data Center 9, which cannot sign; needs SECRET_KEY, stays the same with it."""
    if settings.secret_key is None:
        return None
    material = f"webhook-path:{site}:{first_key(settings.secret_key.get_secret_value())}"
    return hashlib.sha256(material.encode()).hexdigest()[:40]


def _connect(
    jira: JiraSettings,
    credentials: Credentials,
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime],
) -> Jira:
    address = JiraAddress(
        name=jira.name,
        browse_url=str(jira.url).rstrip("/"),
        api_base="" if jira.by_gateway else str(jira.api_base or jira.url).rstrip("/"),
        gateway=str(settings.gateway_url) if jira.by_gateway else "",
        deployment=None,
        credentials=credentials,
        tls=TlsFiles(
            *(str(one) if one else None for one in (jira.ca_bundle, jira.client_cert, jira.client_key))
        ),
        goals=_goals_account(jira),
    )
    governor = SharedGovernor(store, jira.name)
    found = connect(address, governor=governor, sight=HiddenParents(store, jira.name, clock))
    restrained = data_center(settings.datacenter_calls_per_second)
    governor.rates = lambda: restrained if found.known_deployment == "datacenter" else CLOUD
    return found


def _goals_account(jira: JiraSettings) -> BasicCredentials | None:
    """The account that is for Atlassian Goals alone; None where Jira's works with them."""
    if jira.goals_email and jira.goals_token is not None:
        return BasicCredentials(jira.goals_email, jira.goals_token.get_secret_value())
    if jira.goals_email or jira.goals_token is not None:
        raise Refusal(
            "The account for Atlassian Goals is incomplete. Set both JIRA_OKR_JIRA__GOALS_EMAIL and JIRA_OKR_JIRA__GOALS_TOKEN, "
            "an API token without scopes; or neither, where the account of Jira works with goals."
        )
    return None


def _link(jira: JiraSettings) -> OAuthClient | None:
    """The application link by which people of a Data Center prove who they are; None where there is none."""
    if not jira.link_client_id and jira.link_client_secret is None:
        return None
    if not jira.link_client_id or jira.link_client_secret is None:
        raise Refusal(
            "The application link is incomplete. Set both JIRA_OKR_JIRA__LINK_CLIENT_ID and JIRA_OKR_JIRA__LINK_CLIENT_SECRET, or neither.",
            "link_client_secret",
        )
    if jira.pat is None:
        raise Refusal(
            "An application link is of Jira Data Center; people of Jira Cloud prove who they are by JIRA_OKR_JIRA_SIGN_IN__CLIENT_ID and "
            "JIRA_OKR_JIRA_SIGN_IN__CLIENT_SECRET.",
            "link_client_id",
        )
    return OAuthClient(jira.link_client_id, jira.link_client_secret.get_secret_value())


def _credentials(
    jira: JiraSettings,
    settings: Settings,
    store: Store,
    clock: Callable[[], datetime],
    tokens: TokenSource | None,
) -> Credentials:
    if jira.pat is not None:
        return BearerCredentials(jira.pat.get_secret_value())
    if jira.token is not None:
        token = jira.token.get_secret_value()
        return BasicCredentials(jira.email, token) if jira.email else BearerCredentials(token)
    if jira.by_oauth:
        return GrantedCredentials(tokens or StoredTokens(settings, jira, store, clock=clock))
    raise Refusal(
        "The Jira account is incomplete. Set JIRA_OKR_JIRA__EMAIL and JIRA_OKR_JIRA__TOKEN (Jira Cloud), "
        "JIRA_OKR_JIRA__TOKEN alone (a service account of Jira Cloud), JIRA_OKR_JIRA__CLIENT_ID and JIRA_OKR_JIRA__CLIENT_SECRET "
        "(OAuth 2.0, Jira Cloud), or JIRA_OKR_JIRA__PAT (Jira Data Center)."
    )
