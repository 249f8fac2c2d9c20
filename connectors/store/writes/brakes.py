"""The brake: which objectives of a site wait for a person, one row each, so that one is let go without touching the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import brake as table


@dataclass(frozen=True, slots=True)
class DoubtedRow:
    """A row that nothing in Jira explains: when it was edited last, and a short name for what it said; empty where nobody noted that.

    One that `left` is outside of what is looked at: that it did nothing explains, as long as it is not back.
    """

    at: datetime
    facts: str = ""
    left: bool = False


Doubts = dict[str, dict[str, DoubtedRow]]
"""By issue written, the rows behind its number that nothing in Jira explains."""


_KeptDoubts = dict[str, dict[str, datetime | DoubtedRow]]
"""Until now an instant alone was kept of a row."""


@dataclass(frozen=True, slots=True)
class Brake:
    """A resync was held: why, since when, how many changes of it, and which objectives wait."""

    reason: str
    at: datetime
    count: int
    objectives: frozenset[str]


def load_standing(conn: Connection, site: str) -> Brake | None:
    """The brake that holds this site, if one does."""
    columns = (table.c.objective_id, table.c.reason, table.c.at, table.c.changes)
    rows = conn.execute(select(*columns).where(table.c.site == site).order_by(table.c.at)).all()
    if not rows:
        return None
    latest = rows[-1]
    return Brake(
        latest.reason, from_ms(latest.at), latest.changes, frozenset(row.objective_id for row in rows)
    )


def doubts(conn: Connection, site: str, objective_id: str) -> Doubts | None:
    """What is not explained of an objective that waits; None for one that does not wait."""
    mine = (table.c.site == site, table.c.objective_id == objective_id)
    text = conn.execute(select(table.c.doubts).where(*mine)).scalar()
    if text is None:
        return None
    kept = json_text.decode(text, _KeptDoubts)
    return {
        id_: {row: one if isinstance(one, DoubtedRow) else DoubtedRow(one) for row, one in rows.items()}
        for id_, rows in kept.items()
    }


def put(conn: Connection, site: str, brake: Brake, doubts: Mapping[str, Doubts]) -> None:
    """Hold these objectives, in the place of those that waited before."""
    lift_all(conn, site)
    said = {"reason": brake.reason, "at": to_ms(brake.at), "changes": brake.count}
    rows = [
        {"site": site, "objective_id": id_, "doubts": json_text.encode(doubts.get(id_, {})), **said}
        for id_ in sorted(brake.objectives)
    ]
    if not rows:
        return
    statement = insert_into(conn, table)
    changed = {name: statement.excluded[name] for name in ("doubts", *said)}
    conn.execute(
        statement.on_conflict_do_update(index_elements=[table.c.site, table.c.objective_id], set_=changed),
        rows,
    )


def lift(conn: Connection, site: str, objective_ids: Iterable[str]) -> None:
    """These objectives wait for the brake no more."""
    conn.execute(delete(table).where(table.c.site == site, among(conn, table.c.objective_id, objective_ids)))


def lift_all(conn: Connection, site: str) -> None:
    """No objective of the site waits any more."""
    conn.execute(delete(table).where(table.c.site == site))
