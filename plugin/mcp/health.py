"""`okr_freshness` and `okr_gaps`: how old the data is, and what is missing of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import Field

from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Arguments, Name, PageArguments, RowCount, Shape, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.next_steps import Door
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.missing_matters import MissingMatter, list_matters, matters_of
from plugin.use_cases.health.status import status
from plugin.use_cases.work.obstacles import MissingKind

USUAL, MOST = 50, 200


class ConcernShape(Shape):
    """Something that troubles the site, and what to do about it. `wrong`: somebody has to do it."""

    kind: str
    said: Quoted
    remedy: Quoted
    wrong: bool


class Freshness(Answer):
    """How a site stands. Instants that are null: never. Counts that are null: not counted."""

    issues: int | None
    last_full_read: datetime | None
    last_recent_read: datetime | None
    last_webhook: datetime | None
    newest_change: datetime | None
    waiting: int
    dead_letters: int
    refused: int
    held: int
    gaps: int
    losses: int
    drift_issues: int | None
    outage: Quoted | None
    concerns: list[ConcernShape]


class Gap(Shape):
    """One thing that is missing: of which objective, key result or issue, and what to do about it."""

    kind: MissingKind
    objectives: list[str]
    key_result: str | None
    issue: str | None
    what: Quoted
    remedy: Quoted


class Gaps(Answer):
    """`by_kind` and `counted.total` cover all."""

    counted: RowCount
    by_kind: dict[str, int]
    gaps: list[Gap]


class GapArguments(PageArguments):
    """Of what."""

    objective_key: Name | None = Field(
        None, description="Only what concerns this objective; all where left out."
    )
    limit: int = Field(USUAL, ge=1, le=MOST)


def okr_freshness(asking: ToolAsker, arguments: Arguments) -> Freshness:
    """How a site stands."""
    site = site_of(asking, arguments)
    stands = status(asking.connector, asking.actor, site)
    return Freshness(
        provenance=provenance(asking, site, Freshness, "/health"),
        issues=stands.issues,
        last_full_read=stands.last_resync,
        last_recent_read=stands.last_recent,
        last_webhook=stands.last_delivery,
        newest_change=stands.newest_change,
        waiting=stands.due,
        dead_letters=len(stands.dead),
        refused=len(stands.refused),
        held=len(stands.held),
        gaps=sum(one.waits for one in stands.gaps),
        losses=len(stands.losses),
        drift_issues=None if stands.drift is None else stands.drift.issues,
        outage=None if stands.outage is None else stands.outage.error,
        concerns=[
            ConcernShape(
                kind=one.kind,
                said=f"{one.word}: {one.sentence}",
                remedy=one.todo_at(Door.TOOL),
                wrong=one.wrong,
            )
            for one in concerns(stands)
        ],
    )


def okr_gaps(asking: ToolAsker, arguments: GapArguments) -> Gaps:
    """What is missing of a site, or of one objective."""
    site = site_of(asking, arguments)
    path = "/health"
    if arguments.objective_key is None:
        found = [*list_matters(asking.connector, asking.actor, site)]
    else:
        saved = objective_of(asking, site, arguments.objective_key)
        found = [*matters_of(asking.connector, asking.actor, site, saved.state)]
        path = page_of_objective(asking, site, saved)
    shown, counted = page_of(
        f"okr_gaps:{site}",
        arguments,
        found,
        (f"{one.kind} {one.objectives} {one.key_result} {one.issue}" for one in found),
    )
    return Gaps(
        provenance=provenance(asking, site, Gaps, path),
        counted=counted,
        by_kind=dict(Counter(one.kind.value for one in found)),
        gaps=[_gap(one) for one in shown],
    )


def _gap(one: MissingMatter) -> Gap:
    return Gap(
        kind=one.kind,
        objectives=list(dict.fromkeys(one.objectives)),
        key_result=one.key_result,
        issue=one.issue,
        what=one.what,
        remedy=one.remedy_at(Door.TOOL),
    )


FRESHNESS = Tool(
    name="okr_freshness",
    title="How old the data is",
    description="How fresh a site's data is, what waits, what failed, and what to do about it.",
    takes=Arguments,
    gives=Freshness,
    function=okr_freshness,
)
GAPS = Tool(
    name="okr_gaps",
    title="What is missing",
    description="What is unknown, could not be read, is held or refused, failed, or asks for a person, each with a remedy.",
    takes=GapArguments,
    gives=Gaps,
    function=okr_gaps,
)
