"""`okr_moved`: what changed since, summing exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from pydantic import Field

from mappings.explain.cause import row_cause
from mappings.explain.movement import Effect
from plugin.doors.cursor import cursor, list_name, position
from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.next_steps import Door
from plugin.use_cases.objectives import objectives
from plugin.use_cases.objectives.moments import SINCE, UNTIL, MovementQuestion, UnknownMoment
from plugin.use_cases.objectives.movement import ToldMovement, no_history
from plugin.use_cases.objectives.objectives import RowSelection, SavedObjective

MOST_MOVEMENTS = 50


class MovedRow(Shape):
    """What one row did to the number."""

    part: str
    id: str
    key: str
    title: Quoted
    said: Quoted
    effect: Number


class MovedPart(Shape):
    """One part of the change."""

    part: str
    effect: Number


class MovementShape(Shape):
    """One change. `adds_up`: its parts, and the effects of all its rows, sum to it. `rows` null: not asked for.

    With an unknown number at either end the change is unknown, not 0.
    """

    id: str
    key: str
    title: Quoted
    since: datetime
    until: datetime
    before: Number
    after: Number
    change: Number
    adds_up: bool | None
    parts: list[MovedPart]
    rows_total: int
    rows: list[MovedRow] | None
    reconstructed: bool
    revisions: list[str]


class UnknownMovement(Shape):
    """An objective whose movement is not known, and why."""

    key: str
    why: Quoted


class MovementListing(Answer):
    """`counted` is of the rows where one objective was asked for, else of the objectives."""

    counted: RowCount
    movements: list[MovementShape]
    unmoved: list[str]
    unknown: list[UnknownMovement] = Field(description="The change is not known, which is not 0.")


class MovementArguments(PageArguments):
    """Between which moments."""

    since: Name | None = Field(None, description=SINCE)
    until: Name | None = Field(None, description=UNTIL)
    objective_key: Name | None = Field(None, description="With its rows. Left out: every objective.")
    limit: int = Field(20, ge=1, le=MOST_MOVEMENTS)


def okr_moved(asking: ToolAsker, arguments: MovementArguments) -> MovementListing:
    """What changed: of one objective row by row, or of all a page at a time."""
    site = site_of(asking, arguments)
    if arguments.objective_key is None:
        return _of_all(asking, site, arguments)
    saved = objective_of(asking, site, arguments.objective_key)
    found = _told(asking, site, saved, arguments)
    rows = () if found.movement is None else found.movement.rows
    ordered = sorted(rows, key=lambda row: -abs(row.effect or Fraction(0)))
    shown, counted = page_of(
        f"okr_moved:{site}:{saved.state.id}",
        arguments,
        ordered,
        (f"{row.part} {row.id} {row.effect}" for row in ordered),
    )
    path = page_of_objective(asking, site, saved)
    return _answer(asking, site, path, counted, [(saved, found)], shown)


def _of_all(asking: ToolAsker, site: str, arguments: MovementArguments) -> MovementListing:
    name = list_name(f"okr_moved:{site}", arguments)
    begun = position(arguments.cursor, name, (str,))
    after = None if begun is None else str(begun[0])
    wanted = RowSelection(sites=(site,))
    found, tallies = objectives.list_counted(
        asking.connector, asking.actor, wanted, arguments.limit + 1, after
    )
    shown = found[: arguments.limit]
    following = cursor(name, shown[-1].state.id) if len(found) > len(shown) else None
    counted = RowCount(shown=len(shown), total=tallies.found(()), next=following)
    told = [(saved, _told(asking, site, saved, arguments)) for saved in shown]
    return _answer(asking, site, "/", counted, told, None)


def _told(asking: ToolAsker, site: str, saved: SavedObjective, arguments: MovementArguments) -> ToldMovement:
    asked = MovementQuestion(arguments.since, arguments.until)
    try:
        return objectives.movement(asking.connector, asking.actor, site, saved.state, asked)
    except UnknownMoment as error:
        raise UnanswerableQuestion(f"{error.place}: {error}") from error


def _answer(
    asking: ToolAsker,
    site: str,
    path: str,
    counted: RowCount,
    told: Sequence[tuple[SavedObjective, ToldMovement]],
    rows: Sequence[Effect] | None,
) -> MovementListing:
    """What moved in full; what did not, by its key; what is not known, with the reason."""
    movements, unmoved, unknown = [], [], []
    for saved, found in told:
        name = saved.state.key or saved.state.id
        if found.movement is None:
            unknown.append(UnknownMovement(key=name, why=no_history(found).said_at(Door.TOOL)))
            continue
        if found.movement.total is None:
            unknown.append(UnknownMovement(key=name, why="The number is unknown at one end."))
        if found.movement.total == 0 and not found.movement.rows:
            unmoved.append(name)
        else:
            movements.append(_movement(saved, found, rows))
    return MovementListing(
        provenance=provenance(asking, site, MovementListing, path, [saved for saved, _ in told]),
        counted=counted,
        movements=movements,
        unmoved=unmoved,
        unknown=unknown,
    )


def _movement(saved: SavedObjective, found: ToldMovement, rows: Sequence[Effect] | None) -> MovementShape:
    assert found.movement is not None  # noqa: S101
    moved, state = found.movement, saved.state
    effects = sum((row.effect or Fraction(0) for row in moved.rows), Fraction(0))
    parts = sum(moved.parts.values(), Fraction(0))
    return MovementShape(
        id=state.id,
        key=state.key,
        title=state.title,
        since=found.since,
        until=found.until,
        before=exactly(moved.before),
        after=exactly(moved.after),
        change=exactly(moved.total),
        adds_up=None if moved.total is None else moved.total == parts == effects,
        parts=[
            MovedPart(part=part.value, effect=exactly(effect))
            for part, effect in moved.parts.items()
            if effect
        ],
        rows_total=len(moved.rows),
        rows=None if rows is None else [moved_row(row) for row in rows],
        reconstructed=found.reconstructed,
        revisions=list(found.revisions),
    )


def moved_row(row: Effect) -> MovedRow:
    """A row as an answer has it."""
    return MovedRow(
        part=row.part.value,
        id=row.id,
        key=row.key,
        title=row.title,
        said=row_cause(row),
        effect=exactly(row.effect),
    )


MOVED = Tool(
    name="okr_moved",
    title="What moved since",
    description=(
        "What changed since: the change split into parts (re-mapped, re-targeted, removed, re-estimated, progressed, added, "
        "said, time) and, of one objective, into rows; both sum to it exactly."
    ),
    takes=MovementArguments,
    gives=MovementListing,
    function=okr_moved,
)
