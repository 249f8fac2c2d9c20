"""The list of objectives as the database gives it: filtered, counted, each under the one it is aligned to, a page at a time.

An objective stands under the first one it is aligned to that is in the list too, on its own site; siblings are sorted alike. Those
aligned in a circle stand at the top, so that nothing is ever lost. A state is read only where its row is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from connectors.store.cycles import closings, cycle_ends
from connectors.store.database import json_text
from connectors.store.database.instant import from_ms
from connectors.store.database.sql import Statement, StoredRow, among
from connectors.store.lists import cycle_lines, list_line, statements
from connectors.store.lists.statements import StatementShape, conditions
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import SavedObjective, ServedCount
from connectors.store.schema import alignment, cycle_alignment, cycle_line, listing, objective
from mappings.rollup.state import HealthLevel

LEVELS = tuple(HealthLevel)


@dataclass(frozen=True, slots=True)
class RowSelection:
    """Which objectives, and in which order (a key of `tree.ORDERS`). What is empty does not narrow; the empty text among
    cycles, owners and teams means those without one. `search` looks at key, title and owner, `text` at key and title.

    With `by_team` the rows of a team (of a project, where no team is named) stand together, none below another; those of the teams that are
    `folded` are counted and not among the rows. The empty text among these means those of no team and no project.
    """

    sites: tuple[str, ...]
    cycles: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    health: tuple[HealthLevel, ...] = ()
    search: str = ""
    text: str = ""
    owner_words: str = ""
    aligned_to: str = ""
    order: str = "health"
    by_team: bool = False
    folded: tuple[str, ...] = ()

    def parameters(self) -> dict[str, object]:
        """What narrows, as the statements have it."""
        found: dict[str, object] = {
            "cycles": [list_line.storable_text(one) for one in self.cycles],
            "projects": [list_line.storable_text(one) for one in self.projects],
            "owners": [list_line.storable_text(one) for one in self.owners],
            "teams": [list_line.storable_text(one) for one in self.teams],
            "health": [str(LEVELS.index(level)) for level in self.health],
            "search": list_line.fold_text(self.search),
            "text": list_line.fold_text(self.text),
            "owner_words": list_line.fold_text(self.owner_words),
            "aligned_to": list_line.storable_text(self.aligned_to),
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page begins: behind this objective, or at this place where it is gone."""

    place: int
    site: str = ""
    id: str = ""


START = PageStart(0)


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """One row of the list: its headline (JSON), when it last changed (epoch milliseconds), and how deep it stands.

    `over` is the cycle as whose end (`ends_ms`) it stands so, `served` are the ids of those that served it then; None: it stands so now.
    """

    site: str
    id: str
    depth: int
    headline: str
    changed_ms: int
    over: str | None = None
    ends_ms: int = 0
    served: tuple[str, ...] = ()


class ListedLine(NamedTuple):
    """One row without its place: its headline (JSON), when it last changed (epoch milliseconds), and the cycle as whose end it stands, empty where it stands so now."""

    site: str
    headline: str
    changed_ms: int
    over: str


@dataclass(frozen=True, slots=True)
class ListSlice:
    """The rows of one page, how many stand before it, and where the pages around it begin (None: there is none)."""

    rows: tuple[PlacedRow, ...]
    start: int
    previous: PageStart | None
    next: PageStart | None


@dataclass(frozen=True, slots=True)
class Tallies:
    """How many objectives the sites have, how many of each health the other filters admit, and what there is to choose from."""

    known: int
    health: Mapping[HealthLevel, int]
    cycles: frozenset[str]
    projects: frozenset[str]
    owners: frozenset[str]
    teams: frozenset[str] = frozenset()

    def found(self, wanted: Collection[HealthLevel]) -> int:
        """How many are in the list, where only these levels are wanted (none given: all)."""
        return sum(count for level, count in self.health.items() if not wanted or level in wanted)


def tallies(conn: Connection, wanted: RowSelection) -> Tallies:
    """The figures around the list, from one pass over what is filtered by."""
    shape, values = _asked(conn, wanted)
    searched = shape.only("search", "text", "owner_words", "aligned_to")
    running = conn.execute(statements.count_statement(replace(searched, over=False)), values).all()
    rows = conn.execute(statements.count_statement(searched), values).all() if shape.over else running
    every = [*rows, *running] if shape.over else rows
    wants = {"cycle": wanted.cycles, "project": wanted.projects, "owner": wanted.owners, "team": wanted.teams}
    health: Counter[HealthLevel] = Counter()
    for row in rows:
        if all(not among or row._mapping[column] in among for column, among in wants.items()):
            health[LEVELS[int(row.health)]] += int(row.found)
    return Tallies(
        known=sum(row.known for row in running),
        health=health,
        cycles=frozenset(row.cycle for row in running) | cycle_lines.cycles(conn, wanted.sites),
        projects=frozenset(row.project for row in every),
        owners=frozenset(row.owner for row in every),
        teams=frozenset(row.team for row in every),
    )


