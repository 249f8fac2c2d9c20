"""The sites added by page or command: kept in the store, credentials sealed, and brought into every running connector."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog
from pydantic import AnyHttpUrl, SecretStr, TypeAdapter, ValidationError
from sqlalchemy import Connection

from connectors.jira.http.address import Deployment
from connectors.jira.http.connection import is_of_machine
from connectors.jira.http.errors import LATER, AuthFailure, JiraError, JiraOutage
from connectors.jira.sign_in.scopes import WRITE_WORK, MissingScope, remedy_of
from connectors.store.forge import installations
from connectors.store.people import audit, second_factors
from connectors.store.reads import read_requests
from connectors.store.sites import (
    api_versions,
    app_webhooks,
    catalogues,
    consents,
    former_names,
    grants,
    sites,
)
from connectors.store.sites.sites import SavedSite
from connectors.store.subscriptions import subscriptions
from connectors.store.visibility import account_people, issue_sights, past_sights
from mappings.write_back.targets import WRITE_TARGETS
from plugin.next_steps import ADD_BY_CONSENT, SITES
from plugin.runtime.composition import site_from
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.runtime.credentials_vault import vault
from plugin.runtime.granted_tokens import AttemptTokens
from plugin.runtime.settings import CONSENT, GATEWAY, SERVICE, JiraSettings
from plugin.runtime.sites.credential_expiry import day_given, expiry_at
from plugin.runtime.sites.site_address import site_address, token_flaw
from plugin.sync import outage

log = structlog.get_logger("jira_okr.sites")

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
TAKEN = tuple(dict.fromkeys(target.permission for target in WRITE_TARGETS))
ASKED = ("BROWSE_PROJECTS", *TAKEN, "ADMINISTER_PROJECTS", "ADMINISTER")
LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a person gave of a site. Cloud wants `email` and `token`, the `token` of a service account alone, or `client_id` and
    `client_secret` (OAuth 2.0: by `grant` of a service account, or of an app that a person allows), Data Center `pat`.

    `api_base` is only needed where the API is neither at the site nor at Atlassian's gateway. `goals_email` and `goals_token` are of an
    account that works with Atlassian Goals, where that is another one. `link_client_id` and `link_client_secret` are of the application
    link by which people of a Data Center prove who they are.
    """

    name: str
    url: str
    api_base: str = ""
    email: str = ""
    token: str = ""
    pat: str = ""
    webhook_secret: str = ""
    token_expires: date | None = None
    former_webhook_secret: str = ""
    client_id: str = ""
    client_secret: str = ""
    former_client_secret: str = ""
    grant: str = ""
    goals_email: str = ""
    goals_token: str = ""
    link_client_id: str = ""
    link_client_secret: str = ""

    def __repr__(self) -> str:
        return f"NewSite(name={self.name!r}, url={self.url!r})"


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What Jira said when it was asked who we are: `permissions` site-wide, `projects` we can see (keys with names).

    `missing_scopes`: what a scoped token lacks that we can do without, by names. `api_base` is where the API answered. `token_expires`: as
    Jira itself says, None where it does not.
    """

    account: str
    title: str
    deployment: Deployment
    version: str
    permissions: dict[str, bool]
    projects: tuple[str, ...]
    missing_scopes: tuple[str, ...] = ()
    api_base: str = ""
    token_expires: date | None = None
    scope_remedy: str = ""
    account_id: str = ""


class Watch:
    """Keeps the sites of a connector as they are in the store, whichever process changes them.

    Rows are compared whole, and sealing never gives the same text twice: no change can hide behind a clock or a counter.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._rows: dict[str, SavedSite] = {}
        self._lock = threading.Lock()
        self._begun = float("-inf")
        self._stop: threading.Event | None = None

    def look(self) -> None:
        """Bring in what was added, changed or removed until now. One look serves all who asked before it began."""
        asked = time.monotonic()
        with self._lock:
            if self._begun >= asked:
                return
            begun = time.monotonic()
            with self._connector.store.read() as conn:
                rows = {one.name: one for one in sites.load_all(conn)}
            self._begun = begun
            if rows != self._rows:
                self._take_over(rows)

    def start(self) -> None:
        """Look every few seconds from now on."""
        self._stop = threading.Event()
        threading.Thread(target=self._keep_on, args=(self._stop,), name="okr-sites", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        if self._stop is not None:
            self._stop.set()

    def _keep_on(self, stop: threading.Event) -> None:
        while not stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:  # the next look is due soon
                log.warning("sites not looked at", error=str(error))

    def _take_over(self, rows: dict[str, SavedSite]) -> None:
        connector, before = self._connector, self._rows
        changed = {name for name in {**before, **rows} if before.get(name) != rows.get(name)}
        known = connector.sites
        opened = {
            name: _opened(connector, row) if name in changed else known.get(name)
            for name, row in rows.items()
        }
        # Those of the settings come first; the others by name, as they do in a process that starts now.
        ours = {
            name: site
            for name, site in known.items()
            if _of_settings(connector, name) or name not in {**before, **rows}
        }
        self._forget(changed, {name for name in changed - rows.keys() if not _of_settings(connector, name)})
        added = {name: site for name, site in opened.items() if site is not None and name not in ours}
        connector.sites = {**ours, **added}
        self._rows = rows
        for name in changed & before.keys() & rows.keys():
            # perhaps with the credentials that were wrong
            outage.try_now(connector.store, name, connector.clock())
        log.info("sites changed", sites=sorted(changed))
        connector.announce()

    def _forget(self, changed: set[str], removed: set[str]) -> None:
        for name in changed:
            self._connector.forget(name)
        if removed:
            # A turn that was under way when the site went may have marked objectives since.
            with self._connector.store.write() as conn:
                for name in removed:
                    sites.forget_work(conn, name)


def open_sites(connector: Connector) -> Watch:
    """Bring the kept sites into the connector as they are now; those of the settings stay. What it returns keeps them so."""
    watch = connector.watch if isinstance(connector.watch, Watch) else Watch(connector)
    connector.watch = watch
    watch.look()
    return watch


@contextmanager
def watch_sites(connector: Connector) -> Iterator[None]:
    """What other processes make of the sites is known here within seconds, until the block ends."""
    watch = open_sites(connector)
    watch.start()
    try:
        yield
    finally:
        watch.stop()


def add_site(connector: Connector, new: NewSite, by: str) -> ConnectionTest:
    """Test a site, keep it and bring it in. Raises Refusal for what cannot be, JiraError where the test fails; then nothing is kept."""
    require_ahead(new.token_expires, connector.clock())
    settings = settings_of(connector, new)
    if settings.by_consent:
        raise Refusal(
            "A site that signs in by an app that a Jira user allows is added by their consent.",
            "grant",
            ADD_BY_CONSENT,
        )
    found = first_answer(connector, settings)
    expires = day_text(found.token_expires or new.token_expires)
    detail = {"account": found.account, "deployment": found.deployment}
    with connector.store.write() as conn:
        put_site(connector, conn, settings, elsewhere(settings, found), found.deployment, expires)
        audit.note(conn, by, "site added", connector.clock(), {"url": str(settings.url), **detail}, new.name)
    open_sites(connector)
    return found


def prepare_site(connector: Connector, new: NewSite, by: str) -> None:
    """Keep a site of Jira Cloud whose app nobody has allowed yet: nothing can be asked before. Raises Refusal for what cannot be."""
    settings = settings_of(connector, new)
    if not settings.by_consent:
        raise Refusal("Only an OAuth 2.0 app that a Jira user allows is kept before it is tried.", "grant")
    with connector.store.write() as conn:
        _require_waiting(connector, conn, new.name)
        put_site(connector, conn, settings, GATEWAY, "cloud", "")
        detail = {"url": str(settings.url), "client_id": str(settings.client_id)}
        audit.note(conn, by, "site added, to be allowed", connector.clock(), detail, new.name)
    open_sites(connector)


def _require_waiting(connector: Connector, conn: Connection, name: str) -> None:
    """What is not tried takes the place of nothing that may work: only of a site that itself waits to be allowed, or that no key opens."""
    saved = sites.get(conn, name)
    if saved is None:
        return
    try:
        grant = vault(connector.settings).open(saved.credentials or b"").get("grant")
    except Refusal:
        return
    if grant != CONSENT or grants.get(conn, name) is not None:
        raise Refusal(
            f"There is a site {name!r} already, and it would be let in nowhere until a Jira user allows the app. Choose another name; or "
            "remove that site first: its revisions and history come back with a site of the same name.",
            "name",
        )


def put_site(
    connector: Connector,
    conn: Connection,
    settings: JiraSettings,
    api_base: str,
    deployment: str,
    expires: str,
    stays: Mapping[str, object] | None = None,
) -> None:
    """Keep a site as it was tried, in the place of whatever had its name; of that `stays` is kept beside."""
    now, name = connector.clock(), settings.name
    plain = {
        "url": str(settings.url),
        "api_base": api_base,
        "deployment": deployment,
        "token_expires": expires,
    }
    before = sites.to_change(conn, name)
    # who was paired with another Jira must not see this one
    former = str(before.settings.get("url") or "") if before is not None else None
    installations.hold_to(conn, name, plain["url"], former)
    grants.forget(conn, name)
    consents.forget(conn, name)
    app_webhooks.forget(conn, name)
    issue_sights.forget(conn, name)
    if former is not None and former.rstrip("/") != plain["url"].rstrip("/"):
        account_people.forget(conn, name)
        past_sights.forget(conn, name)
    sites.put(
        conn, name, {**plain, **(stays or {})}, vault(connector.settings).seal(secrets_of(settings)), now
    )
    _begin_anew(conn, name, now)


def reseal_sites(connector: Connector, by: str) -> list[str]:
    """Seal every kept site's credentials, and what any site was granted, with the first key, so that former keys can go; the names.

    The secrets of second factors are sealed anew too. Refusal where credentials cannot be opened; tokens that no key opens are of no use to anybody, and are left.
    """
    keys, now = vault(connector.settings), connector.clock()
    with connector.store.write() as conn:
        known = [sites.to_change(conn, site.name) for site in sites.load_all(conn)]
        kept = [site for site in known if site is not None and site.credentials is not None]
        for site in kept:
            keys.open(site.credentials or b"")
            sites.put(conn, site.name, site.settings, keys.renew(site.credentials or b""), now)
        second_factors.reseal(conn, keys.renewed)
        subscriptions.reseal(conn, keys.renewed)
        granted = [name for name in grants.sites(conn) if grants.reseal(conn, name, keys.renewed)]
        names = sorted({*(site.name for site in kept), *granted})
        for name in names:
            audit.note(conn, by, "site credentials sealed anew", now, {}, name)
    return names


def remove_site(connector: Connector, name: str, by: str) -> None:
    """Forget a site and its credentials; its revisions and history stay, and come back with a site of the same name."""
    with connector.store.write() as conn:
        if not sites.remove(conn, name):
            raise _not_added(name)
        installations.forget(conn, name)
        grants.forget(conn, name)
        consents.forget(conn, name)
        app_webhooks.forget(conn, name)
        issue_sights.forget(conn, name)
        account_people.forget(conn, name)
        past_sights.forget(conn, name)
        if not _of_settings(connector, name):
            sites.forget_work(conn, name)
        audit.note(conn, by, "site removed", connector.clock(), site=name)
    open_sites(connector)


def require_added(connector: Connector, name: str) -> None:
    """Refusal unless there is such a site to remove."""
    with connector.store.read() as conn:
        if sites.get(conn, name) is None:
            raise _not_added(name)


def test_site(site: Site) -> ConnectionTest:
    """Ask Jira who we are, what we may do and what we see. Raises JiraError, MissingScope naming every scope that the token lacks."""
    jira = site.jira
    missing = jira.missing_scopes()
    if any(scope is not WRITE_WORK for scope in missing):
        raise MissingScope(missing, remedy_of(jira.transport.address.credentials))
    server, user = jira.server(), jira.myself()
    permissions = jira.permissions(None, ASKED)
    catalogue = jira.catalogue()
    projects = tuple(f"{project.key} {project.name}" for project in catalogue.projects)
    version = ".".join(map(str, server.version))
    return ConnectionTest(
        account=user.name,
        title=server.title,
        deployment=server.deployment,
        version=version,
        permissions=permissions,
        projects=projects,
        missing_scopes=tuple(scope.name for scope in missing),
        api_base=jira.transport.base,
        token_expires=jira.token_end(),
        scope_remedy=remedy_of(jira.transport.address.credentials),
        account_id=user.id,
    )


def first_answer(connector: Connector, settings: JiraSettings) -> ConnectionTest:
    """What Jira says where it lets this account in: as given, or by the other way of a Cloud token.

    Where neither does, it raises what was said at the first; MissingScope says that it was the right one.
    """
    try:
        return _answer(connector, settings)
    except MissingScope:
        raise
    except AuthFailure as refused:
        other = other_way(connector, settings)
        if other is None:
            raise
        try:
            return _answer(connector, other)
        except MissingScope:
            raise
        except JiraError:
            raise refused from None


def _answer(connector: Connector, settings: JiraSettings) -> ConnectionTest:
    tokens = AttemptTokens(connector.settings, settings, connector.clock()) if settings.by_oauth else None
    site = site_from(settings, connector.settings, connector.store, connector.clock, tokens)
    try:
        return test_site(site)
    except MissingScope:
        raise
    except AuthFailure as refused:
        if misfit := misfit_of(settings, _deployment(site)):
            refused.advise(misfit)
        raise
    except JiraOutage as failed:
        at_once = failed.remedy.removeprefix(LATER)
        failed.advise(f"{at_once[:1].upper()}{at_once[1:]}")
        raise


def _deployment(site: Site) -> Deployment | None:
    """Which Jira it is, where it tells that to somebody whom it does not know."""
    try:
        return site.jira.deployment
    except JiraError:
        return None


def misfit_of(settings: JiraSettings, deployment: Deployment | None) -> str:
    """What to do where a credential is of a kind that this Jira does not take; empty where it is of the right kind, or nobody knows."""
    if deployment == "cloud" and settings.pat is not None:
        return "This Jira is Jira Cloud, which knows no personal access tokens: give the e-mail address of the account and an API token."
    if deployment == "datacenter" and settings.token is not None:
        return "This Jira is Jira Data Center, which knows no API tokens: give a personal access token (your profile, Personal access tokens)."
    if settings.token is not None and not settings.email:
        return (
            "A token alone is taken for that of a service account. Where it is the API token of a person, give the e-mail address of "
            "their account, too; else make a new one for the service account."
        )
    return ""


def other_way(connector: Connector, settings: JiraSettings) -> JiraSettings | None:
    """By Atlassian's gateway for a token that was tried at the site, at the site for one that was tried there; None for what has one way."""
    if settings.pat is not None or not settings.email:
        return None
    place, gateway = settings.api_base, str(connector.settings.gateway_url).rstrip("/")
    if not place:
        return settings.model_copy(update={"api_base": GATEWAY})
    at_gateway = place == GATEWAY or place.startswith(f"{gateway}/ex/jira/")
    return settings.model_copy(update={"api_base": None}) if at_gateway else None


def elsewhere(settings: JiraSettings, found: ConnectionTest) -> str:
    """The address of the API as it is kept: empty where it is that of the site."""
    return "" if found.api_base == str(settings.url).rstrip("/") else found.api_base


def secrets_of(settings: JiraSettings) -> dict[str, str]:
    """What is kept sealed, without the blanks that were typed."""
    given = {
        "token": settings.token,
        "pat": settings.pat,
        "webhook_secret": settings.webhook_secret,
        "former_webhook_secret": settings.former_webhook_secret,
        "client_secret": settings.client_secret,
        "former_client_secret": settings.former_client_secret,
        "goals_token": settings.goals_token,
        "link_client_secret": settings.link_client_secret,
    }
    found = {name: one.get_secret_value() for name, one in given.items() if one is not None}
    if settings.by_oauth and settings.client_id:
        found |= {"client_id": settings.client_id, "grant": settings.grant}
    if settings.link_client_id:
        found["link_client_id"] = settings.link_client_id
    if settings.goals_email:
        found["goals_email"] = settings.goals_email
    return {"email": settings.email, **found} if settings.email else found


def settings_of(connector: Connector, new: NewSite) -> JiraSettings:
    """The settings of a new site; Refusal naming what is wrong with what was given."""
    url, api_base = _place(connector, new.name, new.url, new.api_base)
    oauth = bool(new.client_id.strip() and new.client_secret.strip())
    if not (new.pat.strip() or new.token.strip() or oauth):
        raise Refusal(
            "Give an e-mail address and an API token (Cloud), the token of a service account alone (Cloud), "
            "a client id with its secret (Cloud, OAuth 2.0), or a personal access token (Data Center).",
            "client_secret" if new.client_id.strip() else "token",
        )
    secrets_given = (
        (new.token, "token"),
        (new.pat, "token"),
        (new.client_secret, "client_secret"),
        (new.goals_token, "goals_token"),
        (new.link_client_secret, "link_client_secret"),
    )
    for given, about in secrets_given:
        if wrong := token_flaw("".join(given.splitlines()).strip()):
            raise Refusal(f"This is no token: {wrong}.", about)
    # one house has one way out: its proxy or its authority stands before every Jira
    house = connector.settings.jira
    return JiraSettings(
        ca_bundle=house.ca_bundle if house is not None else None,
        client_cert=house.client_cert if house is not None else None,
        client_key=house.client_key if house is not None else None,
        name=new.name,
        url=url,
        api_base=api_base,
        email=new.email or None,
        token=SecretStr(new.token) if new.token.strip() else None,
        pat=SecretStr(new.pat) if new.pat.strip() else None,
        webhook_secret=SecretStr(new.webhook_secret) if new.webhook_secret else None,
        former_webhook_secret=SecretStr(new.former_webhook_secret) if new.former_webhook_secret else None,
        token_expires=new.token_expires,
        client_id=new.client_id.strip() or None,
        client_secret=SecretStr(new.client_secret) if new.client_secret.strip() else None,
        former_client_secret=SecretStr(new.former_client_secret) if new.former_client_secret else None,
        grant=CONSENT if new.grant == CONSENT else SERVICE,
        goals_email=new.goals_email or None,
        goals_token=SecretStr(new.goals_token) if new.goals_token.strip() else None,
        link_client_id=new.link_client_id.strip() or None,
        link_client_secret=SecretStr(new.link_client_secret) if new.link_client_secret.strip() else None,
    )


def _place(connector: Connector, name: str, url: str, api_base: str) -> tuple[AnyHttpUrl, str | None]:
    """Address of the site and of its API; Refusal for a name or an address that none can have."""
    if not NAME.fullmatch(name):
        raise Refusal(
            "The name of a site is made of small letters, digits and dashes, for example acme.", "name"
        )
    if _of_settings(connector, name):
        raise Refusal(
            f"The site {name!r} comes from the settings. Choose another name, or change the settings.",
            "name",
        )
    return _address(site_address(url), "url"), _api_base(api_base.strip())


def require_addable(
    connector: Connector, name: str, url: str, api_base: str, expires: date | None, *, consent: bool
) -> None:
    """Refusal for what is wrong before anything secret is known; `consent`: by an app that a Jira user allows."""
    _place(connector, name, url, api_base)
    require_ahead(expires, connector.clock())
    if consent:
        with connector.store.read() as conn:
            _require_waiting(connector, conn, name)


def require_ahead(day: date | None, now: datetime) -> None:
    """Refusal for a day that is over: a token that works cannot have expired then."""
    if expiry_at(day, now).state == "over":
        raise Refusal(
            f"{day} is over. Give the day on which the token expires, or none where you do not know it.",
            "token_expires",
        )


def day_text(day: date | None) -> str:
    """As it is kept; empty where it is not known."""
    return "" if day is None else day.isoformat()


def settings_of_row(connector: Connector, saved: SavedSite, opened: dict[str, str]) -> JiraSettings:
    """A kept site with these credentials; Refusal where they are incomplete."""
    given = NewSite(
        saved.name,
        str(saved.settings["url"]),
        str(saved.settings.get("api_base") or ""),
        token_expires=day_given(str(saved.settings.get("token_expires") or "")),
        **opened,
    )
    return settings_of(connector, given)


def new_secret() -> str:
    """A webhook secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def webhook_address(connector: Connector, site: Site, deployment: str = "") -> str:
    """Where Jira has to deliver. Where nothing is signed (without a secret, or by Data Center 9) an unguessable end stands for the signature."""
    address = f"{connector.settings.public_url}/webhooks/jira/{site.name}"
    if site.app_secret:
        return address
    unsigned = not site.webhook_secret or deployment == "datacenter"
    return f"{address}/{site.path_token}" if unsigned and site.path_token else address


def deployment_of(connector: Connector, name: str) -> str:
    """`cloud` or `datacenter` as it was when the site was added or last asked; empty where it is not known."""
    with connector.store.read() as conn:
        saved = sites.get(conn, name)
    if saved is not None:
        return str(saved.settings.get("deployment", ""))
    try:
        return connector.site(name).jira.deployment
    except JiraError:
        return ""


def _of_settings(connector: Connector, name: str) -> bool:
    given = connector.settings.jira
    return given is not None and given.name == name and name in connector.sites


def _not_added(name: str) -> Refusal:
    return Refusal(
        f"The site {name!r} was not added here. If it comes from the settings, take JIRA_OKR_JIRA__… away.",
        step=SITES,
    )


def _begin_anew(conn: Connection, name: str, now: datetime) -> None:
    """It may be another Jira under a name that was in use: what we knew of that one is read anew, all of it."""
    catalogues.forget(conn, name)
    former_names.forget(conn, name)
    api_versions.forget(conn, name)
    read_requests.ask(conn, name, now)


def _opened(connector: Connector, saved: SavedSite) -> Site | None:
    """None for a site whose credentials no key opens: the others must work on, and it must be possible to enter them anew."""
    try:
        return _site(connector, saved)
    except Refusal as error:
        log.error("site left out", site=saved.name, error=str(error))
        return None


def _site(connector: Connector, saved: SavedSite) -> Site:
    settings = settings_of_row(connector, saved, vault(connector.settings).open(saved.credentials or b""))
    until = str(saved.settings.get("former_until") or "")
    app_until = str(saved.settings.get("former_app_until") or "")
    return replace(
        site_from(settings, connector.settings, connector.store, connector.clock),
        former_until=datetime.fromisoformat(until) if until else None,
        path_stays=bool(saved.settings.get("path_stays")),
        former_app_until=datetime.fromisoformat(app_until) if app_until else None,
    )


def _api_base(given: str) -> str | None:
    return given if given == GATEWAY else str(_address(given, "api_base")) if given else None


def _address(url: str, about: str) -> AnyHttpUrl:
    try:
        address = TypeAdapter(AnyHttpUrl).validate_python(url.strip())
    except ValidationError:
        raise Refusal(
            f"{url or 'Nothing'} is no address. Write it as the browser shows it, for example https://acme.atlassian.net.",
            about,
        ) from None
    if address.username or address.password:
        bare = address.host or "acme.atlassian.net"
        raise Refusal(
            f"An address holds no user and no password: write it as https://{bare}, and give e-mail and token by themselves.",
            about,
        )
    if is_of_machine(address.host or ""):
        raise Refusal(
            f"{url} is no Jira: machines talk to their cloud there. Write the address of Jira.", about
        )
    return address
