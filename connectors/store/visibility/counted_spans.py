"""From when until when each objective counted each issue, as its numbers were worked out: whoever may not see the issue is not told the numbers of that time.

Nothing is kept of an issue that an objective counts and has counted since it was first measured: what counts now stands in its state. A row is
made when an issue comes later, and when one goes. One that comes back goes on from when it came first: between, too, it counts as counted.
Instants are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Connection, Table, case, delete, func, or_, select
from sqlalchemy.dialects.postgresql import Insert

from connectors.store.database import json_text
from connectors.store.database.instant import to_ms
from connectors.store.database.sql import among, upsert
from connectors.store.numbers import snapshot_text
from connectors.store.schema import counted_span as table
from connectors.store.schema import history, snapshot
from mappings.rollup.state import CountedOutline, ObjectiveState, counted_ids

UNREAD, UNKNOWN = "", "?"
"""What stands for issues that nobody noted, and is nobody's to see: the states that are kept tell them still, or none is kept of that time."""
BEGINNING = 0
KEY = [table.c.site, table.c.objective_id, table.c.issue_id]
READ_AT_ONCE = 200
"""So many kept states are decoded in one transaction."""


@dataclass(frozen=True, slots=True)
class CountedSpan:
    """An objective counted an issue (or another objective) from `since` on until just before `until`; None: it does still."""

    objective_id: str
    issue_id: str
    since: int
    until: int | None


def note(
    conn: Connection, site: str, former: ObjectiveState | None, state: ObjectiveState | None, now: datetime
) -> None:
    """What an objective counts was another a moment ago. None: there was none, or is none any more."""
    if former is None or former.plain:
        return
    before = counted_ids(former)
    after = frozenset[str]() if state is None or state.plain else counted_ids(state)
    if before == after:
        return
    at = to_ms(now)
    rows = [_row(site, former.id, id_, at, None) for id_ in sorted(after - before)]
    rows += [_row(site, former.id, id_, BEGINNING, at) for id_ in sorted(before - after)]
    conn.execute(_turning(conn.dialect.name), rows)


def note_past(conn: Connection, site: str, spans: Iterable[CountedSpan], *, whole: bool = True) -> None:
    """What was counted in a past that was not noted when it passed. What is kept of the same issue is widened by it; `whole`: from when on it
    counted is known by it, where that was not noted.
    """
    rows = [
        _row(site, one.objective_id, one.issue_id, one.since, one.until)
        for one in sorted(spans, key=lambda one: (one.objective_id, one.issue_id))
    ]
    if rows:
        conn.execute(_widening(conn.dialect.name, whole), rows)


def note_moment(
    conn: Connection,
    site: str,
    states: Iterable[ObjectiveState],
    stored: Mapping[str, ObjectiveState],
    at: datetime,
) -> None:
    """Objectives stood so at an instant, and were not stored so: what they counted beside what is stored counted then."""
    since = to_ms(at)
    spans = [
        CountedSpan(state.id, id_, since, since + 1)
        for state in states
        for id_ in counted_ids(state) - (counted_ids(stored[state.id]) if state.id in stored else frozenset())
    ]
    note_past(conn, site, spans, whole=False)


def spans_of(
    states: Iterable[tuple[int, ObjectiveState | CountedOutline]], end: Mapping[str, int | None]
) -> Iterator[CountedSpan]:
    """What was counted by states, each with the instant from which on it held, in the order of time; the last of an objective held to its `end`."""
    last: dict[str, tuple[int, frozenset[str]]] = {}
    found: dict[tuple[str, str], CountedSpan] = {}

    def over(id_: str, until: int | None) -> None:
        at, counted = last[id_]
        for issue_id in counted:
            known = found.get((id_, issue_id))
            found[id_, issue_id] = CountedSpan(id_, issue_id, at if known is None else known.since, until)

    for at, state in states:
        if state.id in last:
            over(state.id, at)
        last[state.id] = (at, counted_ids(state))
    for id_ in last:
        over(id_, end.get(id_))
    yield from found.values()


