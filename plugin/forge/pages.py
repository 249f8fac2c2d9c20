"""What the app's pages ask: what an issue counts for, and the objectives of the site.

They are told ids, keys and numbers. Titles of issues they read from Jira as the person who looks, so that Jira shows nobody what they may not see.
"""

from __future__ import annotations

from fractions import Fraction

from flask import Blueprint, Response, request
from pydantic import Field

from mappings.numbers import percent
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Contribution, hidden_issues
from mappings.rollup.state import HealthLevel, KeyResultState, ObjectiveState
from mappings.rollup.structure.what_if import Calculation, ChangeableKeyResult
from plugin.access.authorization.permission import needs
from plugin.doors.cursor import cursor, position
from plugin.forge.door import PageData, UnusableBody, answer, paired_route
from plugin.forge.modules import ISSUE, OBJECTIVES
from plugin.runtime.connector import Connector
from plugin.use_cases.forge.admission import Admission, AdmittedCaller
from plugin.use_cases.forge.what_if import calculation
from plugin.use_cases.objectives.objective_list import START, Head, PageStart, RowSelection, list_objectives
from plugin.use_cases.objectives.objective_values import rows_of
from plugin.use_cases.objectives.objectives import explained_by, objective

MOST_ROWS = 50
MOST_FEEDS = 20
SIZE = 50
LONGEST_TEAM = 200


class HeadData(PageData):
    """An objective or key result. `title` is there where no issue stands for it; `progress` in percent, null where it is unknown."""

    id: str
    issue_id: str | None
    key: str
    title: str | None
    progress: float | None
    health: HealthLevel


class ListedData(HeadData):
    """An objective in the list."""

    cycle: str | None
    team: str | None


class LedgerRowData(PageData):
    """One row of a ledger: what it weighs, how far it is, and what it adds, both in percent."""

    id: str
    issue_id: str | None
    key: str
    title: str | None
    disposition: str
    weight: str | None
    progress: float | None
    share: float | None


class ObjectiveData(HeadData):
    """The issue as an objective, with the first rows of its number; `unseen` counts the issues behind them that this person may not see."""

    expected: float | None
    cycle: str | None
    key_results: list[HeadData]
    rows: list[LedgerRowData]
    rows_total: int
    unseen: int
    notes: list[str]


class FeedData(PageData):
    """One number that the issue is part of; `key_result` null where it is part of the objective itself."""

    objective: HeadData
    key_result: HeadData | None
    disposition: str
    weight: str | None
    progress: float | None
    share: float | None


class IssueData(PageData):
    """What an issue counts for. `why` is the page of the connector that says it in full, empty where its address is not set."""

    objective: ObjectiveData | None
    feeds: list[FeedData]
    why: str


class ChangeableRowData(PageData):
    """A row that counts. Fractions are texts (`3/8`); `fixed` ones stay as they are."""

    id: str
    issue_id: str | None
    weight: str
    progress: str
    divisor: int
    fixed: bool


class ReadingPathData(PageData):
    """What another reading is measured against: start and target, or a band."""

    current: str
    start: str | None
    target: str | None
    at_least: str | None
    at_most: str | None
    tolerance: str | None


class ChangeableKeyResultData(PageData):
    """A key result that can be made again of other rows or of another reading."""

    id: str
    issue_id: str | None
    key: str
    title: str | None
    progress: str
    level: HealthLevel
    achieved_at: str
    timed: bool
    rows: list[ChangeableRowData]
    aim: str | None
    reading: ReadingPathData | None


class HeadlineRowData(PageData):
    """A row of the headline; `progress` null is unknown."""

    id: str
    weight: str
    progress: str | None
    level: HealthLevel


class CalculationData(PageData):
    """How an objective's number is made, exactly."""

    method: str
    health: str
    progress: str
    level: HealthLevel
    expected: str | None
    achieved_at: str
    on_track: str
    at_risk: str
    ended: bool
    rows: list[HeadlineRowData]
    key_results: list[ChangeableKeyResultData]


class WhatIfData(PageData):
    """`calculation` is null where there is nothing to try."""

    calculation: CalculationData | None


