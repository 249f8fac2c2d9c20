"""Sprints that began or ended and versions that were released, as Jira told it: by issue that they changed without an edit, and by event about themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into, plain
from connectors.store.schema import state_change as table
from mappings.fields.thing_states import StateChange

LONGEST_NAME = 200
FELT_WITHIN = timedelta(hours=2)
"""So long after it was noted a change may be what moved a number: what moves later was moved by something else."""


@dataclass(frozen=True, slots=True)
class KeptChange:
    """A change of a state and when it was noted; `issue_id` is what it changed, empty where Jira told of the thing alone."""

    issue_id: str
    at: datetime
    change: StateChange


def keep(conn: Connection, site: str, changes: Mapping[str, Iterable[StateChange]], at: datetime) -> None:
    """Keep these, by the id of the issue that they changed; twice is once."""
    rows = [
        {
            "site": site,
            "issue_id": issue_id,
            "at": to_ms(at),
            "kind": one.kind,
            "thing_id": one.id,
            "name": plain(one.name, LONGEST_NAME),
            "was": one.was,
            "now": one.now,
        }
        for issue_id, those in changes.items()
        for one in those
    ]
    if rows:
        conn.execute(insert_into(conn, table).on_conflict_do_nothing(), rows)


def load_since(conn: Connection, site: str, since: datetime) -> list[StateChange]:
    """Every change that was noted from then on, once each, the one that was noted last at the end, whatever it changed."""
    mine = (table.c.site == site, table.c.at >= to_ms(since))
    told = (table.c.kind, table.c.thing_id, table.c.name, table.c.was, table.c.now)
    found = select(*told).where(*mine).group_by(*told).order_by(func.max(table.c.at))
    return [StateChange(*row) for row in conn.execute(found)]


def load_of(
    conn: Connection, site: str, issue_ids: Iterable[str], since: datetime, until: datetime
) -> list[KeptChange]:
    """What changed these issues from `since` up to `until`, the oldest first."""
    ids = list(issue_ids)
    if not ids:
        return []
    mine = (table.c.site == site, table.c.at >= to_ms(since), table.c.at <= to_ms(until))
    found = select(table).where(*mine, among(conn, table.c.issue_id, ids))
    return [_kept(row) for row in conn.execute(found.order_by(table.c.at))]


def prune(conn: Connection, site: str, before: datetime) -> int:
    """Forget what is older; how many."""
    return conn.execute(delete(table).where(table.c.site == site, table.c.at < to_ms(before))).rowcount


def _kept(row: StoredRow) -> KeptChange:
    change = StateChange(kind=row.kind, id=row.thing_id, name=row.name, was=row.was, now=row.now)
    return KeptChange(row.issue_id, from_ms(row.at), change)