def count_standing(conn: Connection, site: str) -> dict[tuple[str, HealthLevel], int]:
    """How many objectives of each cycle (the empty text: of none) are of each health, from indexes alone; of a closed one by its records."""
    found: Counter[tuple[str, HealthLevel]] = Counter()
    for row in conn.execute(statements.standing_statement(), {"site": site}):
        found[row.cycle, LEVELS[int(row.health)]] += int(row.found)
    return found


def heads(conn: Connection, wanted: RowSelection) -> list[ListedLine]:
    """Every row that the filters admit, in no order."""
    shape, values = _asked(conn, wanted)
    return [
        ListedLine(row.site, row.headline, row.changed_at, row.over)
        for row in conn.execute(statements.heads(shape), values)
    ]


def page(conn: Connection, wanted: RowSelection, after: PageStart, size: int, found: int) -> ListSlice:
    """One page; `found` is how many objectives the filters admit."""
    if not found:
        return ListSlice((), 0, None, None)
    shape, values = _asked(conn, wanted)
    if wanted.by_team and wanted.folded:
        shape = shape.unfolded()
        values["folded"] = [list_line.storable_text(one) for one in wanted.folded]
    if shape.over:
        return _page_over(conn, wanted, after, size, shape, values)
    values |= {"size": size}
    if after != START:
        shape = shape.behind()
        site = list_line.storable_text(after.site) or wanted.sites[0]
        values |= {"place": after.place, "at_site": site, "at_id": list_line.storable_text(after.id)}
    if wanted.by_team or not conn.execute(statements.any_alignment(), {"sites": wanted.sites}).scalar_one():
        return _slice(conn.execute(statements.page(shape.flat()), values).all(), size)
    rows = conn.execute(statements.page(shape), values).all()
    if not rows or rows[0].total < found:
        members = list_circled(conn, wanted)
        if members:
            rows = conn.execute(statements.page(shape.broken()), {**values, "circled": members}).all()
    return _slice(rows, size)


def _page_over(
    conn: Connection,
    wanted: RowSelection,
    after: PageStart,
    size: int,
    shape: StatementShape,
    values: Mapping[str, object],
) -> ListSlice:
    """One page of a list of cycles some of which are over: of so few rows they are placed here, not in the database."""
    rows = {(row.site, row.id): row for row in conn.execute(statements.places(shape), values)}
    above = {} if wanted.by_team else _above_over(conn, wanted, rows)
    below: dict[tuple[str, str] | None, list[tuple[str, str]]] = {}
    for name in sorted(rows, key=lambda name: rows[name].place.encode()):
        below.setdefault(above.get(name), []).append(name)
    placed: list[tuple[tuple[str, str], int]] = []
    rest = [(name, 0) for name in reversed(below.get(None, []))]
    while rest:
        name, depth = rest.pop()
        placed.append((name, depth))
        rest += [(each, depth + 1) for each in reversed(below.get(name, []))]
    last = (list_line.storable_text(after.site) or wanted.sites[0], list_line.storable_text(after.id))
    start = next((place for place, (name, _) in enumerate(placed, 1) if name == last), after.place)
    start = start if start < len(placed) else 0
    shown = placed[start : start + size]
    end, before = start + len(shown), max(start - size, 0)
    heads = _heads_over(conn, [rows[name] for name, _ in shown])
    return ListSlice(
        tuple(replace(heads[name], depth=depth) for name, depth in shown if name in heads),
        start,
        None if not start else START if not before else PageStart(before, *placed[before - 1][0]),
        None if end >= len(placed) else PageStart(end, *placed[end - 1][0]),
    )


