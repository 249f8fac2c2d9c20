"""`/cycles`: which cycles there are, what they came to, closing one that has ended, and that no record of a closed one was changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from mappings.explain.certainty import Certainty
from mappings.explain.movement import MovementPart
from mappings.rollup.cycles.carry_plan import CarryChoice
from mappings.rollup.cycles.closing_record import LinkKind
from mappings.rollup.cycles.score import ScoreMeaning
from mappings.rollup.state import HealthLevel
from plugin.api.mappings.texts import TextBody
from plugin.api.protocol.addresses import CycleAddress, LearningAddress, ObjectiveAddress
from plugin.api.protocol.lookup import known_site, objective_of, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import MOST_ROWS, JsonShape, RequestPart, SiteName, SiteQuery, Word
from plugin.doors.refusal import RequestRefusal, not_found
from plugin.next_steps import CARRY, CYCLE, CYCLES, UNDO_CARRY, Door, NextStep
from plugin.use_cases.cycles import carry, carry_undo, closure, cycles, learnings, locks, replay, versions
from plugin.use_cases.cycles.carry import CarryState
from plugin.use_cases.cycles.closure import LONGEST_NOTE, ScoreStatement, typed_score
from plugin.use_cases.cycles.cycles import CycleRefusal, CycleState, UnknownCycle
from plugin.use_cases.cycles.learnings import ToldLearning

ROUTES = Routes()


class MeanJson(JsonShape):
    """The plain mean of the scored objectives of one commitment; what was not scored stands beside it and is never 0."""

    commitment: str
    score: float | None
    score_exact: str | None
    scored: int
    unscored: int
    cancelled: int
    advice: str = Field(description="What so high, or so low, a mean lets one advise; empty where nothing.")


class CycleJson(JsonShape):
    """One cycle of one site."""

    site: str
    id: str
    name: str | None
    start: date
    end: date = Field(description="The last day that counts.")
    state: CycleState
    version: int = Field(description="The version of its last closing; 0 where it was never closed.")
    objectives: int
    means: list[MeanJson]


class CyclesJson(JsonShape):
    """The cycles that run and those that objectives ran in, the latest end first."""

    items: list[CycleJson]


class EndDoubtJson(JsonShape):
    """What is not certain of the facts of the end, and of which issue."""

    doubt: str
    issue: str


class ScoreJson(JsonShape):
    """One objective of a cycle with its score; null is unscored or cancelled, never 0."""

    objective: str
    key: str
    title: str
    owner: str | None
    commitment: str
    score: float | None = Field(description="What counts: what was said, else what was derived.")
    score_exact: str | None
    shown: str = Field(description="With as many decimals as it takes to stay on its side of a bound.")
    derived: float | None
    said: float | None = Field(description="What a person said instead.")
    reason: str
    reading: ScoreMeaning
    colour: str
    health: HealthLevel
    health_rule: str
    sentence: str
    doubts: list[EndDoubtJson]


class CycleActJson(JsonShape):
    """That the cycle was closed, or opened again."""

    act: LinkKind
    version: int
    at: datetime
    by: str
    note: str
    hash: str


class OverlapJson(JsonShape):
    """An objective whose own days reach into a cycle, and end in the one that scores it."""

    objective: str
    key: str
    title: str
    start: date | None
    end: date | None
    scored_in: str | None


class CycleDetailJson(CycleJson):
    """One cycle with its objectives: from its records where it is closed, as of its end where it has ended, else as of now."""

    scores: list[ScoreJson]
    acts: list[CycleActJson]
    preview: str = Field(
        description="The mark of these numbers, to close the cycle by; empty where it does not wait to be closed."
    )
    touching: list[OverlapJson] = Field(
        description="Objectives with days of their own in this cycle that another one scores."
    )
    touching_noted: bool = Field(
        description="False where the cycle was closed by a version that did not keep which objectives those were: then nobody knows them."
    )


class ScoreBody(RequestPart):
    """What is said of one objective at closing."""

    objective: Word = Field(description="Its issue key or id.")
    score: float | None = Field(None, ge=0, le=1, description="A score of one's own; wants a reason.")
    reason: str = Field("", max_length=LONGEST_NOTE, description="Why it scores as it does.")


LONGEST_MARK = 320_100
"""Of twenty thousand objectives."""


class ClosingBody(RequestPart):
    """Close a cycle that has ended."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    scores: list[ScoreBody] = Field([], max_length=MOST_ROWS, description="What is said of objectives.")
    reason: str = Field(
        "", max_length=LONGEST_NOTE, description="Why, for all that want a reason and have none of their own."
    )
    note: str = Field("", max_length=LONGEST_NOTE, description="What was learnt in this cycle.")
    mapping: Word | None = Field(
        None,
        description="Under which revision, or its beginning, instead of that of the end; wants a `reason`.",
    )
    preview: str | None = Field(
        None,
        max_length=LONGEST_MARK,
        description="`preview` of the cycle, or of its replay under that mapping: it is closed with exactly these numbers, or not at all.",
    )


