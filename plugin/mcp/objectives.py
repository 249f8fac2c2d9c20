"""`okr_list` and `okr_get`: how objectives stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import Field, create_model

from mappings.explain.check_in import CheckIn, Ruling
from mappings.explain.confidence import SpokenConfidence
from mappings.rollup.state import KeyResultState
from plugin.doors.cursor import cursor, list_name, position
from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.use_cases.check_ins.check_ins import list_check_ins
from plugin.use_cases.check_ins.conversation import CheckInReply, list_replies
from plugin.use_cases.objectives.objective_columns import filters, narrow_rows
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, line, lines
from plugin.use_cases.objectives.objectives import list_counted

MOST_TALK = 5
"""So many of the latest check-ins, and of the latest answers to each, stand in an answer."""


class StandingCheckIn(Shape):
    """What somebody said of a key result; `asks`: a person has to look."""

    by: Quoted
    at: datetime
    value: Number
    note: Quoted
    shows: str
    asks: bool
    why: Quoted


class RecentReply(Shape):
    """What somebody answered to a check-in."""

    by: Quoted
    at: datetime
    said: Quoted


class Talk(Shape):
    """A check-in, what it says, and the latest of what was answered; `number` names it for okr_reply."""

    number: int
    key_result: str
    by: Quoted
    at: datetime
    said: Quoted
    note: Quoted
    replies_total: int
    replies: list[RecentReply]


class Confidence(Shape):
    """How sure somebody said last to be. `level`: on, at (risk) or off (track); `points` of 10, null where a word was said."""

    level: str
    points: int | None
    by: Quoted
    at: datetime


class KeyResult(Shape):
    """One key result. `progress` is a share of 1; what `current` goes by from `start` to `target` is of the metric's own unit."""

    id: str
    key: str
    title: Quoted
    kind: str
    contributing: bool
    weight: Number
    progress: Number
    start: Number
    current: Number
    target: Number
    measured_at: datetime | None
    health: str
    why: Quoted
    reason: Quoted
    check_in: StandingCheckIn | None
    confidence: Confidence | None


class OwnDays(Shape):
    """The days of an objective's own, both included: they give its expected share in the place of those of its cycle."""

    start: date
    end: date


def own_days(span: tuple[date, date] | None) -> OwnDays | None:
    """The same as answers show it; None where its days are those of its cycle."""
    return None if span is None else OwnDays(start=span[0], end=span[1])


class Objective(Shape):
    """One objective. `progress` and what stands beside it are shares of 1; `week` is what a week added. `served_elsewhere` of the
    `served_by` objectives aligned to it are of other cycles than its own. `key_results` null: not asked for."""

    id: str
    key: str
    title: Quoted
    url: str | None
    owner: Quoted | None
    project: str
    team: Quoted | None
    cycle: str | None
    own_days: OwnDays | None
    commitment: str
    progress: Number
    week: Number
    week_causes: list[Quoted]
    delivery: Number
    outcome: Number
    expected: Number
    pace: Number
    health: str
    why: Quoted
    flags: list[Quoted]
    aligned_to: list[str]
    served_by: int
    served_elsewhere: int
    mapping_revision: str
    computed_at: datetime
    key_results_total: int
    key_results: list[KeyResult] | None


class ObjectiveListing(Answer):
    """Objectives in the order of their ids."""

    counted: RowCount
    by_health: dict[str, int] = Field(description="Of all that match, not only of this page.")
    objectives: list[Objective]


class ObjectiveAnswer(Answer):
    """One objective; `counted` is of its key results, `check_ins` the latest of what was said of it."""

    counted: RowCount
    objective: Objective
    check_ins_total: int
    check_ins: list[Talk]


if TYPE_CHECKING:  # made from the columns, which a type checker cannot follow

    class ListArguments(PageArguments):
        """Filters that all have to hold."""

        aligned_to: str | None
        key_results: bool
else:
    ListArguments = create_model(
        "ListArguments",
        __base__=PageArguments,
        __doc__="Filters that all have to hold.",
        **{
            one.name: (
                (Name | None, Field(None, description=one.description))
                if one.choices is None
                else (
                    list[one.choices] | None,
                    Field(None, max_length=len(one.choices), description=one.description),
                )
            )
            for one in filters()
        },
        key_results=(bool, Field(False, description="With their key results.")),
    )


class GetArguments(PageArguments):
    """Which objective."""

    objective_key: Name = Field(description="Jira key (a former one too), issue id or objective id.")
    cycle: Name | None = Field(None, description="As it stood when this cycle was over; now where left out.")


