"""What each objective stood at when it was last computed, what it hangs on, and how it moved.

A plain parent, which sums are written to, has a state too, for the work goes by states; but it stands in no list and has no history,
so that whatever speaks of objectives leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.json_text import fraction_of, fraction_text
from connectors.store.database.sql import (
    Statement,
    StoredRow,
    among,
    among_given,
    bind_values,
    insert_into,
    scan_column,
    upsert,
)
from connectors.store.lists import list_line
from connectors.store.numbers import snapshots
from connectors.store.schema import alignment, dependency, listing, objective
from connectors.store.schema import history as points
from connectors.store.visibility import counted_spans
from mappings.rollup.state import HealthLevel, ObjectiveState

HEADLINE = (
    "id",
    "title",
    "health",
    "key",
    "owner",
    "project_key",
    "cycle_id",
    "commitment",
    "progress",
    "delivery",
    "outcome",
    "expected",
    "flags",
    "aligned_to",
    "confidence",
    "team",
    "perspective",
    "span",
)
"""The parts of a state that lists show. They stand beside the whole state, where thousands are read without their ledgers."""


@dataclass(frozen=True, slots=True)
class ServedCount:
    """How many objectives are aligned to one, and how many of them are of another cycle than its own."""

    by: int = 0
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class SavedObjective:
    """A state, the mapping revision it was computed by, when that was, and when its numbers or its health last changed.

    `served_then`: how many served it when its cycle was over, where it stands as it stood then; None: it stands so now.
    `text` is what the state was read from, where it may be looked at again.
    """

    state: ObjectiveState
    mapping_revision: str
    computed_at: datetime
    changed_at: datetime
    served_then: ServedCount | None = None
    text: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """Where an objective stood from `at` on. None is unknown; `backfilled` was reconstructed from Jira's history, not observed."""

    at: datetime
    progress: Fraction | None
    delivery: Fraction | None
    outcome: Fraction | None
    expected: Fraction | None
    health: HealthLevel
    mapping_revision: str
    backfilled: bool = False


def save(conn: Connection, site: str, state: ObjectiveState, mapping_revision: str, now: datetime) -> None:
    """Keep the state in the place of the former one; a history point only where progress, delivery, outcome or health moved."""
    succeed(conn, site, load(conn, site, state.id), state, mapping_revision, now)


def succeed(
    conn: Connection,
    site: str,
    former: SavedObjective | None,
    state: ObjectiveState,
    mapping_revision: str,
    now: datetime,
) -> None:
    """As `save`, where the former one was loaded in this very transaction.

    The ledgers of the moment are kept beside where any row of them changed (`connectors.store.numbers.snapshots`).
    """
    moved = former is None or former.state.plain or _standing(former.state) != _standing(state)
    changed_at = now if former is None or moved else former.changed_at
    text = json_text.encode(state)
    row = {
        "site": site,
        "id": state.id,
        "mapping_revision": mapping_revision,
        "computed_at": to_ms(now),
        "changed_at": to_ms(changed_at),
        "headline": headline_text(state),
        "content": text,
    }
    conn.execute(_keeping(conn.dialect.name), row)
    _keep_dependencies(conn, site, state, frozenset() if former is None else former.state.touched)
    counted_spans.note(conn, site, None if former is None else former.state, state, now)
    if state.plain:
        if former is not None and not former.state.plain:
            list_line.forget(conn, site, [state.id])
        return
    line = None
    if former is not None and not former.state.plain:
        line = list_line.values(site, former.state, former.changed_at)
    list_line.keep(conn, list_line.values(site, state, changed_at), line)
    list_line.keep_alignment(conn, site, state, () if former is None else former.state.aligned_to)
    if moved:
        conn.execute(_POINT, _point(site, state, mapping_revision, now))
    before = None if former is None or former.state.plain else (former.state, former.mapping_revision)
    snapshots.keep(conn, site, before, state, mapping_revision, now, text)


def backfill(
    conn: Connection, site: str, states: Iterable[tuple[datetime, ObjectiveState]], mapping_revision: str
) -> int:
    """Keep reconstructed points with their ledgers, marked as such; how many. They are given in the order of time.

    Of each objective only what lies before its first observed point is kept, and only where something changed.
    """
    found, observed = list(states), _observed(conn, site)
    kept = _news(found, observed)
    rows = [{**_point(site, state, mapping_revision, at), "backfilled": 1} for at, state in kept]
    if rows:
        conn.execute(insert(points), rows)
    snapshots.backfill(conn, site, kept, mapping_revision)
    ends = {id_: to_ms(at) for id_, at in observed.items()}
    past = ((to_ms(at), state) for at, state in found if at < observed.get(state.id, at + _ONE))
    counted_spans.note_past(conn, site, counted_spans.spans_of(past, ends))
    return len(rows)


