"""Clears what an objective left behind: its own fields and those of its key results, where nobody speaks for them any more.

Planned from the mirror like any change. Before it is written Jira is asked once more: only what still holds our value is cleared,
and what is not shown any more is let be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from itertools import islice

from sqlalchemy import Connection

from connectors.jira import Hints, read_hints
from connectors.jira.read.bulk import CHUNK
from connectors.store.absence import losses
from connectors.store.mirror import mirror
from connectors.store.work import inbox
from connectors.store.writes import writes, written_values
from connectors.store.writes.written_values import WrittenField
from mappings.document.mapping import Mapping
from mappings.facts.issue import Issue
from mappings.rollup.measurement import objective_rule
from mappings.rollup.state import ObjectiveState
from mappings.write_back.desired_values import Owners, aims, counting_rows, own_places, places
from mappings.write_back.leftovers import LastWrite, Spot, clear_leftovers
from mappings.write_back.plan import Change, Plan
from mappings.write_back.target import Place
from mappings.write_back.targets import target_of
from plugin.sync.context import Context
from plugin.sync.reconcile.measurement import MeasuredObjective, sharers
from plugin.sync.refresh.reread import read_again
from plugin.sync.write_back import places as written
from plugin.sync.write_back.clearing_look import ClearingLook, ShownIssues

MOST_TOLD = 100
"""Where so many deliveries came since a look, they are not read for its sake: Jira is asked anew."""


def clears(
    context: Context,
    conn: Connection,
    objective_id: str,
    found: MeasuredObjective,
    owned: Owners | None,
    among: Iterable[WrittenField] | None = None,
) -> list[Change]:
    """What has to be cleared with this objective, as the mirror has it. `among`: what stands for it is among these, which were read already."""
    state, before = found.state, found.before.state if found.before else None
    issue_ids = issues_of(objective_id, before)
    if among is None:
        rows = written_values.of_objective(conn, context.site, objective_id, issue_ids)
    else:
        rows = [one for one in among if one.objective_id == objective_id or one.issue_id in issue_ids]
    own: frozenset[Spot] = frozenset()
    if state is not None and owned is not None and rows:
        own = places(context.mapping, state, owned)
    rows = [row for row in rows if (row.issue_id, row.field_id) not in own]
    if not rows:
        return []
    issues = mirror.get(conn, context.site, {row.issue_id for row in rows})
    hidden = _out_of_sight(context, conn, {row.issue_id for row in rows} - issues.keys())
    rows = [row for row in rows if row.issue_id not in hidden]
    if not rows:
        return []
    kept = _spoken_for(context, conn, objective_id, issues)
    told = end_of_cycle(context.mapping, state or before)
    standing = standing_of(rows, context.place, lambda _: told)
    return clear_leftovers(
        standing, kept, issues.get, context.moment(conn).today, context.fields, context.api
    )


def _out_of_sight(context: Context, conn: Connection, unknown: set[str]) -> frozenset[str]:
    """Of issues that the mirror does not have those that left without anybody's word: nothing is cleared there until a full read finds them shown."""
    if not unknown:
        return frozenset()
    return frozenset(one.issue_id for one in losses.load_all(conn, context.site, "left")) & unknown


def issues_of(objective_id: str, before: ObjectiveState | None) -> set[str]:
    """The issues that an objective may have left something on: its own, and those of its key results."""
    found = {one.issue_id for one in before.key_results if one.issue_id} if before else set()
    return found if objective_id.startswith("@") else found | {objective_id}


def standing_of(
    rows: Iterable[WrittenField],
    place_of: Callable[[str], Place | None],
    until: Callable[[str], date | None],
) -> list[LastWrite]:
    """What stands, with its places as Jira has them; a field that is gone has nothing to be cleared.

    `until` says when the cycle of an objective ends, where that is known better than from the write.
    """
    found = []
    for row in rows:
        place = place_of(row.field_id)
        if place is not None:
            end = until(row.objective_id) or row.until
            found.append(
                LastWrite(
                    issue_id=row.issue_id,
                    issue_key=row.issue_key,
                    place=place,
                    value=row.after,
                    objective_id=row.objective_id,
                    stays=row.stays,
                    until=end,
                )
            )
    return found


def still_ours(context: Context, planned: Plan) -> Plan:
    """The plan without clears of what Jira does not show, or shows with another value. Raises a JiraError where it cannot be asked.

    What Jira shows with another value, or is gone, is ours no more, and what stands there instead is taken into the mirror where no other
    read would tell of it. Cloud does not show what is hidden from the account either: as long
    as neither Jira nor a person has said that it is gone, what stands on it is remembered, and cleared once it is shown again.
    """
    left = [change for change in planned.changes if change.left]
    if not left:
        return planned
    seen_at = context.clock()
    issues, unshown = _shown(context, planned.objective_id, left)
    now = _with_unshown(context, issues, left)
    gone = [change for change in left if not _holds(context, now.get(change.issue_id), change)]
    proven = _deleted(context, unshown)
    over = [change for change in gone if change.issue_id in now or change.issue_id in proven]
    if over:
        with context.store.write() as conn:
            for change in over:
                written_values.forget(conn, context.site, change.issue_id, change.field_id)
                if change.issue_id in now:
                    held = now[change.issue_id].fields.get(change.field_id)
                    written.remember_recalled(context, conn, change.issue_id, change.field_id, held, seen_at)
    return replace(planned, changes=tuple(change for change in planned.changes if change not in gone))