def okr_list(asking: ToolAsker, arguments: ListArguments) -> ObjectiveListing:
    """A page of the list, and how many there are."""
    site = site_of(asking, arguments)
    if arguments.aligned_to is not None:
        served = objective_of(asking, site, arguments.aligned_to).state.id
        arguments = arguments.model_copy(update={"aligned_to": served})
    name = list_name(f"okr_list:{site}", arguments)
    begun = position(arguments.cursor, name, (str,))
    after = None if begun is None else str(begun[0])
    wanted = narrow_rows(site, lambda one: getattr(arguments, one))
    found, tallies = list_counted(asking.connector, asking.actor, wanted, arguments.limit + 1, after)
    shown = found[: arguments.limit]
    more = len(found) > len(shown)
    return ObjectiveListing(
        provenance=provenance(asking, site, ObjectiveListing, "/", shown),
        counted=RowCount(
            shown=len(shown),
            total=tallies.found(wanted.health),
            next=cursor(name, shown[-1].state.id) if more else None,
        ),
        by_health={
            level.value: count
            for level, count in tallies.health.items()
            if count and (not wanted.health or level in wanted.health)
        },
        objectives=[
            objective_shape(one, one.state.key_results if arguments.key_results else None)
            for one in lines(asking.connector, asking.actor, site, shown)
        ],
    )


def okr_get(asking: ToolAsker, arguments: GetArguments) -> ObjectiveAnswer:
    """One objective with a page of its key results."""
    site = site_of(asking, arguments)
    saved = objective_of(asking, site, arguments.objective_key, arguments.cycle)
    every = saved.state.key_results
    shown, counted = page_of(
        f"okr_get:{site}:{saved.state.id}:{arguments.cycle}", arguments, every, (one.id for one in every)
    )
    said = [
        one
        for one in list_check_ins(asking.connector, asking.actor, site, saved.state.id)
        if not one.retracted
    ]
    replies = list_replies(asking.connector, asking.actor, site, saved.state.id)
    return ObjectiveAnswer(
        provenance=provenance(asking, site, ObjectiveAnswer, page_of_objective(asking, site, saved), [saved]),
        counted=counted,
        objective=objective_shape(line(asking.connector, asking.actor, site, saved), tuple(shown)),
        check_ins_total=len(said),
        check_ins=[
            _talk(one.check_in, [each for each in replies if each.check_in == one.check_in.id])
            for one in said[:MOST_TALK]
        ],
    )


def _talk(one: CheckIn, replies: Sequence[CheckInReply]) -> Talk:
    return Talk(
        number=one.id,
        key_result=one.key_result_id,
        by=one.by,
        at=one.at,
        said=one.said,
        note=one.note,
        replies_total=len(replies),
        replies=[RecentReply(by=each.by, at=each.at, said=each.said) for each in replies[-MOST_TALK:]],
    )


def objective_shape(one: ObjectiveLine, key_results: tuple[KeyResultState, ...] | None) -> Objective:
    """One objective as answers show it."""
    state, week = one.state, one.week
    return Objective(
        id=state.id,
        key=state.key,
        title=state.title,
        url=one.url,
        owner=state.owner,
        project=state.project_key,
        team=state.team,
        cycle=state.cycle_id,
        own_days=own_days(state.span),
        commitment=state.commitment,
        progress=exactly(state.progress),
        week=exactly(None if week is None else week.total),
        week_causes=[] if week is None else list(week.causes),
        delivery=exactly(state.delivery),
        outcome=exactly(state.outcome),
        expected=exactly(state.expected),
        pace=exactly(state.pace),
        health=state.health.level.value,
        why=state.health.sentence,
        flags=list(state.flags),
        aligned_to=list(state.aligned_to),
        served_by=one.served.by,
        served_elsewhere=one.served.elsewhere,
        mapping_revision=one.saved.mapping_revision,
        computed_at=one.saved.computed_at,
        key_results_total=len(state.key_results),
        key_results=None if key_results is None else [key_result_shape(each) for each in key_results],
    )


def key_result_shape(one: KeyResultState) -> KeyResult:
    """One key result as answers show it."""
    measured = one.measurement
    return KeyResult(
        id=one.id,
        key=one.key,
        title=one.title,
        kind=one.kind,
        contributing=one.contributing,
        weight=exactly(one.weight),
        progress=exactly(measured.progress),
        start=exactly(measured.start),
        current=exactly(measured.current),
        target=exactly(measured.target),
        measured_at=measured.measured_at,
        health=one.health.level.value,
        why=one.health.sentence,
        reason=measured.reason,
        check_in=None if one.check_in is None else _check_in(one.check_in),
        confidence=None if one.confidence is None else _confidence(one.confidence),
    )


def _confidence(spoken: SpokenConfidence) -> Confidence:
    told = spoken.confidence
    return Confidence(level=told.level.value, points=told.points, by=spoken.by, at=spoken.at)


def _check_in(ruling: Ruling) -> StandingCheckIn:
    said = ruling.check_in
    return StandingCheckIn(
        by=said.by,
        at=said.at,
        value=exactly(said.value),
        note=said.note,
        shows=ruling.shows.value,
        asks=ruling.asks,
        why=ruling.sentence,
    )


LIST = Tool(
    name="okr_list",
    title="How objectives stand",
    description=(
        "List objectives with progress and health, in the order of their ids. Filters all hold. "
        "by_health and counted.total cover all that match."
    ),
    takes=ListArguments,
    gives=ObjectiveListing,
    function=okr_list,
)
GET = Tool(
    name="okr_get",
    title="One objective",
    description="One objective with its key results, a page of them at a time.",
    takes=GetArguments,
    gives=ObjectiveAnswer,
    function=okr_get,
)