def _observed(conn: Connection, site: str) -> dict[str, datetime]:
    """By objective when it was observed first."""
    first = select(points.c.objective_id, func.min(points.c.at)).group_by(points.c.objective_id)
    rows = conn.execute(first.where(points.c.site == site, points.c.backfilled == 0))
    return {objective_id: from_ms(at) for objective_id, at in rows}


def _news(
    states: Iterable[tuple[datetime, ObjectiveState]], observed: Mapping[str, datetime]
) -> list[tuple[datetime, ObjectiveState]]:
    last: dict[str, tuple[object, ...]] = {}
    kept = []
    for at, state in states:
        standing = (*_standing(state), *snapshots.ledgers(state))
        if last.get(state.id) != standing and at < observed.get(state.id, at + _ONE):
            kept.append((at, state))
        last[state.id] = standing
    return kept


def headline_text(state: ObjectiveState) -> str:
    """The headline of a state, as JSON."""
    return json_text.encode({name: getattr(state, name) for name in HEADLINE})


def headlines(conn: Connection, site: str) -> Sequence[Row[str, int]]:
    """Of every objective of the site the headline and when it last changed (epoch milliseconds), in no order."""
    mine = scan_column(conn, objective.c.site) == site
    found = select(objective.c.headline, objective.c.changed_at).where(mine, _LISTED)
    return conn.execute(found).all()


def load(
    conn: Connection, site: str, objective_id: str, known: SavedObjective | None = None
) -> SavedObjective | None:
    """The saved objective, or None. What is `known` of it from before is not read again where the same is kept."""
    row = conn.execute(_BY_ID, {"of_site": site, "of_objective": objective_id}).one_or_none()
    if row is None:
        return None
    state = known.state if known is not None and known.text == row.content else None
    return replace(saved_of_row(row, state), text=row.content)


def several(conn: Connection, site: str, ids: Iterable[str]) -> dict[str, SavedObjective]:
    """Those of these objectives that are kept, by id."""
    mine = (objective.c.site == site, among(conn, objective.c.id, ids))
    return {row.id: saved_of_row(row) for row in conn.execute(select(objective).where(*mine))}


def texts(conn: Connection, site: str, ids: Iterable[str], mapping_revision: str) -> dict[str, str]:
    """The states of these objectives as the text that `json_text.encode` makes of them: two that are equal are found so without
    making either. Left out is what is not kept, or was computed by another mapping revision.
    """
    asked = {"of_site": site, "revision": mapping_revision, "given": bind_values(conn, ids)}
    return {row.id: row.content for row in conn.execute(_texts(conn.dialect.name), asked)}


def confirm(conn: Connection, site: str, ids: Iterable[str], mapping_revision: str, at: datetime) -> None:
    """These were computed again at that instant and stand as they stood; what was kept since then is newer."""
    asked = {
        "of_site": site,
        "revision": mapping_revision,
        "given": bind_values(conn, ids),
        "instant": to_ms(at),
    }
    conn.execute(_confirming(conn.dialect.name), asked)


def list_revisions(conn: Connection, site: str) -> dict[str, tuple[str, datetime]]:
    """By which mapping revision, and when, everything that is kept was computed."""
    found = select(objective.c.id, objective.c.mapping_revision, objective.c.computed_at)
    rows = conn.execute(found.where(objective.c.site == site))
    return {row.id: (row.mapping_revision, from_ms(row.computed_at)) for row in rows}


def load_objectives(conn: Connection, site: str) -> list[SavedObjective]:
    """Every objective of the site, by id."""
    rows = conn.execute(select(objective).where(objective.c.site == site, _LISTED).order_by(objective.c.id))
    return [saved_of_row(row) for row in rows]


def ids_of_cycle(conn: Connection, site: str, cycle_id: str) -> frozenset[str]:
    """Ids of the objectives of one cycle."""
    mine = (listing.c.site == site, listing.c.cycle == list_line.storable_text(cycle_id))
    return frozenset(conn.execute(select(listing.c.id).where(*mine)).scalars())


