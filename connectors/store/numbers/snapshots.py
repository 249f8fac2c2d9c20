"""Objectives as they stood, with their ledgers: what says later, between any two moments, which issues moved the number.

A snapshot is the whole state as JSON, without what it hangs on (`connectors.store.numbers.snapshot_text`). One is kept where a row of a ledger changed or another
mapping revision took over; between two snapshots the former one holds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import Statement, StoredRow, among
from connectors.store.numbers import snapshot_text
from connectors.store.schema import history, objective, snapshot
from mappings.explain.marks import DatedOutline, Outline
from mappings.rollup.state import ObjectiveState

Standing = Mapping[tuple[str, str], tuple[int, int, int]]
"""Of each objective, by site and id, how many snapshots are kept, the last of them and its instant: as long as that stays none came."""
NOTHING_DONE: Standing = {}
DAY_MS = 86_400_000
MOST_OUTLINES = 400


@dataclass(frozen=True, slots=True)
class StateSnapshot:
    """The state from `at` on; `backfilled` says that it was reconstructed from Jira's history, not observed."""

    at: datetime
    mapping_revision: str
    backfilled: bool
    state: ObjectiveState


def keep(
    conn: Connection,
    site: str,
    former: tuple[ObjectiveState, str] | None,
    state: ObjectiveState,
    revision: str,
    now: datetime,
    text: str | None = None,
) -> bool:
    """Keep a snapshot where it says more than the one before (a state and its mapping revision); whether one was kept. `text`: the whole state as JSON, where it was made."""
    if former is not None and _says_as_much(conn, site, former, state, revision):
        return False
    conn.execute(insert(snapshot), _values(conn, site, state, revision, now, text))
    return True


def _says_as_much(
    conn: Connection, site: str, former: tuple[ObjectiveState, str], state: ObjectiveState, revision: str
) -> bool:
    """Whether the latest snapshot does. One of this revision may stand though nothing was stored under it yet: of the moment when it began to rule."""
    known, stored = former[0], former[1] == revision
    if stored and ledgers(known) != ledgers(state):
        return False
    row = conn.execute(_last(_of(site, state.id))).one_or_none()
    if row is None or row.mapping_revision != revision:
        return False
    return stored or ledgers(_snapshot(conn, row).state) == ledgers(state)


def keep_several(
    conn: Connection, site: str, states: Iterable[ObjectiveState], revision: str, at: datetime
) -> None:
    """Keep a snapshot of each of these, as of that instant."""
    rows = [_values(conn, site, state, revision, at) for state in states]
    if rows:
        conn.execute(insert(snapshot), rows)


def backfill(
    conn: Connection, site: str, points: Iterable[tuple[datetime, ObjectiveState]], revision: str
) -> None:
    """Keep reconstructed snapshots."""
    rows = [{**_values(conn, site, state, revision, at), "backfilled": 1} for at, state in points]
    if rows:
        conn.execute(insert(snapshot), rows)


def ledgers(state: ObjectiveState) -> tuple[object, ...]:
    """What a snapshot is kept for: a change of anything else brings no new one."""
    said = [one.check_in for one in state.key_results if one.check_in is not None]
    return (
        state.health.level,
        state.ledger,
        state.beside,
        *(one.measurement for one in state.key_results),
        *said,
    )


def load_at(conn: Connection, site: str, objective_id: str, moment: datetime) -> StateSnapshot | None:
    """The snapshot that held at this moment, or None where history begins later."""
    found = _of(site, objective_id).where(snapshot.c.at <= to_ms(moment))
    row = conn.execute(_last(found)).one_or_none()
    return None if row is None else _snapshot(conn, row)


def load_next(conn: Connection, site: str, objective_id: str, moment: datetime) -> StateSnapshot | None:
    """The first snapshot that was kept at this moment or after it, or None."""
    found = _of(site, objective_id).where(snapshot.c.at >= to_ms(moment))
    row = conn.execute(found.order_by(snapshot.c.at, snapshot.c.id).limit(1)).one_or_none()
    return None if row is None else _snapshot(conn, row)


def instants(conn: Connection, site: str, ids: Iterable[str], since: int) -> dict[str, list[int]]:
    """When snapshots of these objectives were kept from `since` on (epoch milliseconds), in the order of time; nothing else is read."""
    mine = (snapshot.c.site == site, among(conn, snapshot.c.objective_id, ids), snapshot.c.at >= since)
    found: dict[str, list[int]] = {}
    for id_, at in conn.execute(select(snapshot.c.objective_id, snapshot.c.at).where(*mine)):
        found.setdefault(id_, []).append(at)
    return {id_: sorted(those) for id_, those in found.items()}


