"""What the Forge app tells without a person: events, which go into the inbox as webhooks do, its hourly call, and that it leaves."""

from __future__ import annotations

from connectors.store.forge import installations
from connectors.store.people import audit
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.intake.acceptance import INVOKED, Intake
from plugin.use_cases.forge.admission import AdmittedCaller, key_of
from plugin.use_cases.permission import EDITOR, act
from plugin.use_cases.work import sync

RECENT = sync.SyncRequest(kind="recent")


@act(EDITOR)
def take_in(connector: Connector, _actor: Actor, intake: Intake, site: str, body: bytes) -> None:
    """Keep an event; nothing else happens before it is answered. Raises StoreError where it could not be kept."""
    accepted = intake.accept(site, {}, body, connector.clock(), connector.announcer, INVOKED)
    if accepted.new:
        connector.announce()


@act(EDITOR)
def catch_up(connector: Connector, actor: Actor, site: str) -> bool:
    """Read what changed of late, as every sync does: an event that Forge lost is found. False where a sync goes on, or no mapping is active."""
    try:
        return sync.begin(connector, actor, site, RECENT)
    except Refusal:
        return False


@act(EDITOR)
def leave(connector: Connector, actor: Actor, caller: AdmittedCaller) -> None:
    """The app is about to be taken out of Jira: its token goes, and it has to be paired anew. Mapping and numbers stay."""
    now = connector.clock()
    with connector.store.write() as conn:
        installations.uninstall(conn, key_of(caller.invocation), now)
        detail = {"environment": caller.invocation.environment}
        audit.note(conn, actor.label, "Forge app uninstalled", now, detail, caller.site)


def intake_of(connector: Connector) -> Intake:
    """Where the events of one process are brought."""
    return Intake(connector.store)
