"""What is looked at before each write, because others write there too and theirs must stand (`WriteTarget.consults`).

It is a place beside Jira: where it cannot be reached, nothing that is written to Jira itself is held up, and it is tried again later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from connectors.jira.http.errors import JiraError, JiraOutage
from connectors.store.mirror import mirror
from connectors.store.reads import failures
from connectors.store.writes import writes, written_values
from connectors.store.writes.writes import WriteOutcome
from connectors.store.writes.written_values import WrittenField
from mappings.write_back.plan import Change, Plan
from mappings.write_back.targets import target_of
from plugin.sync.context import Context
from plugin.sync.write_back.application import WriteResult
from plugin.sync.write_back.hold import note_held
from plugin.sync.write_back.places import values_held

AGAIN = timedelta(minutes=10)
"""So long after a place beside Jira could not be reached it is tried again."""
MOST_LOOKED_BACK = 400
"""So many of our writes to a place are looked through for what was written to the same spot."""
UNSEEN = "What stands there may not be looked at, so nothing is written over it."
SHARED = "two objectives"
"""The cause of what is held because another objective feeds the same goal."""
Wants = Callable[[WrittenField], bool]
OTHERS = "another hand"
"""The cause of what is held because somebody else wrote after us."""

log = structlog.get_logger("jira_okr.writes")


@dataclass(frozen=True, slots=True)
class ConsultedWrites:
    """What became of changes that are looked at first: what was applied, what waits for a person, and until when the rest has to wait."""

    applied: WriteResult = field(default_factory=WriteResult)
    waiting: tuple[Change, ...] = ()
    later: datetime | None = None


def part_plan(planned: Plan) -> tuple[Plan, Plan]:
    """What is written at once, and what is looked at first."""
    looked = tuple(change for change in planned.changes if target_of(change.field_id).consults)
    rest = tuple(change for change in planned.changes if change not in looked)
    return replace(planned, changes=rest), replace(planned, changes=looked)


def written_with_care(
    context: Context,
    planned: Plan,
    confirm: Callable[[], bool],
    apply: Callable[[Plan], WriteResult],
    wants: Wants,
) -> ConsultedWrites:
    """Look up what an interruption left open, look what stands, and write where nobody else wrote after us.

    `confirm` says whether something was open: then the plan was made without knowing what became of it, and is made anew at once.
    `wants` says whether another objective still means what stands for it.
    """
    try:
        if confirm():
            return ConsultedWrites(later=context.clock())
        free, waiting = _judged(context, planned, wants)
        applied = apply(free)
        if planned:
            _reached(context)
        return ConsultedWrites(applied, waiting)
    except JiraError as error:
        log.warning(
            "cannot be written for now", site=context.site, objective=planned.objective_id, why=str(error)
        )
        _note_trouble(context, error)
        return ConsultedWrites(later=context.clock() + AGAIN)


def _reached(context: Context) -> None:
    with context.store.read() as conn:
        failing = any(one.kind == "goals" for one in failures.load_standing(conn, context.site))
    if failing:
        with context.store.write() as conn:
            failures.clear(conn, context.site, "goals")


def _note_trouble(context: Context, error: JiraError) -> None:
    """Once a round, however many objectives meet it: what lasts is said at every door."""
    now = context.clock()
    with context.store.write() as conn:
        known = next((one for one in failures.load_standing(conn, context.site) if one.kind == "goals"), None)
        if known is None or now - known.at >= AGAIN / 2:
            failures.note(conn, context.site, "goals", now, error.message, error.remedy)


def _judged(context: Context, planned: Plan, wants: Wants) -> tuple[Plan, tuple[Change, ...]]:
    free: list[Change] = []
    waiting: list[Change] = []
    for change in planned.changes:
        rival = _rival(context, change, wants)
        if rival is not None:
            waiting.append(change)
            note_held(context, planned, [change], SHARED, _both(change, rival))
            continue
        if not target_of(change.field_id).looks_first(change):
            free.append(change)
            continue
        issue_id, id_ = change.issue_id, change.field_id
        sent = change.after
        stands = values_held(context, {issue_id: [id_]}, lambda _issue, _place, sent=sent: sent)  # type: ignore[misc]
        if issue_id in stands.forbidden:
            raise JiraOutage(UNSEEN)
        found, place = stands.values.get(issue_id, {}).get(id_), context.place(id_)
        if found is not None and place is not None and place.equal(found, change.after):
            _remember(context, replace(change, before=found))
            continue
        why = _verdict(context, change, found)
        if not why:
            free.append(change)
            continue
        shown = _beginning_from(context, change, found)
        waiting.append(shown)
        _remember(context, shown)
        note_held(context, planned, [shown], OTHERS, why)
    return replace(planned, changes=tuple(free)), tuple(waiting)


def _rival(context: Context, change: Change, wants: Wants) -> WrittenField | None:
    """Another objective that writes to the same thing and goes before: the one that did so first, or whose issue is older where both did."""
    target = target_of(change.field_id)
    thing = target.shared(change.after)
    if thing is None:
        return None
    with context.store.read() as conn:
        there = written_values.load_sharing(conn, context.site, target.prefix, thing)
    there = [one for one in there if target.shared(one.after) == thing]
    mine = any(one.issue_id == change.issue_id for one in there)
    before = [
        one
        for one in there
        if one.issue_id != change.issue_id and (not mine or int(one.issue_id) < int(change.issue_id))
    ]
    return next((one for one in before if wants(one)), None)


def _both(change: Change, rival: WrittenField) -> str:
    named = change.after.get("goal") if isinstance(change.after, dict) else None
    return (
        f"{rival.issue_key} and {change.issue_key} both feed {named or change.field_name}. {rival.issue_key} goes on; name "
        f"another for {change.issue_key} or none, or take it from {rival.issue_key} and release this."
    )


def _verdict(context: Context, change: Change, found: object) -> str:
    """Why a change waits for a person; empty where it goes."""
    place = (context.site, change.issue_id, change.field_id)
    target = target_of(change.field_id)
    with context.store.read() as conn:
        released = writes.released_at(conn, *place)
        tried = writes.load_tried(conn, *place, MOST_LOOKED_BACK)
    there = [one for one in tried if target.alike(one.after, change.after)]
    last = next((one.after for one in there if one.outcome is not WriteOutcome.FAILED), None)
    failed = next((one.at for one in there if one.outcome is WriteOutcome.FAILED), None)
    return target.verdict(change, found, last, released, failed)


def _beginning_from(context: Context, change: Change, found: object) -> Change:
    """The change as it is seen from what stands there."""
    place = context.place(change.field_id)
    said = change.reason if place is None else f"{place.target.option} {place.step(found, change.after)}"
    return replace(change, before=found, reason=said)


def _remember(context: Context, change: Change) -> None:
    """What stands there is what the next plan begins from."""
    with context.store.write() as conn:
        mirror.change(
            conn,
            context.site,
            change.issue_id,
            lambda known: replace(known, fields={**known.fields, change.field_id: change.before}),
        )
