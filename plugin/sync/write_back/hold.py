"""What is not written at once: a field that something else writes too, a resync that would change too much, a field that rushes.

A held change stays in the ledger of writes with the outcome `held`. A flapping field is let go by a person, when something
else is wanted for it, or when it has been calm for an hour. The brake holds only what nothing in Jira explains (`mappings.write_back.evidence`): it
is let go by a person, or once each of the very rows is explained that were not. What was
interrupted and cannot be looked up holds no other write: it waits for a person, or until it can. A field whose inputs change
more than twenty times an hour is held by nobody: it is written again some minutes later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.writes import brakes, writes
from connectors.store.writes.brakes import Brake
from connectors.store.writes.writes import Write, WriteOutcome
from mappings.facts.local_time import day_start
from mappings.fields import is_empty
from mappings.rollup.state import ObjectiveState
from mappings.write_back.brake import STILL, Hold, Impact, brake, loss
from mappings.write_back.evidence import Rows, UnheardEdit, moved_rows
from mappings.write_back.plan import Change, Plan
from mappings.write_back.target import Place
from mappings.write_back.targets import target_of
from plugin.sync.context import Context
from plugin.sync.write_back.doubts import doubts_about
from plugin.sync.write_back.edits import unproven

WINDOW = timedelta(hours=1)
MOST_REWRITES = 5
"""So often within the window may a value of another hand be overwritten; then something writes against us."""
UNPACED = 20
"""So often within the window is a field written as soon as its inputs change; then no more than so often in the same time."""
BREAKER = "breaker"
RESYNC = "resync"
Ending = Callable[[Connection, str, datetime, str | None], int]
"""How held changes end: `writes.release` or `writes.drop`."""
NOTHING_UNHEARD: Mapping[str, UnheardEdit] = {}
FLAPPING = (
    "This field flaps: more than 5 times within an hour another value stood there than the one written last. "
    "Something else writes it too: an automation rule, another app, or people."
)


@dataclass(frozen=True, slots=True)
class SiftedPlan:
    """A plan without what waits, all that waits for a person, what of it is news (by cause), and until when the rest is paced."""

    plan: Plan
    waiting: tuple[Change, ...] = ()
    flapping: tuple[Change, ...] = ()
    braked: tuple[Change, ...] = ()
    later: datetime | None = None

    def with_later(self, later: datetime | None, waiting: Iterable[Change]) -> SiftedPlan:
        """And what waits besides, for a person or for a time."""
        moments = [one for one in (self.later, later) if one is not None]
        return replace(self, waiting=(*self.waiting, *waiting), later=min(moments, default=None))


@dataclass(frozen=True, slots=True)
class ObjectiveOutcome:
    """What a resync would do to one objective: from what it stood at to what it stands at."""

    plan: Plan
    before: ObjectiveState | None = None
    after: ObjectiveState | None = None


@dataclass(frozen=True, slots=True)
class UnexplainedChanges:
    """The changes of one objective that nothing explains, and by issue written the rows behind them."""

    plan: Plan
    rows: dict[str, frozenset[str]]


def sift(context: Context, conn: Connection, planned: Plan, *, braked: bool = True) -> SiftedPlan:
    """Take out of a plan what waits for a person, change by change. Not `braked`: no brake holds the objective."""
    if not planned:
        return SiftedPlan(planned)
    loose = _loose_rows(context, conn, planned.objective_id) if braked else {}
    unseen = _unseen_places(context, conn, planned.objective_id) if loose else frozenset()
    kept: list[Change] = []
    waiting: list[Change] = []
    flapping: list[Change] = []
    doubted: list[Change] = []
    later: list[datetime] = []
    for change in planned.changes:
        latest = writes.load_latest(conn, context.site, change.issue_id, change.field_id)
        if latest is not None and latest.outcome is WriteOutcome.DROPPED and latest.after == change.after:
            continue
        unexplained = loose.get(change.issue_id)
        overwrites = not is_empty(change.before) or (change.issue_id, change.field_id) in unseen
        if unexplained and overwrites:
            waiting.append(change)
            if not _is_held(context, change, latest):
                doubted.append(change)
            continue
        if unexplained is None and _is_held(context, change, latest):
            waiting.append(change)
            continue
        lately, today = _written_of_late(context, conn, change, latest)
        moment = context.instant
        following = paced_until(lately, moment.now) or target_of(change.field_id).turn(change, today, moment)
        if _flaps(context, change, lately):
            waiting.append(change)
            flapping.append(change)
        elif following is not None:
            later.append(following)
        else:
            kept.append(change)
    kept_plan = replace(planned, changes=tuple(kept))
    return SiftedPlan(
        plan=kept_plan,
        waiting=tuple(waiting),
        flapping=tuple(flapping),
        braked=tuple(doubted),
        later=min(later, default=None),
    )


def _loose_rows(context: Context, conn: Connection, objective_id: str) -> dict[str, frozenset[str]]:
    """By issue of a held objective the rows that still nothing explains (`plugin.sync.write_back.doubts`)."""
    noted = brakes.doubts_of(conn, context.site, objective_id) or {}
    return {issue_id: frozenset(rows) for issue_id, rows in noted.items()}


def _unseen_places(context: Context, conn: Connection, objective_id: str) -> frozenset[tuple[str, str]]:
    """Issues and fields where a write was interrupted and nobody could look since: what stands there is unknown, which is not empty."""
    parked = writes.load_parked(conn, context.site, objective_id)
    return frozenset((one.issue_id, one.field_id) for one in parked)


def _is_held(context: Context, change: Change, latest: Write | None) -> bool:
    if latest is None or latest.outcome is not WriteOutcome.HELD or latest.after != change.after:
        return False
    calm = latest.cause == BREAKER and context.clock() - latest.at > WINDOW
    return not calm and latest.cause != writes.INTERRUPTED


def _written_of_late(
    context: Context, conn: Connection, change: Change, latest: Write | None
) -> tuple[Sequence[Write], Sequence[object]]:
    """Our writes of the field within the window, since a person let it go where that was within it, with the one before them; and
    what was written today. Nothing is asked where its `latest` change lies before both.
    """
    moment = context.instant
    window, morning = moment.now - WINDOW, day_start(moment.today, moment.zone)
    since = min(window, morning)
    if latest is None or latest.at < since:
        return (), ()
    place = (context.site, change.issue_id, change.field_id)
    released = writes.released_at(conn, *place)
    known = writes.written_since(conn, *place, since)
    begin = max(window, released) if released else window
    before = [one for one in known if one.at < begin]
    lately = [*before[-1:], *(one for one in known if one.at >= begin)]
    return lately, [one.after for one in known if one.at >= morning]


def _flaps(context: Context, change: Change, lately: Sequence[Write]) -> bool:
    place = next((one for one in context.mapping.places() if one.id == change.field_id), None)
    return place is not None and is_war(place, change, lately)


def is_war(place: Place, change: Change, lately: Sequence[Write]) -> bool:
    """Whether a change would once more overwrite another hand, by our writes of the field since the window began.

    Where Jira still holds what we wrote last the inputs changed, however often. A value that is new to the field goes through.
    """
    if not lately or place.equal(change.before, lately[-1].after):
        return False
    overwritten = sum(not place.equal(now.before, last.after) for last, now in pairwise(lately))
    return overwritten >= MOST_REWRITES and any(place.equal(one.after, change.after) for one in lately)


def paced_until(lately: Sequence[Write], now: datetime) -> datetime | None:
    """When a field that is written so often may be written next; None where that is now."""
    within = [one for one in lately if now - one.at < WINDOW]
    if len(within) < UNPACED:
        return None
    following = within[-1].at + WINDOW / UNPACED
    return following if following > now else None


def note_held(context: Context, planned: Plan, changes: Iterable[Change], cause: str, note: str) -> None:
    """Put changes into the ledger of writes as held."""
    waiting = replace(planned, changes=tuple(changes))
    if not waiting:
        return
    now = context.clock()
    with context.store.write() as conn:
        plan_id = writes.intend(conn, context.site, waiting, context.mapping.revision, cause, now)
        for change in waiting.changes:
            writes.settle(conn, plan_id, change.issue_id, change.field_id, "held", note, now)


def brake_resync(
    context: Context,
    steps: Iterable[ObjectiveOutcome],
    silent: Set[str] = frozenset(),
    edited: Mapping[str, UnheardEdit] = NOTHING_UNHEARD,
) -> Brake | None:
    """Hold what a resync would change and nothing explains, where that is too much.

    `silent` are the issues that changed without an edit in Jira. Of those that were `edited` their histories are asked where it matters:
    where the brake would hold if none of them told of what moved.
    """
    moving = MovingObjectives(context)
    for step in steps:
        moving.add(step)
    moving.look_above(silent | edited.keys())
    _widen(context, moving, silent, edited)
    weighed = moving.weigh(silent)
    asked = {row: edited[row] for row in moving.rows & edited.keys() - silent if edited[row].moved}
    if asked and moving.weigh(silent | asked.keys()).decision is not None:
        weighed = moving.weigh(silent | unproven(context, asked))
    doubts, decision = weighed.doubts, weighed.decision
    if decision is None:
        return None
    with context.store.write() as conn:
        held = Brake(decision.reason, context.clock(), decision.count, frozenset(doubts))
        noted = {id_: doubts_about(context, conn, one.rows, edited) for id_, one in doubts.items()}
        brakes.put(conn, context.site, held, noted)
    for one in doubts.values():
        note_held(context, one.plan, one.plan.changes, RESYNC, decision.reason)
    return held


def _widen(
    context: Context, moving: MovingObjectives, silent: Set[str], edited: Mapping[str, UnheardEdit]
) -> None:
    """Of an objective that waits already everything that moves it has to be explained, however little it is."""
    with context.store.read() as conn:
        waiting = brakes.load_doubts(conn, context.site)
    moved = moving.rows_of(waiting.keys())
    near = frozenset[str]().union(*(rows.all for rows in moved.values()))
    asked = {row: edited[row] for row in near & edited.keys() - silent if edited[row].moved}
    loose = near & silent | (unproven(context, asked) if asked else frozenset())
    if not loose:
        return
    with context.store.write() as conn:
        more = {}
        for id_, rows in moved.items():
            behind = {issue_id: rows.behind(issue_id, id_) & loose for issue_id in waiting[id_]}
            more[id_] = doubts_about(context, conn, behind, edited)
        brakes.widen(conn, context.site, more)


@dataclass(frozen=True, slots=True)
class WeighedResync:
    """What nothing explains, by objective, and why that waits for a person; None where it does not."""

    doubts: dict[str, UnexplainedChanges]
    decision: Hold | None


class MovingObjectives:
    """The objectives that a resync would change, weighed by which issues changed without anything that explains it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._still = STILL
        self._moving: list[tuple[ObjectiveOutcome, Rows]] = []
        self._ours: dict[tuple[str, str], bool] = {}

    def add(self, step: ObjectiveOutcome) -> None:
        """Take in what a resync would do to one."""
        if step.after is step.before is not None and not step.plan:
            self._still = self._still.with_step(step.before, step.before)
        else:
            self._moving.append((step, moved_rows(step.before, step.after)))

    def look_above(self, news: Set[str]) -> None:
        """A row that says what it said moved by something that it hangs on: of what stands above it what is news is what moved it."""
        above = self._news_above(self.rows - news, news)
        if above:
            self._moving = [
                (step, rows.with_others({row: above[row] for row in rows.all & above.keys()}))
                for step, rows in self._moving
            ]

    def _news_above(self, rows: Set[str], news: Set[str]) -> Mapping[str, frozenset[str]]:
        """By row what is news of all that stands above it."""
        found: dict[str, set[str]] = {}
        below = {row: {row} for row in rows}
        seen = set(rows)
        while below:
            with self._context.store.read() as conn:
                parents = {
                    id_: one.parent_id for id_, one in mirror.get(conn, self._context.site, below).items()
                }
            risen: dict[str, set[str]] = {}
            for id_, parent in parents.items():
                if parent is not None:
                    risen.setdefault(parent, set()).update(below[id_])
            for parent in risen.keys() & news:
                for row in risen[parent]:
                    found.setdefault(row, set()).add(parent)
            below = {id_: its for id_, its in risen.items() if id_ not in seen}
            seen |= risen.keys()
        return {row: frozenset(its) for row, its in found.items()}

    @property
    def rows(self) -> frozenset[str]:
        """The issues that move them."""
        return frozenset[str]().union(*(rows.all for _, rows in self._moving))

    def rows_of(self, objective_ids: Set[str]) -> dict[str, Rows]:
        """What moves those of them that move."""
        return {
            step.plan.objective_id: rows
            for step, rows in self._moving
            if step.plan.objective_id in objective_ids
        }

    def weigh(self, silent: Set[str]) -> WeighedResync:
        """What is to be done where these issues changed and nothing explains it."""
        doubts: dict[str, UnexplainedChanges] = {}
        above: list[tuple[ObjectiveOutcome, Rows]] = []
        movement = self._still
        for step, rows in self._moving:
            found = _doubt(step, rows, silent, self._holds_ours)
            if found is not None:
                doubts[step.plan.objective_id] = found
            elif rows.aligned and any(True for _ in _overwriting(step.plan)):
                above.append((step, rows))
            movement = movement.with_step(step.before, step.after if rows.all & silent else step.before)
        return WeighedResync(doubts, self._decide(doubts, above, movement) if doubts else None)

    def _decide(
        self,
        doubts: dict[str, UnexplainedChanges],
        above: Iterable[tuple[ObjectiveOutcome, Rows]],
        movement: Impact,
    ) -> Hold | None:
        _climb(doubts, above)
        with self._context.store.read() as conn:
            written = writes.written_count(conn, self._context.site)
        plans = [one.plan for one in doubts.values()]
        decision = brake(plans, written, self._context.mapping.document.brake)
        if not isinstance(decision, Hold):
            decision = loss(movement, self._context.mapping.document.brake)
        return decision if isinstance(decision, Hold) else None

    def _holds_ours(self, change: Change) -> bool:
        """Whether Jira holds there what we wrote last."""
        at = (change.issue_id, change.field_id)
        if at not in self._ours:
            with self._context.store.read() as conn:
                last = writes.last_write(conn, self._context.site, *at)
            place = self._context.place(change.field_id)
            self._ours[at] = last is not None and place is not None and place.equal(change.before, last.after)
        return self._ours[at]


