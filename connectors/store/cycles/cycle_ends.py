"""What each objective stood at, and was measured from, at the end of each of its cycles. One row an objective and cycle."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into
from connectors.store.lists import cycle_lines, list_line
from connectors.store.lists.cycle_lines import CycleLine
from connectors.store.mirror.issue_text import IssueReader, text_of
from connectors.store.schema import cycle_end as table
from connectors.store.schema import listing
from mappings.explain.certainty import Uncertainty
from mappings.rollup.cycles.cycle_end import EndFacts
from mappings.rollup.state import ObjectiveState


@dataclass(frozen=True, slots=True)
class CycleEnd:
    """The facts of the end of a cycle, what they came to, and by which mapping revision; `closed` is the version of its closing, if it is."""

    ends_at: datetime
    facts: EndFacts
    state: ObjectiveState
    mapping_revision: str
    closed: int = 0

    def settled(self, mapping_revision: str) -> bool:
        """Whether the state stands as it is, whatever this revision would make of the facts."""
        return self.closed > 0 or self.mapping_revision != mapping_revision


def load_latest(
    conn: Connection, site: str, ids: Iterable[str], until: datetime | None = None
) -> dict[str, CycleEnd]:
    """Of each of these objectives the end of the cycle that ended last, of those that ended by then."""
    ids = list(ids)
    if not ids:
        return {}
    mine = [table.c.site == site, among(conn, table.c.objective_id, ids)]
    if until is not None:
        mine.append(table.c.ends_at <= to_ms(until))
    rows = conn.execute(select(table).where(*mine).order_by(table.c.ends_at))
    last = {row.objective_id: row for row in rows}
    return {id_: _read(row) for id_, row in last.items()}


def of_cycle(conn: Connection, site: str, cycle_id: str) -> list[CycleEnd]:
    """The ends of one cycle, by objective."""
    mine = (table.c.site == site, table.c.cycle_id == cycle_id)
    return [_read(row) for row in conn.execute(select(table).where(*mine).order_by(table.c.objective_id))]


def of_objective(conn: Connection, site: str, objective_id: str, cycle_id: str) -> CycleEnd | None:
    """The end of one cycle of one objective, or None."""
    mine = (table.c.site == site, table.c.objective_id == objective_id, table.c.cycle_id == cycle_id)
    row = conn.execute(select(table).where(*mine)).one_or_none()
    return None if row is None else _read(row)


def cycles(conn: Connection, site: str) -> list[str]:
    """Ids of the cycles whose end was noted for some objective."""
    found = select(table.c.cycle_id).where(table.c.site == site).distinct().order_by(table.c.cycle_id)
    return list(conn.execute(found).scalars())


def list_unnoted(conn: Connection, site: str, cycle_id: str) -> list[str]:
    """Ids of the objectives of a cycle of which no end was noted yet."""
    noted = (
        select(table.c.objective_id)
        .where(
            table.c.site == listing.c.site,
            table.c.objective_id == listing.c.id,
            table.c.cycle_id == cycle_id,
        )
        .exists()
    )
    mine = (listing.c.site == site, listing.c.cycle == list_line.storable_text(cycle_id), ~noted)
    return list(conn.execute(select(listing.c.id).where(*mine).order_by(listing.c.id)).scalars())


def list_running(conn: Connection, site: str) -> list[str]:
    """Ids of the cycles that objectives run in, or ran in last, now."""
    found = select(listing.c.cycle).where(listing.c.site == site).distinct()
    return sorted(name for name in conn.execute(found).scalars() if name)


def keep(conn: Connection, site: str, end: CycleEnd, now: datetime) -> None:
    """Keep what is known of this end now."""
    statement = insert_into(conn, table)
    row = {
        "site": site,
        "objective_id": end.state.id,
        "cycle_id": end.facts.cycle_id,
        "ends_at": to_ms(end.ends_at),
        "noted_at": to_ms(now),
        "mapping_revision": end.mapping_revision,
        "doubts": json_text.encode(end.facts.doubts),
        "content": _packed(end),
    }
    news = {name: statement.excluded[name] for name in ("noted_at", "mapping_revision", "doubts", "content")}
    key = [table.c.site, table.c.objective_id, table.c.cycle_id]
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), row)
    cycle_lines.note(conn, site, end.facts.cycle_id, _line(end, now))


def states(
    conn: Connection, site: str, cycle_id: str, ids: Iterable[str]
) -> dict[str, tuple[ObjectiveState, str]]:
    """Of these objectives how they stood at the end of a cycle, each with the mapping revision, by id."""
    mine = (table.c.site == site, table.c.cycle_id == cycle_id, among(conn, table.c.objective_id, ids))
    decoder = json_text.decoder(_EndState)
    return {
        row.objective_id: (decoder.decode(zlib.decompress(row.content)).state, row.mapping_revision)
        for row in conn.execute(select(table).where(*mine))
    }


def lines(conn: Connection, site: str, cycle_id: str) -> list[CycleLine]:
    """What the list of a cycle that has ended shows, of what was noted of its end."""
    mine = (table.c.site == site, table.c.cycle_id == cycle_id)
    rows = conn.execute(select(table).where(*mine).order_by(table.c.objective_id))
    return [_line(_read(row), from_ms(row.noted_at)) for row in rows]


def _line(end: CycleEnd, noted_at: datetime) -> CycleLine:
    served = [one.id for one in end.facts.aligned or ()]
    return CycleLine(state=end.state, at=noted_at, ends_at=end.ends_at, served=served)


@dataclass(frozen=True, slots=True)
class _EndState:
    """Of what is kept the state alone: the issues behind it are not made for a list."""

    state: ObjectiveState


@dataclass(frozen=True, slots=True)
class _Content:
    state: ObjectiveState
    aligned: tuple[ObjectiveState, ...] | None
    issues: tuple[str, ...]


def _packed(end: CycleEnd) -> bytes:
    issues = tuple(text_of(one) for one in end.facts.issues)
    return zlib.compress(json_text.encode(_Content(end.state, end.facts.aligned, issues)).encode())


def _read(row: StoredRow) -> CycleEnd:
    content = json_text.decode(zlib.decompress(row.content).decode(), _Content)
    reader = IssueReader()
    doubts = json_text.decode(row.doubts, tuple[tuple[Uncertainty, str], ...])
    issues = tuple(reader.read(text) for text in content.issues)
    facts = EndFacts(row.cycle_id, issues, content.aligned, doubts)
    return CycleEnd(from_ms(row.ends_at), facts, content.state, row.mapping_revision)
