"""Measures one objective from one consistent state: what is stored of others is believed only where it is up to date.

Out of date is an objective that is due, that was computed by another mapping revision, or below which one of these hangs. It is
measured from the mirror in the same pass, so that a parent never shows a number that its children have left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from connectors.store.absence import gaps
from connectors.store.cycles import carries
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, objectives
from connectors.store.numbers.objectives import SavedObjective
from connectors.store.work import due, objective_traits
from connectors.store.work.objective_traits import ObjectiveTrait, ObjectiveTraits
from mappings.document.checks.walk import is_issue_each
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import LinkRelation
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.rollup.assessment import NO_CHECK_INS, Ends
from mappings.rollup.cycles.carry import NO_CARRIES
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.measurement import assess_among, objective_rule
from mappings.rollup.state import ObjectiveState
from mappings.rollup.structure.alignment import link_phrase, written_target
from mappings.write_back.desired_values import Owners, counting_rows, owners, writes_to
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.sync.context import Context
from plugin.sync.reconcile import candidates, cycle_ends
from plugin.sync.reconcile.kpi_readings import episode_aims, kpi_readings
from plugin.sync.refresh.gaps import objectives_needing

EveryIssue = Callable[[Connection, str], Iterable[Issue]]
"""Gives all mirrored issues of a site."""


@dataclass(frozen=True, slots=True)
class MeasuredObjective:
    """The state of one objective (None where it is none), as it was stored before, and the issues it was measured from.

    `below` holds the states of what is aligned to it, all the way down.
    """

    state: ObjectiveState | None
    before: SavedObjective | None
    forest: Forest
    below: Mapping[str, ObjectiveState] = field(default_factory=dict)
    end: CycleEnd | None = None
    """What is news of the end of its cycle."""
    having: ObjectiveTraits = field(default_factory=ObjectiveTraits)
    """The circumstances of the objectives that were measured together with it."""


@dataclass(frozen=True, slots=True)
class JointMeasurement:
    """States of several objectives and of what is out of date below them, news of the ends of their cycles, and the issues behind them."""

    states: Mapping[str, ObjectiveState]
    ends: Mapping[str, CycleEnd]
    forest: Forest
    below: Mapping[str, ObjectiveState]
    having: ObjectiveTraits

    def one(self, objective_id: str, before: SavedObjective | None) -> MeasuredObjective:
        """What was found of one of them."""
        return MeasuredObjective(
            state=self.states.get(objective_id),
            before=before,
            forest=self.forest,
            below=self.below,
            end=self.ends.get(objective_id),
            having=self.having,
        )


@dataclass(frozen=True, slots=True)
class AlignedObjectives:
    """What hangs below an objective by alignment: the states that may be believed, and the ids of what has to be measured."""

    settled: Mapping[str, ObjectiveState] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()


LARGE = 1_000
"""What hangs on so many issues is read, measured, explained and kept without a search for cycles among them; of smaller ones many are measured at once, and the search has to come some time."""


def unknown_queries(context: Context, conn: Connection, objective_ids: Iterable[str]) -> dict[str, Selector]:
    """The queries of everything that will be measured for these objectives for which nobody looked through the mirror yet."""
    if not context.reads_everything:
        return {}
    ids = frozenset(objective_ids)
    stale = load_below(context, conn, ids).stale
    return candidates.unknown(context, conn, sorted(ids | stale))


def measure_objective(context: Context, conn: Connection, objective_id: str) -> MeasuredObjective:
    """The state of one objective as the mirror and the mapping have it."""
    with collector_resting():
        before = objectives.load(conn, context.site, objective_id)
    with resting_if_large(before):
        return measure_together(context, conn, [objective_id]).one(objective_id, before)


def resting_if_large(before: SavedObjective | None) -> AbstractContextManager[None]:
    """The collector rests while something is done for this objective, where it is large."""
    large = before is not None and len(before.state.touched) >= LARGE
    return collector_resting() if large else nullcontext()


def measure_together(
    context: Context, conn: Connection, objective_ids: Sequence[str], every: EveryIssue = mirror.every
) -> JointMeasurement:
    """The states of several objectives, each equal to what it is by itself: what they are measured from is read at once.

    `every` gives the whole mirror, which some JQL needs.
    """
    hanging = load_below(context, conn, frozenset(objective_ids))
    ids = [*objective_ids, *sorted(hanging.stale)]
    # How those below are closed and what they weigh stands in their issues.
    known = [id_ for id_ in hanging.settled if not id_.startswith("@")]
    near = mirror.get(conn, context.site, known) if known else {}
    forest = Forest.of([*near.values(), *_issues_for(context, conn, ids, every)])
    having = objective_traits.among(conn, context.site, ids)
    states, ends = _assessed(context, conn, forest, ids, hanging.settled, having)
    forest = _with_written(context, conn, forest, states.values())
    everything = {**hanging.settled, **states}
    return JointMeasurement(states=states, ends=ends, forest=forest, below=everything, having=having)


def _with_written(
    context: Context, conn: Connection, forest: Forest, states: Iterable[ObjectiveState]
) -> Forest:
    """And the key results and rows of cycles that have ended: they may have moved elsewhere since, and what is written of them stands there."""
    mapping, moment = context.mapping, context.moment(conn)
    lacking = set[str]()
    for state in states:
        if not has_ended(mapping.cycles.get(state.cycle_id), moment):
            continue
        if writes_to(mapping, "key_result"):
            lacking |= {one.issue_id for one in state.key_results if one.issue_id}
        if writes_to(mapping, "row"):
            lacking |= set(counting_rows(state))
    lacking -= {id_ for id_ in lacking if forest.issue(id_) is not None}
    found = mirror.get(conn, context.site, lacking) if lacking else {}
    return Forest.of([*forest, *found.values()]) if found else forest


def load_below(context: Context, conn: Connection, objective_ids: Set[str]) -> AlignedObjectives:
    """Everything that hangs below any of these by alignment, all the way down, so that a circle is seen."""
    if not any(rule.part.aligned_to is not None for rule in context.mapping.objectives):
        return AlignedObjectives()
    saved: dict[str, SavedObjective] = {}
    above: dict[str, set[str]] = {}
    seen, level = set(objective_ids), set(objective_ids)
    while level:
        pairs = list(_newly_aligned(context, conn, level))
        for target, one in objectives.aligned_among(conn, context.site, level):
            saved[one.state.id] = one
            pairs.append((one.state.id, target))
        for id_, target in pairs:
            above.setdefault(id_, set()).add(target)
        level = {id_ for id_, _ in pairs} - seen
        seen |= level
    return _sorted_out(context, conn, saved, above, objective_ids)


def owners_of(context: Context, conn: Connection, state: ObjectiveState, forest: Forest) -> Owners:
    """Who speaks for the key-result issues and the rows of this objective, where several have them or they are objectives themselves."""
    mapping, shared = context.mapping, set[str]()
    if writes_to(mapping, "key_result"):
        shared |= {one.issue_id for one in state.key_results if one.issue_id}
    if writes_to(mapping, "row"):
        shared |= set(counting_rows(state))
    if not shared:
        return owners(mapping, [state])
    moment = context.moment(conn)
    having = [state, *sharers(context, conn, state.id, shared, forest)]
    found = owners(mapping, having, moment.today)
    issues = (forest.issue(id_) for id_ in shared)
    rules = {one.id: objective_rule(mapping, one, moment) for one in issues if one}
    themselves = {id_: rule.part.id for id_, rule in rules.items() if rule is not None}
    return replace(found, themselves={**found.themselves, **themselves})


def sharers(
    context: Context, conn: Connection, objective_id: str, shared: set[str], known: Iterable[Issue]
) -> list[ObjectiveState]:
    """Other objectives that have, or may have, some of these issues as key results; which they have is up to date."""
    ids = objectives.depending_on(conn, context.site, shared) - {objective_id}
    near = _near(context, conn, shared)
    if context.absences or gaps.any_open(conn, context.site):
        # Whoever stands as it was, for a gap or for what is gone from Jira, is stored as it was and is due no more.
        stale = {*ids, *near} - {objective_id}
    else:
        stale = set(due.among_due(conn, context.site, {*ids, *near})) - {objective_id}
    saved = (objectives.load(conn, context.site, id_) for id_ in sorted(ids - stale))
    others = [one for one in saved if one is not None]
    stale |= {one.state.id for one in others if one.mapping_revision != context.mapping.revision}
    found = [one.state for one in others if one.state.id not in stale]
    if stale:
        forest = Forest.of([*known, *_issues_for(context, conn, sorted(stale))])
        having = objective_traits.among(conn, context.site, stale)
        found += _assessed(context, conn, forest, sorted(stale), {}, having)[0].values()
    return found


def _assessed(
    context: Context,
    conn: Connection,
    forest: Forest,
    ids: list[str],
    settled: Mapping[str, ObjectiveState],
    having: ObjectiveTraits,
) -> tuple[dict[str, ObjectiveState], dict[str, CycleEnd]]:
    """The states, and what is news of the ends of their cycles."""
    checked_in, carried = ObjectiveTrait.CHECKED_IN in having, ObjectiveTrait.CARRIED in having
    said = check_ins.standing_among(conn, context.site, ids) if checked_in else NO_CHECK_INS
    moment = context.moment(conn)
    brought = carries.load_standing(conn, context.site, ids) if carried else NO_CARRIES
    aims = episode_aims(conn, context.site, context.mapping)
    read = kpi_readings(conn, context.site, context.mapping, moment.now, aims)

    def measure(
        wanted: list[str], others: Mapping[str, ObjectiveState], ended: Ends, past: Mapping[str, str]
    ) -> dict[str, ObjectiveState]:
        among = replace(brought, past=past) if past else brought
        return assess_among(context.mapping, forest, wanted, moment, others, said, ended, read, aims, among)

    ended = ObjectiveTrait.CYCLE_ENDED in having
    noted = cycle_ends.noted_ends(conn, context.site, ids) if ended else {}
    return cycle_ends.measure_ends(context, conn, forest, ids, settled, measure, noted, brought)


def _newly_aligned(context: Context, conn: Connection, targets: Set[str]) -> Iterator[tuple[str, str]]:
    """Objectives that the mirror shows as aligned to one of these, whatever is stored of them; those that are not due are known anyway."""
    mapping, moment = context.mapping, context.moment(conn)
    phrases = {phrase.casefold() for rule in mapping.objectives if (phrase := link_phrase(mapping, rule))}
    issues = [id_ for id_ in targets if not id_.startswith("@")]
    if phrases and issues:
        for issue in mirror.load_linked(conn, context.site, issues):
            rule = objective_rule(mapping, issue, moment)
            phrase = link_phrase(mapping, rule) if rule is not None else None
            if phrase is not None:
                said = {one.issue_id for one in issue.links if one.phrase.casefold() == phrase.casefold()}
                yield from ((issue.id, target) for target in said & set(targets))
    written = [(rule, written_target(mapping, rule)) for rule in mapping.objectives]
    aligning = [(rule, target) for rule, target in written if target is not None and target in targets]
    yield from ((f"@{rule.part.id}", target) for rule, target in aligning if rule.select is None)
    if any(rule.select is not None for rule, _ in aligning):
        waiting = [id_ for id_ in due.ids(conn, context.site) if not id_.startswith("@")]
        for issue in mirror.get(conn, context.site, waiting).values():
            own = objective_rule(mapping, issue, moment)
            yield from ((issue.id, target) for rule, target in aligning if rule is own)


def _sorted_out(
    context: Context,
    conn: Connection,
    saved: Mapping[str, SavedObjective],
    above: Mapping[str, set[str]],
    objective_ids: Set[str],
) -> AlignedObjectives:
    """Which of them are out of date: by themselves, or by what hangs below them, be it by way of one that was asked for."""
    found = above.keys() - objective_ids
    if not found:
        return AlignedObjectives()
    stale = set(due.among_due(conn, context.site, found)) | _standing_as_they_were(context, conn, found)
    stale |= {id_ for id_ in found if not _is_of(saved.get(id_), context.mapping)}
    waiting = list(stale)
    while waiting:
        touched = (above.get(waiting.pop(), set()) & above.keys()) - stale
        stale |= touched
        waiting += touched
    settled = {id_: saved[id_].state for id_ in found if id_ not in stale}
    return AlignedObjectives(settled, frozenset(stale - objective_ids))


def _standing_as_they_were(context: Context, conn: Connection, among: Set[str]) -> frozenset[str]:
    """Who may stand still for a gap or for what is gone from Jira, and so is stored as it was, and is due no more."""
    if context.absences:
        return frozenset(among)
    return objectives_needing(conn, context.site, gaps.open_gaps(conn, context.site)) & among


def _is_of(saved: SavedObjective | None, mapping: BoundMapping) -> bool:
    return saved is not None and saved.mapping_revision == mapping.revision


def _issues_for(
    context: Context, conn: Connection, objective_ids: list[str], every: EveryIssue = mirror.every
) -> list[Issue]:
    """What these are measured from: what is below them, linked with them, below that where links say what counts, and what they reach by JQL."""
    by_jql: list[Issue] = []
    if context.reads_everything:
        for id_ in objective_ids:
            reached = candidates.reach_issues(context, conn, id_)
            if reached is None:
                return list(every(conn, context.site))
            by_jql += reached
    issues = [id_ for id_ in objective_ids if not id_.startswith("@")]
    if not issues:
        return by_jql
    tree = mirror.subtree(conn, context.site, issues)
    linked = mirror.load_linked(conn, context.site, issues)
    # What is aligned counts by the state that is stored of it, or is measured by itself.
    counting = linked if _counts_by_link(context.mapping) else []
    under = mirror.subtree(conn, context.site, [issue.id for issue in counting]) if counting else []
    near = [*tree, *linked, *under]
    away = _locked(context, objective_ids) - {issue.id for issue in near}
    return [*by_jql, *near, *(mirror.subtree(conn, context.site, sorted(away)) if away else ())]


def _counts_by_link(mapping: BoundMapping) -> bool:
    """Whether some key results are what an objective is linked with, or may have been when a cycle was locked."""
    rules = (rule for objective in mapping.objectives for rule in objective.key_results)
    return bool(mapping.locks) or any(isinstance(rule.part.relation, LinkRelation) for rule in rules)


def _locked(context: Context, objective_ids: list[str]) -> set[str]:
    """The key results that these were locked with, wherever they have been moved since."""
    locks, now = context.mapping.locks, context.clock()
    held = ((id_, locks.of_objective(id_, now)) for id_ in objective_ids) if locks else ()
    return {issue.id for id_, one in held if one is not None for issue in one.objectives[id_][0].issues}


def _near(context: Context, conn: Connection, shared: set[str]) -> set[str]:
    """Who else may have these issues as key results, though nothing stored says so: what is above them, linked with them, or asks by JQL."""
    found = {issue.id for issue in mirror.load_linked(conn, context.site, shared)}
    found |= {one.parent_id for one in mirror.load_above(conn, context.site, shared) if one.parent_id}
    if any(
        hasattr(rule.part.relation, "jql") or hasattr(rule.part.relation, "jql_field")
        for one in context.mapping.objectives
        for rule in one.key_results
        if is_issue_each(rule.part) or writes_to(context.mapping, "row")
    ):
        found |= due.ids(conn, context.site)
    return found