def _above_over(
    conn: Connection, wanted: RowSelection, rows: Mapping[tuple[str, str], StoredRow]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Under which row each stands: the first that it is, or was, aligned to; those in circles under none."""
    running, over = alignment, cycle_alignment
    aims = [
        (row.site, row.objective_id, row.target_id, row.position, "")
        for row in conn.execute(select(running).where(running.c.site.in_(wanted.sites)))
    ]
    cycles = [list_line.storable_text(one) for one in wanted.cycles]
    mine = (over.c.site.in_(wanted.sites), over.c.cycle.in_(cycles))
    aims += [
        (row.site, row.objective_id, row.target_id, row.position, row.cycle)
        for row in conn.execute(select(over).where(*mine))
    ]
    above: dict[tuple[str, str], tuple[str, str]] = {}
    for site, id_, target, _, cycle in sorted(aims, key=lambda aim: aim[3]):
        row = rows.get((site, id_))
        if row is not None and row.over == cycle and id_ != target and (site, target) in rows:
            above.setdefault((site, id_), (site, target))
    named = {list_line.BETWEEN.join(name): list_line.BETWEEN.join(aim) for name, aim in above.items()}
    broken = in_circles(named)
    return {name: aim for name, aim in above.items() if list_line.BETWEEN.join(name) not in broken}


def _heads_over(conn: Connection, rows: Iterable[StoredRow]) -> dict[tuple[str, str], PlacedRow]:
    """What is shown of these rows, by site and id."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        wanted.setdefault((row.site, row.over), []).append(row.id)
    found = {}
    for (site, over), ids in wanted.items():
        table = cycle_line if over else objective
        mine = [table.c.site == site, among(conn, table.c.id, ids)]
        for row in conn.execute(select(table).where(*mine, *([table.c.cycle == over] if over else []))):
            placed = PlacedRow(
                site=site, id=row.id, depth=0, headline=row.headline, changed_ms=row.changed_at
            )
            if over:
                served = json_text.decode(row.served, tuple[str, ...])
                placed = replace(placed, over=over, ends_ms=row.ends_at, served=served)
            found[site, row.id] = placed
    return found


def list_circled(conn: Connection, wanted: RowSelection) -> list[str]:
    """Those that are aligned in a circle of what the filters admit, as `tree.name_of` names them."""
    shape, values = _asked(conn, wanted)
    return sorted(in_circles({row.below: row.above for row in conn.execute(statements.edges(shape), values)}))


def in_circles(above: Mapping[str, str]) -> set[str]:
    """The names from which going up leads back to themselves."""
    found: set[str] = set()
    walked: set[str] = set()
    for start in above:
        way: dict[str, None] = {}
        at: str | None = start
        while at is not None and at not in walked and at not in way:
            way[at] = None
            at = above.get(at)
        if at in way:
            names = list(way)
            found.update(names[names.index(at) :])
        walked.update(way)
    return found


def load_following(
    conn: Connection, wanted: RowSelection, after: str | None, limit: int
) -> list[SavedObjective]:
    """The whole states behind an id, in the order of ids; the filters all have to hold."""
    shape, values = _asked(conn, wanted)
    lines = statements.lines_of(shape)
    same = and_(objective.c.site == lines.c.site, objective.c.id == lines.c.id)
    if shape.over:
        columns, ways = (lines.c.site, lines.c.id, lines.c.over), lines
        statement: Statement = select(*columns).select_from(ways).where(*conditions(shape, lines))
    else:
        statement = (
            select(objective).select_from(lines.join(objective, same)).where(*conditions(shape, lines))
        )
    id_ = statements.bytewise(shape.dialect, lines.c.id)
    if after is not None:
        after = list_line.storable_text(after)
        number = list_line.number(after)
        later = (lines.c.number == number) & (id_ > after)
        statement = statement.where(lines.c.number >= number, (lines.c.number > number) | later)
    ordered = statement.order_by(lines.c.site, lines.c.number, id_).limit(limit)
    rows = conn.execute(ordered, values).all()
    return _whole(conn, rows) if shape.over else [objectives.saved_of_row(row) for row in rows]


def _whole(conn: Connection, rows: Sequence[StoredRow]) -> list[SavedObjective]:
    """The states of rows of which some stand as they stood when their cycle was over."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        wanted.setdefault((row.site, row.over), []).append(row.id)
    found: dict[tuple[str, str, str], SavedObjective] = {}
    for (site, over), ids in wanted.items():
        states = load_as_stood(conn, site, over, ids) if over else objectives.several(conn, site, ids)
        found |= {(site, over, id_): one for id_, one in states.items()}
    names = [(row.site, row.over, row.id) for row in rows]
    return [found[name] for name in names if name in found]


def load_as_stood(conn: Connection, site: str, cycle: str, ids: Collection[str]) -> dict[str, SavedObjective]:
    """Of these objectives those that stand in the list of a cycle that is over, whole, as they stood then; by id."""
    lines = cycle_lines.load_known(conn, site, cycle, ids)
    if not lines.of:
        return {}
    if lines.version:
        records = closings.states(conn, site, cycle, lines.version, lines.of)
        states = {id_: (one.state, one.mapping_revision) for id_, one in records.items()}
    else:
        states = cycle_ends.states(conn, site, cycle, lines.of)
    apart = cycle_lines.elsewhere(conn, {(site, cycle, id_): one.served for id_, one in lines.of.items()})
    found = {}
    for id_, (state, revision) in states.items():
        line = lines.of[id_]
        served = ServedCount(len(line.served), apart.get((site, cycle, id_), 0))
        at = from_ms(line.changed_ms)
        found[id_] = SavedObjective(state, revision, computed_at=at, changed_at=at, served_then=served)
    return found


def _asked(conn: Connection, wanted: RowSelection) -> tuple[StatementShape, dict[str, object]]:
    values = wanted.parameters()
    cycles = [list_line.storable_text(one) for one in wanted.cycles]
    over = bool(cycles) and cycle_lines.any_kept(conn, wanted.sites, cycles)
    shape = StatementShape(
        conn.dialect.name, wanted.order, frozenset(values), over=over, by_team=wanted.by_team
    )
    return shape, {"sites": wanted.sites, **values}


def _slice(rows: Iterable[StoredRow], size: int) -> ListSlice:
    """The page among the rows that were read; those before it say where the page before begins."""
    read = list(rows)
    if not read:
        return ListSlice((), 0, None, None)
    start, total = read[0].start, read[0].total
    first = max(start - size - 1, 0)
    shown = read[start - first : start - first + size]
    end, before = start + len(shown), max(start - size, 0)
    return ListSlice(
        tuple(
            PlacedRow(
                site=row.site, id=row.id, depth=row.depth, headline=row.headline, changed_ms=row.changed_at
            )
            for row in shown
        ),
        start,
        None if not start else START if not before else _after(before, read[before - 1 - first]),
        None if end >= total else _after(end, shown[-1]),
    )


def _after(place: int, row: StoredRow) -> PageStart:
    return PageStart(place, row.site, row.id)


def elsewhere(
    conn: Connection, wanted: RowSelection, rows: Collection[PlacedRow]
) -> dict[tuple[str, str], int]:
    """By site and id of rows of a list, how many objectives that it leaves out are aligned to each, or were when its cycle was over."""
    running = aligned_elsewhere(conn, wanted, [one.id for one in rows if one.over is None])
    over = {(one.site, one.over, one.id): one.served for one in rows if one.over is not None}
    stood = {(site, id_): count for (site, _, id_), count in cycle_lines.elsewhere(conn, over).items()}
    return {**running, **stood}


def aligned_elsewhere(
    conn: Connection, wanted: RowSelection, ids: Collection[str]
) -> Mapping[tuple[str, str], int]:
    """By site and id of these that run, how many objectives of cycles that are not wanted are aligned to each: the list does not show them."""
    if not wanted.cycles or not ids:
        return {}
    mine = (listing.c.site == alignment.c.site, listing.c.id == alignment.c.objective_id)
    cycles = [list_line.storable_text(one) for one in wanted.cycles]
    found = conn.execute(
        select(alignment.c.site, alignment.c.target_id, func.count())
        .select_from(alignment.join(listing, and_(*mine)))
        .where(alignment.c.site.in_(wanted.sites), among(conn, alignment.c.target_id, ids))
        .where(listing.c.cycle.not_in(cycles))
        .group_by(alignment.c.site, alignment.c.target_id)
    )
    return {(site, target): count for site, target, count in found}


def count_served(conn: Connection, site: str, ids: Collection[str]) -> Mapping[str, ServedCount]:
    """Of these objectives, those to which any is aligned."""
    if not ids:
        return {}
    below, above = listing.alias("below"), listing.alias("above")
    apart = func.sum(case((below.c.cycle != above.c.cycle, 1), else_=0))
    found = conn.execute(
        select(alignment.c.target_id, func.count(), apart)
        .select_from(
            alignment.join(
                below, and_(below.c.site == alignment.c.site, below.c.id == alignment.c.objective_id)
            ).join(above, and_(above.c.site == alignment.c.site, above.c.id == alignment.c.target_id))
        )
        .where(alignment.c.site == site, among(conn, alignment.c.target_id, ids))
        .where(alignment.c.objective_id != alignment.c.target_id)
        .group_by(alignment.c.target_id)
    )
    return {target: ServedCount(every, int(elsewhere)) for target, every, elsewhere in found}
