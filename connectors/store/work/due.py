"""Which objectives are due: one row each, however many events made it so. A fact of the domain, not a queue (see the ADR).

A claim is a lease; what is finished is deleted only if no event came meanwhile (the generation) and the lease is still ours,
so a worker that died, slept or lost its lease can neither lose work nor undo another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert

from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, among_given, bind_values, insert_into, plain
from connectors.store.schema import alignment
from connectors.store.schema import due as table

LONGEST_TEXT = 2_000
BULK_SHARE = 4
"""One of so many that are claimed is left to what is due in bulk, however much people do meanwhile."""
MARKED_AT_ONCE = 500
"""A resync marks every objective of a site: their rows must not stand in memory together."""
FEW = 20
"""So many due objectives below one are measured along with it; while more are due, it waits for them."""
LONGEST_WAIT = timedelta(minutes=1)
"""So long at most, from its first unserved event: it is never starved by a storm below it, nor by a circle."""
A_MOMENT = timedelta(seconds=30)
"""So long a failed attempt may be an objective's own matter, before it is told."""
_FREE: dict[str, object] = {"worker": None, "lease_until": None, "claimed": None}
_ONE_FEWER = case((table.c.attempts > 0, table.c.attempts - 1), else_=0)
"""An event that came meanwhile has set the count to 0 already."""


