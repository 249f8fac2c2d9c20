"""Refusals: fields of issues that Jira declined to take, in its own words, until they are tried again."""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.store import due, refusals
from connectors.store.audit import note
from connectors.store.refusals import Refused
from plugin.access.actor import Actor
from plugin.connector import Connector
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = ["Refused", "discard", "list_refusals", "retry"]


@question(VIEWER)
def list_refusals(connector: Connector, _actor: Actor, site: str) -> tuple[Refused, ...]:
    """All that stand on a site, the latest first."""
    with connector.store.read() as conn:
        return tuple(refusals.all(conn, site))


@act(EDITOR)
def retry(
    connector: Connector,
    actor: Actor,
    site: str,
    objective_id: str,
    issue_id: str | None = None,
    field_id: str | None = None,
) -> int:
    """Forget those of an objective (of one issue, of one field), and write these fields again now; how many there were."""
    now = connector.clock()
    with connector.store.write() as conn:
        count = _forgotten(connector, conn, actor, "refusals retried", site, objective_id, issue_id, field_id)
        if count:
            due.mark(conn, site, [objective_id], now, "refused fields are tried again")
            connector.announcer.marked(conn, site, [objective_id], now)
    connector.announce()
    return count


@act(EDITOR)
def discard(
    connector: Connector,
    actor: Actor,
    site: str,
    objective_id: str,
    issue_id: str | None = None,
    field_id: str | None = None,
) -> int:
    """Forget them until Jira refuses again; how many there were."""
    with connector.store.write() as conn:
        return _forgotten(
            connector, conn, actor, "refusals discarded", site, objective_id, issue_id, field_id
        )


def _forgotten(
    connector: Connector,
    conn: Connection,
    actor: Actor,
    what: str,
    site: str,
    objective_id: str,
    issue_id: str | None,
    field_id: str | None,
) -> int:
    count = refusals.clear(conn, site, objective_id, issue_id, field_id)
    if count:
        detail = {"objective": objective_id, "issue": issue_id, "field": field_id, "count": count}
        note(conn, actor.label, what, connector.clock(), detail, site)
    return count
