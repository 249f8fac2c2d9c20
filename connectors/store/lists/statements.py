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
from connectors.store.schema import alignment, listing, objective

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
    whether alignments count, and whether there are circles among them.
    """

    dialect: str
    order: str
    filters: frozenset[str]
    later: bool = False
    aligned: bool = True
    circles: bool = False

    def only(self, *filters: str) -> StatementShape:
        """The same with no other filters than these."""
        return replace(self, order="", filters=self.filters & set(filters))

    def behind(self) -> StatementShape:
        """The same, beginning behind an objective."""
        return replace(self, later=True)

    def flat(self) -> StatementShape:
        """The same where nothing is aligned."""
        return replace(self, aligned=False)

    def broken(self) -> StatementShape:
        """The same with circles that have to be broken."""
        return replace(self, circles=True)


def admitted(shape: StatementShape, table: Table) -> list[ColumnElement[bool]]:
    """What has to hold for a row, its site included."""
    return [table.c.site.in_(_several("sites")), *_narrowed(shape, table)]


@lru_cache(maxsize=64)
def counted(shape: StatementShape) -> Statement:
    """By cycle, project, owner, team and health: how many there are, and in how many of them the search finds its words."""
    parts = (listing.c.cycle, listing.c.project, listing.c.owner, listing.c.team, listing.c.health)
    known = func.count()
    fits = _narrowed(shape, listing)
    found = func.sum(case((and_(*fits), 1), else_=0)) if fits else known
    mine = listing.c.site.in_(_several("sites"))
    return select(*parts, known.label("known"), found.label("found")).where(mine).group_by(*parts)


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
    columns = (some.c.site, some.c.id, some.c.depth, objective.c.headline, objective.c.changed_at)
    return (
        select(*columns, begun.c.start, begun.c.total)
        .select_from(some.join(objective, same).join(begun, literal_column("1") == literal_column("1")))
        .order_by(bytewise(shape.dialect, some.c.path))
    )


@lru_cache(maxsize=64)
def edges(shape: StatementShape) -> Select[str, str]:
    """Who stands under whom, as long as circles are not broken."""
    above, below = alignment.alias("above"), listing.alias("below")
    higher = listing.alias("higher")
    columns = (name_of(below).label("below"), name_of(higher).label("above"))
    ways = below.join(above, _of(above, below)).join(higher, _target(above, higher))
    fits = (*admitted(shape, below), *_narrowed(shape, higher))
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
        *admitted(shape, top), at_top
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
    columns: list[ColumnElement[object]] = [listing.c.site, listing.c.id, literal_column("0").label("depth")]
    return (
        select(*columns, ORDERS[shape.order](listing).label("path"))
        .where(*admitted(shape, listing))
        .cte("tree")
    )


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
    words = {"search": table.c.words + literal(" ") + table.c.owner_words, "text": table.c.words}
    found += [_holds(shape, text, name) for name, text in words.items() if name in shape.filters]
    if "owner_words" in shape.filters:
        found.append(table.c.owner_words == bindparam("owner_words"))
    if "aligned_to" in shape.filters:
        aim = alignment.alias("asked_for")
        found.append(exists().where(_of(aim, table), aim.c.target_id == bindparam("aligned_to")))
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