def _doubt(
    step: ObjectiveOutcome, rows: Rows, silent: Set[str], ours: Callable[[Change], bool]
) -> UnexplainedChanges | None:
    """The changes that overwrite something and are not explained: a row behind them has no edit, or another hand wrote there."""
    objective_id = step.plan.objective_id
    doubtful: list[Change] = []
    loose: dict[str, frozenset[str]] = {}
    for change in _overwriting(step.plan):
        behind = rows.behind(change.issue_id, objective_id) & silent
        if behind:
            loose[change.issue_id] = frozenset(behind)
        if behind or not ours(change):
            doubtful.append(change)
    return UnexplainedChanges(replace(step.plan, changes=tuple(doubtful)), loose) if doubtful else None


def _climb(doubts: dict[str, UnexplainedChanges], above: Iterable[tuple[ObjectiveOutcome, Rows]]) -> None:
    """An objective that was moved by one below it is as doubtful as that one."""
    waiting = list(above)
    while True:
        found = [one for one in waiting if one[1].aligned & doubts.keys()]
        if not found:
            return
        for step, rows in found:
            below = [doubts[id_] for id_ in rows.aligned if id_ in doubts]
            behind = frozenset(row for one in below for rows_ in one.rows.values() for row in rows_)
            changes = tuple(_overwriting(step.plan))
            loose = {change.issue_id: behind for change in changes} if behind else {}
            doubts[step.plan.objective_id] = UnexplainedChanges(replace(step.plan, changes=changes), loose)
        waiting = [one for one in waiting if one not in found]


def _overwriting(plan: Plan) -> Iterator[Change]:
    return (change for change in plan.changes if not is_empty(change.before))


def release(context: Context, objective_ids: Iterable[str] | None = None) -> int:
    """A person looked: let go what is held, of these objectives or of all; how many changes."""
    with context.store.write() as conn:
        return end(conn, context.site, writes.release, context.clock(), objective_ids)


def end(
    conn: Connection, site: str, how: Ending, now: datetime, objective_ids: Iterable[str] | None = None
) -> int:
    """End what is held, of these objectives or of all, as a person decided; how many changes."""
    if objective_ids is None:
        brakes.lift_all(conn, site)
        return how(conn, site, now, None)
    ids = sorted(set(objective_ids))
    brakes.lift(conn, site, ids)
    return sum(how(conn, site, now, objective_id) for objective_id in ids)
