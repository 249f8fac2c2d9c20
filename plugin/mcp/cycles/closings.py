"""`okr_closings`: what two closings of one cycle differ in, row by row."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from pydantic import Field

from mappings.explain.closing_difference import RecordDifference
from mappings.rollup.cycles.closing_record import ClosingRecord
from plugin.mcp.cycles.lookup import cycle_refusals
from plugin.mcp.movement import MovedRow, moved_row
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.use_cases.cycles.versions import ClosingAct, difference


class ClosingShape(Shape):
    """When a version was closed, by whom, and what was said of it."""

    version: int
    at: datetime
    by: Quoted
    note: Quoted
    hash: str


class RecordShape(Shape):
    """One objective as a closing froze it."""

    score: Number
    shown: str
    progress: Number
    health: str
    mapping_revision: str


class RecordDifferenceShape(Shape):
    """One objective that differs; null on a side whose closing has none of it. The effects of its rows sum to `moved`, where that is known."""

    id: str
    key: str
    title: Quoted
    before: RecordShape | None
    after: RecordShape | None
    moved: Number
    said: list[Quoted]
    rows: list[MovedRow]


class Closings(Answer):
    """`counted` is of the objectives that differ, `compared` of all."""

    cycle: str
    before: ClosingShape
    after: ClosingShape
    compared: int
    counted: RowCount
    objectives: list[RecordDifferenceShape]


class ClosingArguments(PageArguments):
    """Of which cycle."""

    cycle: Name = Field(description="The id of a cycle that was closed, opened again and closed once more.")
    before: int | None = Field(None, ge=1, description="A version; the one before `after` where left out.")
    after: int | None = Field(None, ge=1, description="A version; the last where left out.")


def okr_closings(asking: ToolAsker, arguments: ClosingArguments) -> Closings:
    """A page of what differs."""
    site = site_of(asking, arguments)
    with cycle_refusals(asking, site):
        found = difference(
            asking.connector, asking.actor, site, arguments.cycle, arguments.before, arguments.after
        )
    name = f"okr_closings:{site}:{found.cycle_id}:{found.before.hash}:{found.after.hash}"
    shown, counted = page_of(name, arguments, found.differing, (one.shown.id for one in found.differing))
    return Closings(
        provenance=provenance(
            asking,
            site,
            Closings,
            f"/review/{quote(site, safe='')}/{quote(found.cycle_id, safe='')}/difference",
        ),
        cycle=found.cycle_id,
        before=_act(found.before),
        after=_act(found.after),
        compared=len(found.objectives),
        counted=counted,
        objectives=[_objective(one) for one in shown],
    )


def _act(one: ClosingAct) -> ClosingShape:
    return ClosingShape(version=one.version, at=one.at, by=one.by, note=one.note, hash=one.hash)


def _objective(one: RecordDifference) -> RecordDifferenceShape:
    return RecordDifferenceShape(
        id=one.shown.id,
        key=one.shown.key,
        title=one.shown.title,
        before=_record(one.before),
        after=_record(one.after),
        moved=exactly(one.moved),
        said=list(one.said),
        rows=[moved_row(row) for row in one.effects],
    )


def _record(one: ClosingRecord | None) -> RecordShape | None:
    if one is None:
        return None
    return RecordShape(
        score=exactly(one.score.value),
        shown=one.score.shown,
        progress=exactly(one.state.progress),
        health=one.state.health.level.value,
        mapping_revision=one.mapping_revision,
    )


CLOSINGS = Tool(
    name="okr_closings",
    title="Two closings of a cycle",
    description="What two closings of one cycle differ in, objective by objective with the rows that made it.",
    takes=ClosingArguments,
    gives=Closings,
    function=okr_closings,
)
