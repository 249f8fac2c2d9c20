"""The sites added by page or command: kept in the store, credentials sealed, and brought into the running connector."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import structlog
from pydantic import AnyHttpUrl, SecretStr, TypeAdapter, ValidationError

from connectors.jira.address import Deployment
from connectors.jira.errors import JiraError
from connectors.store import audit, sites
from connectors.store.sites import SavedSite
from plugin.composition import site_from
from plugin.connector import Connector, NotReady, Site
from plugin.credentials_vault import vault
from plugin.settings import JiraSettings

log = structlog.get_logger("jira_okr.sites")

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
ASKED = ("BROWSE_PROJECTS", "EDIT_ISSUES", "ADMINISTER_PROJECTS", "ADMINISTER")
_SECRET = ("email", "token", "pat", "webhook_secret")


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a person gave of a site. Cloud wants `email` and `token`, Data Center `pat`."""

    name: str
    url: str
    api_base: str = ""
    email: str = ""
    token: str = ""
    pat: str = ""
    webhook_secret: str = ""

    def __repr__(self) -> str:
        return f"NewSite(name={self.name!r}, url={self.url!r})"


@dataclass(frozen=True, slots=True)
class Tested:
    """What Jira said when it was asked who we are: `permissions` site-wide, `projects` we can see (keys with names)."""

    account: str
    title: str
    deployment: Deployment
    version: str
    permissions: dict[str, bool]
    projects: tuple[str, ...]


def open_sites(connector: Connector) -> None:
    """Bring the kept sites into the connector, in the place of what it knew of them; those of the settings stay as they are."""
    with connector.store.read() as conn:
        kept = sites.all(conn)
    opened = {one.name: _opened(connector, one) for one in kept}
    found = {name: site for name, site in opened.items() if site is not None}
    connector.sites = {**_of_settings(connector), **found}


def add_site(connector: Connector, new: NewSite, by: str) -> Tested:
    """Test a site, keep it and bring it in. Raises NotReady for what cannot be, JiraError where the test fails; then nothing is kept."""
    settings = settings_of(connector, new)
    site = site_from(settings, connector.settings, connector.store)
    found = test_site(site)
    now = connector.clock()
    sealed = vault(connector.settings).seal(
        {name: getattr(new, name) for name in _SECRET if getattr(new, name)}
    )
    plain = {"url": str(settings.url), "api_base": new.api_base, "deployment": found.deployment}
    with connector.store.write() as conn:
        sites.put(conn, new.name, plain, sealed, now)
        detail = {"url": str(settings.url), "account": found.account, "deployment": found.deployment}
        audit.note(conn, by, "site added", now, detail, new.name)
    connector.sites = {**connector.sites, new.name: site}
    return found


def remove_site(connector: Connector, name: str, by: str) -> None:
    """Forget a site and its credentials; its revisions and history stay, and come back with a site of the same name."""
    with connector.store.write() as conn:
        if not sites.remove(conn, name):
            raise NotReady(
                f"The site {name!r} was not added here. If it comes from the settings, take JIRA_OKR_JIRA__… away."
            )
        audit.note(conn, by, "site removed", connector.clock(), site=name)
    connector.sites = {key: site for key, site in connector.sites.items() if key != name}


def test_site(site: Site) -> Tested:
    """Ask Jira who we are, what we may do and what we see. Raises JiraError."""
    jira = site.jira
    server, user = jira.server(), jira.myself()
    permissions = jira.permissions(None, ASKED)
    catalogue = jira.catalogue()
    projects = tuple(f"{project.key} {project.name}" for project in catalogue.projects)
    version = ".".join(map(str, server.version))
    return Tested(user.name, server.title, server.deployment, version, permissions, projects)


def settings_of(connector: Connector, new: NewSite) -> JiraSettings:
    """The settings of a new site; NotReady naming what is wrong with what was given."""
    if not NAME.fullmatch(new.name):
        raise NotReady("The name of a site is made of small letters, digits and dashes, for example acme.")
    if new.name in _of_settings(connector):
        raise NotReady(
            f"The site {new.name!r} comes from the settings. Choose another name, or change the settings."
        )
    if not new.pat and not (new.email and new.token):
        raise NotReady(
            "Give an e-mail address and an API token (Cloud), or a personal access token (Data Center)."
        )
    return JiraSettings(
        name=new.name,
        url=_address(new.url),
        api_base=_address(new.api_base) if new.api_base else None,
        email=new.email or None,
        token=SecretStr(new.token) if new.token else None,
        pat=SecretStr(new.pat) if new.pat else None,
        webhook_secret=SecretStr(new.webhook_secret) if new.webhook_secret else None,
    )


def new_secret() -> str:
    """A webhook secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def webhook_address(connector: Connector, site: Site, deployment: str = "") -> str:
    """Where Jira has to deliver. Data Center 9 cannot sign; the unguessable end of the path stands for the signature."""
    address = f"{connector.settings.public_url}/webhooks/jira/{site.name}"
    return f"{address}/{site.path_token}" if deployment == "datacenter" and site.path_token else address


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


def _of_settings(connector: Connector) -> dict[str, Site]:
    given = connector.settings.jira
    return {name: site for name, site in connector.sites.items() if given is not None and name == given.name}


def _opened(connector: Connector, saved: SavedSite) -> Site | None:
    """None for a site whose credentials no key opens: the others must work on, and it must be possible to enter them anew."""
    try:
        return _site(connector, saved)
    except NotReady as error:
        log.error("site left out", site=saved.name, error=str(error))
        return None


def _site(connector: Connector, saved: SavedSite) -> Site:
    opened = vault(connector.settings).open(saved.credentials or b"")
    given = NewSite(
        saved.name, str(saved.settings["url"]), str(saved.settings.get("api_base") or ""), **opened
    )
    return site_from(settings_of(connector, given), connector.settings, connector.store)


def _address(url: str) -> AnyHttpUrl:
    try:
        return TypeAdapter(AnyHttpUrl).validate_python(url.strip())
    except ValidationError:
        raise NotReady(
            f"{url or 'Nothing'} is no address. Write it as the browser shows it, for example https://acme.atlassian.net."
        ) from None
