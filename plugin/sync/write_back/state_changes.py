"""Sprints that began or ended and versions that were released: which issues they alone changed, brought into the scope or took out of it.

None of these issues was edited, so nothing but Jira's word about the sprint or the version explains it. A sprint that was deleted, or that nobody shows any more, explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TypeAlias

from sqlalchemy import Connection

from connectors.store.mirror import state_changes as kept_changes
from connectors.store.reads import full_reads
from mappings.facts.issue import Issue
from mappings.fields import field_type
from mappings.fields.thing_states import (
    ACTIVE,
    CLOSED,
    FUTURE,
    SPRINT,
    VERSION,
    VERSION_FIELDS,
    StateChange,
    ThingState,
    versions_in_states,
)
from mappings.write_back.evidence import state_changes
from plugin.sync.context import Context
from plugin.sync.write_back.edits import unheard_edit

SKEW = timedelta(minutes=10)
"""So far Jira's clock and ours may be apart, and a search may lag."""


def all_read_at(context: Context, conn: Connection) -> datetime | None:
    """Since when what was not known then may have come: a little before everything was read last; None where it never was."""
    last = full_reads.load_latest(conn, context.site)
    return None if last is None else last.at - SKEW


def sole_changes(context: Context, before: Issue, after: Issue) -> tuple[StateChange, ...]:
    """The sprints and versions whose state alone tells two readings of an issue apart; none where anything else does, or where nothing does."""
    found = state_changes(before, after, context.stating_fields)
    if not found or unheard_edit(context, before, after).moved or _beside(before) != _beside(after):
        return ()
    metrics = context.metric_fields
    same = all(before.readings.get(id_, ()) == after.readings.get(id_, ()) for id_ in metrics)
    return found if same else ()


_beside = attrgetter("summary", "unknowns", "archived", "resolved", "status_changed", "status.category")
"""What numbers may depend on besides, of which no field of an issue tells."""


def exit_changes(context: Context, known: Issue, issue: Issue) -> tuple[StateChange, ...]:
    """The sprints and versions whose state brought an issue out of the scope: as it was known, with these alone as they are now, it is outside as well."""
    found = state_changes(known, issue, context.stating_fields)
    if not found or context.holds(in_states(context, known, {(one.kind, one.id): one.now for one in found})):
        return ()
    return found


Told: TypeAlias = Mapping[tuple[str, str], StateChange]
"""By kind and id of a thing what was noted last of its state."""


def told_since(context: Context, conn: Connection, read_at: datetime | None) -> Told:
    """What was noted since all were read; asked once for many issues that came. None of it where all were never read, or nothing goes by states."""
    if read_at is None or not context.stating_fields:
        return {}
    return {(one.kind, one.id): one for one in kept_changes.load_since(conn, context.site, read_at)}


def entrance_changes(
    context: Context, told: Told, issue: Issue, read_at: datetime
) -> tuple[StateChange, ...]:
    """The sprints and versions whose state brought an issue into the scope since all were read: with these as they were before it is outside.

    What they were before tells another issue that was known, an event about the thing itself (`told`), or Jira by the time since when the thing is in its state.
    """
    held = {
        (one.kind, one.id): one
        for id_, read in context.stating_fields.items()
        for one in read(issue.fields.get(id_))
    }
    if not held:
        return ()
    found = [
        change
        for key, one in held.items()
        if (change := told.get(key) or _begun(one, read_at, context.clock())) is not None
        and change.now == one.state
    ]
    if not found or context.holds(in_states(context, issue, {(one.kind, one.id): one.was for one in found})):
        return ()
    return tuple(found)


def _begun(thing: ThingState, read_at: datetime, now: datetime) -> StateChange | None:
    """A sprint that by its own date began or ended since."""
    before = {ACTIVE: FUTURE, CLOSED: ACTIVE}.get(thing.state)
    if before is None or thing.since is None or not read_at < thing.since <= now:
        return None
    return StateChange(thing.kind, thing.id, thing.name, was=before, now=thing.state)


def in_states(context: Context, issue: Issue, states: Mapping[tuple[str, str], str]) -> Issue:
    """The issue with these sprints and versions in these states."""
    fields = dict(issue.fields)
    of_versions = {id_: now for (kind, id_), now in states.items() if kind == VERSION}
    of_sprints = {id_: now for (kind, id_), now in states.items() if kind == SPRINT}
    for id_ in context.stating_fields.keys() & fields.keys():
        field = context.field(id_)
        type_ = None if field is None else field_type(field)
        if id_ in VERSION_FIELDS:
            fields[id_] = versions_in_states(fields[id_], of_versions)
        elif type_ is not None:
            fields[id_] = type_.in_states(fields[id_], of_sprints)
    return replace(issue, fields=fields)


def note_states(
    context: Context,
    conn: Connection,
    before: Mapping[str, Issue],
    inside: Iterable[Issue],
    left: Iterable[Issue],
) -> None:
    """Keep of issues that sprints and versions alone changed, brought in or brought out which these were: why a number moved is told by it."""
    if not context.stating_fields:
        return
    shown = list(inside)
    read_at = all_read_at(context, conn)
    told = told_since(context, conn, read_at) if any(one.id not in before for one in shown) else {}
    found: dict[str, tuple[StateChange, ...]] = {}
    for issue in shown:
        known = before.get(issue.id)
        if known is not None:
            found[issue.id] = sole_changes(context, known, issue)
        elif read_at is not None:
            found[issue.id] = entrance_changes(context, told, issue, read_at)
    for issue in left:
        known = before.get(issue.id)
        if known is not None and context.holds(known):
            found[issue.id] = exit_changes(context, known, issue)
    kept_changes.keep(conn, context.site, found, context.clock())
