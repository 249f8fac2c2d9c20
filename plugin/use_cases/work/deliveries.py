"""Deliveries: the webhook calls in the inbox."""

from __future__ import annotations

from connectors.store.mirror import browse
from connectors.store.people.audit import note
from connectors.store.work import inbox
from connectors.store.work.inbox import Delivery, DeliveryStatus
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = ["Delivery", "DeliveryStatus", "list_deliveries", "replay"]


@question(VIEWER)
def list_deliveries(
    connector: Connector,
    _actor: Actor,
    site: str,
    limit: int,
    before: int | None = None,
    status: DeliveryStatus | None = None,
) -> tuple[tuple[Delivery, int], ...]:
    """The newest first, from before this one on, each with the size of its body in bytes."""
    with connector.store.read() as conn:
        return tuple(browse.deliveries_before(conn, site, limit, before, status))


@act(EDITOR)
def replay(connector: Connector, actor: Actor, number: int) -> bool:
    """Work it off once more: the issues it names are read again. False where there is none of this number."""
    now = connector.clock()
    with connector.store.write() as conn:
        found = browse.delivery_of(conn, number)
        if found is None or found.site not in connector.sites:
            return False
        if found.status is not DeliveryStatus.PENDING:
            inbox.replay(conn, number)
            connector.announcer.delivered(conn, found.site)
            note(conn, actor.label, "delivery replayed", now, {"delivery": number}, found.site)
    connector.announce()
    return True
