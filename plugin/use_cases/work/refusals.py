"""Refusals: fields of issues that Jira declined to take, in its own words, until they are tried again."""

from __future__ import annotations

from connectors.store.people.audit import note
from connectors.store.work import due
from connectors.store.writes import refusals
from connectors.store.writes.refusals import RefusedField
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = ["RefusedField", "discard", "list_refusals", "retry"]


@question(VIEWER)
def list_refusals(connector: Connector, _actor: Actor, site: str) -> tuple[RefusedField, ...]:
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
    """Write those of an objective (of one issue, of one field) again now; how many there are. Each stands until Jira takes it, and then
    all that are refused alike are written too.
    """
    now = connector.clock()
    with connector.store.write() as conn:
        count = refusals.try_again(conn, site, objective_id, issue_id, field_id)
        if count:
            detail = {"objective": objective_id, "issue": issue_id, "field": field_id, "count": count}
            note(conn, actor.label, "refusals retried", now, detail, site)
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
        count = refusals.clear(conn, site, objective_id, issue_id, field_id)
        if count:
            detail = {"objective": objective_id, "issue": issue_id, "field": field_id, "count": count}
            note(conn, actor.label, "refusals discarded", connector.clock(), detail, site)
    return count