class ObjectivesData(PageData):
    """A page of the objectives; `next` is null on the last."""

    items: list[ListedData]
    next: str | None
    teams: list[str] = Field(description="All there are; the empty one stands for objectives without a team.")
    connector: str


def register(blueprint: Blueprint, connector: Connector, admission: Admission) -> None:
    """Add the routes."""

    @blueprint.get("/api/issue", endpoint="issue")
    @needs("public", signed=True)
    @paired_route(admission, ISSUE)
    def issue(caller: AdmittedCaller) -> Response:
        return answer(issue_data(connector, caller))

    @blueprint.get("/api/what-if", endpoint="what_if")
    @needs("public", signed=True)
    @paired_route(admission, ISSUE)
    def what_if(caller: AdmittedCaller) -> Response:
        return answer(what_if_data(connector, caller))

    @blueprint.get("/api/objectives", endpoint="objectives")
    @needs("public", signed=True)
    @paired_route(admission, OBJECTIVES)
    def objectives(caller: AdmittedCaller) -> Response:
        return answer(
            objectives_data(connector, caller, request.args.get("team"), request.args.get("cursor"))
        )


def issue_data(connector: Connector, caller: AdmittedCaller) -> IssueData:
    """Of the issue that Forge signed, never of one that the browser names."""
    issue_id = caller.invocation.issue_id
    if issue_id is None:
        raise UnusableBody("This page stands beside no issue.")
    asked = (connector, caller.actor, caller.site, issue_id)
    own, feeding = objective(*asked), explained_by(*asked)
    feeds = [
        feed_data(saved.state, of, row)
        for saved in feeding
        if not saved.state.plain and saved.state.id != issue_id
        for of, row in rows_of(saved.state, issue_id)
    ]
    return IssueData(
        objective=None if own is None else objective_data(own.state),
        feeds=feeds[:MOST_FEEDS],
        why=f"{connector.pages}/why/{issue_id}" if connector.pages and (own or feeds) else "",
    )


def what_if_data(connector: Connector, caller: AdmittedCaller) -> WhatIfData:
    """Of the issue that Forge signed."""
    issue_id = caller.invocation.issue_id
    if issue_id is None:
        raise UnusableBody("This page stands beside no issue.")
    asked = (connector, caller.actor, caller.site, issue_id)
    saved, found = objective(*asked), calculation(*asked)
    if saved is None or found is None:
        return WhatIfData(calculation=None)
    return WhatIfData(calculation=calculation_data(found, saved.state))


def calculation_data(found: Calculation, state: ObjectiveState) -> CalculationData:
    """Every figure as an exact text."""
    parts = {one.id: one for one in state.key_results}
    return CalculationData(
        method=found.method,
        health=found.health,
        progress=str(found.progress),
        level=found.level,
        expected=exact_text(found.expected),
        achieved_at=str(found.achieved_at),
        on_track=str(found.on_track),
        at_risk=str(found.at_risk),
        ended=found.ended,
        rows=[
            HeadlineRowData(
                id=row.id, weight=str(row.weight), progress=exact_text(row.progress), level=row.level
            )
            for row in found.rows
        ],
        key_results=[changeable_data(one, parts[one.id]) for one in found.key_results if one.id in parts],
    )


def changeable_data(one: ChangeableKeyResult, part: KeyResultState) -> ChangeableKeyResultData:
    """A key result with the rows that it is made of, or its reading."""
    reading = one.reading
    return ChangeableKeyResultData(
        id=one.id,
        issue_id=part.issue_id,
        key=part.key,
        title=part.title if part.issue_id is None else None,
        progress=str(one.progress),
        level=one.level,
        achieved_at=str(one.achieved_at),
        timed=one.timed,
        rows=[
            ChangeableRowData(
                id=row.id,
                issue_id=issue_of(row.id),
                weight=str(row.weight),
                progress=str(row.progress),
                divisor=row.divisor,
                fixed=row.fixed,
            )
            for row in one.rows
        ],
        aim=exact_text(one.aim),
        reading=None
        if reading is None
        else ReadingPathData(
            current=str(reading.current),
            start=exact_text(reading.start),
            target=exact_text(reading.target),
            at_least=exact_text(reading.at_least),
            at_most=exact_text(reading.at_most),
            tolerance=exact_text(reading.tolerance),
        ),
    )


