"""The lists of cycles that are over: a line for each objective that was in it, as it stood when it was over.

A line is made of what was noted at the end of the cycle, and of the record once that is closed; where the cycle is opened again, of what is
noted again. An objective that runs in another cycle by now stands in the list of each cycle that it was in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, and_, delete, exists, insert, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.lists import list_line
from connectors.store.numbers.objectives import headline_text
from connectors.store.schema import cycle_alignment, cycle_line, cycle_list
from mappings.rollup.state import ObjectiveState, counted_in

ENDED = 0
"""Stands for the version of a closing, where the cycle has ended and is not closed."""


@dataclass(frozen=True, slots=True)
class CycleLine:
    """One objective as it stood when a cycle was over (`ends_at`), known so since `at`; `served` are the ids of those that were aligned to it."""

    state: ObjectiveState
    at: datetime
    ends_at: datetime
    served: Collection[str] = ()


def note(conn: Connection, site: str, cycle_id: str, line: CycleLine) -> None:
    """Put an objective into the list of a cycle that has ended, in the place of what was noted of it before. The list of a closed one stands."""
    cycle = list_line.storable_text(cycle_id)
    if version_of(conn, site, cycle):
        return
    _list(conn, site, cycle, ENDED)
    _forget(conn, site, cycle, line.state.id)
    _add(conn, site, cycle, [line])


def close(
    conn: Connection, site: str, cycle_id: str, version: int, states: Iterable[ObjectiveState], at: datetime
) -> None:
    """The list of a cycle is from here on that of these records; by whom they were served stands as it was noted."""
    cycle, now = list_line.storable_text(cycle_id), to_ms(at)
    mine = (cycle_line.c.site == site, cycle_line.c.cycle == cycle)
    noted = {
        row.id: _KnownLine(now, row.ends_at, row.served)
        for row in conn.execute(
            select(cycle_line.c.id, cycle_line.c.ends_at, cycle_line.c.served).where(*mine)
        )
    }
    _forget(conn, site, cycle)
    _list(conn, site, cycle, version)
    _insert(conn, site, cycle, [(state, noted.get(state.id, _KnownLine(now, now, "[]"))) for state in states])


def reopen(conn: Connection, site: str, cycle_id: str, noted: Iterable[CycleLine]) -> None:
    """The list of a cycle is again that of what was noted at its end."""
    cycle = list_line.storable_text(cycle_id)
    _forget(conn, site, cycle)
    _list(conn, site, cycle, ENDED)
    _add(conn, site, cycle, noted)


def any_kept(conn: Connection, sites: Collection[str], cycles: Collection[str]) -> bool:
    """Whether one of these cycles is over at one of these sites, so that its list is kept here."""
    mine = (cycle_list.c.site.in_(list(sites)), cycle_list.c.cycle.in_(list(cycles)))
    return bool(conn.execute(select(exists().where(*mine))).scalar_one())


def cycles(conn: Connection, sites: Collection[str]) -> frozenset[str]:
    """The cycles that are over and that any objective was in."""
    same = and_(cycle_line.c.site == cycle_list.c.site, cycle_line.c.cycle == cycle_list.c.cycle)
    found = select(cycle_list.c.cycle).where(cycle_list.c.site.in_(list(sites)), exists().where(same))
    return frozenset(conn.execute(found).scalars())


def version_of(conn: Connection, site: str, cycle_id: str) -> int | None:
    """The version of the closing of a cycle that is over, 0 where it is not closed; None where it is not known to be over."""
    mine = (cycle_list.c.site == site, cycle_list.c.cycle == list_line.storable_text(cycle_id))
    return conn.execute(select(cycle_list.c.version).where(*mine)).scalar_one_or_none()


def id_called(conn: Connection, site: str, cycle_id: str, name: str) -> str | None:
    """The id of the objective that was called by this key when a cycle was over; None where none was."""
    place = list_line.place(name, site, "")
    mine = (cycle_line.c.site == site, cycle_line.c.cycle == list_line.storable_text(cycle_id))
    found = conn.execute(
        select(cycle_line.c.id).where(*mine, cycle_line.c.place.startswith(place, autoescape=True)).limit(1)
    )
    return found.scalar_one_or_none()


def those_among(conn: Connection, site: str, ids: Iterable[str]) -> frozenset[str]:
    """Which of these issues stand in the list of any cycle that is over."""
    mine = (cycle_line.c.site == site, among(conn, cycle_line.c.id, ids))
    return frozenset(conn.execute(select(cycle_line.c.id).where(*mine)).scalars())


def ids(conn: Connection, site: str, cycles: Collection[str] | None = None) -> frozenset[str]:
    """Ids of the objectives that stand in the lists of those of these cycles that are over; without cycles of all that are."""
    mine = [cycle_line.c.site == site]
    if cycles is not None:
        mine.append(cycle_line.c.cycle.in_([list_line.storable_text(one) for one in cycles]))
    return frozenset(conn.execute(select(cycle_line.c.id).where(*mine)).scalars())


class FinishedLine(NamedTuple):
    """Of a line that is kept: since when it is known as it is (epoch milliseconds), and the ids of those that served it."""

    changed_ms: int
    served: tuple[str, ...]


class FinishedLines(NamedTuple):
    """Some lines of the list of a cycle that is over, by id; `version` is that of its closing, 0 where it is not closed."""

    version: int
    of: Mapping[str, FinishedLine]


def load_known(conn: Connection, site: str, cycle: str, ids: Collection[str]) -> FinishedLines:
    """The lines of these objectives in the list of a cycle that is over; none where it is not."""
    version = version_of(conn, site, cycle)
    if version is None:
        return FinishedLines(ENDED, {})
    mine = (cycle_line.c.site == site, cycle_line.c.cycle == cycle, among(conn, cycle_line.c.id, ids))
    columns = (cycle_line.c.id, cycle_line.c.changed_at, cycle_line.c.served)
    return FinishedLines(
        version,
        {
            row.id: FinishedLine(row.changed_at, json_text.decode(row.served, tuple[str, ...]))
            for row in conn.execute(select(*columns).where(*mine))
        },
    )


def list_served(conn: Connection, site: str, cycle_id: str) -> set[str]:
    """Ids of those of a cycle that is over which any objective was aligned to."""
    mine = (cycle_line.c.site == site, cycle_line.c.cycle == list_line.storable_text(cycle_id))
    served_by_some = select(cycle_line.c.id).where(*mine, cycle_line.c.served != "[]")
    return set(conn.execute(served_by_some).scalars())


class LineNames(msgspec.Struct, frozen=True, gc=False):
    """How an objective was called when a cycle was over, and what it was aligned to."""

    id: str
    title: str
    key: str = ""
    aligned_to: frozenset[str] = frozenset()


class CountingLine(NamedTuple):
    """An objective as it was called when a cycle was over, what it was aligned to, and the ids of the issues in its numbers; with the cycle and its end (epoch milliseconds)."""

    id: str
    key: str
    title: str
    aligned_to: frozenset[str]
    counted: frozenset[str]
    cycle: str
    ends_ms: int


def names(conn: Connection, site: str) -> list[CountingLine]:
    """All lines of a site with what they count; no number is read."""
    columns = (cycle_line.c.headline, cycle_line.c.counted, cycle_line.c.cycle, cycle_line.c.ends_at)
    mine = select(*columns).where(cycle_line.c.site == site)
    head = json_text.decoder(LineNames)
    found = []
    for row in conn.execute(mine):
        one = head.decode(row.headline)
        counted = json_text.decode(row.counted, frozenset[str])
        found.append(
            CountingLine(
                id=one.id,
                key=one.key,
                title=one.title,
                aligned_to=one.aligned_to,
                counted=counted,
                cycle=row.cycle,
                ends_ms=row.ends_at,
            )
        )
    return found


def elsewhere(
    conn: Connection, lines: Mapping[tuple[str, str, str], Collection[str]]
) -> dict[tuple[str, str, str], int]:
    """By site, cycle and id of lines, each given with those that it was served by: how many of these stand in no list of its cycle."""
    wanted = {(site, cycle, other) for (site, cycle, _), served in lines.items() for other in served}
    if not wanted:
        return {}
    cycles_of: dict[tuple[str, str], set[str]] = {}
    for site, cycle, other in wanted:
        cycles_of.setdefault((site, cycle), set()).add(other)
    there: set[tuple[str, str, str]] = set()
    for (site, cycle), others in cycles_of.items():
        mine = (cycle_line.c.site == site, cycle_line.c.cycle == cycle, among(conn, cycle_line.c.id, others))
        there |= {(site, cycle, id_) for id_ in conn.execute(select(cycle_line.c.id).where(*mine)).scalars()}
    return {
        (site, cycle, id_): sum((site, cycle, other) not in there for other in served)
        for (site, cycle, id_), served in lines.items()
    }


def _list(conn: Connection, site: str, cycle: str, version: int) -> None:
    statement = insert_into(conn, cycle_list)
    key, news = [cycle_list.c.site, cycle_list.c.cycle], {"version": statement.excluded["version"]}
    row = {"site": site, "cycle": cycle, "version": version}
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), row)


def _forget(conn: Connection, site: str, cycle: str, id_: str | None = None) -> None:
    for table, column in ((cycle_line, cycle_line.c.id), (cycle_alignment, cycle_alignment.c.objective_id)):
        mine = [table.c.site == site, table.c.cycle == cycle]
        conn.execute(delete(table).where(*mine, *([] if id_ is None else [column == id_])))


def _add(conn: Connection, site: str, cycle: str, lines: Iterable[CycleLine]) -> None:
    rows = [
        (
            one.state,
            _KnownLine(
                to_ms(one.at),
                to_ms(one.ends_at),
                json_text.encode(sorted(set(one.served) - {one.state.id})),
            ),
        )
        for one in lines
    ]
    _insert(conn, site, cycle, rows)


class _KnownLine(NamedTuple):
    """Since when a line is known as it is, when its cycle ended (both epoch milliseconds), and by whom it was served (JSON)."""

    at: int
    ends_at: int
    served: str


def _insert(
    conn: Connection, site: str, cycle: str, rows: Iterable[tuple[ObjectiveState, _KnownLine]]
) -> None:
    lines, aligned = list[dict[str, object]](), list[dict[str, object]]()
    for state, known in rows:
        lines.append(
            {
                **list_line.values(site, state, from_ms(known.at)),
                "cycle": cycle,
                "changed_at": known.at,
                "ends_at": known.ends_at,
                "headline": headline_text(state),
                "served": known.served,
                "counted": json_text.encode(sorted(counted_in(state))),
            }
        )
        aligned += [
            {
                "site": site,
                "cycle": cycle,
                "objective_id": state.id,
                "target_id": target,
                "position": position,
            }
            for position, target in enumerate(dict.fromkeys(state.aligned_to))
        ]
    for table, found in ((cycle_line, lines), (cycle_alignment, aligned)):
        if found:
            conn.execute(insert(table), found)
