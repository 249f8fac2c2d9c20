"""The ledger of writes to Jira: what was intended before the call, and what became of it. Writes nothing to Jira itself.

A row without an outcome is a write that was under way: the process may have died between the call and its answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, plain, scan_column
from connectors.store.schema import plan as plans
from connectors.store.schema import write as table
from connectors.store.writes import write_counts, written_values
from mappings.write_back.plan import Change, Plan

LONGEST_NOTE = 2_000
INTERRUPTED = "interrupted"
"""The cause of what is held because its process died before the answer came, and nobody can look whether it arrived."""


class WriteOutcome(StrEnum):
    """What became of one change; `held` waits for a person (a brake or a breaker), `confirmed` was found there after a crash.

    `released` was held until a person let it go, `lapsed` until nothing was to be written there any more: what is wanted then is planned anew.
    `dropped` was held until a person decided that Jira keeps what it has; only another value is written there.
    """

    WRITTEN = "written"
    REFUSED = "refused"
    FAILED = "failed"
    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    DROPPED = "dropped"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Write:
    """One field of one issue, intended at `at` for `cause` by a mapping revision. `outcome` is None while it is under way."""

    plan_id: int
    objective_id: str
    mapping_revision: str
    cause: str
    at: datetime
    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    before: object
    after: object
    reason: str
    outcome: WriteOutcome | None
    note: str
    settled_at: datetime | None


# As it stands and not as a parameter, for both databases see only then that the index of what waits will do.
_IS_HELD = table.c.outcome == literal_column(f"'{WriteOutcome.HELD.value}'")
_THERE = (WriteOutcome.WRITTEN.value, WriteOutcome.CONFIRMED.value)
_WRITES = select(table, plans.c.objective_id, plans.c.mapping_revision, plans.c.cause).join(
    plans, plans.c.id == table.c.plan_id
)
# Asked of every field that is to be written, so built once: that takes SQLAlchemy longer than the database takes to answer.
_AT_PLACE = and_(
    table.c.site == bindparam("site"),
    table.c.issue_id == bindparam("issue"),
    table.c.field_id == bindparam("field"),
)
_WRITTEN = and_(_AT_PLACE, table.c.outcome.in_(_THERE))
_SINCE = table.c.at >= bindparam("since")
_NEWEST_FIRST = (table.c.at.desc(), table.c.id.desc())
_LATEST = _WRITES.where(_AT_PLACE).order_by(*_NEWEST_FIRST).limit(1)
_LAST_WRITTEN = _WRITES.where(_WRITTEN).order_by(*_NEWEST_FIRST).limit(1)
_ON_RECORD = (
    _WRITES.where(_AT_PLACE, or_(table.c.outcome.is_(None), table.c.outcome.in_(_THERE)))
    .order_by(*_NEWEST_FIRST)
    .limit(1)
)
_TRIED = (
    _WRITES.where(_AT_PLACE, table.c.outcome.in_((*_THERE, WriteOutcome.FAILED.value)))
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("most"))
)
_LET_GO = select(func.max(table.c.settled_at)).where(
    _AT_PLACE, table.c.outcome == WriteOutcome.RELEASED.value
)
_WRITTEN_SINCE = _WRITES.where(_WRITTEN, _SINCE).order_by(table.c.at, table.c.id)
_LAST_BEFORE = _WRITES.where(_WRITTEN, table.c.at < bindparam("since")).order_by(*_NEWEST_FIRST).limit(1)


def _later(outcomes: Iterable[str] | None = None, *, otherwise: bool = False) -> ColumnElement[bool]:
    """Whether there is a later change of the same place, of these outcomes, or of any other."""
    later = table.alias("later")
    mine = [
        later.c.site == table.c.site,
        later.c.issue_id == table.c.issue_id,
        later.c.field_id == table.c.field_id,
        later.c.id > table.c.id,
    ]
    if outcomes is not None:
        among_these = later.c.outcome.in_(tuple(outcomes))
        mine.append(or_(later.c.outcome.is_(None), ~among_these) if otherwise else among_these)
    return select(later.c.id).where(*mine).correlate(table).exists()


_HELD_OF = (
    select(table.c.id, table.c.issue_id, table.c.field_id, plans.c.cause, _later(_THERE).label("overtaken"))
    .join(plans, plans.c.id == table.c.plan_id)
    .where(plans.c.site == bindparam("site"), _IS_HELD)
)
_HEADER = insert(plans).returning(plans.c.id)
_SETTLING = update(table).where(
    table.c.plan_id == bindparam("of_plan"),
    table.c.issue_id == bindparam("of_issue"),
    table.c.field_id == bindparam("of_field"),
)


def intend(conn: Connection, site: str, plan: Plan, mapping_revision: str, cause: str, now: datetime) -> int:
    """Note a plan before the first of its changes goes out; the id to settle them by."""
    header = {
        "site": site,
        "objective_id": plan.objective_id,
        "mapping_revision": mapping_revision,
        "cause": plain(cause, LONGEST_NOTE),
        "at": to_ms(now),
    }
    plan_id: int = conn.execute(_HEADER, header).scalar_one()
    if plan.changes:
        conn.execute(insert(table), [_row(plan_id, site, change, now) for change in plan.changes])
    return plan_id


def settle(
    conn: Connection, plan_id: int, issue_id: str, field_id: str, outcome: str, note: str, now: datetime
) -> None:
    """Say what became of one change: `written`, `refused`, `failed` or `held`, with the reason for people."""
    found = {
        "outcome": WriteOutcome(outcome).value,
        "note": plain(note, LONGEST_NOTE),
        "settled_at": to_ms(now),
    }
    place = {"of_plan": plan_id, "of_issue": issue_id, "of_field": field_id}
    if outcome != WriteOutcome.HELD:
        write_counts.add(conn, plan_id, issue_id, field_id, WriteOutcome(outcome).value)
    conn.execute(_SETTLING, {**found, **place})
    if found["outcome"] in _THERE:
        written_values.keep(conn, plan_id, issue_id, field_id)


def recent(conn: Connection, site: str, limit: int, objective_id: str | None = None) -> list[Write]:
    """The latest writes of the site, or of one objective, newest first."""
    mine = scan_column(conn, table.c.site) == site
    statement = _WRITES.where(mine).order_by(table.c.id.desc()).limit(limit)
    if objective_id is not None:
        statement = statement.where(plans.c.site == site, plans.c.objective_id == objective_id)
    return [_write(row) for row in conn.execute(statement)]


def park(conn: Connection, site: str, write: Write, note: str, now: datetime) -> None:
    """Nobody can look what became of this one, which was under way: it is held until somebody can, or a person decides.

    What stands there is not known then. The one that was under way has failed; what is held has the same value, and goes on waiting where it did before.
    """
    place = (write.issue_id, write.field_id)
    if write.cause == INTERRUPTED:
        settle(conn, write.plan_id, *place, WriteOutcome.HELD, note, now)
        return
    settle(
        conn,
        write.plan_id,
        *place,
        WriteOutcome.FAILED,
        "interrupted; nobody can look whether it arrived",
        now,
    )
    header = {
        "site": site,
        "objective_id": write.objective_id,
        "mapping_revision": write.mapping_revision,
        "cause": INTERRUPTED,
        "at": to_ms(now),
    }
    plan_id: int = conn.execute(_HEADER, header).scalar_one()
    same = ("site", "issue_id", "issue_key", "field_id", "field_name", "after", "reason", "stays", "until")
    news = {
        "plan_id": plan_id,
        "before": json_text.encode(None),
        "at": to_ms(now),
        "note": plain(note, LONGEST_NOTE),
        "outcome": WriteOutcome.HELD.value,
        "settled_at": to_ms(now),
    }
    mine = (table.c.plan_id == write.plan_id, table.c.issue_id == place[0], table.c.field_id == place[1])
    source = select(*(table.c[name] for name in same), *(literal(one) for one in news.values())).where(*mine)
    conn.execute(insert(table).from_select([*same, *news], source))


def load_parked(conn: Connection, site: str, objective_id: str | None = None) -> list[Write]:
    """What was interrupted and nobody could look up, of the site or of one objective; not where another value was written since."""
    mine = [_IS_HELD, plans.c.cause == INTERRUPTED, ~_later(_THERE)]
    if objective_id is None:
        mine.append(table.c.site == site)
    else:  # by the plans of the one: all that waits of a site may be much
        mine += [plans.c.site == site, plans.c.objective_id == objective_id]
    return [_write(row) for row in conn.execute(_WRITES.where(*mine).order_by(table.c.id))]


def reopen(conn: Connection, parked: Iterable[Write]) -> frozenset[str]:
    """These are looked up with the next reconcile, as if their process had died just now; the objectives that have to be."""
    found = set()
    for one in parked:
        mine = (table.c.plan_id == one.plan_id, table.c.issue_id == one.issue_id)
        waiting = update(table).where(*mine, table.c.field_id == one.field_id, _IS_HELD)
        conn.execute(waiting.values(outcome=None, settled_at=None))
        found.add(one.objective_id)
    return frozenset(found)


def load_unsettled(conn: Connection, site: str, objective_id: str) -> list[Write]:
    """What was under way for this objective when a process died: intended, and without an outcome."""
    mine = (plans.c.site == site, plans.c.objective_id == objective_id, table.c.outcome.is_(None))
    return [_write(row) for row in conn.execute(_WRITES.where(*mine).order_by(table.c.id))]


def open_objectives(conn: Connection, site: str) -> frozenset[str]:
    """For whom something was intended and has no outcome."""
    waiting = (table.c.site == site, table.c.outcome.is_(None))
    found = select(plans.c.objective_id).join(table, plans.c.id == table.c.plan_id).where(*waiting)
    return frozenset(conn.execute(found.distinct()).scalars())


def on_record(conn: Connection, site: str, issue_id: str, field_id: str) -> Write | None:
    """Our latest write of this field that Jira has as far as we know; one that is under way counts too."""
    row = conn.execute(_ON_RECORD, _place(site, issue_id, field_id)).first()
    return None if row is None else _write(row)


def written_to(conn: Connection, site: str, issue_ids: Iterable[str], since: datetime) -> frozenset[str]:
    """Which of these issues hold something that we wrote after this instant."""
    wanted = frozenset(issue_ids)
    if not wanted:
        return frozenset()
    ours = (
        table.c.site == site,
        among(conn, table.c.issue_id, wanted),
        table.c.outcome.in_(_THERE),
        table.c.settled_at > to_ms(since),
    )
    return frozenset(conn.execute(select(table.c.issue_id).where(*ours).distinct()).scalars())


def written_count(conn: Connection, site: str) -> int:
    """How many fields of issues hold something we wrote."""
    ours = (table.c.site == site, table.c.outcome.in_(_THERE))
    fields = select(table.c.issue_id, table.c.field_id).where(*ours).distinct().subquery()
    return conn.execute(select(func.count()).select_from(fields)).scalar_one()


def outcomes(conn: Connection, site: str) -> dict[str, int]:
    """How many fields ever came to which end; how many are held, or `open` (under way, or their process died), now."""
    waiting = or_(table.c.outcome.is_(None), _IS_HELD)
    now = conn.execute(
        select(table.c.outcome, func.count()).where(table.c.site == site, waiting).group_by(table.c.outcome)
    )
    return write_counts.totals(conn, site) | {outcome or "open": number for outcome, number in now}


def written_by_objective(conn: Connection, site: str) -> dict[str, int]:
    """How many fields were written for each objective, ever."""
    found = conn.execute(
        select(plans.c.objective_id, func.count().label("number"))
        .join(table, table.c.plan_id == plans.c.id)
        .where(table.c.site == site, table.c.outcome == WriteOutcome.WRITTEN.value)
        .group_by(plans.c.objective_id)
    )
    return {row.objective_id: row.number for row in found}


def last_write(conn: Connection, site: str, issue_id: str, field_id: str) -> Write | None:
    """Our last successful write of this field."""
    row = conn.execute(_LAST_WRITTEN, _place(site, issue_id, field_id)).first()
    return None if row is None else _write(row)


def load_tried(conn: Connection, site: str, issue_id: str, field_id: str, most: int) -> list[Write]:
    """Our latest writes of this field, newest first: those that were taken, and those that failed and may have arrived all the same."""
    return [_write(row) for row in conn.execute(_TRIED, {**_place(site, issue_id, field_id), "most": most})]


def written_since(conn: Connection, site: str, issue_id: str, field_id: str, since: datetime) -> list[Write]:
    """Our writes of this field since then that Jira took, oldest first, and before them the last one from before."""
    place = _place(site, issue_id, field_id)
    earlier = conn.execute(_LAST_BEFORE, {**place, "since": to_ms(since)}).first()
    later = conn.execute(_WRITTEN_SINCE, {**place, "since": to_ms(since)})
    return [_write(row) for row in (*((earlier,) if earlier is not None else ()), *later)]


def load_latest(conn: Connection, site: str, issue_id: str, field_id: str) -> Write | None:
    """The latest change of this field, whatever became of it."""
    row = conn.execute(_LATEST, _place(site, issue_id, field_id)).first()
    return None if row is None else _write(row)


def load_held(conn: Connection, site: str, objective_id: str | None = None) -> list[Write]:
    """Everything that is held on the site, or of one objective, the latest first; what was wanted otherwise since is not.

    That something else was tried there in vain, or was held and is not wanted any more, says nothing about what was interrupted.
    """
    in_vain = (WriteOutcome.REFUSED.value, WriteOutcome.FAILED.value, WriteOutcome.LAPSED.value)
    tried = and_(plans.c.cause == INTERRUPTED, ~_later(in_vain, otherwise=True))
    mine = [table.c.site == site, _IS_HELD, or_(~_later(), tried)]
    if objective_id is not None:
        mine += [plans.c.site == site, plans.c.objective_id == objective_id]
    return [_write(row) for row in conn.execute(_WRITES.where(*mine).order_by(table.c.id.desc()))]


def release(conn: Connection, site: str, now: datetime, objective_id: str | None = None) -> int:
    """Let go what is held on the site, or of one objective; how many changes."""
    return _end_holds(conn, site, WriteOutcome.RELEASED, now, objective_id)


def drop(conn: Connection, site: str, now: datetime, objective_id: str | None = None) -> int:
    """Leave in Jira what stands there instead of what is held; how many changes."""
    return _end_holds(conn, site, WriteOutcome.DROPPED, now, objective_id)


def lapse(
    conn: Connection, site: str, now: datetime, objective_id: str, wanted: Iterable[tuple[str, str]]
) -> None:
    """What is held of an objective and not to be written any more (`wanted`: issue ids and field ids) waits for nobody.

    Of what was interrupted nobody knows whether it has to be undone: it waits until something else is written there.
    """
    places = frozenset(wanted)
    held = _HELD_OF.where(plans.c.objective_id == objective_id)
    for row in conn.execute(held, {"site": site}).all():
        if row.overtaken if row.cause == INTERRUPTED else (row.issue_id, row.field_id) not in places:
            values = {"outcome": WriteOutcome.LAPSED.value, "settled_at": to_ms(now)}
            conn.execute(update(table).where(table.c.id == row.id).values(values))


def _end_holds(
    conn: Connection, site: str, outcome: WriteOutcome, now: datetime, objective_id: str | None
) -> int:
    mine = and_(table.c.site == site, _IS_HELD)
    if objective_id is not None:
        of_it = select(plans.c.id).where(plans.c.site == site, plans.c.objective_id == objective_id)
        mine = and_(mine, table.c.plan_id.in_(of_it))
    values = {"outcome": outcome.value, "settled_at": to_ms(now)}
    return conn.execute(update(table).where(mine).values(values)).rowcount


def released_at(conn: Connection, site: str, issue_id: str, field_id: str) -> datetime | None:
    """When a person last let this field go."""
    return maybe_from_ms(conn.execute(_LET_GO, _place(site, issue_id, field_id)).scalar())


def _place(site: str, issue_id: str, field_id: str) -> dict[str, object]:
    return {"site": site, "issue": issue_id, "field": field_id}


def _row(plan_id: int, site: str, change: Change, now: datetime) -> dict[str, object]:
    return {
        "plan_id": plan_id,
        "site": site,
        "issue_id": change.issue_id,
        "issue_key": change.issue_key,
        "field_id": change.field_id,
        "field_name": plain(change.field_name, LONGEST_NOTE),
        "before": json_text.encode(change.before),
        "after": json_text.encode(change.after),
        "reason": plain(change.reason, LONGEST_NOTE),
        "at": to_ms(now),
        "note": "",
        "stays": int(change.stays),
        "until": None if change.until is None else change.until.isoformat(),
    }


def _write(row: StoredRow) -> Write:
    return Write(
        plan_id=row.plan_id,
        objective_id=row.objective_id,
        mapping_revision=row.mapping_revision,
        cause=row.cause,
        at=from_ms(row.at),
        issue_id=row.issue_id,
        issue_key=row.issue_key,
        field_id=row.field_id,
        field_name=row.field_name,
        before=json_text.decode(row.before, object),
        after=json_text.decode(row.after, object),
        reason=row.reason,
        outcome=None if row.outcome is None else WriteOutcome(row.outcome),
        note=row.note,
        settled_at=maybe_from_ms(row.settled_at),
    )