def in_another_cycle(conn: Connection, site: str, cycles: Mapping[str, str | None]) -> list[SavedObjective]:
    """Those of these objectives (each with a cycle) that were in another cycle when they were saved; others are not decoded."""
    kept = select(listing.c.id, listing.c.cycle).where(
        listing.c.site == site, among(conn, listing.c.id, list(cycles))
    )
    moved = [id_ for id_, cycle in conn.execute(kept) if cycle != list_line.storable_text(cycles[id_] or "")]
    found = several(conn, site, moved)
    return [found[id_] for id_ in moved if id_ in found]


def load_all(conn: Connection, site: str) -> list[SavedObjective]:
    """Every objective and every plain parent of the site, by id."""
    rows = conn.execute(select(objective).where(objective.c.site == site).order_by(objective.c.id))
    return [saved_of_row(row) for row in rows]


def remove(conn: Connection, site: str, ids: Iterable[str], now: datetime) -> None:
    """Forget these objectives and what they hang on; their history, ledgers included, stays for those who ask later."""
    ids = list(ids)
    for one in several(conn, site, ids).values():
        counted_spans.note(conn, site, one.state, None, now)
    for table, column in ((objective, objective.c.id), (dependency, dependency.c.objective_id)):
        conn.execute(delete(table).where(table.c.site == site, among(conn, column, ids)))
    list_line.forget(conn, site, ids)


def depending_on(conn: Connection, site: str, issue_ids: Iterable[str]) -> frozenset[str]:
    """Ids of the objectives that a change of one of these issues may move."""
    asked = {"site": site, "given": bind_values(conn, issue_ids)}
    return frozenset(conn.execute(_depending(conn.dialect.name), asked).scalars())


