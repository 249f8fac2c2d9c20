"""Pairing an installation of the Forge app with a site: a one-time code, made here by an admin and typed into Jira by a Jira admin."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.forge.app_token import jira_as
from connectors.forge.invocation import Invocation
from connectors.store.forge import codes, installations
from connectors.store.people import audit, sign_in_attempts
from plugin.access.authentication.throttle import wait
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.saved_sites import deployment_of
from plugin.use_cases.forge.admission import key_of
from plugin.use_cases.health.faults import AuthFailure, JiraRefusal
from plugin.use_cases.permission import ADMIN, PUBLIC, VIEWER, act, question

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Those that nobody takes for another."""
LENGTH = 10
VALID = timedelta(minutes=15)
TRIES = 10
"""Wrong codes that are heard of one Jira, within a quarter of an hour."""
ADMINISTER = "ADMINISTER"


class PairingRefusal(Exception):
    """The installation was not paired; the message is for the Jira admin who tried."""


@dataclass(frozen=True, slots=True)
class PairingCode:
    """The only time its text is seen."""

    text: str
    until: datetime

    @property
    def shown(self) -> str:
        """In two halves, as people read it out."""
        return f"{self.text[: LENGTH // 2]}-{self.text[LENGTH // 2 :]}"


@dataclass(frozen=True, slots=True)
class PairedInstallation:
    """One installation of the app as people see it; `token_expires` None where the app has no token that can be used."""

    environment: str
    cloud_id: str
    paired_at: datetime
    heard_at: datetime | None
    heartbeat_at: datetime | None
    uninstalled_at: datetime | None
    token_expires: datetime | None


@act(ADMIN)
def make_code(connector: Connector, actor: Actor, site: str) -> PairingCode:
    """A one-time code for a site, in the place of the one it had. Refusal where no app can be paired."""
    if connector.settings.forge is None:
        raise Refusal(
            "No Forge app is known here. Set JIRA_OKR_FORGE__APP_ID to the id that forge register wrote into manifest.yml, and restart."
        )
    connector.site(site)
    if deployment_of(connector, site) == "datacenter":
        raise Refusal(f"{site} is a Jira Data Center, and Forge apps are for Jira Cloud.")
    text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    now = connector.clock()
    with connector.store.write() as conn:
        codes.put(conn, site, hash_of(text), now + VALID)
        audit.note(conn, actor.label, "Forge pairing code made", now, {}, site)
    return PairingCode(text, now + VALID)


@question(VIEWER)
def list_installations(connector: Connector, _actor: Actor, site: str) -> tuple[PairedInstallation, ...]:
    """The installations of a site, those taken out of Jira too."""
    now = connector.clock()
    with connector.store.read() as conn:
        found = installations.of_site(conn, site)
    return tuple(
        PairedInstallation(
            environment=one.environment,
            cloud_id=one.key.cloud_id,
            paired_at=one.paired_at,
            heard_at=one.heard_at,
            heartbeat_at=one.heartbeat_at,
            uninstalled_at=one.uninstalled_at,
            token_expires=one.token_expires
            if one.token_expires is not None and one.token_expires > now
            else None,
        )
        for one in found
    )


@act(ADMIN)
def unpair(connector: Connector, actor: Actor, site: str) -> int:
    """Believe no installation of a site any more; how many there were. The app stays in Jira."""
    connector.site(site)
    with connector.store.write() as conn:
        count = installations.forget(conn, site)
        if count:
            audit.note(
                conn, actor.label, "Forge app unpaired", connector.clock(), {"installations": count}, site
            )
    return count


@act(PUBLIC)
def pair(connector: Connector, actor: Actor, invocation: Invocation, user_token: str, typed: str) -> str:
    """Pair the installation that Forge vouches for with the site whose code was typed; its name.

    Raises PairingRefusal, and JiraError where Jira does not tell who somebody is. Only a Jira admin may, and only the Jira that the site is.
    """
    _require_jira_admin(invocation, user_token, connector.settings.authority)
    now = connector.clock()
    code = hash_of("".join(one for one in typed.upper() if one in LETTERS))
    with connector.store.write() as conn:
        tries = sign_in_attempts.count(conn, f"forge:{invocation.cloud_id}", now, VALID)
    if wait(tries, TRIES, now):
        raise PairingRefusal("Too many codes were wrong. Wait a quarter of an hour, then make a new one.")
    with connector.store.read() as conn:
        site = codes.site_of(conn, code, now)
    if site is None or connector.known_site(site) is None:
        raise PairingRefusal(
            "This code is wrong, was used, or has run out: it holds for 15 minutes. Make a new one in the connector."
        )
    known = connector.site(site)
    if known.jira.transport.cloud_id() != invocation.cloud_id:
        raise PairingRefusal(f"The code is for {known.browse_url}, which is another Jira.")
    with connector.store.write() as conn:
        if not codes.take(conn, site, code):
            raise PairingRefusal("This code was used a moment ago. Make a new one in the connector.")
        key = key_of(invocation)
        environment, named = invocation.environment, invocation.installation_id
        installations.pair(conn, key, environment, named, site, now, url=known.browse_url)
        sign_in_attempts.forget(conn, f"forge:{invocation.cloud_id}")
        detail = {"cloud": invocation.cloud_id, "environment": invocation.environment}
        audit.note(conn, actor.label, "Forge app paired", now, detail, site)
    return site


def _require_jira_admin(invocation: Invocation, user_token: str, authority: str | None) -> None:
    """Whoever may open the page is told by Forge; whether they administer Jira, Jira has to say."""
    if not user_token:
        raise PairingRefusal(
            "Forge did not send your token, so nobody can tell whether you administer Jira. Allow the app to act for you, and try again."
        )
    jira = jira_as(user_token, invocation.api_base, authority)
    try:
        if not jira.permissions(None, (ADMINISTER,)).get(ADMINISTER):
            raise PairingRefusal("Only a Jira admin may pair the app.")
    except (AuthFailure, JiraRefusal):
        raise PairingRefusal(
            "Jira does not take your token, so nobody can tell whether you administer Jira."
        ) from None
    finally:
        jira.close()
