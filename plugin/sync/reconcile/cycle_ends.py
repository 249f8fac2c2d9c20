"""Objectives of cycles that have ended stand still: measured from the facts of the end, whatever happens in Jira afterwards.

The first look after the end notes the facts. What comes late and is of before the end still enters (a delayed webhook, a late
reading or check-in), and so does what a history that is kept tells. Under a later mapping revision the number stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.cycles import closings, cycle_ends
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import CURRENT, CyclePart
from mappings.explain.as_of import looks_at_links
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.assessment import Assessment, Ends
from mappings.rollup.cycles.carry import NO_CARRIES, Carries
from mappings.rollup.cycles.cycle_end import EndFacts, PastFacts, end_before, end_of, facts_at_end, has_ended
from mappings.rollup.state import ObjectiveState
from plugin.sync.context import Context
from plugin.sync.refresh import issue_steps

States = Mapping[str, ObjectiveState]
Measure = Callable[[list[str], States, Ends, Mapping[str, str]], dict[str, ObjectiveState]]
"""Measures objectives, given the states of others, the facts of ends, and of those that are meant as they ended an earlier cycle which that is."""


def measure_ends(
    context: Context,
    conn: Connection,
    forest: Forest,
    ids: list[str],
    settled: States,
    measure: Measure,
    noted: Mapping[str, CycleEnd],
    carries: Carries = NO_CARRIES,
) -> tuple[dict[str, ObjectiveState], dict[str, CycleEnd]]:
    """The states of these objectives, and what is news of the ends of their cycles. `noted`: what `noted_ends` knows of them."""
    fixed = standing_by_notes(context.mapping, noted, forest, context.moment(conn), carries)
    open_ids = [id_ for id_ in ids if id_ not in fixed]
    ended = {
        id_: _facts(context, conn, forest, end, ())
        for id_, end in noted.items()
        if id_ not in fixed and not end.settled(context.mapping.revision)
    }
    states = measure(open_ids, {**settled, **fixed}, ended, {})
    fresh = _first_looks(context, conn, forest, states, ended)
    if fresh:
        ended |= fresh
        states = measure(open_ids, {**settled, **fixed}, ended, {})
    known = {**settled, **fixed, **states}
    news = {
        id_: _noted(context, states[id_], facts, known)
        for id_, facts in ended.items()
        if id_ in states and states[id_].cycle_id == facts.cycle_id
    }
    left = _left(context, conn, forest, states, ended, noted)
    if left:
        past = {id_: facts.cycle_id for id_, facts in left.items()}
        then = measure(list(left), known, {**ended, **left}, past)
        news |= {id_: _noted(context, then[id_], left[id_], {**known, **then}) for id_ in left if id_ in then}
    changed = {id_: end for id_, end in news.items() if end != noted.get(id_)}
    closed = {id_: noted[id_] for id_ in fixed if noted[id_].closed}
    return {**fixed, **states}, changed | closed


def noted_ends(
    conn: Connection, site: str, ids: Iterable[str], at: Moment | None = None
) -> dict[str, CycleEnd]:
    """What is known of the last cycle of each of these objectives that has ended (that had at a moment); what is closed stands as it was closed."""
    ids = list(ids)
    found = cycle_ends.load_latest(conn, site, ids, None if at is None else at.now)
    for id_, record in closings.load_standing(conn, site, ids, None if at is None else at.today).items():
        end = found.get(id_)
        if end is None or end.facts.cycle_id != record.cycle_id:
            continue
        state = replace(record.state, touched=end.state.touched)
        found[id_] = replace(end, state=state, closed=record.version)
    return found


def standing_by_notes(
    mapping: BoundMapping,
    noted: Mapping[str, CycleEnd],
    forest: Forest,
    moment: Moment,
    carries: Carries = NO_CARRIES,
) -> dict[str, ObjectiveState]:
    """The states of those that run in no later cycle, and whose cycle was closed, or ended under another revision than this, which still takes them for objectives."""
    found = {}
    assessment = Assessment(mapping, forest, moment, carries=carries)
    rules = {f"@{rule.part.id}": rule for rule in mapping.objectives if rule.select is None}
    for id_, end in noted.items():
        if not end.settled(mapping.revision):
            continue
        issue = _unless_archived_since(forest.issue(id_), end)
        rule = rules.get(id_) if issue is None else assessment.rule_for(issue)
        if rule is None:
            if end.closed and issue is not None:
                found[id_] = end.state
            continue
        cycle = carries.cycle_of(mapping, rule.part.cycle, id_, issue, moment.today)
        if cycle is None or cycle.id == end.facts.cycle_id:
            found[id_] = end.state
    return found


def _unless_archived_since(issue: Issue | None, end: CycleEnd) -> Issue | None:
    """An issue as it is; what was archived after the end is an objective of then all the same."""
    then = next((one for one in end.facts.issues if issue is not None and one.id == issue.id), None)
    return issue if issue is None or then is None else replace(issue, archived=then.archived)


def _first_looks(
    context: Context, conn: Connection, forest: Forest, states: States, ended: Ends
) -> dict[str, EndFacts]:
    """The facts of ends that nobody has looked at yet."""
    moment, found = context.moment(conn), {}
    for id_, state in states.items():
        cycle = context.mapping.cycles.get(state.cycle_id)
        known = ended.get(id_)
        if (
            cycle is None
            or not has_ended(cycle, moment)
            or (known is not None and known.cycle_id == cycle.id)
        ):
            continue
        before = objectives.load(conn, context.site, id_)
        touched = state.touched if before is None else state.touched | before.state.touched
        found[id_] = _looked_at(context, conn, forest, cycle.id, touched, None)
    return found


def _left(
    context: Context,
    conn: Connection,
    forest: Forest,
    states: States,
    ended: Ends,
    noted: Mapping[str, CycleEnd],
) -> dict[str, EndFacts]:
    """The facts of ends that objectives have behind them which run in whichever cycle does (`cycle: current`): of those nobody has looked at, and of those to which something came late."""
    mapping, moment, found = context.mapping, context.moment(conn), dict[str, EndFacts]()
    everywhere = {rule.part.id for rule in mapping.objectives if rule.part.cycle == CURRENT}
    if mapping.cycles.get(CURRENT) is not None:
        return found
    unknown = dict[str, str | None]()
    for id_, state in states.items():
        if state.rule_id not in everywhere or state.plain:
            continue
        cycle, known = mapping.cycles.get(state.cycle_id), noted.get(id_)
        if cycle is not None and has_ended(cycle, moment):
            continue
        if known is not None and (cycle is None or known.ends_at >= end_before(cycle, mapping.zone)):
            facts = ended.get(id_)
            if facts is not None and _told_late(facts, known.facts):
                found[id_] = facts
            continue
        unknown[id_] = state.cycle_id
    for before in objectives.in_another_cycle(conn, context.site, unknown) if unknown else ():
        id_, former = before.state.id, mapping.cycles.get(before.state.cycle_id)
        if former is None or not has_ended(former, moment):
            continue
        if id_ not in noted or noted[id_].facts.cycle_id != former.id:
            touched = states[id_].touched | before.state.touched
            found[id_] = _looked_at(context, conn, forest, former.id, touched, None)
    return found


def _told_late(facts: EndFacts, noted: EndFacts) -> bool:
    """Whether something of before the end came after it was noted."""
    mine = {one.id for one in noted.issues}
    return {one.id: one for one in facts.issues if one.id in mine} != {one.id: one for one in noted.issues}


def _facts(
    context: Context, conn: Connection, forest: Forest, end: CycleEnd, touched: Iterable[str]
) -> EndFacts:
    """The facts of an end, with what came late."""
    return _looked_at(context, conn, forest, end.facts.cycle_id, touched, end.facts)


def _looked_at(
    context: Context,
    conn: Connection,
    forest: Forest,
    cycle_id: str,
    touched: Iterable[str],
    first: EndFacts | None,
) -> EndFacts:
    cycle = context.mapping.cycles.get(cycle_id)
    if cycle is None:  # the mapping no longer has it: what was noted is all that is known
        return first or EndFacts(cycle_id, ())
    end = end_of(cycle, context.mapping.zone)
    seen = {one.id for one in first.issues} if first is not None else set()
    issues: dict[str, Issue] = mirror.get(conn, context.site, seen | set(touched))
    issues |= {one.id: one for one in forest}
    facts = _at_end(context, conn, cycle, end, issues, first)
    while context.mapping.roots():  # what was above them then decides what is selected
        above = mirror.get(conn, context.site, facts.forest.above(issues) - issues.keys())
        if not above:
            break
        issues |= above
        facts = _at_end(context, conn, cycle, end, issues, first)
    return facts


def _at_end(
    context: Context,
    conn: Connection,
    cycle: CyclePart,
    end: datetime,
    issues: Mapping[str, Issue],
    first: EndFacts | None,
) -> EndFacts:
    if cycle.measured == "close":
        return EndFacts(cycle.id, tuple(issues[id_] for id_ in sorted(issues)))
    later = {one.id: one.updated for one in issues.values() if one.updated > end}
    histories = issue_steps.load_histories(context, conn, later)
    former = mirror.former_keys(conn, context.site) if histories else {}
    linked = bool(histories) and looks_at_links(context.mapping)
    witness = PastFacts(issues.values(), histories, context.catalogue, former, linked=linked)
    return facts_at_end(cycle, end, witness, first)


def _noted(context: Context, state: ObjectiveState, facts: EndFacts, known: States) -> CycleEnd:
    """What is kept: of the issues those it was measured from, and what was aligned to it."""
    cycle = context.mapping.cycles.get(facts.cycle_id)
    aligned = facts.aligned
    if aligned is None:
        aligned = tuple(known[id_] for id_ in sorted(known) if state.id in known[id_].aligned_to)
    mine = state.touched | {state.id}
    if context.mapping.roots():
        mine |= facts.forest.above(mine)
    issues = tuple(one for one in facts.issues if one.id in mine)
    keys = {one.key for one in issues}
    doubts = tuple((doubt, key) for doubt, key in facts.doubts if key in keys)
    kept = replace(facts, issues=issues, aligned=aligned, doubts=doubts)
    ends_at = end_of(cycle, context.mapping.zone) if cycle is not None else context.clock()
    return CycleEnd(ends_at, kept, state, context.mapping.revision)
