"""The brake: which objectives of a site wait for a person, one row each, so that one is let go without touching the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import brake as table


@dataclass(frozen=True, slots=True)
class DoubtedRow:
    """A row that nothing in Jira explains: the edit of it (`at`) up to which its history was asked in vain.

    `known` is its last edit before it moved, and `base` what it said then, by field a short name for the value: what was believed last, to which
    an explanation has to reach back. Without these nobody noted it. `came`: it was not known, and an entry of one of these fields is what brought it
    in. One that `left` is outside of what is looked at: that it did nothing explains, as long as it is not back.
    """

    at: datetime
    left: bool = False
    known: datetime | None = None
    base: Mapping[str, str] = field(default_factory=dict)
    came: frozenset[str] = frozenset()


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


def doubts_of(conn: Connection, site: str, objective_id: str) -> Doubts | None:
    """What is not explained of an objective that waits; None for one that does not wait."""
    mine = (table.c.site == site, table.c.objective_id == objective_id)
    text = conn.execute(select(table.c.doubts).where(*mine)).scalar()
    return None if text is None else _decoded(text)


def _decoded(text: str) -> Doubts:
    kept = json_text.decode(text, _KeptDoubts)
    return {
        id_: {row: one if isinstance(one, DoubtedRow) else DoubtedRow(one) for row, one in rows.items()}
        for id_, rows in kept.items()
    }


def load_doubts(conn: Connection, site: str) -> dict[str, Doubts]:
    """The same of every objective of the site that waits."""
    found = conn.execute(select(table.c.objective_id, table.c.doubts).where(table.c.site == site))
    return {row.objective_id: _decoded(row.doubts) for row in found}


def put(conn: Connection, site: str, brake: Brake, doubts: Mapping[str, Doubts]) -> None:
    """Hold these objectives too. Of one that waited already both is doubted, and of a row what was doubted first: it reaches further back."""
    said = {"reason": brake.reason, "at": to_ms(brake.at), "changes": brake.count}
    known = load_doubts(conn, site)
    rows = [
        {
            "site": site,
            "objective_id": id_,
            "doubts": json_text.encode(_both(known.get(id_, {}), doubts.get(id_, {}))),
            **said,
        }
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


def _both(first: Doubts, later: Doubts) -> Doubts:
    return {id_: {**later.get(id_, {}), **first.get(id_, {})} for id_ in (*first, *later)}


def widen(conn: Connection, site: str, doubts: Mapping[str, Doubts]) -> None:
    """Of objectives that wait more rows are doubted, behind the issues of which something waits."""
    for objective_id, more in doubts.items():
        known = doubts_of(conn, site, objective_id)
        if known is not None:
            _keep(conn, site, objective_id, _both(known, {id_: more.get(id_, {}) for id_ in known}))


def note_asked(
    conn: Connection,
    site: str,
    objective_id: str,
    explained: Collection[str],
    asked: Mapping[str, DoubtedRow],
) -> None:
    """Of one that waits these rows are explained, and those were asked for in vain."""
    known = doubts_of(conn, site, objective_id)
    if known is not None:
        _keep(conn, site, objective_id, _without(known, explained, asked))


def explain(conn: Connection, site: str, rows: Collection[str]) -> frozenset[str]:
    """Jira's own word explains that these issues are gone, whoever doubts them as rows; of one that is an objective that itself, every row. The objectives that did doubt."""
    found = _doubting(conn, site, rows)
    for objective_id in sorted(found):
        known = found[objective_id]
        every = frozenset().union(*known.values())
        _keep(conn, site, objective_id, _without(known, every if objective_id in rows else rows, {}))
    return frozenset(found)


def doubters(conn: Connection, site: str, rows: Collection[str]) -> frozenset[str]:
    """The objectives that doubt any of these rows, or are one of them and doubt anything."""
    return frozenset(_doubting(conn, site, rows))


def _doubting(conn: Connection, site: str, rows: Collection[str]) -> dict[str, Doubts]:
    waiting = load_doubts(conn, site) if rows else {}
    return {
        id_: doubts
        for id_, doubts in waiting.items()
        if any(those and (id_ in rows or not those.keys().isdisjoint(rows)) for those in doubts.values())
    }


def _without(doubts: Doubts, explained: Collection[str], asked: Mapping[str, DoubtedRow]) -> Doubts:
    return {
        id_: {row: asked.get(row, one) for row, one in rows.items() if row not in explained}
        for id_, rows in doubts.items()
    }


def _keep(conn: Connection, site: str, objective_id: str, doubts: Doubts) -> None:
    mine = (table.c.site == site, table.c.objective_id == objective_id)
    conn.execute(update(table).where(*mine).values(doubts=json_text.encode(doubts)))


def lift(conn: Connection, site: str, objective_ids: Iterable[str]) -> None:
    """These objectives wait for the brake no more."""
    conn.execute(delete(table).where(table.c.site == site, among(conn, table.c.objective_id, objective_ids)))


def lift_all(conn: Connection, site: str) -> None:
    """No objective of the site waits any more."""
    conn.execute(delete(table).where(table.c.site == site))
