"""The statements behind the list of objectives. Each is made once for each shape of a question and asked with its values.

A path is the places of an objective and of all above it, one after the other: sorted by it, parents stand before children and
siblings in order. Both databases order it byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from connectors.store.database.sql import Statement
from connectors.store.lists.list_line import BETWEEN
from connectors.store.schema import alignment, cycle_alignment, cycle_line, cycle_list, listing, objective

DEEP = 64
"""From this depth on a path grows no more: rows still stand behind those above them, but level by level."""
DEEPER = 100_000

Table = FromClause

ORDERS: dict[str, Callable[[Table], ColumnElement[str]]] = {
    "health": lambda table: table.c.health + table.c.place,
    "key": lambda table: table.c.place,
    "progress": lambda table: table.c.progress + table.c.place,
    "changed": lambda table: table.c.changed + table.c.place,
}
"""What siblings are sorted by."""


@dataclass(frozen=True, slots=True)
class StatementShape:
    """What a statement depends on: the database, the order, which filters narrow, whether it begins behind an objective,
    whether alignments count, whether there are circles among them, whether lists of cycles that are over are among what is asked for,
    and whether the rows of a team stand together.
    """

    dialect: str
    order: str
    filters: frozenset[str]
    later: bool = False
    aligned: bool = True
    circles: bool = False
    over: bool = False
    by_team: bool = False

    def only(self, *filters: str) -> StatementShape:
        """The same with no other filters than these."""
        return replace(self, order="", by_team=False, filters=self.filters & set(filters))

    def behind(self) -> StatementShape:
        """The same, beginning behind an objective."""
        return replace(self, later=True)

    def flat(self) -> StatementShape:
        """The same where nothing is aligned."""
        return replace(self, aligned=False)

    def unfolded(self) -> StatementShape:
        """The same without the rows of folded teams."""
        return replace(self, filters=self.filters | {"folded"})

    def broken(self) -> StatementShape:
        """The same with circles that have to be broken."""
        return replace(self, circles=True)


def team_of(table: Table) -> ColumnElement[str]:
    """The team of an objective, its project where it names none."""
    return case((table.c.team != "", table.c.team), else_=table.c.project)


def _place(shape: StatementShape, table: Table) -> ColumnElement[str]:
    """What rows are sorted by: behind the name of their team where teams stand together, those without one last."""
    place = ORDERS[shape.order](table)
    if not shape.by_team:
        return place
    team = team_of(table)
    return case((team != "", literal("0") + team), else_=literal("1")) + literal(BETWEEN) + place


@lru_cache(maxsize=1)
def _lines_over() -> CTE:
    """The rows of lists of cycles some of which are over: there each objective that was in them stands as it stood. `over` is that cycle.

    What is kept of an ended cycle gives way to what runs in it still; of a closed one its records stand alone. An objective stands once
    in a list: of several cycles that are wanted as it runs in one of them, else as it stood in the one whose name comes last.
    """
    sites, cycles = _several("sites"), _several("cycles")
    names = [column.name for column in listing.c]
    here = (listing.c.site.in_(sites), listing.c.cycle.in_(cycles), ~_closed(listing))
    runs = select(*(listing.c[name] for name in names), literal("").label("over")).where(*here)
    still, other = listing.alias("still"), cycle_line.alias("other")
    running = exists().where(
        still.c.site == cycle_line.c.site,
        still.c.id == cycle_line.c.id,
        still.c.cycle.in_(cycles),
        ~_closed(still),
    )
    behind = exists().where(
        other.c.site == cycle_line.c.site,
        other.c.id == cycle_line.c.id,
        other.c.cycle.in_(cycles),
        other.c.cycle > cycle_line.c.cycle,
    )
    mine = (cycle_line.c.site.in_(sites), cycle_line.c.cycle.in_(cycles), ~running, ~behind)
    stood = select(*(cycle_line.c[name] for name in names), cycle_line.c.cycle.label("over")).where(*mine)
    return runs.union_all(stood).cte("lines")


@lru_cache(maxsize=1)
def _alignments_over() -> CTE:
    """What the rows of `_lines_over` are aligned to, as they run or stood."""
    lines = _lines_over()
    columns = ("site", "objective_id", "target_id", "position")
    runs = and_(lines.c.site == alignment.c.site, lines.c.id == alignment.c.objective_id, lines.c.over == "")
    stood = and_(
        lines.c.site == cycle_alignment.c.site,
        lines.c.id == cycle_alignment.c.objective_id,
        lines.c.over == cycle_alignment.c.cycle,
    )
    now = select(*(alignment.c[name] for name in columns)).select_from(alignment.join(lines, runs))
    then = select(*(cycle_alignment.c[name] for name in columns)).select_from(
        cycle_alignment.join(lines, stood)
    )
    return now.union_all(then).cte("alignments")


def _closed(table: Table) -> ColumnElement[bool]:
    """Whether the cycle of a row is closed."""
    same = (cycle_list.c.site == table.c.site, cycle_list.c.cycle == table.c.cycle)
    return exists().where(*same, cycle_list.c.version > 0)


def lines_of(shape: StatementShape) -> Table:
    """The rows that a list is made of."""
    return _lines_over() if shape.over else listing


def conditions(shape: StatementShape, table: Table) -> list[ColumnElement[bool]]:
    """What has to hold for a row, its site included."""
    return [table.c.site.in_(_several("sites")), *_narrowed(shape, table)]


@lru_cache(maxsize=64)
def count_statement(shape: StatementShape) -> Statement:
    """By cycle, project, owner, team and health: how many there are, and in how many of them the search finds its words."""
    lines = lines_of(shape)
    parts = (lines.c.cycle, lines.c.project, lines.c.owner, lines.c.team, lines.c.health)
    known = func.count()
    fits = _narrowed(shape, lines)
    found = func.sum(case((and_(*fits), 1), else_=0)) if fits else known
    mine = lines.c.site.in_(_several("sites"))
    return select(*parts, known.label("known"), found.label("found")).where(mine).group_by(*parts)


@lru_cache(maxsize=1)
def standing_statement() -> CompoundSelect[*tuple[object, ...]]:
    """By cycle and health, how many objectives of a site there are: of a closed cycle by its records, of an ended one those that left it, too."""
    runs = select(listing.c.cycle, listing.c.health, func.count().label("found")).where(
        listing.c.site == bindparam("site"), ~_closed(listing)
    )
    still = listing.alias("still")
    there = (
        still.c.site == cycle_line.c.site,
        still.c.id == cycle_line.c.id,
        still.c.cycle == cycle_line.c.cycle,
    )
    stood = select(cycle_line.c.cycle, cycle_line.c.health, func.count().label("found")).where(
        cycle_line.c.site == bindparam("site"), or_(_closed(cycle_line), ~exists().where(*there))
    )
    parts = [one.group_by(one.selected_columns.cycle, one.selected_columns.health) for one in (runs, stood)]
    return parts[0].union_all(parts[1])


@lru_cache(maxsize=1)
def any_alignment() -> Statement:
    """Whether anything at all is aligned."""
    return select(exists().where(alignment.c.site.in_(_several("sites"))))


@lru_cache(maxsize=256)
def page(shape: StatementShape) -> Statement:
    """The rows of one page, `start` before them and `total` in all; where it begins behind an objective, also those of the page before."""
    tree = _tree(shape) if shape.aligned else _flat(shape)
    path = bytewise(shape.dialect, tree.c.path)
    total = select(func.count()).select_from(tree).scalar_subquery()
    size: ColumnElement[int] = bindparam("size")
    begun = _begun(shape, tree, total)
    first = select(case((begun.c.start > size, begun.c.start - size - 1), else_=0)).scalar_subquery()
    rows = select(tree).order_by(path).limit(2 * size + 1 if shape.later else size)
    some = (rows.offset(first) if shape.later else rows).subquery("some")
    same = and_(objective.c.site == some.c.site, objective.c.id == some.c.id)
    always = literal_column("1") == literal_column("1")
    place = (some.c.site, some.c.id, some.c.depth, begun.c.start, begun.c.total)
    columns = (objective.c.headline, objective.c.changed_at)
    ways = some.join(objective, same).join(begun, always)
    order = bytewise(shape.dialect, some.c.path)
    return select(*place, *columns).select_from(ways).order_by(order)


@lru_cache(maxsize=64)
def places(shape: StatementShape) -> Statement:
    """Of each row what it is sorted by among its siblings, and the cycle as whose end it stands (the empty text: it stands so now)."""
    lines = lines_of(shape)
    place = _place(shape, lines).label("place")
    return select(lines.c.site, lines.c.id, lines.c.over, place).where(*conditions(shape, lines))


@lru_cache(maxsize=64)
def heads(shape: StatementShape) -> Statement:
    """The site of each row, its headline, when it changed, and the cycle as whose end it stands (the empty text: it stands so now); in no order."""
    lines, stood = lines_of(shape), cycle_line
    same = and_(objective.c.site == lines.c.site, objective.c.id == lines.c.id)
    if not shape.over:
        columns = [lines.c.site, objective.c.headline, objective.c.changed_at, literal("").label("over")]
        return select(*columns).select_from(lines.join(objective, same)).where(*conditions(shape, lines))
    then = and_(stood.c.site == lines.c.site, stood.c.id == lines.c.id, stood.c.cycle == lines.c.over)
    headline = func.coalesce(stood.c.headline, objective.c.headline).label("headline")
    changed = func.coalesce(stood.c.changed_at, objective.c.changed_at).label("changed_at")
    ways = lines.outerjoin(stood, then).outerjoin(objective, same)
    columns = [lines.c.site, headline, changed, lines.c.over]
    return select(*columns).select_from(ways).where(*conditions(shape, lines))


@lru_cache(maxsize=64)
def edges(shape: StatementShape) -> Select[str, str]:
    """Who stands under whom, as long as circles are not broken."""
    above, below = alignment.alias("above"), listing.alias("below")
    higher = listing.alias("higher")
    columns = (name_of(below).label("below"), name_of(higher).label("above"))
    ways = below.join(above, _of(above, below)).join(higher, _target(above, higher))
    fits = (*conditions(shape, below), *_narrowed(shape, higher))
    return select(*columns).select_from(ways).where(*fits, *_first(shape, above))


def name_of(table: Table) -> ColumnElement[str]:
    """What tells an objective from all others in one text."""
    name: ColumnElement[str] = table.c.site + literal(BETWEEN) + table.c.id
    return name


def _tree(shape: StatementShape) -> CTE:
    """Every objective with its depth and path, from the top down."""
    top, below, above = listing.alias("top"), listing.alias("below"), alignment.alias("above")
    key, place = ORDERS[shape.order](top), ORDERS[shape.order](below)
    at_top = or_(~_serves(shape, top), _circled(top)) if shape.circles else ~_serves(shape, top)
    columns: list[ColumnElement[object]] = [top.c.site, top.c.id, literal_column("0").label("depth")]
    roots = select(*columns, key.label("path"), top.c.health.label("stem")).where(
        *conditions(shape, top), at_top
    )
    tree = roots.cte("tree", recursive=True)
    path = case(
        (tree.c.depth < DEEP, tree.c.path + literal(BETWEEN) + place),
        else_=tree.c.stem + literal(BETWEEN) + cast(tree.c.depth + DEEPER, Text) + place,
    )
    stem = case((tree.c.depth == DEEP - 1, tree.c.path + literal(BETWEEN) + place), else_=tree.c.stem)
    ways = tree.join(above, and_(above.c.site == tree.c.site, above.c.target_id == tree.c.id))
    fits = [*_narrowed(shape, below), *([~_circled(below)] if shape.circles else [])]
    under = select(below.c.site, below.c.id, tree.c.depth + 1, path, stem)
    return tree.union_all(
        under.select_from(ways.join(below, _of(above, below))).where(*fits, *_first(shape, above))
    )


def _flat(shape: StatementShape) -> CTE:
    """Every objective at the top, for where nothing is aligned."""
    lines = lines_of(shape)
    columns: list[ColumnElement[object]] = [lines.c.site, lines.c.id, literal_column("0").label("depth")]
    return select(*columns, _place(shape, lines).label("path")).where(*conditions(shape, lines)).cte("tree")


def _begun(shape: StatementShape, tree: CTE, total: ColumnElement[int]) -> FromClause:
    """How many rows stand before the page; at the end of the list it begins anew."""
    if not shape.later:
        return select(literal_column("0").label("start"), total.label("total")).cte("begun")
    mine = and_(tree.c.site == bindparam("at_site"), tree.c.id == bindparam("at_id"))
    last = select(tree.c.path).where(mine).scalar_subquery()
    path = bytewise(shape.dialect, tree.c.path)
    upto = select(func.nullif(func.count(), 0)).select_from(tree).where(path <= last).scalar_subquery()
    place = func.coalesce(upto, bindparam("place"))
    asked = select(place.label("place"), total.label("total")).cte("asked")
    start = case((asked.c.place < asked.c.total, asked.c.place), else_=0)
    return select(start.label("start"), asked.c.total).cte("begun")


def _serves(shape: StatementShape, table: Table) -> ColumnElement[bool]:
    """Whether the list has one that this is aligned to."""
    aim, higher = alignment.alias("aim"), listing.alias("higher")
    ways: Statement = select(literal_column("1")).select_from(aim.join(higher, _target(aim, higher)))
    return ways.where(_of(aim, table), *_narrowed(shape, higher)).correlate(table).exists()


def _first(shape: StatementShape, above: Table) -> list[ColumnElement[bool]]:
    """Whether this alignment is the first that leads to one in the list."""
    earlier, higher = alignment.alias("earlier"), listing.alias("higher_still")
    same = and_(earlier.c.site == above.c.site, earlier.c.objective_id == above.c.objective_id)
    ways: Statement = select(literal_column("1")).select_from(earlier.join(higher, _target(earlier, higher)))
    fits = (same, earlier.c.position < above.c.position, *_narrowed(shape, higher))
    none = ~ways.where(*fits).correlate(above).exists()
    return [above.c.objective_id != above.c.target_id, or_(above.c.position == 0, none)]


def _of(aim: Table, table: Table) -> ColumnElement[bool]:
    return and_(aim.c.site == table.c.site, aim.c.objective_id == table.c.id)


def _target(aim: Table, table: Table) -> ColumnElement[bool]:
    itself = aim.c.objective_id == aim.c.target_id
    return and_(table.c.site == aim.c.site, table.c.id == aim.c.target_id, ~itself)


def _circled(table: Table) -> ColumnElement[bool]:
    return name_of(table).in_(_several("circled"))


def _narrowed(shape: StatementShape, table: Table) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for name, column in (
        ("cycles", "cycle"),
        ("projects", "project"),
        ("owners", "owner"),
        ("teams", "team"),
        ("health", "health"),
    ):
        if name in shape.filters:
            found.append(table.c[column].in_(_several(name)))
    if "folded" in shape.filters:
        found.append(team_of(table).not_in(_several("folded")))
    words = {"search": table.c.words + literal(" ") + table.c.owner_words, "text": table.c.words}
    found += [_holds(shape, text, name) for name, text in words.items() if name in shape.filters]
    if "owner_words" in shape.filters:
        found.append(table.c.owner_words == bindparam("owner_words"))
    if "aligned_to" in shape.filters:
        aim = _alignments_over().alias() if shape.over else alignment.alias("asked_for")
        asked_for = aim.c.target_id == bindparam("aligned_to")
        if shape.over:
            # SQLite would go through the whole expression once a row.
            mine = select(aim.c.site + literal(BETWEEN) + aim.c.objective_id).where(asked_for)
            found.append(name_of(table).in_(mine))
        else:
            found.append(exists().where(_of(aim, table), asked_for))
    return found


def _holds(shape: StatementShape, text: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Whether the text holds what is looked for, as it is: nothing in it stands for anything else."""
    place = func.strpos if shape.dialect == "postgresql" else func.instr
    found: ColumnElement[bool] = place(text, bindparam(name, type_=Text)) > 0
    return found


def bytewise(dialect: str, column: ColumnElement[str]) -> ColumnElement[str]:
    """The column ordered byte by byte, as SQLite does by itself."""
    return column.collate("C") if dialect == "postgresql" else column


def _several(name: str) -> BindParameter[Sequence[str]]:
    return bindparam(name, expanding=True)