def exact_text(value: Fraction | None) -> str | None:
    """`3/8`; None stays None."""
    return None if value is None else str(value)


def objectives_data(
    connector: Connector, caller: AdmittedCaller, team: str | None, after: str | None
) -> ObjectivesData:
    """A page of those of the caller's site, worst health first."""
    if team is not None and len(team) > LONGEST_TEAM:
        raise UnusableBody("No team has so long a name.")
    name = f"forge:{caller.site}:{team}"
    found = position(after, name, (int, str))
    begin = START if found is None else PageStart(int(found[0]), "", str(found[1]))
    wanted = RowSelection(sites=(caller.site,), teams=() if team is None else (team,))
    page = list_objectives(connector, caller.actor, wanted, begin, SIZE)
    following = page.slice.next
    return ObjectivesData(
        items=[listed_data(one.state) for one in page.rows],
        next=None if following is None else cursor(name, following.place, following.id),
        teams=sorted(page.tallies.teams),
        connector=connector.pages,
    )


def objective_data(state: ObjectiveState) -> ObjectiveData:
    """The issue as an objective."""
    return ObjectiveData(
        **head_data(state).model_dump(),
        expected=in_percent(state.expected),
        cycle=state.cycle_id,
        key_results=[key_result_data(one) for one in state.key_results],
        rows=[row_data(row, state) for row in state.ledger.rows[:MOST_ROWS]],
        rows_total=len(state.ledger.rows),
        unseen=state.ledger.hidden,
        notes=list(state.flags),
    )


def head_data(state: Head) -> HeadData:
    """An objective; one that is written in the mapping has an id of its own and no issue."""
    issue_id = issue_of(state.id)
    return HeadData(
        id=state.id,
        issue_id=issue_id,
        key=state.key,
        title=state.title if issue_id is None else None,
        progress=in_percent(state.progress, bar=ACHIEVED_AT[state.commitment]),
        health=state.health.level,
    )


def listed_data(state: Head) -> ListedData:
    """An objective in the list."""
    return ListedData(**head_data(state).model_dump(), cycle=state.cycle_id, team=state.team)


def key_result_data(one: KeyResultState) -> HeadData:
    """A key result."""
    return HeadData(
        id=one.id,
        issue_id=one.issue_id,
        key=one.key,
        title=one.title if one.issue_id is None else None,
        progress=in_percent(one.measurement.progress, bar=ACHIEVED_AT[one.commitment]),
        health=one.health.level,
    )


def row_data(row: Contribution, state: ObjectiveState) -> LedgerRowData:
    """A row; one that is no issue is called as its key result is."""
    issue_id = issue_of(row.id)
    titles = {one.id: one.title for one in state.key_results if one.issue_id is None}
    titles |= {row.id: row.title} if hidden_issues(row.id) else {}
    return LedgerRowData(
        id=row.id,
        issue_id=issue_id,
        key=row.key,
        title=None if issue_id is not None else titles.get(row.id, "measured as a whole"),
        disposition=row.disposition.value,
        weight=weight_text(row),
        progress=in_percent(row.progress),
        share=in_percent(row.share, digits=2),
    )


def feed_data(state: ObjectiveState, of: KeyResultState | None, row: Contribution) -> FeedData:
    """What the issue is to one number."""
    return FeedData(
        objective=head_data(state),
        key_result=None if of is None else key_result_data(of),
        disposition=row.disposition.value,
        weight=weight_text(row),
        progress=in_percent(row.progress),
        share=in_percent(row.share, digits=2),
    )


def issue_of(id_: str) -> str | None:
    """The issue that an id is of; None for what is written in the mapping, and for issues taken together."""
    return id_ if id_.isascii() and id_.isdigit() else None


def weight_text(row: Contribution) -> str | None:
    """As people write it: `3`, or `1.5`."""
    return None if row.weight is None else f"{float(row.weight):g}"


def in_percent(value: Fraction | None, digits: int = 0, bar: Fraction = Fraction(1)) -> float | None:
    """Rounded as everywhere; None stays None."""
    rounded = percent(value, digits, bar)
    return None if rounded is None else float(rounded)
