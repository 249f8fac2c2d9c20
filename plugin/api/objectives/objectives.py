"""`/objectives`: the objectives with their key results, and the ledgers behind their numbers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field, create_model

from mappings.explain.certainty import Certainty, Uncertainty
from mappings.explain.check_in import ShownSource
from mappings.explain.confidence import ConfidenceLevel
from mappings.rollup.state import HealthLevel
from plugin.api.protocol.addresses import IssueAddress, ObjectiveAddress
from plugin.api.protocol.lookup import objective_of, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.filters import ObjectivesQuery, row_selection
from plugin.doors.model import JsonAny, JsonShape, Page, SiteQuery, Word
from plugin.doors.refusal import invalid, not_found
from plugin.doors.rows import RowJson
from plugin.next_steps import OBJECTIVES, Door
from plugin.use_cases.objectives.as_of import as_of, asked_instant
from plugin.use_cases.objectives.objective_columns import (
    Output,
    columns_for,
    values,
)
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, line, lines
from plugin.use_cases.objectives.objective_values import as_of_values, feeds_values, ledgers_of
from plugin.use_cases.objectives.objectives import (
    SavedObjective,
    explained_by,
    knows_issue,
    list_some,
    objective_in,
)
from plugin.use_cases.work.obstacles import MissingKind, obstacle_values, obstacles

ROUTES = Routes()


class HealthJson(JsonShape):
    """Health, the rule that fired, and a sentence with its figures."""

    level: HealthLevel
    rule: str
    sentence: str


class StandingCheckInJson(JsonShape):
    """What somebody said of a key result, and what follows: `shows` is what is shown, `derived` the progress Jira alone comes to.

    `asks`: a person has to look, for the rule that is named; with `shows: question` the check-in goes on being shown.
    """

    id: int
    by: str
    at: datetime
    value: float | None
    note: str
    shows: ShownSource
    asks: bool
    rule: str
    sentence: str
    derived: float | None


class ConfidenceJson(JsonShape):
    """How sure somebody said last to be of a key result: 7 to 10 points are `on`, 4 to 6 `at`, 0 to 3 `off`; null points where a word was said."""

    level: ConfidenceLevel
    points: int | None
    by: str
    at: datetime


class KeyResultJson(JsonShape):
    """One key result. Numbers are floats; `…_exact` is the same number to its last digit. Null is unknown, never 0."""

    id: str
    key: str
    title: str
    rule: str
    kind: str
    nature: str
    contributing: bool
    weight: str | None
    progress: float | None
    progress_exact: str | None
    raw: float | None
    start: float | None
    current: float | None
    target: float | None
    measured_at: datetime | None
    reason: str
    health: HealthJson
    check_in: StandingCheckInJson | None
    confidence: ConfidenceJson | None


PARTS: dict[str, object] = {"health": HealthJson, "key_results": list[KeyResultJson]}
"""What is given of an objective in several parts, by key of its column."""

if TYPE_CHECKING:  # made from the columns, which a type checker cannot follow
    ObjectiveJson = JsonShape
else:
    ObjectiveJson = create_model(
        "ObjectiveJson",
        __base__=JsonShape,
        __doc__="One objective with its key results. Null is unknown, never 0.",
        **{
            column.key: (PARTS.get(column.key, column.type), Field(description=column.description))
            for column in columns_for(Output.API)
        },
    )


class LedgerJson(JsonShape):
    """The rows behind a number."""

    total: str | None
    percent: float | None
    exact: bool
    unseen: int = Field(description="How many issues stand behind its rows that you may not see in Jira.")
    rows: list[RowJson]


class KeyResultLedgerJson(LedgerJson):
    """The rows behind a key result."""

    id: str
    key: str
    title: str


class ObjectiveNameJson(JsonShape):
    """An objective by its names."""

    id: str
    key: str
    title: str


class DoubtJson(JsonShape):
    """Why an answer about the past is not certain, and the issue (by key) or field that it is about."""

    doubt: Uncertainty
    about: str


class AsOfJson(JsonShape):
    """Of what moment and mapping an answer about the past is, and how sure it is. `said` is the doubts in words."""

    at: datetime
    mapping_revision: str
    certainty: Certainty
    doubts: list[DoubtJson]
    said: list[str]


class LedgersJson(JsonShape):
    """Every ledger of an objective: of the headline, of what stands beside it, and of each key result.

    `as_of` is null where it stands so now.
    """

    objective: ObjectiveNameJson
    headline: LedgerJson
    beside: LedgerJson
    key_results: list[KeyResultLedgerJson]
    as_of: AsOfJson | None = None


class ObstacleJson(JsonShape):
    """What keeps a number out of Jira (`held`, `refused`), or as it was (`unread`, `dead_letter`)."""

    kind: MissingKind
    name: str = Field(description="How people call the issue that is meant, or the objective itself.")
    issue_key: str = Field(description="Empty where no key is known.")
    field: str = Field(description="The field that is meant, by its name; empty where all of it is.")
    why: str
    remedy: str
    since: datetime = Field(description="Since when.")
    stands: JsonAny = Field(description="What Jira has in the field; null where no field is meant.")
    wanted: JsonAny = Field(description="What it should have there.")


class ObstaclesJson(JsonShape):
    """All of an objective."""

    items: list[ObstacleJson]


class FeedRowJson(RowJson):
    """A row of the issue, and of which key result it is one; null for the objective's own."""

    key_result: ObjectiveNameJson | None


class FeedJson(JsonShape):
    """One objective (or plain parent) whose number the issue is part of, and by which rows."""

    objective: ObjectiveNameJson
    progress: str | None
    rows: list[FeedRowJson]


