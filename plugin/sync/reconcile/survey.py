"""Many objectives looked at together: which of them stand as they should, so that only the others have to be reconciled.

One stands where a reconcile would change nothing: it measures what is stored, everything it writes is in Jira, and nothing of it is
open (`connectors.store.work.objective_traits`). That is found out in chunks, with as many statements for hundreds as for one. Whatever
happens meanwhile makes its objectives due by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from connectors.store.absence import gaps
from connectors.store.database import json_text
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives, snapshots
from connectors.store.numbers.objectives import SavedObjective
from connectors.store.visibility import counted_spans
from connectors.store.work import due, last_reconcile, objective_traits
from connectors.store.work.objective_traits import ObjectiveTrait
from connectors.store.writes import written_values
from connectors.store.writes.written_values import WrittenField
from mappings.facts.issue import Issue
from mappings.rollup.state import ObjectiveState
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.sync.active_mapping import rules
from plugin.sync.context import Context
from plugin.sync.reconcile import candidates
from plugin.sync.reconcile.measurement import (
    EveryIssue,
    JointMeasurement,
    MeasuredObjective,
    measure_together,
    unknown_queries,
)
from plugin.sync.reconcile.reconcile import had_last_write, waits_for_gaps, whole_plan
from plugin.sync.refresh.gaps import behind
from plugin.sync.write_back.leftovers import issues_of

AT_ONCE = 200
"""So many objectives, with their issues, stand in memory together."""
MOMENT = timedelta(milliseconds=1)
"""By so much what stood before another mapping ruled is dated back, so that it is another instant."""


UNTOLD = (
    ObjectiveTrait.BUSY,
    ObjectiveTrait.UNDER_WAY,
    ObjectiveTrait.TO_CARRY,
    ObjectiveTrait.CYCLE_ENDED,
)
"""Of what has one of these only a reconcile says how it stands."""


@dataclass(frozen=True, slots=True)
class Look:
    """One objective: its state where it stands as it should, None where it has to be reconciled, or is none.

    `generation`: by which event it was due when it was looked at.
    """

    id: str
    state: ObjectiveState | None = None
    generation: int | None = None


def looks(context: Context, objective_ids: Iterable[str]) -> Iterator[Look]:
    """A look at each of these objectives."""
    source = iter(objective_ids)
    while chunk := list(islice(source, AT_ONCE)):
        yield from _looks(context, chunk)


def confirm(context: Context, looks: Iterable[Look]) -> bool:
    """These stand as they stood: what made them due until they were looked at is served.

    False where another mapping rules by now: what that made due must not be served by a look of the former one. What comes later
    marks what was looked at, which then stays due.
    """
    source = iter(looks)
    while part := {one.id: one.generation for one in islice(source, AT_ONCE)}:
        served = {id_: generation for id_, generation in part.items() if generation is not None}
        with context.store.write() as conn:
            if not rules(conn, context):
                return False
            now = context.clock()
            objectives.confirm(conn, context.site, part, context.mapping.revision, now)
            due.serve(conn, context.site, served)
            last_reconcile.note(conn, context.site, now)
    return True


@dataclass(frozen=True, slots=True)
class TurningObjective:
    """An objective while another mapping is about to rule: as it is stored, as it stands by all that has landed (`saved.state` where it
    was not due), and as it would stand under the other one from the same issues, None where that is not known.
    """

    saved: SavedObjective
    state: ObjectiveState
    turned: ObjectiveState | None


def find_turning(
    context: Context, coming: Context, previewed: Iterable[TurningObjective]
) -> list[TurningObjective]:
    """The objectives as they stand under the mapping of the context and under the coming one, but for those of which only a reconcile can say it.

    `previewed` are those that are stored, as a preview found them: that is taken for what is not due.
    """
    if context.absences:
        return []
    with context.store.read() as conn:
        waiting = due.ids(conn, context.site)
        rest = [one for one in previewed if one.saved.state.id not in waiting and _is_settled(context, one)]
        if gaps.any_open(conn, context.site):
            below = {one.state.id: one.state for one in rest}
            rest = [one for one in rest if not behind(context, conn, one.state, below)]
    found: list[TurningObjective] = []
    source, every = iter(sorted(waiting)), _read_once()
    while chunk := list(islice(source, AT_ONCE)):
        with collector_resting(), context.store.read() as conn:
            found += _turning(context, coming, conn, chunk, every)
    return [*found, *rest]


def _is_settled(context: Context, one: TurningObjective) -> bool:
    return one.saved.mapping_revision == context.mapping.revision and not one.state.plain


def _turning(
    context: Context, coming: Context, conn: Connection, chunk: list[str], every: EveryIssue
) -> Iterator[TurningObjective]:
    having = objective_traits.among(conn, context.site, chunk)
    apart = frozenset[str]().union(*(having.of.get(one, ()) for one in UNTOLD))
    known = {
        id_: one
        for id_, one in objectives.several(conn, context.site, chunk).items()
        if id_ not in apart and not one.state.plain
    }
    if not known:
        return
    measured = measure_together(context, conn, sorted(known), every)
    otherwise = measure_together(coming, conn, sorted(known), every)
    for id_, saved in known.items():
        one, other = measured.one(id_, saved), otherwise.one(id_, saved)
        if one.state is None or one.state.plain or one.end is not None:
            continue
        if not waits_for_gaps(context, conn, one):
            comparable = other.state is not None and not other.state.plain and other.end is None
            yield TurningObjective(saved, one.state, other.state if comparable else None)


def note_turning(
    context: Context, conn: Connection, found: Iterable[TurningObjective], now: datetime
) -> list[ObjectiveState]:
    """Keep a snapshot of how these stand, before another mapping rules: what it changes is told apart from what had changed by then.

    Call it while the mapping of the context rules still. Gives how they stand under the other one, but for what was reconciled meanwhile.
    """
    if not rules(conn, context):
        return []
    site, revision = context.site, context.mapping.revision
    turned: list[ObjectiveState] = []
    moved: dict[str, TurningObjective] = {}
    same: dict[str, TurningObjective] = {}
    for one in found:
        kept = same if one.state == one.saved.state and one.saved.mapping_revision == revision else moved
        kept[one.saved.state.id] = one
    before = now - MOMENT
    for id_, saved in objectives.several(conn, site, moved).items():
        latest = snapshots.latest_instant(conn, site, id_)
        if saved != moved[id_].saved or latest is None:
            continue
        if latest <= before:
            former = (saved.state, saved.mapping_revision)
            snapshots.keep(conn, site, former, moved[id_].state, revision, before)
            counted_spans.note_moment(conn, site, [moved[id_].state], {id_: saved.state}, before)
        turned += [state for state in (moved[id_].turned,) if state is not None]
    stored = objectives.list_revisions(conn, site) if same else {}
    for id_, one in same.items():
        if stored.get(id_) == (one.saved.mapping_revision, one.saved.computed_at):
            turned += [state for state in (one.turned,) if state is not None]
    return turned


def keep_turned(context: Context, states: Iterable[ObjectiveState], revision: str, at: datetime) -> None:
    """Keep snapshots of how these stood under a mapping when it began to rule: what comes in from then on is told apart from what it changed."""
    source = iter(states)
    while chunk := list(islice(source, AT_ONCE)):
        with context.store.write() as conn:
            snapshots.keep_several(conn, context.site, chunk, revision, at)
            stored = objectives.several(conn, context.site, [one.id for one in chunk])
            known = {id_: one.state for id_, one in stored.items()}
            counted_spans.note_moment(conn, context.site, chunk, known, at)


def mark_differing(
    context: Context,
    objective_ids: Iterable[str],
    reason: str,
    going_on: Callable[[], None] = lambda: None,
) -> int:
    """Make those of these objectives due, in bulk, that do not stand as they should; how many. `going_on` is called before whatever is measured."""
    source, marked = iter(objective_ids), 0
    while chunk := list(islice(source, AT_ONCE)):
        found = _looks(context, chunk, going_on)
        standing = [one for one in found if one.state is not None]
        differing = {one.id for one in found if one.state is None}
        if not confirm(context, standing):
            differing = set(chunk)
        with context.store.write() as conn:
            due.mark(conn, context.site, differing, context.clock(), reason, bulk=True)
        marked += len(differing)
    return marked


def _looks(context: Context, chunk: list[str], going_on: Callable[[], None] = lambda: None) -> list[Look]:
    with context.store.read() as conn:
        generations = due.list_untouched(conn, context.site, chunk)
    found = _standing(context, chunk, going_on)
    return [Look(id_, found.get(id_), generations.get(id_)) for id_ in chunk]


def _standing(context: Context, chunk: list[str], going_on: Callable[[], None]) -> dict[str, ObjectiveState]:
    if context.absences:  # numbers may stand still for what is gone, which is decided one by one
        return {}
    with context.store.read() as conn:
        having = objective_traits.among(conn, context.site, chunk)
        quiet = [id_ for id_ in chunk if id_ not in having.loose]
        texts = objectives.texts(conn, context.site, quiet, context.mapping.revision)
    ended = having.of.get(ObjectiveTrait.CYCLE_ENDED, frozenset()) & texts.keys()
    if context.reads_everything:
        with context.store.read() as conn:
            missing = unknown_queries(context, conn, texts)
        if missing:
            candidates.fill(context, missing, going_on)
    running = [id_ for id_ in texts if id_ not in ended]
    found: dict[str, ObjectiveState] = {}
    every = _read_once()
    # What an ended cycle is measured from is its own: issues as they were at its end.
    for together in ([running] if running else []) + [[id_] for id_ in sorted(ended)]:
        going_on()
        # What a chunk is measured from lives until its end: to look for cycles in it takes a tenth of the whole.
        with collector_resting(), context.store.read() as conn:
            measured = measure_together(context, conn, together, every)
            found |= _equal(context, conn, measured, together, texts)
    return found


def _read_once() -> EveryIssue:
    """The whole mirror as it is when somebody first needs it. What changes later makes its objectives due by itself."""
    known: list[Issue] = []

    def every(conn: Connection, site: str) -> list[Issue]:
        if not known:
            known.extend(mirror.every(conn, site))
        return known

    return every


def _equal(
    context: Context,
    conn: Connection,
    measured: JointMeasurement,
    ids: Iterable[str],
    texts: Mapping[str, str],
) -> dict[str, ObjectiveState]:
    states = {id_: state for id_ in ids if (state := measured.states.get(id_)) is not None}
    same = {id_: state for id_, state in states.items() if json_text.encode(state) == texts[id_]}
    stands = _written_for(conn, context.site, same)
    found: dict[str, ObjectiveState] = {}
    for id_, state in same.items():
        before = SavedObjective(state, context.mapping.revision, context.clock(), context.clock())
        one = measured.one(id_, before)
        if (
            not _is_news(context, conn, one)
            and not waits_for_gaps(context, conn, one)
            and not whole_plan(context, conn, id_, one, stands.get(id_, ()))
        ):
            found[id_] = state
    return found


def _is_news(context: Context, conn: Connection, found: MeasuredObjective) -> bool:
    """Whether there is something to be kept of the end of its cycle: of a closed one that all was written."""
    end = found.end
    return end is not None and not (end.closed and had_last_write(context, conn, found))


def _written_for(
    conn: Connection, site: str, states: Mapping[str, ObjectiveState]
) -> dict[str, list[WrittenField]]:
    """By objective what stands for it or on issues of its, as far as it may have to be cleared by it."""
    holders: dict[str, set[str]] = {}
    for id_, state in states.items():
        for issue_id in issues_of(id_, state):
            holders.setdefault(issue_id, set()).add(id_)
    found: dict[str, list[WrittenField]] = {}
    for one in written_values.of_objectives(conn, site, states, holders) if states else ():
        for id_ in {one.objective_id, *holders.get(one.issue_id, ())} & states.keys():
            found.setdefault(id_, []).append(one)
    return found
