"""The pairing as it is, for the Jira admin who looks at its page: paired with what, and when it was heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from connectors.forge.invocation import Invocation
from connectors.store.forge import installations
from connectors.store.mappings import revisions
from connectors.store.work import delivery_sources
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.forge.admission import key_of
from plugin.use_cases.permission import PUBLIC, question


@dataclass(frozen=True, slots=True)
class PairingStatus:
    """`site` None where this installation is not paired; then nothing else is told of the connector but its version."""

    version: str
    site: str | None = None
    mapping: str | None = None
    event_at: datetime | None = None
    heartbeat_at: datetime | None = None
    token_expires: datetime | None = None
    pages: str = ""


@question(PUBLIC)
def pairing_status(connector: Connector, _actor: Actor, invocation: Invocation) -> PairingStatus:
    """Of the installation that asks, and of no other."""
    with connector.store.read() as conn:
        found = installations.get(conn, key_of(invocation))
        if found is None or found.environment != invocation.environment:
            return PairingStatus(_version())
        ruling = revisions.active(conn, found.site)
        heard = {one.source: one.at for one in delivery_sources.all_of(conn, found.site)}
    expires = found.token_expires
    return PairingStatus(
        version=_version(),
        site=found.site,
        mapping=ruling.revision if ruling is not None else None,
        event_at=heard.get("forge"),
        heartbeat_at=found.heartbeat_at,
        token_expires=expires if expires is not None and expires > connector.clock() else None,
        pages=connector.pages,
    )


def _version() -> str:
    try:
        return version("jira-okr-connector")
    except PackageNotFoundError:
        return "0"