class IssueFeedsJson(JsonShape):
    """Whose numbers an issue is part of; nobody's where `feeds` is empty."""

    issue: str
    feeds: list[FeedJson]


class CycleOverQuery(SiteQuery):
    """As it stood when which cycle was over."""

    cycle: Word | None = Field(
        None,
        description="A cycle: as it stood when that was over, by its record where it is closed; as it stands now where it is left out.",
    )


class LedgerQuery(CycleOverQuery):
    """Of which moment or cycle, and under which mapping."""

    at: Word | None = Field(
        None, description="A day, which stands for its end, or an instant; now where it is left out."
    )
    mapping: Word | None = Field(
        None,
        description="A revision, or its beginning; `then` is the one that ruled at that moment. The one that rules now where it is left out.",
    )


@ROUTES.get("/objectives", "viewer", "List objectives, filtered, a page at a time.")
def list_objectives(caller: Caller, query: ObjectivesQuery) -> Reply[Page[ObjectiveJson]]:
    """In the order of their ids, so that pages hold still while numbers move."""
    site = site_of(caller, query)
    name = list_name(f"objectives:{site}", query)
    after = position(query.cursor, name, (str,))
    last = None if after is None else str(after[0])
    found = list_some(caller.connector, caller.actor, row_selection(site, query), query.limit + 1, last)
    shown = found[: query.limit]
    rows = [objective_json(one) for one in lines(caller.connector, caller.actor, site, shown)]
    more = len(found) > query.limit
    return Reply(Page[ObjectiveJson](items=rows, next=cursor(name, shown[-1].state.id) if more else None))


@ROUTES.get("/objectives/{objective}", "viewer", "One objective with its key results.")
def one_objective(caller: Caller, path: ObjectiveAddress, query: CycleOverQuery) -> Reply[ObjectiveJson]:
    """One objective by key, former key or id; with `cycle` as it stood when that was over, which is how the list of the cycle has it."""
    site, saved = objective_asked(caller, path, query)
    return Reply(objective_json(line(caller.connector, caller.actor, site, saved)))


@ROUTES.get(
    "/objectives/{objective}/obstacles",
    "viewer",
    "What keeps its number out of Jira, or as it was: held and refused fields, issues that cannot be read, work on it that failed.",
)
def list_obstacles(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> Reply[ObstaclesJson]:
    """Of one objective; empty where nothing stands in its way."""
    site, saved = objective_of(caller, path, query)
    found = obstacles(caller.connector, caller.actor, site, saved.state)
    return Reply(
        ObstaclesJson(items=[ObstacleJson.model_validate(obstacle_values(one, Door.API)) for one in found])
    )


@ROUTES.get(
    "/objectives/{objective}/ledger",
    "viewer",
    "Why the number is what it is, or what it was: every row, its weight and its share.",
)
def ledger(caller: Caller, path: ObjectiveAddress, query: LedgerQuery) -> Reply[LedgersJson]:
    """Why the number is what it is; with `cycle` what it was when that was over; with `at` or `mapping` what it was or would be, worked out from the histories that are kept."""
    if query.cycle is not None and (query.at, query.mapping) != (None, None):
        raise invalid(
            "?cycle",
            "a cycle is given beside a moment or a mapping.",
            "Ask for one of them: ?cycle, or ?at and ?mapping.",
        )
    site, saved = objective_asked(caller, path, query)
    if query.at is None and query.mapping is None:
        return Reply(LedgersJson.model_validate(ledgers_of(saved.state)))
    at = caller.connector.clock() if query.at is None else instant_in(caller, site, query.at, "?at")
    past = as_of(caller.connector, caller.actor, site, saved.state.id, at, query.mapping)
    told = as_of_values(past.at, past.saved.mapping_revision, past.stood)
    return Reply(LedgersJson.model_validate({**ledgers_of(past.saved.state), "as_of": told}))


@ROUTES.get(
    "/issues/{issue}/feeds",
    "viewer",
    "Whose numbers an issue is part of, and how much it counts there.",
)
def issue_feeds(caller: Caller, path: IssueAddress, query: SiteQuery) -> Reply[IssueFeedsJson]:
    """Of any issue, as `jira-okr explain` has it: 404 where nothing is known of it here."""
    site = site_of(caller, query)
    asked = (caller.connector, caller.actor, site, path.issue)
    found = explained_by(*asked)
    if not found and not knows_issue(*asked):
        raise not_found(
            "issue", path.issue, "Only what the scope of the mapping has is read; sync to look for it."
        )
    return Reply(IssueFeedsJson.model_validate(feeds_values(path.issue, [one.state for one in found])))


def objective_asked(
    caller: Caller, path: ObjectiveAddress, query: CycleOverQuery
) -> tuple[str, SavedObjective]:
    """The site and the objective that are named, as it stood when a cycle was over where one is."""
    if query.cycle is None:
        return objective_of(caller, path, query)
    site = site_of(caller, query)
    saved = objective_in(caller.connector, caller.actor, site, path.objective, query.cycle)
    if saved is None:
        raise not_found(
            "objective",
            f"{path.objective} in {query.cycle}",
            OBJECTIVES,
        )
    return site, saved


def instant_in(caller: Caller, site: str, text: str, place: str) -> datetime:
    """The instant that a text means; `place` is where it stands."""
    found = asked_instant(caller.connector, caller.actor, site, text)
    if found is None:
        remedy = "Write a day, which stands for its end (2026-10-31), or an instant (2026-10-31T12:00:00Z)."
        raise invalid(place, f"{text!r} is no moment.", remedy)
    return found


def objective_json(one: ObjectiveLine) -> ObjectiveJson:
    """One objective as an answer shows it."""
    return ObjectiveJson.model_validate(values(one, Output.API))
