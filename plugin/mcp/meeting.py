"""`okr_meeting`: what runs now as a meeting talks about it."""

from __future__ import annotations

from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Arguments, Number, Shape, exactly
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.use_cases.meeting.agenda import AgendaItem, TeamStanding, show_meeting
from plugin.use_cases.objectives.objective_list import ListedHead

MOST = 30
"""Of a list that may be long; how many there are stands beside it."""


class ToldObjective(Shape):
    """One objective; `week` is what a week did to it."""

    id: str
    key: str
    title: Quoted
    progress: Number
    health: str
    week: Number
    week_causes: list[Quoted]


class ObjectiveToDecide(Shape):
    """One to talk about: the first reason that holds, and what there is to decide."""

    objective: ToldObjective
    reason: str
    question: str


class TeamShape(Shape):
    """How many objectives a team has, and the mean of those that are known."""

    team: Quoted
    objectives: int
    progress: Number


class MeetingAnswer(Answer):
    """`company` are objectives that others serve, `moved` those that a week moved most; each list has its first 30, of `…_total`."""

    cycle: str | None
    headline: Quoted
    objectives: int
    agenda: list[ObjectiveToDecide]
    company: list[ToldObjective]
    company_total: int
    moved: list[ToldObjective]
    moved_total: int
    still: int
    teams: list[TeamShape]
    teams_total: int


def okr_meeting(asking: ToolAsker, arguments: Arguments) -> MeetingAnswer:
    """The agenda with its questions, the sentence above the brief, what moved, and the teams."""
    site = site_of(asking, arguments)
    found = show_meeting(asking.connector, asking.actor, site)
    told, cycle = found.meeting, found.cycle
    moved = sorted(told.moved, key=lambda pair: -abs(pair[1]))
    return MeetingAnswer(
        provenance=provenance(asking, site, MeetingAnswer, "/brief"),
        cycle=None if cycle is None else cycle.id,
        headline=told.headline,
        objectives=len(told.rows),
        agenda=[_to_decide(one) for one in told.agenda],
        company=[_objective(one) for one in told.company[:MOST]],
        company_total=len(told.company),
        moved=[_objective(one) for one, _ in moved[:MOST]],
        moved_total=len(moved),
        still=told.still,
        teams=[_team(one) for one in told.teams[:MOST]],
        teams_total=len(told.teams),
    )


def _objective(one: ListedHead) -> ToldObjective:
    state, week = one.state, one.week
    return ToldObjective(
        id=state.id,
        key=state.key,
        title=state.title,
        progress=exactly(state.progress),
        health=state.health.level.value,
        week=exactly(None if week is None else week.total),
        week_causes=[] if week is None else list(week.causes),
    )


def _to_decide(one: AgendaItem) -> ObjectiveToDecide:
    return ObjectiveToDecide(objective=_objective(one.row), reason=one.reason.value, question=one.question)


def _team(one: TeamStanding) -> TeamShape:
    return TeamShape(team=one.name, objectives=len(one.rows), progress=exactly(one.progress))


MEETING = Tool(
    name="okr_meeting",
    title="The meeting",
    description=(
        "What runs now as a meeting talks about it: at most nine objectives to decide on, each with its question; "
        "how the company's objectives stand, what moved in a week, and the teams. Begin here when asked how things stand."
    ),
    takes=Arguments,
    gives=MeetingAnswer,
    function=okr_meeting,
)
