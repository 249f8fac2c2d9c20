"""`/scorecard`: objectives and KPIs by the perspective from which they look."""

from __future__ import annotations

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, SiteQuery, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import CYCLES
from plugin.use_cases.cycles.cycles import UnknownCycle
from plugin.use_cases.practice.scorecard import scorecard_values, show_scorecard

ROUTES = Routes()


class ScorecardQuery(SiteQuery):
    """Of which cycle."""

    cycle: Word | None = Field(
        None,
        description="The id of a cycle; where it is left out, every objective whose cycle has not ended.",
    )


class ScorecardObjective(JsonShape):
    """One objective that looks from a perspective."""

    id: str
    key: str
    title: str
    team: str | None
    owner: str | None
    cycle: str | None
    progress: float | None
    progress_exact: str | None
    health: str


class ScorecardKpi(JsonShape):
    """One KPI that looks from a perspective, with its last settled period."""

    id: str
    name: str
    owner: str | None
    unit: str | None
    indicator: str | None
    level: str
    value: float | None
    value_exact: str | None
    trend: str | None


class PerspectiveJson(JsonShape):
    """One perspective; null for what looks from none."""

    perspective: str | None
    objectives: list[ScorecardObjective]
    kpis: list[ScorecardKpi]


class ScorecardJson(JsonShape):
    """The four perspectives of the balanced scorecard, empty ones too, those of one's own, then what has none."""

    site: str
    cycle: str | None
    perspectives: list[PerspectiveJson]


@ROUTES.get("/scorecard", "viewer", "Objectives and KPIs by the perspective from which they look.")
def scorecard(caller: Caller, query: ScorecardQuery) -> Reply[ScorecardJson]:
    """Finance, customer, process, learning, and words of one's own. It groups; no number follows from it."""
    try:
        found = show_scorecard(caller.connector, caller.actor, site_of(caller, query), query.cycle)
    except UnknownCycle:
        raise not_found("cycle", query.cycle, CYCLES) from None
    return Reply(ScorecardJson.model_validate(scorecard_values(found)))