class VersionQuery(SiteQuery):
    """Which two versions of the closing of a cycle."""

    before: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="The earlier one; the one in front of `after` where it is left out.",
    )
    after: int | None = Field(
        None, ge=1, le=10_000, description="The later one; the last where it is left out."
    )


class RecordJson(JsonShape):
    """What one version says of an objective."""

    score: float | None
    score_exact: str | None
    shown: str
    progress: float | None
    progress_exact: str | None
    health: HealthLevel
    mapping_revision: str


class RowEffectJson(JsonShape):
    """A row that moved an objective between the versions; null where the number before or after is not known."""

    part: MovementPart
    issue: str
    key: str
    title: str
    effect: float | None
    effect_exact: str | None
    why: str


class RecordDifferenceJson(JsonShape):
    """One objective in both versions; null where a version has none of it. The effects of `rows` sum to `moved`."""

    objective: str
    key: str
    title: str
    differs: bool
    stands_alike: bool = Field(
        description="Whether its number and its health are the same in both, whatever else is told of it."
    )
    before: RecordJson | None
    after: RecordJson | None
    moved: float | None
    moved_exact: str | None
    said: list[str] = Field(description="What else differs, in words.")
    rows: list[RowEffectJson] = Field(description="The rows whose effects sum to the move.")


class VersionDifferenceJson(JsonShape):
    """What a cycle was closed with otherwise."""

    site: str
    cycle: str
    before: int
    after: int
    objectives: list[RecordDifferenceJson]
    means_before: list[MeanJson]
    means_after: list[MeanJson]


class ClosingJson(JsonShape):
    """What was closed; the hash is that of the last record."""

    cycle: str
    version: int
    objectives: int
    hash: str


class ReopeningBody(RequestPart):
    """Open a closed cycle again."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    reason: str = Field(min_length=1, max_length=LONGEST_NOTE, description="Why; it is kept.")


class ReopeningJson(JsonShape):
    """The version that was closed; it stays, and closing again makes the next one."""

    cycle: str
    version: int


class LearningJson(JsonShape):
    """What was learnt from one objective of a cycle, in the words of a person."""

    cycle: str
    objective: str
    key: str
    title: str
    said: str
    by: str
    at: datetime = Field(description="When it was written last.")


class LearningsJson(JsonShape):
    """All that was written of a cycle, by key; or of one objective, the last first."""

    items: list[LearningJson]


class LearningBody(RequestPart):
    """What was learnt."""

    said: str = Field(
        max_length=LONGEST_NOTE, description="What was learnt; the empty text takes away what stood there."
    )


class LockingBody(RequestPart):
    """Lock a running cycle."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    reason: str = Field("", max_length=LONGEST_NOTE, description="Why; it is kept.")