def load_cycles(conn: Connection, site: str, ids: Iterable[str], moment: datetime) -> dict[str, str | None]:
    """In which cycle each of these objectives ran at a moment, of those that have a snapshot by then."""
    rank = func.row_number().over(
        partition_by=snapshot.c.objective_id, order_by=(snapshot.c.at.desc(), snapshot.c.id.desc())
    )
    mine = (
        snapshot.c.site == site,
        among(conn, snapshot.c.objective_id, ids),
        snapshot.c.at <= to_ms(moment),
    )
    ranked = select(snapshot.c.id, rank.label("rank")).where(*mine).subquery()
    latest = select(snapshot).join(ranked, ranked.c.id == snapshot.c.id).where(ranked.c.rank == 1)
    rows = conn.execute(latest).all()
    decode = json_text.decoder(_RunningCycle).decode
    texts = snapshot_text.texts(conn, rows)
    return {row.objective_id: decode(text).cycle_id for row, text in zip(rows, texts, strict=True)}


@dataclass(frozen=True, slots=True)
class _RunningCycle:
    """As much of a state as says in which cycle it ran."""

    cycle_id: str | None = None


def load(conn: Connection, history_id: int) -> ObjectiveState | None:
    """The state behind a point of history, by the number of the point; None where it was made before states were kept."""
    point = select(history.c.site, history.c.objective_id, history.c.at).where(history.c.id == history_id)
    row = conn.execute(point).one_or_none()
    found = None if row is None else load_at(conn, row.site, row.objective_id, from_ms(row.at))
    return None if found is None else found.state


def load_turned(conn: Connection, site: str, objective_id: str, revision: str) -> ObjectiveState | None:
    """How it stood when this revision began to rule, where nothing newer was kept since; else None."""
    row = conn.execute(_last(_of(site, objective_id))).one_or_none()
    return _snapshot(conn, row).state if row is not None and row.mapping_revision == revision else None


def turns(
    conn: Connection, site: str, objective_id: str, since: datetime, until: datetime
) -> list[tuple[datetime, str]]:
    """Instant and revision of every snapshot after `since` and up to `until`, oldest first, without its content."""
    found = (
        select(snapshot.c.at, snapshot.c.mapping_revision)
        .where(snapshot.c.site == site, snapshot.c.objective_id == objective_id)
        .where(snapshot.c.at > to_ms(since), snapshot.c.at <= to_ms(until))
        .order_by(snapshot.c.at, snapshot.c.id)
    )
    return [(from_ms(instant), revision) for instant, revision in conn.execute(found)]


def outlines(conn: Connection, site: str, objective_id: str) -> list[DatedOutline]:
    """As much of the last snapshot of each day (UTC) and mapping revision as marks are made from, oldest first.

    Of very many days the latest. A day that comes to where it began tells nothing: that is what a reader asks for.
    """
    mine = (snapshot.c.site == site, snapshot.c.objective_id == objective_id)
    day = snapshot.c.at // DAY_MS
    last = (
        select(func.max(snapshot.c.id))
        .where(*mine)
        .group_by(day, snapshot.c.mapping_revision, snapshot.c.backfilled)
        .order_by(day.desc())
        .limit(MOST_OUTLINES)
    )
    found = select(snapshot).where(snapshot.c.id.in_(last)).order_by(snapshot.c.at, snapshot.c.id)
    rows = conn.execute(found).all()
    decode = json_text.decoder(Outline).decode
    return [
        DatedOutline(from_ms(row.at), row.mapping_revision, decode(text), bool(row.backfilled))
        for row, text in zip(rows, snapshot_text.texts(conn, rows), strict=True)
    ]


def begins(conn: Connection, site: str, objective_id: str) -> datetime | None:
    """When the first snapshot is from, or None."""
    return _extreme(conn, site, objective_id, func.min(snapshot.c.at))


def spans(
    conn: Connection, site: str, ids: Iterable[str], since: datetime
) -> dict[str, tuple[datetime, datetime]]:
    """By objective: from when the snapshot is that held at `since`, and from when the last one. Those without a snapshot by then are left out."""
    held = func.max(case((snapshot.c.at <= to_ms(since), snapshot.c.at)))
    found = (
        select(snapshot.c.objective_id, held, func.max(snapshot.c.at))
        .where(snapshot.c.site == site, among(conn, snapshot.c.objective_id, ids))
        .group_by(snapshot.c.objective_id)
    )
    return {
        id_: (from_ms(first), from_ms(last)) for id_, first, last in conn.execute(found) if first is not None
    }


def latest_instant(conn: Connection, site: str, objective_id: str) -> datetime | None:
    """When the last snapshot is from, or None."""
    return _extreme(conn, site, objective_id, func.max(snapshot.c.at))


def texts(conn: Connection) -> Iterator[tuple[str, str, int, str]]:
    """Site, objective, instant and text of every snapshot."""
    for site, objective_id in _kept(conn):
        found = conn.execute(_of(site, objective_id).order_by(snapshot.c.id)).all()
        for row, text in zip(found, snapshot_text.texts(conn, found), strict=True):
            yield site, objective_id, row.at, text