def load_all(conn: Connection, site: str) -> list[CountedSpan]:
    """All of a site."""
    return [
        CountedSpan(row.objective_id, row.issue_id, row.since, row.until)
        for row in conn.execute(select(table).where(table.c.site == site))
    ]


def first_seen(conn: Connection, site: str, objective_ids: Iterable[str]) -> dict[str, int]:
    """When the numbers of these objectives were observed first; what was reconstructed of the time before is none."""
    mine = (
        history.c.site == site,
        history.c.backfilled == 0,
        among(conn, history.c.objective_id, objective_ids),
    )
    first = select(history.c.objective_id, func.min(history.c.at)).where(*mine)
    return dict(iter(conn.execute(first.group_by(history.c.objective_id))))


def unread(conn: Connection, site: str) -> list[str]:
    """The objectives whose kept states nobody has read for what they counted."""
    mine = (table.c.site == site, table.c.issue_id == UNREAD)
    return list(
        conn.execute(select(table.c.objective_id).where(*mine).order_by(table.c.objective_id)).scalars()
    )


def read_kept(conn: Connection, site: str, objective_id: str, state: ObjectiveState | None) -> None:
    """Note what the kept states of an objective counted in the place of what is unread; of the time before them it stays unknown.

    `state` is where it stands now; None where it is no objective any more.
    """
    mine = (table.c.site == site, table.c.objective_id == objective_id, table.c.issue_id == UNREAD)
    noted = conn.execute(select(table.c.until).where(*mine)).scalar()
    still = frozenset[str]() if state is None or state.plain else counted_ids(state)
    found = [
        one if one.issue_id in still or one.until is not None else replace(one, until=noted)
        for one in spans_of(_kept_states(conn, site, objective_id), {})
    ]
    conn.execute(delete(table).where(*mine))
    first = conn.execute(select(func.min(history.c.at)).where(*_of(history, site, objective_id))).scalar()
    begins = conn.execute(select(func.min(snapshot.c.at)).where(*_of(snapshot, site, objective_id))).scalar()
    if first is not None and (begins is None or first < begins):
        until = noted if begins is None else begins
        found.append(CountedSpan(objective_id, UNKNOWN, BEGINNING, until))
    note_past(conn, site, found)


def _kept_states(conn: Connection, site: str, objective_id: str) -> Iterator[tuple[int, CountedOutline]]:
    wanted = select(snapshot).where(*_of(snapshot, site, objective_id))
    rows = conn.execute(wanted.order_by(snapshot.c.at, snapshot.c.id)).all()
    decode = json_text.decoder(CountedOutline).decode
    for start in range(0, len(rows), READ_AT_ONCE):
        part = rows[start : start + READ_AT_ONCE]
        for row, text in zip(part, snapshot_text.texts(conn, part), strict=True):
            yield row.at, decode(text)


def _of(kept: Table, site: str, objective_id: str) -> tuple[ColumnElement[bool], ...]:
    return (kept.c.site == site, kept.c.objective_id == objective_id)


def _row(site: str, objective_id: str, issue_id: str, since: int, until: int | None) -> dict[str, object]:
    return {
        "site": site,
        "objective_id": objective_id,
        "issue_id": issue_id,
        "since": since,
        "until": until,
    }


@cache
def _turning(dialect: str) -> Insert:
    """What counts from now on, or no more: when it came first stays."""
    statement = upsert(dialect, table)
    return statement.on_conflict_do_update(index_elements=KEY, set_={"until": statement.excluded.until})


@cache
def _widening(dialect: str, whole: bool) -> Insert:
    statement = upsert(dialect, table)
    given = statement.excluded
    earlier = given.since < table.c.since
    if whole:
        earlier = or_(earlier, table.c.since == BEGINNING)
    since = case((earlier, given.since), else_=table.c.since)
    open_ended = or_(table.c.until.is_(None), given.until.is_(None))
    until = case((open_ended, None), (given.until > table.c.until, given.until), else_=table.c.until)
    return statement.on_conflict_do_update(index_elements=KEY, set_={"since": since, "until": until})