def _shown(context: Context, objective_id: str, left: list[Change]) -> tuple[list[Issue], frozenset[str]]:
    """The issues of these changes as Jira has them now, and which of them it does not show.

    On Cloud one look serves all objectives of a turn, but for what may have changed since. On Data Center each issue is read alone, for
    its search goes on showing what stood there by our word after somebody wrote over it: nothing tells that it is fresh.
    """
    look = context.clearing_look or ClearingLook(())
    look.begin(objective_id)
    ids, fields = {change.issue_id for change in left}, {change.field_id for change in left}
    if context.api != 3:
        return _looked_at(context, ids, fields).among(ids)
    shown = look.good(ids, fields, context.clock())
    if shown is None or _is_overtaken(context, left, shown):
        with context.store.read() as conn:
            beside = written_values.of_objectives(conn, context.site, look.waiting) if look.waiting else []
        fields |= {row.field_id for row in beside}
        shown = _looked_at(context, _in_one_read(ids, beside), fields)
        look.keep(shown)
    return shown.among(ids)


def _in_one_read(ids: set[str], beside: Iterable[WrittenField]) -> set[str]:
    """These, and of what stands for others so much as comes with the same read: most of them may have nothing to be cleared."""
    others = dict.fromkeys(row.issue_id for row in beside if row.issue_id not in ids)
    return ids | set(islice(others, max(CHUNK - len(ids), 0)))


def _looked_at(context: Context, ids: set[str], fields: set[str]) -> ShownIssues:
    at = context.clock()
    read = read_again(replace(context, besides=context.besides | fields), ids)
    return ShownIssues({one.id: one for one in read.issues}, read.gone, frozenset(fields), at)


def _is_overtaken(context: Context, left: list[Change], shown: ShownIssues) -> bool:
    """Whether we wrote to one of these since they were seen, or anything tells of an edit: a delivery, be it worked off or not, or the mirror."""
    ids, keys = {change.issue_id for change in left}, {change.issue_key for change in left}
    with context.store.read() as conn:
        if writes.written_to(conn, context.site, ids, shown.at):
            return True
        known = mirror.get(conn, context.site, ids & shown.issues.keys())
        told = inbox.load_since(conn, context.site, shown.at, MOST_TOLD)
    if len(told) == MOST_TOLD or any(one.updated > shown.issues[id_].updated for id_, one in known.items()):
        return True
    hints = (read_hints(one.body) for one in told)
    return any(isinstance(one, Hints) and (one.touched & ids or one.issue_keys & keys) for one in hints)


def _deleted(context: Context, unshown: frozenset[str]) -> frozenset[str]:
    """Of the issues that Jira does not show those that are deleted by its own word or a person's.

    On Cloud what an event said of that is forgotten by then (`plugin.sync.refresh.losses.record`): what else left the mirror may have left
    the scope, in sight of everybody, before it was hidden.
    """
    if context.api != 3 or not unshown:
        return unshown
    with context.store.read() as conn:
        return unshown & {one.issue_id for one in losses.load_all(conn, context.site, "accepted")}


def proven_gone(context: Context, unshown: frozenset[str]) -> frozenset[str]:
    """Of the issues that Jira does not show those of which it is certain that they are no more, though they may have left the mirror."""
    if context.api != 3 or not unshown:
        return unshown
    with context.store.read() as conn:
        unsaid = {one.issue_id for one in losses.load_all(conn, context.site) if one.state != "accepted"}
        return unshown - mirror.get(conn, context.site, unshown).keys() - unsaid


def _spoken_for(
    context: Context, conn: Connection, objective_id: str, issues: dict[str, Issue]
) -> frozenset[Spot]:
    """The places among these issues that another objective speaks for: one of them itself, or one that has it as a key result."""
    mapping, moment = context.mapping, context.moment(conn)
    of_key_result = [aim.place.id for aim in aims(mapping, "key_result")]
    of_row = [aim.place.id for aim in aims(mapping, "row")]
    found: set[Spot] = set()
    for id_, issue in issues.items():
        rule = objective_rule(mapping, issue, moment) if id_ != objective_id else None
        if rule is not None:
            found |= {(id_, place) for place in own_places(mapping, rule.part.id)}
    if of_key_result or of_row:
        for other in sharers(context, conn, objective_id, set(issues), ()):
            for key_result in other.key_results:
                if key_result.issue_id in issues:
                    found |= {(key_result.issue_id, field) for field in of_key_result}
            rows = issues.keys() & set(counting_rows(other)) if of_row else ()
            found |= {(id_, field) for id_ in rows for field in of_row}
    return frozenset(found)


def end_of_cycle(mapping: Mapping, state: ObjectiveState | None) -> date | None:
    """The last day of the cycle an objective runs in, or None."""
    cycle = mapping.cycles.get(state.cycle_id) if state is not None and state.cycle_id is not None else None
    return cycle.end if cycle is not None else None


def _with_unshown(context: Context, issues: Iterable[Issue], left: list[Change]) -> dict[str, Issue]:
    """The issues by id, with what a read by id does not show of the places that are to be cleared; none whose places may not be read."""
    unshown: dict[str, list[str]] = {}
    for change in left:
        if not target_of(change.field_id).shown(context.api):
            unshown.setdefault(change.issue_id, []).append(change.field_id)
    found = {issue.id: issue for issue in issues}
    held = written.values_held(context, {id_: ids for id_, ids in unshown.items() if id_ in found})
    for id_, those in held.values.items():
        found[id_] = replace(found[id_], fields={**found[id_].fields, **those})
    return {id_: issue for id_, issue in found.items() if id_ not in held.forbidden}


def _holds(context: Context, issue: Issue | None, change: Change) -> bool:
    place = context.place(change.field_id)
    return issue is not None and place is not None and place.equal(place.actual(issue), change.before)