class UnlockingBody(RequestPart):
    """Unlock a cycle."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    reason: str = Field(min_length=1, max_length=LONGEST_NOTE, description="Why; it is kept.")


class LockJson(JsonShape):
    """Since when a cycle is locked, by whom and why, and how many objectives it holds."""

    at: datetime
    by: str
    reason: str
    objectives: int = Field(description="How many objectives it holds.")


class WaitingChangeJson(JsonShape):
    """What has changed of the terms of an objective or key result, and waits."""

    objective: str
    key: str
    title: str
    key_result: str = Field(description="Its key or title; empty where it is about the objective.")
    what: str = Field(description="Which of its terms has changed, or what would become of it.")
    locked: str = Field(description="What stands.")
    now: str = Field(description="What would be; empty where there is none.")
    sentence: str


class CycleLockJson(JsonShape):
    """The lock of a cycle, null where it is not locked, and what waits for its unlocking."""

    site: str
    cycle: str
    locked: LockJson | None
    changes: list[WaitingChangeJson]


class VerificationJson(JsonShape):
    """Whether every record of a closed cycle is what was closed; `head` is the hash of the last record."""

    records: int
    head: str
    whole: bool
    faults: list[str]


class CarryWriteJson(JsonShape):
    """One field of one issue, and what it would hold."""

    issue: str
    field: str
    name: str
    before: str
    after: str


class FieldCopyJson(JsonShape):
    """One field of a copy, and what it would hold."""

    field: str
    name: str
    value: str


class IssueCopyJson(JsonShape):
    """An issue that would be made to continue another."""

    of: str = Field(description="The key of the issue that it continues.")
    project: str
    type: str
    title: str
    sets: list[FieldCopyJson] = Field(
        description="What its fields would hold, the mark of the cycle included."
    )
    left_out: list[str] = Field(
        description="The names of fields that stay behind: Jira does not take what they hold as it shows it."
    )


class RowMoveJson(JsonShape):
    """An issue whose work goes on, and that would belong to the copy of the objective."""

    issue: str
    title: str


class KeyResultCarryJson(JsonShape):
    """What becomes of one key result; `flags` are what a person should look at."""

    key_result: str
    key: str
    title: str
    along: bool
    reason: str
    rows_counted_before: int = Field(
        description="So many issues were done at the end: they are listed, and count again once they are no longer done."
    )
    flags: list[str]


class ObjectiveCarryJson(JsonShape):
    """One objective of a closed cycle on its way into another."""

    objective: str
    key: str
    title: str
    meant: bool = Field(description="Whether it is carried where no objective is named.")
    why_not: str = Field(description="Why it is not carried where no objective is named; empty where it is.")
    problem: str = Field(description="Why it cannot be carried; empty where it can.")
    times: int = Field(description="How often it was carried before.")
    advice: str = Field(
        description="What being carried again and again lets one advise; empty where nothing."
    )
    state: CarryState | None = Field(
        description="How far a carry is that was asked for; null where none was."
    )
    carried_into: str
    note: str = Field(description="What came of a carry that was asked for, in words.")
    key_results: list[KeyResultCarryJson]
    writes: list[CarryWriteJson] = Field(description="What it writes, field by field.")
    copies: list[IssueCopyJson] = Field(
        description="As copies: the issues that would be made, that of the objective first."
    )
    moves: list[RowMoveJson] = Field(
        description="Issues whose work goes on, and that would move below the copy."
    )
    copied_as: str = Field(description="The key of the issue that it goes on as; empty where that is itself.")


class CarryPreviewJson(JsonShape):
    """What carrying a cycle forward would do. Nothing is done by looking."""

    site: str
    cycle: str
    into: str
    objectives: list[ObjectiveCarryJson]


CarriedAs = Literal["same", "copy"]
AS_COPY = (
    "`same`: the issues themselves, with the mark of the next cycle. `copy`: new issues that continue them."
)


class CarryQuery(SiteQuery):
    """Which site, and into which cycle."""

    into: Word | None = Field(
        None, description="The cycle to carry into; the one that follows where it is left out."
    )
    as_: CarriedAs = Field("same", alias="as", description=AS_COPY)


class CarryBody(RequestPart):
    """Carry objectives of a closed cycle forward."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    into: Word | None = Field(
        None, description="The cycle to carry into; the one that follows where it is left out."
    )
    objectives: list[Word] = Field(
        [], max_length=MOST_ROWS, description="Keys or ids; none: those of which the preview says `meant`."
    )
    along: list[Word] = Field(
        [], max_length=MOST_ROWS, description="Key results that come along though they were reached."
    )
    behind: list[Word] = Field(
        [], max_length=MOST_ROWS, description="Key results that stay behind though they were not."
    )
    as_: CarriedAs = Field("same", alias="as", description=AS_COPY)
    start: Literal["current", "keep"] = Field(
        "current", description="With what metrics begin: where they stood at the end, or as before."
    )
    rows: Literal["remaining", "all"] = Field(
        "remaining", description="Whether issues that were done at the end count again."
    )


