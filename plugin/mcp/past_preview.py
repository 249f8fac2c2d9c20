"""`okr_mapping_then`: what every objective would have read under a mapping of one's own at an earlier time. Activates nothing."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated

from pydantic import Field, StringConstraints

from mappings.diagnostic import MappingError
from mappings.explain.certainty import sentences
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.permission import Permission
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.next_steps import Door
from plugin.runtime.connector import Refusal
from plugin.use_cases.cycles.replay import ObjectiveReplay
from plugin.use_cases.mappings.past_preview import preview_as_of
from plugin.use_cases.objectives.as_of import asked_instant

LONGEST_TEXT = 200_000


class PastReading(Shape):
    """One objective that would have read otherwise; null on the side of a mapping by which it was none."""

    id: str
    key: str
    title: Quoted
    read: Number
    health: str | None
    would_read: Number
    would_be: str | None
    certainty: str


class PastMapping(Answer):
    """`counted` is of the objectives that differ, `looked_at` of all; `because` says why it is not surer."""

    at: datetime
    mapping_revision: str
    looked_at: int
    because: list[Quoted]
    histories_missing: int
    counted: RowCount
    objectives: list[PastReading]


class PastMappingArguments(PageArguments):
    """Which mapping, and when."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)] = Field(
        description="The whole mapping, as YAML."
    )
    at: Name = Field(description="A day like 2026-10-31 (its end), or an instant.")


def okr_mapping_then(asking: ToolAsker, arguments: PastMappingArguments) -> PastMapping:
    """What would have been different."""
    site = site_of(asking, arguments)
    at = asked_instant(asking.connector, asking.actor, site, arguments.at)
    if at is None:
        raise UnanswerableQuestion(
            f"{arguments.at!r} is no moment. Say a day like 2026-10-31, or an instant."
        )
    try:
        found = preview_as_of(asking.connector, asking.actor, site, arguments.text, at)
    except MappingError as error:
        said = "; ".join(f"{one.path}: {one.message}" for one in error.diagnostics[:10])
        raise UnanswerableQuestion(f"This mapping has errors: {said}.") from None
    except Refusal as error:
        raise UnanswerableQuestion(error.said_at(Door.TOOL)) from None
    every = found.changed
    shown, counted = page_of(
        f"okr_mapping_then:{site}:{found.revision}:{at}", arguments, every, (one.shown.id for one in every)
    )
    return PastMapping(
        provenance=provenance(asking, site, PastMapping, f"/mapping/{site}"),
        at=found.at,
        mapping_revision=found.revision,
        looked_at=len(found.objectives),
        because=list(sentences(found.doubts)),
        histories_missing=len(found.untold),
        counted=counted,
        objectives=[_objective(one) for one in shown],
    )


def _objective(one: ObjectiveReplay) -> PastReading:
    return PastReading(
        id=one.shown.id,
        key=one.shown.key,
        title=one.shown.title,
        read=exactly(_progress(one.before)),
        health=_health(one.before),
        would_read=exactly(_progress(one.after)),
        would_be=_health(one.after),
        certainty=one.certainty.value,
    )


def _progress(state: ObjectiveState | None) -> Fraction | None:
    return None if state is None else state.progress


def _health(state: ObjectiveState | None) -> str | None:
    return None if state is None else state.health.level.value


MAPPING_THEN = Tool(
    name="okr_mapping_then",
    title="A mapping at an earlier time",
    description="What every objective would have read under a mapping of your own at an earlier time, beside what it read. For admins; it activates and writes nothing.",
    takes=PastMappingArguments,
    gives=PastMapping,
    function=okr_mapping_then,
    permission=Permission.ADMIN,
    looks=True,
)
