"""Objectives one by one: their numbers and ledgers, their history, and what hangs together with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.store.cycles import cycle_ends
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.lists import list_rows
from connectors.store.lists.list_rows import RowSelection, Tallies
from connectors.store.mirror import browse, mirror
from connectors.store.mirror.browse import NumberedPoint
from connectors.store.numbers import objectives, snapshots
from connectors.store.numbers.objectives import HistoryPoint, SavedObjective
from connectors.store.work import drift
from connectors.store.work.drift import ObjectiveDrift
from mappings.explain.marks import Mark
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.objectives import movement as movements
from plugin.use_cases.objectives.moments import MovementQuestion, span_asked
from plugin.use_cases.objectives.movement import ToldMovement
from plugin.use_cases.objectives.objective_lookup import find_computed, find_objective, find_stood
from plugin.use_cases.permission import VIEWER, question

__all__ = [
    "HistoryPoint",
    "NumberedPoint",
    "ObjectiveDrift",
    "RowSelection",
    "SavedObjective",
    "aligned_in",
    "aligned_to",
    "drift_below",
    "every_objective",
    "every_point",
    "explained_by",
    "from_ms",
    "history",
    "knows_issue",
    "list_all",
    "list_counted",
    "list_some",
    "marks",
    "movement",
    "news",
    "objective",
    "objective_in",
    "objective_or_parent",
    "to_ms",
]

AT_ONCE = 100
"""How many whole states an export holds."""
BATCH = 500
LATELY = MovementQuestion()
SETTLING = timedelta(seconds=5)
"""PostgreSQL may show a later row before an earlier one that is still being written; what is younger than this waits."""


@question(VIEWER)
def objective(connector: Connector, _actor: Actor, site: str, name: str) -> SavedObjective | None:
    """The objective of this id, key or former key, None where there is none."""
    return find_objective(connector, site, name)


@question(VIEWER)
def objective_in(
    connector: Connector, _actor: Actor, site: str, name: str, cycle_id: str
) -> SavedObjective | None:
    """The same as it stood when a cycle was over; as it stands, where it runs in that cycle; None where it does neither."""
    return find_stood(connector, site, name, cycle_id)


@question(VIEWER)
def objective_or_parent(connector: Connector, _actor: Actor, site: str, name: str) -> SavedObjective | None:
    """The same, a plain parent that sums are written to as well."""
    return find_computed(connector, site, name)


@question(VIEWER)
def list_all(connector: Connector, _actor: Actor, site: str) -> tuple[SavedObjective, ...]:
    """All of a site with their ledgers."""
    with connector.store.read() as conn:
        return tuple(objectives.load_objectives(conn, site))


@question(VIEWER)
def list_some(
    connector: Connector, _actor: Actor, wanted: RowSelection, limit: int, after: str | None = None
) -> tuple[SavedObjective, ...]:
    """Those that pass, in the order of their ids from behind this one on."""
    with connector.store.read() as conn:
        return tuple(list_rows.load_following(conn, wanted, after, limit))


@question(VIEWER)
def list_counted(
    connector: Connector, _actor: Actor, wanted: RowSelection, limit: int, after: str | None = None
) -> tuple[tuple[SavedObjective, ...], Tallies]:
    """The same with the figures of all that pass, from one look at the store."""
    with connector.store.read() as conn:
        found = tuple(list_rows.load_following(conn, wanted, after, limit))
        return found, list_rows.tallies(conn, wanted)


@question(VIEWER)
def every_objective(connector: Connector, _actor: Actor, wanted: RowSelection) -> Iterator[SavedObjective]:
    """All that pass, a few at a time, so that an export never holds all ledgers."""
    return _every_objective(connector, wanted)


@question(VIEWER)
def aligned_to(
    connector: Connector, _actor: Actor, site: str, objective_id: str
) -> tuple[SavedObjective, ...]:
    """Those that serve this one; where its cycle is over those that served it at its end, as they stood: of these its number is made."""
    with connector.store.read() as conn:
        saved = objectives.load(conn, site, objective_id)
        cycle_id = "" if saved is None else saved.state.cycle_id or ""
        end = cycle_ends.of_objective(conn, site, objective_id, cycle_id) if cycle_id else None
        if end is not None:
            return _served_then(end)
        return tuple(objectives.aligned_to(conn, site, objective_id))


@question(VIEWER)
def aligned_in(
    connector: Connector, _actor: Actor, site: str, objective_id: str, cycle_id: str
) -> tuple[SavedObjective, ...]:
    """Those that served this one when a cycle was over, as they stood."""
    with connector.store.read() as conn:
        end = cycle_ends.of_objective(conn, site, objective_id, cycle_id)
    return () if end is None else _served_then(end)


@question(VIEWER)
def explained_by(
    connector: Connector, _actor: Actor, site: str, any_issue: str
) -> tuple[SavedObjective, ...]:
    """Those whose numbers this issue (id or key) is part of; plain parents whose sums it is part of, too."""
    with connector.store.read() as conn:
        ids = {any_issue, mirror.id_of_key(conn, site, any_issue.upper())} - {None}
        depending = objectives.depending_on(conn, site, [id_ for id_ in ids if id_ is not None])
        found = (objectives.load(conn, site, id_) for id_ in sorted(depending))
        return tuple(one for one in found if one is not None)


@question(VIEWER)
def drift_below(connector: Connector, _actor: Actor, site: str, objective_id: str) -> ObjectiveDrift | None:
    """How many of its issues resyncs found wrong, None where none was."""
    with connector.store.read() as conn:
        return drift.load_drift(conn, site, objective_id)


@question(VIEWER)
def knows_issue(connector: Connector, _actor: Actor, site: str, any_issue: str) -> bool:
    """Whether the mirror of a site has an issue of this key or id."""
    with connector.store.read() as conn:
        return (
            bool(mirror.get(conn, site, [any_issue]))
            or mirror.id_of_key(conn, site, any_issue.upper()) is not None
        )


@question(VIEWER)
def history(
    connector: Connector, _actor: Actor, site: str, objective_id: str, since: datetime | None = None
) -> tuple[HistoryPoint, ...]:
    """Where it stood, oldest first; with `since` only points at or after it."""
    with connector.store.read() as conn:
        return tuple(objectives.history(conn, site, objective_id, since))


@question(VIEWER)
def marks(connector: Connector, _actor: Actor, site: str, objective_id: str) -> tuple[Mark, ...]:
    """What happened to it beside its number, oldest first."""
    with connector.store.read() as conn:
        return tuple(movements.list_marks(conn, site, objective_id))


@question(VIEWER)
def movement(
    connector: Connector, _actor: Actor, site: str, state: ObjectiveState, asked: MovementQuestion = LATELY
) -> ToldMovement:
    """Why it moved between the moments that are asked for, days in the zone of the mapping; raises UnknownMoment."""
    now = connector.clock()
    try:
        mapping = connector.context(site).mapping
        zone, cycle = mapping.zone, mapping.cycles.get(state.cycle_id or "")
    except Refusal:
        zone, cycle = now.tzinfo or UTC, None
    with connector.store.read() as conn:
        span = span_asked(asked, now, zone, cycle, snapshots.begins(conn, site, state.id))
        found = movements.movement_between(conn, site, state.id, span.since, span.until)
    return replace(found, choice=span.choice)


@question(VIEWER)
def news(
    connector: Connector,
    _actor: Actor,
    site: str,
    limit: int,
    after: int,
) -> tuple[tuple[NumberedPoint, SavedObjective | None], ...]:
    """Changes of the numbers of all objectives in the order in which they were noted, each with its objective as it is now."""
    settled = None if connector.store.dialect == "sqlite" else connector.clock() - SETTLING
    with connector.store.read() as conn:
        found = browse.history_after(conn, site, limit, after, not_after=settled)
        known = browse.objectives_of(conn, site, {one.objective_id for one in found})
    return tuple((one, known.get(one.objective_id)) for one in found)


@question(VIEWER)
def every_point(
    connector: Connector, _actor: Actor, site: str, objective_id: str | None = None
) -> Iterator[NumberedPoint]:
    """Every point of history, reconstructed ones too, in short transactions."""
    return _every_point(connector, site, objective_id)


def _served_then(end: CycleEnd) -> tuple[SavedObjective, ...]:
    return tuple(
        SavedObjective(one, end.mapping_revision, end.ends_at, end.ends_at)
        for one in end.facts.aligned or ()
        if one.id != end.state.id
    )


def _every_objective(connector: Connector, wanted: RowSelection) -> Iterator[SavedObjective]:
    last = None
    while True:
        with connector.store.read() as conn:
            found = list_rows.load_following(conn, wanted, last, AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        last = found[-1].state.id


def _every_point(connector: Connector, site: str, objective_id: str | None) -> Iterator[NumberedPoint]:
    after = 0
    while True:
        with connector.store.read() as conn:
            batch = browse.history_after(conn, site, BATCH, after, objective_id, backfilled=True)
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1].id