class StandingCopyJson(JsonShape):
    """An issue that was made to continue another, and stands in Jira."""

    issue: str
    of: str = Field(description="The key of the issue that it continues.")


class ObjectiveUndoJson(JsonShape):
    """One objective that was carried, and what taking that back would do."""

    objective: str
    key: str
    title: str
    carried_into: str
    state: CarryState
    possible: bool = Field(description="Whether it can be taken back.")
    hindrances: list[str] = Field(
        description="Why not, in words: what was done on what was carried, thing by thing."
    )
    writes: list[CarryWriteJson] = Field(description="What is set back in Jira, field by field.")
    moves: list[RowMoveJson] = Field(description="Issues that move back below the old objective.")
    copies: list[StandingCopyJson] = Field(
        description="Copies that stay in Jira, unless `delete_copies` says otherwise."
    )
    by_hand: list[str] = Field(description="What a person has to do, in words.")


class UndoPreviewJson(JsonShape):
    """What of a cycle was carried forward, and what taking it back would do. Nothing is done by looking."""

    site: str
    cycle: str
    objectives: list[ObjectiveUndoJson]


class UndoBody(RequestPart):
    """Take back that objectives were carried forward."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    objectives: list[Word] = Field(min_length=1, max_length=MOST_ROWS, description="Keys or ids.")
    delete_copies: bool = Field(
        False, description="Whether what was made as copies of them is deleted in Jira."
    )


class UndoJson(JsonShape):
    """Which objectives (by key) are being taken back, and what a person has to do besides."""

    cycle: str
    taken_back: list[str] = Field(
        description="Objectives that go back to the cycle from which they were carried, by key."
    )
    by_hand: list[str] = Field(description="What a person has to do besides, a sentence each.")


class ReplayStandingJson(JsonShape):
    """What an objective read at the moment of a replay, or would have read."""

    progress: float | None
    progress_exact: str | None
    health: HealthLevel
    rule: str
    sentence: str


class ReplayDoubtJson(JsonShape):
    """Why what it would have read is not certain, and the field or the issue of its own (by key) that this is about. Issues that may have been
    part of any objective, for their histories are not kept, are counted for all of them (`histories_missing`).
    """

    doubt: str
    about: str


class ObjectiveReplayJson(JsonShape):
    """One objective; `before` or `after` is null where it is none of the cycle by that mapping."""

    objective: str
    key: str
    title: str
    team: str | None
    before: ReplayStandingJson | None
    after: ReplayStandingJson | None
    moved: float | None = Field(description="after − before; null where one of the two is not known.")
    moved_exact: str | None
    certainty: Certainty
    doubts: list[ReplayDoubtJson]
    course: list[float | None] = Field(description="What it would have read at each of `moments`.")


class ReplayJson(JsonShape):
    """A cycle under another mapping, as of its last millisecond or, while it runs, of now."""

    site: str
    cycle: str
    at: datetime
    mapping_revision: str
    ruling_revision: str
    objectives: list[ObjectiveReplayJson]
    means: list[MeanJson]
    means_replayed: list[MeanJson]
    moments: list[datetime] = Field(description="Empty unless `course` was asked for.")
    said: list[str] = Field(description="Why it is not surer, in sentences.")
    histories_missing: int = Field(
        description="Issues touched since whose history is not kept: POST /cycles/{cycle}/histories reads them."
    )
    preview: str = Field(
        description="The mark to close the cycle by under this mapping; empty where it cannot be closed under it."
    )


class ReplayQuery(SiteQuery):
    """Under which mapping, and how closely."""

    mapping: Word | None = Field(
        None,
        description="A revision, or its beginning, or `then` for the one that ruled at the end; the one that rules where it is left out.",
    )
    course: bool = Field(False, description="Also week by week, at fourteen moments at most.")


class ReplayBody(TextBody):
    """A mapping that never ruled."""

    course: bool = Field(False, description="Also week by week, at fourteen moments at most.")


class HistoryReadsJson(JsonShape):
    """How many histories were read, how many Jira did not give, and how many are left: call again for those."""

    read: int
    refused: int
    left: int


class CarryJson(JsonShape):
    """Which objectives are carried now, and which had been before."""

    into: str
    carried: list[str]
    before: list[str] = Field(description="What had been carried before.")


@contextmanager
def refused_as(title: str = "", step: str | NextStep = CYCLE) -> Iterator[None]:
    """404 for a cycle that is not there; 409 for what cannot be done with one, in these words where there are any."""
    usual = step if isinstance(step, str) else step.at(Door.API)
    try:
        yield
    except UnknownCycle as error:
        raise not_found("cycle", error.cycle_id, CYCLES) from error
    except CycleRefusal as error:
        if not title:
            raise
        raise RequestRefusal(409, title, error.message, error.remedy_at(Door.API) or usual) from error


@ROUTES.get("/cycles", "viewer", "The cycles of a site, and how their objectives score.")
def list_cycles(caller: Caller, query: SiteQuery) -> Reply[CyclesJson]:
    """Those that run now and those that objectives ran in."""
    found = cycles.list_cycles(caller.connector, caller.actor, site_of(caller, query))
    return Reply(CyclesJson.model_validate({"items": [cycles.cycle_values(one) for one in found]}))


@ROUTES.get("/cycles/verification", "viewer", "Whether records of closed cycles were changed.")
def verification(caller: Caller, query: SiteQuery) -> Reply[VerificationJson]:
    """Each record is chained to the one before it."""
    found = cycles.verify_records(caller.connector, caller.actor, site_of(caller, query))
    return Reply(
        VerificationJson(records=found.links, head=found.head, whole=found.whole, faults=list(found.faults))
    )


@ROUTES.get("/cycles/{cycle}", "viewer", "One cycle with the scores of its objectives.")
def one_cycle(caller: Caller, path: CycleAddress, query: SiteQuery) -> Reply[CycleDetailJson]:
    """From its records where it is closed."""
    with refused_as():
        found = cycles.show_cycle(caller.connector, caller.actor, site_of(caller, query), path.cycle)
    return Reply(CycleDetailJson.model_validate(cycles.detail_values(found)))


@ROUTES.post("/cycles/{cycle}/close", "editor", "Freeze the numbers of a cycle that has ended.")
def close_cycle(caller: Caller, path: CycleAddress, body: ClosingBody) -> Reply[ClosingJson]:
    """Once, and never before its end."""
    site = known_site(caller.connector, body.site)
    said = {
        one.objective: ScoreStatement(None if one.score is None else typed_score(repr(one.score)), one.reason)
        for one in body.scores
    }
    with refused_as("Not closed", "Mend this, and close it again."):
        done = closure.close_cycle(
            caller.connector,
            caller.actor,
            site,
            path.cycle,
            said,
            body.note,
            body.reason,
            body.mapping or "",
            body.preview or "",
        )
    return Reply(
        ClosingJson(cycle=done.cycle_id, version=done.version, objectives=done.objectives, hash=done.hash)
    )


@ROUTES.get("/cycles/{cycle}/learnings", "viewer", "What was learnt from the objectives of a cycle.")
def list_learnings(caller: Caller, path: CycleAddress, query: SiteQuery) -> Reply[LearningsJson]:
    """Of those that are in it, or were when it was over; by key."""
    with refused_as():
        found = learnings.list_learnings(caller.connector, caller.actor, site_of(caller, query), path.cycle)
    return _learnings_reply(found)


@ROUTES.put(
    "/cycles/{cycle}/learnings/{objective}", "editor", "Write what was learnt from an objective of a cycle."
)
def write_learning(
    caller: Caller, path: LearningAddress, query: SiteQuery, body: LearningBody
) -> Reply[LearningsJson]:
    """In the place of what stood there; the empty text takes it away. While the cycle runs, at its end, and after it was closed."""
    site = site_of(caller, query)
    with refused_as("Not kept", "Mend this, and send it again."):
        learnings.write_learning(caller.connector, caller.actor, site, path.cycle, path.objective, body.said)
    return _learnings_reply(learnings.list_learnings(caller.connector, caller.actor, site, path.cycle))


@ROUTES.get(
    "/objectives/{objective}/learnings", "viewer", "What was learnt from an objective, in whichever cycles."
)
def learnings_of_objective(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> Reply[LearningsJson]:
    """The last that was written first; of cycles that are over as well, while it is an objective."""
    site, saved = objective_of(caller, path, query)
    state = saved.state
    found = learnings.learnings_of(caller.connector, caller.actor, site, state.id)
    return _learnings_reply(ToldLearning(one, state.key, state.title) for one in found)


def _learnings_reply(found: Iterable[ToldLearning]) -> Reply[LearningsJson]:
    return Reply(LearningsJson.model_validate({"items": [learnings.learning_values(one) for one in found]}))


@ROUTES.get("/cycles/{cycle}/lock", "viewer", "What waits until a cycle is unlocked.", heavy=True)
def show_lock(caller: Caller, path: CycleAddress, query: SiteQuery) -> Reply[CycleLockJson]:
    """The same issues under the lock and without it. Asks Jira nothing."""
    with refused_as():
        found = locks.show_lock(caller.connector, caller.actor, site_of(caller, query), path.cycle)
    return Reply(CycleLockJson.model_validate(locks.lock_values(found)))


@ROUTES.post(
    "/cycles/{cycle}/lock", "editor", "Let the objectives of a running cycle keep their terms.", heavy=True
)
def lock_cycle(caller: Caller, path: CycleAddress, body: LockingBody) -> Reply[CycleLockJson]:
    """Kind, start, target, weight and commitment stand; what they stand at goes on moving."""
    site = known_site(caller.connector, body.site)
    with refused_as("Not locked", CYCLE):
        locks.lock_cycle(caller.connector, caller.actor, site, path.cycle, body.reason)
        found = locks.show_lock(caller.connector, caller.actor, site, path.cycle)
    return Reply(CycleLockJson.model_validate(locks.lock_values(found)))


@ROUTES.post("/cycles/{cycle}/unlock", "editor", "Let what waited take effect.", heavy=True)
def unlock_cycle(caller: Caller, path: CycleAddress, body: UnlockingBody) -> Reply[CycleLockJson]:
    """The lock that was, and what takes effect now."""
    site = known_site(caller.connector, body.site)
    with refused_as("Not unlocked", CYCLE):
        found = locks.unlock_cycle(caller.connector, caller.actor, site, path.cycle, body.reason)
    return Reply(CycleLockJson.model_validate(locks.lock_values(found)))


@ROUTES.post("/cycles/{cycle}/reopen", "admin", "Open a closed cycle again.")
def reopen_cycle(caller: Caller, path: CycleAddress, body: ReopeningBody) -> Reply[ReopeningJson]:
    """Its records stay."""
    site = known_site(caller.connector, body.site)
    with refused_as("Not opened", CYCLE):
        version = closure.reopen_cycle(caller.connector, caller.actor, site, path.cycle, body.reason)
    return Reply(ReopeningJson(cycle=path.cycle, version=version))


@ROUTES.get("/cycles/{cycle}/difference", "viewer", "What two closings of a cycle differ in.")
def difference(caller: Caller, path: CycleAddress, query: VersionQuery) -> Reply[VersionDifferenceJson]:
    """From the records alone, with the rows that made the difference."""
    site = site_of(caller, query)
    with refused_as("Nothing to compare", CYCLE):
        found = versions.difference(
            caller.connector, caller.actor, site, path.cycle, query.before, query.after
        )
    return Reply(VersionDifferenceJson.model_validate(versions.difference_values(found)))


@ROUTES.get("/cycles/{cycle}/carry", "viewer", "What carrying a closed cycle forward would do.")
def preview_carry(caller: Caller, path: CycleAddress, query: CarryQuery) -> Reply[CarryPreviewJson]:
    """Objective by objective, with what would be set in Jira; and how far what was asked for is."""
    with refused_as("Not to be carried", CYCLE):
        found = carry.preview_carry(
            caller.connector,
            caller.actor,
            site_of(caller, query),
            path.cycle,
            query.into or "",
            CarryChoice(as_copy=query.as_ == "copy"),
        )
    return Reply(CarryPreviewJson.model_validate(carry.preview_values(found)))


@ROUTES.post("/cycles/{cycle}/carry", "editor", "Carry objectives of a closed cycle forward.")
def carry_forward(caller: Caller, path: CycleAddress, body: CarryBody) -> Reply[CarryJson]:
    """Twice is once. What is set in Jira is set by the workers; `GET` says how far that is."""
    site = known_site(caller.connector, body.site)
    choice = CarryChoice(
        along=frozenset(body.along),
        behind=frozenset(body.behind),
        keep_start=body.start == "keep",
        all_rows=body.rows == "all",
        as_copy=body.as_ == "copy",
    )
    with refused_as("Not carried", CARRY):
        done = carry.carry_forward(
            caller.connector, caller.actor, site, path.cycle, body.objectives, body.into or "", choice
        )
    return Reply(CarryJson(into=done.into, carried=list(done.carried), before=list(done.before)))


@ROUTES.get("/cycles/{cycle}/carry/undo", "viewer", "What taking back what was carried forward would do.")
def preview_undo(caller: Caller, path: CycleAddress, query: SiteQuery) -> Reply[UndoPreviewJson]:
    """Objective by objective, with what would be set back in Jira, what would be left there, and what forbids it."""
    with refused_as("Nothing to take back", CARRY):
        found = carry_undo.preview_undo(caller.connector, caller.actor, site_of(caller, query), path.cycle)
    return Reply(UndoPreviewJson.model_validate(carry_undo.preview_values(found)))


@ROUTES.post("/cycles/{cycle}/carry/undo", "editor", "Take back that objectives were carried forward.")
def undo_carry(caller: Caller, path: CycleAddress, body: UndoBody) -> Reply[UndoJson]:
    """While nothing was done on what was carried. What is set back in Jira is set by the workers; nothing is deleted there unless `delete_copies` says so."""
    site = known_site(caller.connector, body.site)
    with refused_as("Not taken back", UNDO_CARRY):
        done = carry_undo.undo_carry(
            caller.connector,
            caller.actor,
            site,
            path.cycle,
            body.objectives,
            delete_copies=body.delete_copies,
        )
    return Reply(
        UndoJson(cycle=done.from_cycle, taken_back=list(done.taken_back), by_hand=list(done.by_hand))
    )


@ROUTES.get(
    "/cycles/{cycle}/replay", "viewer", "What a cycle would have read under another revision.", heavy=True
)
def replay_cycle(call: Caller, path: CycleAddress, query: ReplayQuery) -> Reply[ReplayJson]:
    """Each objective as it stood at the end beside what it would have read, with how sure that is. Asks Jira nothing, writes nothing."""
    site = site_of(call, query)
    with refused_as():
        found = replay.replay(
            call.connector, call.actor, site, path.cycle, query.mapping, course=query.course
        )
    return Reply(ReplayJson.model_validate(replay.replay_values(found)))


@ROUTES.post(
    "/cycles/{cycle}/replay",
    "admin",
    "What a cycle would have read under a mapping that never ruled.",
    heavy=True,
)
def replay_draft(call: Caller, path: CycleAddress, query: SiteQuery, body: ReplayBody) -> Reply[ReplayJson]:
    """The same of a text. Asks Jira nothing, writes nothing, activates nothing."""
    site = site_of(call, query)
    with refused_as():
        found = replay.replay_draft(
            call.connector, call.actor, site, path.cycle, body.text, course=body.course
        )
    return Reply(ReplayJson.model_validate(replay.replay_values(found)))


@ROUTES.post(
    "/cycles/{cycle}/histories", "editor", "Read from Jira the histories that a replay lacks.", heavy=True
)
def read_histories_of_cycle(call: Caller, path: CycleAddress, query: SiteQuery) -> Reply[HistoryReadsJson]:
    """A thousand issues at a time; afterwards a replay of the cycle is surer."""
    site = site_of(call, query)
    with refused_as():
        done = replay.read_lacking_of_cycle(call.connector, call.actor, site, path.cycle)
    return Reply(HistoryReadsJson(read=done.read, refused=done.refused, left=done.left))