def load_standing(conn: Connection, site: str = "", objective_id: str = "") -> Standing:
    """What is kept of each objective: of all sites, of one, or of that objective alone."""
    counted = select(
        snapshot.c.site,
        snapshot.c.objective_id,
        func.count(),
        func.max(snapshot.c.id),
        func.max(snapshot.c.at),
    ).group_by(snapshot.c.site, snapshot.c.objective_id)
    if site:
        counted = counted.where(snapshot.c.site == site)
    if objective_id:
        counted = counted.where(snapshot.c.objective_id == objective_id)
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in conn.execute(counted)}


def reword(conn: Connection, rewording: Callable[[str], str], done: Standing = NOTHING_DONE) -> int:
    """Put other words into the texts, but for those of objectives that stand as when it was `done`; how many changed."""
    return sum(
        reword_of(conn, site, objective_id, rewording)
        for (site, objective_id), stands in load_standing(conn).items()
        if done.get((site, objective_id)) != stands
    )


def reword_of(conn: Connection, site: str, objective_id: str, rewording: Callable[[str], str]) -> int:
    """Put other words into the texts of one objective, and pack them anew where one of them changed; how many changed.

    Whoever saves the objective meanwhile waits: what they keep beside a base that goes here could not be read again.
    """
    mine = (objective.c.site == site, objective.c.id == objective_id)
    conn.execute(select(objective.c.id).where(*mine).with_for_update()).all()
    found = conn.execute(_of(site, objective_id).order_by(snapshot.c.id)).all()
    news = sum(rewording(text) != text for text in snapshot_text.texts(conn, found))
    if news:
        made = [
            (row.id, zlib.compress(rewording(text).encode()))
            for row, text in zip(found, snapshot_text.texts(conn, found), strict=True)
        ]
        snapshot_text.forget_bases(conn, site, objective_id)
        for id_, packed in made:
            kept = snapshot_text.shrink(conn, site, objective_id, zlib.decompress(packed).decode())
            conn.execute(update(snapshot).where(snapshot.c.id == id_).values(kept))
    return news


def would_be_reworded(
    conn: Connection, site: str, objective_id: str, rewording: Callable[[str], str]
) -> bool:
    """Whether other words would stand in one of the texts of an objective."""
    found = conn.execute(_of(site, objective_id).order_by(snapshot.c.id)).all()
    return any(rewording(text) != text for text in snapshot_text.texts(conn, found))


def _kept(conn: Connection) -> list[tuple[str, str]]:
    found = select(snapshot.c.site, snapshot.c.objective_id).distinct()
    return [(site, objective_id) for site, objective_id in conn.execute(found)]


def forget_backfilled(conn: Connection, site: str, ids: Iterable[str]) -> None:
    """Drop what was reconstructed of these objectives, points and snapshots, before it is reconstructed anew."""
    ids = list(ids)
    for table in (snapshot, history):
        mine = (table.c.site == site, table.c.backfilled == 1, among(conn, table.c.objective_id, ids))
        conn.execute(delete(table).where(*mine))


def _last(found: Statement) -> Statement:
    return found.order_by(snapshot.c.at.desc(), snapshot.c.id.desc()).limit(1)


def _of(site: str, objective_id: str) -> Statement:
    return select(snapshot).where(snapshot.c.site == site, snapshot.c.objective_id == objective_id)


def _extreme(conn: Connection, site: str, objective_id: str, which: ColumnElement[int]) -> datetime | None:
    mine = (snapshot.c.site == site, snapshot.c.objective_id == objective_id)
    return maybe_from_ms(conn.execute(select(which).where(*mine)).scalar())


def _values(
    conn: Connection, site: str, state: ObjectiveState, revision: str, now: datetime, text: str | None = None
) -> dict[str, object]:
    text = without_touched(state, text) if text else json_text.encode(replace(state, touched=frozenset()))
    return {
        "site": site,
        "objective_id": state.id,
        "at": to_ms(now),
        "mapping_revision": revision,
        "backfilled": 0,
        **snapshot_text.shrink(conn, site, state.id, text),
    }


def without_touched(state: ObjectiveState, text: str) -> str:
    """The text of a state as it is without what it hangs on. Within a value every quotation mark has a backslash before it: only a name can be found."""
    ids = json_text.encode(state.touched)
    return text.replace(f'"touched":{ids}', '"touched":[]', 1)


def _snapshot(conn: Connection, row: StoredRow) -> StateSnapshot:
    (text,) = snapshot_text.texts(conn, [row])
    state = json_text.decode(text, ObjectiveState)
    return StateSnapshot(from_ms(row.at), row.mapping_revision, bool(row.backfilled), state)
