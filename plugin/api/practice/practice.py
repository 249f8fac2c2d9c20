"""`/practice`: how healthy the practice of OKRs is, team by team. It moves no number and blocks nothing."""

from __future__ import annotations

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, SiteQuery, Word
from plugin.doors.refusal import RequestRefusal, not_found
from plugin.next_steps import CYCLES, Door
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle
from plugin.use_cases.practice.practice import assess_practice, assessed_values

ROUTES = Routes()


class PracticeQuery(SiteQuery):
    """Of which cycle, and of whom."""

    cycle: Word | None = Field(
        None,
        description="The id of a cycle; where it is left out, the one that objectives run in now and that ends first.",
    )
    team: Word | None = Field(
        None,
        description="Of one team alone, as the mapping calls it, in any case; a project where it knows no teams.",
    )


class PracticeGapJson(JsonShape):
    """An objective, a key result or an issue that does not meet the aspect, why, and the id of the objective that it belongs to."""

    id: str
    key: str
    title: str
    why: str
    objective: str


class MeasureJson(JsonShape):
    """One aspect of the craft: what it asks, how many meet it of how many, those that do not, what to do, and who says so."""

    aspect: str
    asks: str
    met: int
    of: int
    share: float | None = Field(description="met ÷ of; null where there is nothing to look at.")
    share_exact: str | None
    kept: bool = Field(description="Whether nothing is behind it, so that there is nothing to advise.")
    behind: list[PracticeGapJson]
    advice: str
    source: str


class OrphansJson(JsonShape):
    """The work of one project that serves no objective of the cycle; `jql` finds the first 200 of it in Jira."""

    project: str
    count: int
    jql: str


class CoverageJson(JsonShape):
    """How many pieces of work serve an objective of the cycle, of how many."""

    candidates: int
    serving: int
    share: float | None = Field(
        description="The share of those that serve, of 1; null where there is no candidate."
    )
    share_exact: str | None
    share_by_weight: float | None = Field(
        description="Null where the mapping has no weight, or nothing weighs."
    )
    share_by_weight_exact: str | None
    orphans: list[OrphansJson]


class TeamPracticeJson(JsonShape):
    """One team; its project where the mapping knows no teams, empty for objectives without either."""

    team: str
    objectives: int
    key_results: int
    measures: list[MeasureJson]
    coverage: CoverageJson | None


class PracticeJson(JsonShape):
    """A cycle, team by team. `coverage` is that of all work; null of a cycle that has ended: what was open then is not known."""

    site: str
    cycle: str
    ended: bool
    teams: list[TeamPracticeJson]
    coverage: CoverageJson | None


@ROUTES.get("/practice", "viewer", "How healthy the practice of OKRs is, team by team.", heavy=True)
def practice(caller: Caller, query: PracticeQuery) -> Reply[PracticeJson]:
    """Measurable, owned, outcomes, fresh, few, aligned, counted once, and how much of the work serves an objective."""
    site = site_of(caller, query)
    try:
        found = assess_practice(caller.connector, caller.actor, site, query.cycle, query.team)
    except UnknownCycle:
        raise not_found("cycle", query.cycle, CYCLES) from None
    except CycleRefusal as error:
        raise RequestRefusal(409, "No cycle runs", error.message, CYCLES.at(Door.API)) from error
    return Reply(PracticeJson.model_validate(assessed_values(found)))