def hanging_on(conn: Connection, site: str, issue_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """By issue, the objectives whose stored state touches it; issues that no objective touches are left out."""
    mine = (dependency.c.site == site, among(conn, dependency.c.issue_id, issue_ids))
    found: dict[str, set[str]] = {}
    for issue_id, objective_id in conn.execute(
        select(dependency.c.issue_id, dependency.c.objective_id).where(*mine)
    ):
        found.setdefault(issue_id, set()).add(objective_id)
    return {issue_id: frozenset(those) for issue_id, those in found.items()}


def ids(conn: Connection, site: str) -> list[str]:
    """Ids of every objective and every plain parent of the site: whatever is computed."""
    return list(
        conn.execute(
            select(objective.c.id).where(objective.c.site == site).order_by(objective.c.id)
        ).scalars()
    )


def those_among(conn: Connection, site: str, issue_ids: Iterable[str]) -> frozenset[str]:
    """Which of these issues are objectives; plain parents are none."""
    mine = (listing.c.site == site, among(conn, listing.c.id, issue_ids))
    return frozenset(conn.execute(select(listing.c.id).where(*mine)).scalars())


def of_other_revisions(conn: Connection, site: str, revision: str) -> frozenset[str]:
    """Ids of those that were computed last under another revision of the mapping."""
    others = (objective.c.site == site, objective.c.mapping_revision != revision)
    return frozenset(conn.execute(select(objective.c.id).where(*others)).scalars())


def aligned_to(conn: Connection, site: str, objective_id: str) -> list[SavedObjective]:
    """The objectives that are aligned to this one."""
    rows = conn.execute(_ALIGNED, {"of_site": site, "of_objective": objective_id})
    return [saved_of_row(row) for row in rows]


def aligned_among(conn: Connection, site: str, targets: Iterable[str]) -> list[tuple[str, SavedObjective]]:
    """The objectives that are aligned to any of these, each with the one that it is aligned to."""
    asked = {"of_site": site, "given": bind_values(conn, targets)}
    rows = conn.execute(_aligned_among(conn.dialect.name), asked).all()
    found = {row.id: saved_of_row(row) for row in {row.id: row for row in rows}.values()}
    return [(row.target_id, found[row.id]) for row in rows]


def history(
    conn: Connection, site: str, objective_id: str, since: datetime | None = None
) -> list[HistoryPoint]:
    """Where it stood, oldest first; with `since` only points at or after it."""
    statement = select(points).where(points.c.site == site, points.c.objective_id == objective_id)
    if since is not None:
        statement = statement.where(points.c.at >= to_ms(since))
    return [point_of_row(row) for row in conn.execute(statement.order_by(points.c.at, points.c.id))]


_ONE = timedelta(milliseconds=1)
_MUTABLE = ("mapping_revision", "computed_at", "changed_at", "headline", "content")
# Statements of every reconcile are built once: building one takes SQLAlchemy longer than the database takes to answer it.
_LISTED = exists().where(listing.c.site == objective.c.site, listing.c.id == objective.c.id)
"""Whether it is an objective: plain parents stand in no list."""
_MINE = objective.c.site == bindparam("of_site")
_POINT = insert(points)
_BY_ID = select(objective).where(_MINE, objective.c.id == bindparam("of_objective"))
_ALIGNED = (
    select(objective)
    .where(
        _MINE,
        objective.c.id.in_(
            select(alignment.c.objective_id).where(
                alignment.c.site == bindparam("of_site"), alignment.c.target_id == bindparam("of_objective")
            )
        ),
    )
    .order_by(objective.c.id)
)


@cache
def _texts(dialect: str) -> Select[str, str]:
    mine = (_MINE, among_given(dialect, objective.c.id))
    of_it = objective.c.mapping_revision == bindparam("revision")
    return select(objective.c.id, objective.c.content).where(*mine, of_it)


@cache
def _confirming(dialect: str) -> Update:
    mine = (_MINE, among_given(dialect, objective.c.id))
    older = objective.c.computed_at < bindparam("instant")
    of_it = objective.c.mapping_revision == bindparam("revision")
    return update(objective).where(*mine, of_it, older).values(computed_at=bindparam("instant"))


@cache
def _aligned_among(dialect: str) -> Statement:
    below = and_(alignment.c.site == objective.c.site, alignment.c.objective_id == objective.c.id)
    return (
        select(alignment.c.target_id, objective)
        .join(objective, below)
        .where(_MINE, among_given(dialect, alignment.c.target_id))
        .order_by(alignment.c.target_id, objective.c.id)
    )


@cache
def _keeping(dialect: str) -> Insert:
    statement = upsert(dialect, objective)
    news = {name: statement.excluded[name] for name in _MUTABLE}
    return statement.on_conflict_do_update(index_elements=[objective.c.site, objective.c.id], set_=news)


@cache
def _depending(dialect: str) -> Select[str]:
    mine = (dependency.c.site == bindparam("site"), among_given(dialect, dependency.c.issue_id))
    # Without DISTINCT: for its sake SQLite would walk every dependency of the site.
    return select(dependency.c.objective_id).where(*mine)


def _standing(state: ObjectiveState) -> tuple[object, ...]:
    return (state.progress, state.delivery, state.outcome, state.health.level)


def concern(conn: Connection, site: str, objective_id: str, issue_ids: Iterable[str]) -> None:
    """What becomes of these issues concerns the objective too, whatever its stored state was computed from."""
    rows = [
        {"site": site, "issue_id": issue_id, "objective_id": objective_id} for issue_id in sorted(issue_ids)
    ]
    if rows:
        conn.execute(insert_into(conn, dependency).on_conflict_do_nothing(), rows)


def _keep_dependencies(conn: Connection, site: str, state: ObjectiveState, former: frozenset[str]) -> None:
    gone = sorted(former - state.touched)
    if gone:
        mine = (dependency.c.site == site, dependency.c.objective_id == state.id)
        conn.execute(delete(dependency).where(*mine, among(conn, dependency.c.issue_id, gone)))
    new = [
        {"site": site, "issue_id": issue_id, "objective_id": state.id}
        for issue_id in sorted(state.touched - former)
    ]
    if new:
        conn.execute(insert_into(conn, dependency).on_conflict_do_nothing(), new)


def _point(site: str, state: ObjectiveState, mapping_revision: str, now: datetime) -> dict[str, object]:
    return {
        "site": site,
        "objective_id": state.id,
        "at": to_ms(now),
        "progress": fraction_text(state.progress),
        "delivery": fraction_text(state.delivery),
        "outcome": fraction_text(state.outcome),
        "expected": fraction_text(state.expected),
        "health": state.health.level.value,
        "mapping_revision": mapping_revision,
    }


def saved_of_row(row: StoredRow, state: ObjectiveState | None = None) -> SavedObjective:
    """The state of a whole row of `objective`, for statements of other modules that select one; `state` where it is known already."""
    state = state or json_text.decode(row.content, ObjectiveState)
    return SavedObjective(state, row.mapping_revision, from_ms(row.computed_at), from_ms(row.changed_at))


def point_of_row(row: StoredRow) -> HistoryPoint:
    """The point of a whole row of `history`, likewise."""
    return HistoryPoint(
        at=from_ms(row.at),
        progress=fraction_of(row.progress),
        delivery=fraction_of(row.delivery),
        outcome=fraction_of(row.outcome),
        expected=fraction_of(row.expected),
        health=HealthLevel(row.health),
        mapping_revision=row.mapping_revision,
        backfilled=bool(row.backfilled),
    )
