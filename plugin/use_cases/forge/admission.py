"""Who calls: proved by Forge, of an installation that is paired with a site of ours, from the page or trigger that this is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from connectors.forge.app_token import expiry_of
from connectors.forge.invocation import Invocation, TokenRefusal, read_invocation
from connectors.forge.signing_keys import SigningKeys, SigningKeysOutage
from connectors.store.forge import installations
from connectors.store.forge.installations import AppInstallation, InstallationKey
from connectors.store.people import audit
from connectors.store.work import due
from connectors.store.writes import refusals
from mappings.facts.app_field import app_field_id
from plugin.access.authorization.actor import FORGE, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.sync.write_back.permits import TRIED

__all__ = [
    "Admission",
    "AdmittedCaller",
    "Headers",
    "Invocation",
    "SigningKeysOutage",
    "TokenRefusal",
    "UnpairedInstallation",
]

HEARD_EACH = timedelta(minutes=1)
"""How often it is noted that an installation called."""
NEWER = timedelta(minutes=5)
"""How much longer another token has to last to be kept in the place of the present one."""


class UnpairedInstallation(Exception):
    """Forge vouches for the call, and it is not for us: the message says what to do."""


@dataclass(frozen=True, slots=True)
class Headers:
    """What comes with a call: the token that proves it, and those of the app and of the person for Jira, where Forge sends them."""

    authorization: str = ""
    app_token: str = ""
    user_token: str = ""


@dataclass(frozen=True, slots=True)
class AdmittedCaller:
    """A call that is believed, the site it belongs to, and who looks."""

    invocation: Invocation
    site: str
    actor: Actor


class Admission:
    """Lets calls of Forge in. One for the process: it keeps the keys."""

    def __init__(self, connector: Connector) -> None:
        given = connector.settings.forge
        if given is None:
            raise Refusal("Set JIRA_OKR_FORGE__APP_ID to the id of your Forge app.")
        self._connector = connector
        self._app_id = given.app_id
        self._keys = SigningKeys(str(given.keys_url), connector.settings.authority)
        self._gateway = str(connector.settings.gateway_url).rstrip("/")

    def invocation(self, headers: Headers, modules: Collection[str]) -> Invocation:
        """The call as it is signed, of whatever installation. Raises TokenRefusal, SigningKeysOutage, UnpairedInstallation for another module."""
        scheme, _, token = headers.authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefusal("there is no bearer token")
        now = self._connector.clock()
        found = read_invocation(token.strip(), self._keys, self._app_id, self._gateway, now)
        if found.module not in modules:
            raise UnpairedInstallation("This address is for another page or trigger of the app.")
        return found

    def caller(
        self, headers: Headers, modules: Collection[str], *, heartbeat: bool = False
    ) -> AdmittedCaller:
        """The call of an installation that is paired; raises as `invocation`, and UnpairedInstallation for every other."""
        found = self.invocation(headers, modules)
        key = key_of(found)
        with self._connector.store.read() as conn:
            installation = installations.get(conn, key)
        if installation is None or installation.environment != found.environment:
            raise UnpairedInstallation(
                "This installation of the app is not paired with a site of the connector. A Jira admin pairs it: "
                "Jira settings, Apps, OKR connector, with a code from the connector's page of the site."
            )
        if self._connector.known_site(installation.site) is None:
            raise UnpairedInstallation(
                "The site that this installation was paired with was removed from the connector."
            )
        self._note(found, installation, headers.app_token, heartbeat)
        return AdmittedCaller(found, installation.site, actor_of(found, installation.site))

    def _note(self, found: Invocation, known: AppInstallation, token: str, heartbeat: bool) -> None:
        """When it called, by which id, and its token for Jira; nothing is written where all that is known."""
        now = self._connector.clock()
        expires = expiry_of(token, now)
        newer = expires is not None and (
            known.token_expires is None or expires - known.token_expires >= NEWER
        )
        moved = known.installation_id != found.installation_id
        silent = known.heard_at is None or not timedelta(0) <= now - known.heard_at < HEARD_EACH
        if not (newer or moved or silent or heartbeat):
            return
        sealed = vault(self._connector.settings).seal({"token": token}) if newer else b""
        with self._connector.store.write() as conn:
            installations.heard(conn, known.key, found.installation_id, now, heartbeat=heartbeat)
            if newer and expires is not None:
                installations.keep_token(conn, known.key, sealed, expires)
                # whatever the former one was refused for: it may have been revoked before its time
                ours = refusals.probe(conn, known.site, lambda one: app_field_id(one.field_id) is not None)
                due.mark(conn, known.site, ours, now, TRIED)
            if moved:
                detail = {"installation": found.installation_id, "before": known.installation_id}
                audit.note(conn, FORGE.label, "Forge installation has another id", now, detail, known.site)


def key_of(found: Invocation) -> InstallationKey:
    """What an installation is known by."""
    return InstallationKey(found.app_id, found.environment_id, found.cloud_id)


def actor_of(found: Invocation, site: str = "") -> Actor:
    """A person who looks at a page inside Jira may look, as the one that Forge proves them to be; what happens without one is done by the app."""
    if found.account_id is None:
        return FORGE
    return Actor(f"Jira account {found.account_id}", Permission.VIEWER, of_site=site, person=found.account_id)