@dataclass(frozen=True, slots=True)
class DueObjective:
    """One claimed objective. `since` is its first unserved event, `attempts` counts claims since the last event, this one included.

    `bulk`: nobody did anything to it; a resync, a new day or another mapping asks for all.
    """

    site: str
    objective_id: str
    generation: int
    reason: str
    since: datetime
    run_after: datetime
    attempts: int
    worker: str
    lease_until: datetime
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An objective whose reconcile failed for good and waits for a person, or for the next event."""

    site: str
    objective_id: str
    reason: str
    since: datetime
    attempts: int
    error: str
    remedy: str
    buried_at: datetime


def mark(
    conn: Connection,
    site: str,
    objective_ids: Iterable[str],
    now: datetime,
    reason: str,
    run_after: datetime | None = None,
    *,
    ceiling: timedelta | None = None,
    bulk: bool = False,
) -> None:
    """These objectives are due, at once or from `run_after` on. Attempts start anew, a dead letter comes back to life.

    A row that waits already keeps the earlier of both times, so that a storm cannot put it off for ever; with a `ceiling` each
    event puts it off to its own `run_after`, but never further than `ceiling` after the first event. What is marked in `bulk`
    stands behind what is not, which a row that waits already keeps too.
    """
    ids = sorted(objective_ids if isinstance(objective_ids, Set) else set(objective_ids))
    if not ids:
        return
    start = to_ms(run_after or now)
    row = {
        "site": site,
        "generation": 1,
        "reason": plain(reason, LONGEST_TEXT),
        "since": to_ms(now),
        "run_after": start,
        "attempts": 0,
        "bulk": int(bulk),
    }
    marking = _marking(conn, to_ms(now), start, ceiling)
    for first in range(0, len(ids), MARKED_AT_ONCE):
        chunk = ids[first : first + MARKED_AT_ONCE]
        conn.execute(marking, [{**row, "objective_id": objective_id} for objective_id in chunk])


def hold(conn: Connection, site: str, objective_ids: Iterable[str]) -> None:
    """Lock the rows of these objectives in the order in which `mark` takes them, so that two writers never wait for each other in a circle."""
    mine = (table.c.site == site, among(conn, table.c.objective_id, objective_ids))
    conn.execute(select(table.c.objective_id).where(*mine).order_by(table.c.objective_id).with_for_update())


def claim(
    conn: Connection,
    worker: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    site: str | None = None,
    objective_id: str | None = None,
) -> list[DueObjective]:
    """Take up to `limit` objectives (or the one named) that are due and that nobody holds, the longest waiting first.

    What people did comes before what is due in bulk, which has a share of each claim all the same (`BULK_SHARE`). What is taken together comes in the order in which it is best served: those below before those above. An objective waits for
    what is due below it where that is much, but not for ever.

    Call it within `write`.

    On PostgreSQL rows that another worker is taking are passed over, not waited for.
    """
    at = to_ms(now)
    waiting = (
        select(table)
        .where(table.c.bulk.in_((0, 1)), table.c.run_after <= at)  # both by the index, in its order
        .where(table.c.buried_at.is_(None), _free_at(at), _may_go(at))
        .order_by(table.c.bulk, table.c.run_after, table.c.since, table.c.objective_id)
        .with_for_update(skip_locked=True)
    )
    if objective_id is not None:
        waiting = waiting.where(table.c.objective_id == objective_id)
    waiting = _of_site(waiting, site)
    found = conn.execute(waiting.limit(limit)).all()
    share = limit // BULK_SHARE
    if share and len(found) == limit and not found[-share].bulk:
        behind = conn.execute(waiting.where(table.c.bulk == 1).limit(share)).all()
        found = [*found[: limit - len(behind)], *behind]
    until = to_ms(now + lease)
    if found:
        conn.execute(_CLAIMING, [_claim_row(row, worker, until) for row in found])
    claims = [_claimed(row, worker, until) for row in found]
    return _those_below_first(conn, claims) if len(claims) > 1 else claims


def among_due(conn: Connection, site: str, objective_ids: Iterable[str]) -> frozenset[str]:
    """Which of these objectives are due, now or later, held, or dead letters: what is stored of them may be out of date."""
    asked = {"site": site, "given": bind_values(conn, objective_ids)}
    return frozenset(conn.execute(_among_due(conn.dialect.name), asked).scalars())


def list_untouched(conn: Connection, site: str, objective_ids: Iterable[str]) -> dict[str, int]:
    """Of these objectives those that are due, that nobody holds and whose last attempt did not fail, with the generation of each."""
    asked = {"site": site, "given": bind_values(conn, objective_ids)}
    return {row.objective_id: row.generation for row in conn.execute(_untouched(conn.dialect.name), asked)}


def serve(conn: Connection, site: str, generations: Mapping[str, int]) -> None:
    """What made these due up to that generation is served, though nobody had claimed them. Where an event came meanwhile, or
    somebody claimed one, its row stays.
    """
    rows = [
        {"of_site": site, "of_objective": id_, "of_generation": generation}
        for id_, generation in sorted(generations.items())
    ]
    if rows:
        conn.execute(_SERVING, rows)


def ids(conn: Connection, site: str) -> frozenset[str]:
    """All objectives of the site that are due, now or later, held, or dead letters."""
    return frozenset(conn.execute(select(table.c.objective_id).where(table.c.site == site)).scalars())


def unserved_since(conn: Connection, site: str, at: datetime) -> frozenset[str]:
    """The objectives with an event from then or before that nobody has served."""
    mine = (table.c.site == site, table.c.since <= to_ms(at))
    return frozenset(conn.execute(select(table.c.objective_id).where(*mine)).scalars())


def renew(conn: Connection, due: DueObjective, now: datetime, lease: timedelta) -> DueObjective | None:
    """Hold it longer; None where the lease is no longer ours and the work must be dropped."""
    until = to_ms(now + lease)
    renewed = conn.execute(_RENEWING, {**_claim_of(due), "new_lease": until}).rowcount == 1
    if not renewed:
        return None
    return replace(due, lease_until=from_ms(until))


def finish(conn: Connection, due: DueObjective) -> bool:
    """Its events are served: the row goes. False where an event came meanwhile (it is due again) or the lease was lost."""
    gone = conn.execute(_FINISHING, _claim_of(due)).rowcount == 1
    if not gone:
        conn.execute(_FREEING, _claim_of(due))
    return gone


def postpone(
    conn: Connection, due: DueObjective, until: datetime, error: str, *, counted: bool = True
) -> bool:
    """Try it again from `until` on. False where an event came meanwhile: then that event decides when.

    Not `counted`: the attempt failed for a reason that lies elsewhere, and is none.
    """
    later: dict[str, object] = {**_FREE, "run_after": to_ms(until), "error": plain(error, LONGEST_TEXT)}
    if not counted:
        later["attempts"] = _ONE_FEWER
    return _unless_marked(conn, due, later)


def bury(conn: Connection, due: DueObjective, error: str, remedy: str, now: datetime) -> bool:
    """Make it a dead letter. False where an event came meanwhile: then it is tried again."""
    dead = {
        **_FREE,
        "error": plain(error, LONGEST_TEXT),
        "remedy": plain(remedy, LONGEST_TEXT),
        "buried_at": to_ms(now),
    }
    return _unless_marked(conn, due, dead)


def release(conn: Connection, worker: str, *, begun: bool = True) -> int:
    """Give back everything this worker holds, when it stops; how many. Without it the leases run out by themselves.

    Not `begun`: it did nothing with them yet, so no attempt is counted.
    """
    free = _FREE if begun else {**_FREE, "attempts": _ONE_FEWER}
    return conn.execute(update(table).where(table.c.worker == worker).values(free)).rowcount


def holders(conn: Connection) -> set[str]:
    """The names of all workers that hold something."""
    return set(conn.execute(select(table.c.worker).where(table.c.worker.is_not(None)).distinct()).scalars())


def dead(conn: Connection, site: str | None = None) -> list[DeadLetter]:
    """All dead letters, the latest first."""
    statement = select(table).where(table.c.buried_at.is_not(None)).order_by(table.c.buried_at.desc())
    return [_dead_letter(row) for row in conn.execute(_of_site(statement, site))]


def list_failing(conn: Connection, site: str, now: datetime) -> list[tuple[str, str]]:
    """Objectives whose last attempt failed and that wait for another, with the error, the longest waiting first. What is tried again
    in a moment, and has been for a moment only, is left out.
    """
    soon, lately = to_ms(now + A_MOMENT), to_ms(now - A_MOMENT)
    mine = (table.c.site == site, table.c.error.is_not(None), table.c.buried_at.is_(None))
    lasts = or_(table.c.run_after > soon, table.c.since < lately)
    found = select(table.c.objective_id, table.c.error).where(*mine, lasts)
    return [
        (row.objective_id, row.error)
        for row in conn.execute(found.order_by(table.c.since, table.c.objective_id))
    ]


def retry(conn: Connection, site: str, objective_id: str, now: datetime) -> bool:
    """Make a dead letter due; False where there is none."""
    alive = {
        "buried_at": None,
        "remedy": None,
        "attempts": 0,
        "bulk": 0,
        "run_after": to_ms(now),
        "generation": table.c.generation + 1,
    }
    return conn.execute(update(table).where(_letter(site, objective_id)).values(alive)).rowcount == 1


def discard(conn: Connection, site: str, objective_id: str) -> bool:
    """Forget a dead letter; False where there is none. The next delivery or resync makes the objective due again."""
    return conn.execute(delete(table).where(_letter(site, objective_id))).rowcount == 1


def pending_count(conn: Connection, site: str | None = None) -> int:
    """How many objectives are due now or later, held or not."""
    statement = select(func.count()).select_from(table).where(table.c.buried_at.is_(None))
    return int(conn.execute(_of_site(statement, site)).scalar_one())


def last_error(conn: Connection, site: str, objective_id: str) -> str:
    """What kept this objective from being reconciled last; empty where nothing did."""
    mine = (table.c.site == site, table.c.objective_id == objective_id)
    return conn.execute(select(table.c.error).where(*mine)).scalar() or ""


def waiting_since(conn: Connection, site: str) -> datetime | None:
    """The earliest unserved event of all objectives that are due; None where none is."""
    waiting = (table.c.site == site, table.c.buried_at.is_(None))
    return maybe_from_ms(conn.execute(select(func.min(table.c.since)).where(*waiting)).scalar())


def next_run(conn: Connection, site: str | None = None) -> datetime | None:
    """When the next objective can be claimed (a held one: when its lease ends); None where none is due."""
    return maybe_from_ms(conn.execute(_of_site(soonest_run(), site)).scalar())


def soonest_run() -> Select[int | None]:
    """The same as a statement over all sites, in epoch milliseconds."""
    held = and_(table.c.lease_until.is_not(None), table.c.lease_until > table.c.run_after)
    start = case((held, table.c.lease_until), else_=table.c.run_after)
    return select(func.min(start)).where(table.c.buried_at.is_(None))


def next_due(conn: Connection, site: str | None = None) -> datetime | None:
    """From when on the next objective is due, whether somebody holds it already or not; None where none is."""
    soonest = select(func.min(table.c.run_after)).where(table.c.buried_at.is_(None))
    return maybe_from_ms(conn.execute(_of_site(soonest, site)).scalar())


_OURS = and_(
    table.c.site == bindparam("of_site"),
    table.c.objective_id == bindparam("of_objective"),
    table.c.worker == bindparam("of_worker"),
    table.c.lease_until == bindparam("of_lease"),
    table.c.claimed == bindparam("of_generation"),
)
"""The very claim: by the generation alone a sleeper could finish a row that was deleted and marked again since."""
_UNMARKED = table.c.generation == bindparam("of_generation")
_RENEWING = update(table).where(_OURS).values(lease_until=bindparam("new_lease"))
_FINISHING = delete(table).where(_OURS, _UNMARKED)
_FREEING = update(table).where(_OURS).values(_FREE)
_SERVING = delete(table).where(
    table.c.site == bindparam("of_site"),
    table.c.objective_id == bindparam("of_objective"),
    table.c.worker.is_(None),
    _UNMARKED,
)
_CLAIMING = (
    update(table)
    .where(table.c.site == bindparam("of_site"), table.c.objective_id == bindparam("of_objective"))
    .values(
        worker=bindparam("new_worker"),
        lease_until=bindparam("new_lease"),
        claimed=table.c.generation,
        attempts=table.c.attempts + 1,
    )
)


def _claim_row(row: StoredRow, worker: str, until: int) -> dict[str, object]:
    return {"of_site": row.site, "of_objective": row.objective_id, "new_worker": worker, "new_lease": until}


def _marking(conn: Connection, now: int, start: int, ceiling: timedelta | None) -> Insert:
    """The upsert: what an event changes on a row that is there."""
    held = and_(table.c.lease_until.is_not(None), table.c.lease_until > now)
    being_served = and_(held, table.c.claimed.is_not(None), table.c.claimed == table.c.generation)
    fresh = or_(table.c.buried_at.is_not(None), being_served)
    since = case((fresh, now), else_=table.c.since)
    statement = insert_into(conn, table)
    return statement.on_conflict_do_update(
        index_elements=[table.c.site, table.c.objective_id],
        set_={
            "generation": table.c.generation + 1,
            "reason": statement.excluded.reason,
            "since": since,
            "run_after": _run_after(fresh, since, start, ceiling),
            "attempts": 0,
            "bulk": case(
                (or_(fresh, statement.excluded.bulk == 0), statement.excluded.bulk), else_=table.c.bulk
            ),
            "error": None,
            "remedy": None,
            "buried_at": None,
        },
    )


def _run_after(
    fresh: ColumnElement[bool], since: ColumnElement[int], start: int, ceiling: timedelta | None
) -> ColumnElement[int]:
    if ceiling is not None:
        latest = since + ceiling // timedelta(milliseconds=1)
        return case((latest < start, latest), else_=start)
    sooner = and_(~fresh, table.c.run_after < start)
    return case((sooner, table.c.run_after), else_=start)


def _may_go(now: int) -> ColumnElement[bool]:
    """Whether few are due below it, as far as is known, or it waited long enough. What is due later is not waited for."""
    below = table.alias("below")
    link = and_(below.c.site == alignment.c.site, below.c.objective_id == alignment.c.objective_id)
    waiting = (
        select(func.count())
        .select_from(alignment.join(below, link))
        .where(alignment.c.site == table.c.site, alignment.c.target_id == table.c.objective_id)
        .where(below.c.buried_at.is_(None), below.c.run_after <= now)
        .correlate(table)
        .scalar_subquery()
    )
    return or_(table.c.since <= now - LONGEST_WAIT // timedelta(milliseconds=1), waiting <= FEW)


def _those_below_first(conn: Connection, claims: Sequence[DueObjective]) -> list[DueObjective]:
    """Each after those of the claims that are aligned to it; members of a circle in the order in which they came."""
    ours = {(one.site, one.objective_id): one for one in claims}
    named = [one.objective_id for one in claims]
    pairs = select(alignment.c.site, alignment.c.target_id, alignment.c.objective_id).where(
        alignment.c.site.in_({one.site for one in claims}),
        among(conn, alignment.c.target_id, named),
        among(conn, alignment.c.objective_id, named),
    )
    below: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for site, target, objective_id in conn.execute(pairs):
        below.setdefault((site, target), []).append((site, objective_id))
    ordered: dict[tuple[str, str], None] = {}
    for start in ours:
        way, seen = [start], {start}
        while way:
            further = next(
                (one for one in below.get(way[-1], ()) if one not in ordered and one not in seen), None
            )
            if further is None:
                ordered.setdefault(way.pop())
            else:
                seen.add(further)
                way.append(further)
    return [ours[place] for place in ordered if place in ours]


def _free_at(now: int) -> ColumnElement[bool]:
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= now)


def _claim_of(due: DueObjective) -> dict[str, object]:
    return {
        "of_site": due.site,
        "of_objective": due.objective_id,
        "of_worker": due.worker,
        "of_lease": to_ms(due.lease_until),
        "of_generation": due.generation,
    }


def _unless_marked(conn: Connection, due: DueObjective, values: Mapping[str, object]) -> bool:
    same = update(table).where(_OURS, _UNMARKED).values(values)
    done = conn.execute(same, _claim_of(due)).rowcount == 1
    if not done:
        conn.execute(_FREEING, _claim_of(due))
    return done


def _letter(site: str, objective_id: str) -> ColumnElement[bool]:
    return and_(table.c.site == site, table.c.objective_id == objective_id, table.c.buried_at.is_not(None))


Chosen = TypeVar("Chosen", bound=Select[Any])


def _of_site(statement: Chosen, site: str | None) -> Chosen:
    return statement if site is None else statement.where(table.c.site == site)


def _claimed(row: StoredRow, worker: str, until: int) -> DueObjective:
    return DueObjective(
        site=row.site,
        objective_id=row.objective_id,
        generation=row.generation,
        reason=row.reason,
        since=from_ms(row.since),
        run_after=from_ms(row.run_after),
        attempts=row.attempts + 1,
        worker=worker,
        lease_until=from_ms(until),
        bulk=bool(row.bulk),
    )


def _dead_letter(row: StoredRow) -> DeadLetter:
    return DeadLetter(
        site=row.site,
        objective_id=row.objective_id,
        reason=row.reason,
        since=from_ms(row.since),
        attempts=row.attempts,
        error=row.error or "",
        remedy=row.remedy or "",
        buried_at=from_ms(row.buried_at),
    )


@cache
def _among_due(dialect: str) -> Select[str]:
    mine = (table.c.site == bindparam("site"), among_given(dialect, table.c.objective_id))
    return select(table.c.objective_id).where(*mine)


@cache
def _untouched(dialect: str) -> Select[str, int]:
    mine = (table.c.site == bindparam("site"), among_given(dialect, table.c.objective_id))
    alive = (table.c.worker.is_(None), table.c.error.is_(None), table.c.buried_at.is_(None))
    return select(table.c.objective_id, table.c.generation).where(*mine, *alive)
