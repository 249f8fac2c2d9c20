"""Which objectives were carried from a closed cycle into another, and how far that has come in Jira. One row an objective and cycle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, or_, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into
from connectors.store.schema import carry as table
from mappings.rollup.cycles.carry import Carries
from mappings.rollup.cycles.carry_copy import carried_as
from mappings.rollup.cycles.carry_plan import CarryPlan


class CarryState(StrEnum):
    """`open`: what it sets in Jira is still to be set. `done`: it stands. `refused`: Jira said no, and the note says why.

    `undoing`: it is being taken back; `deleting`: and its copies are deleted in Jira. `undone`: it was, and the note says what is left for a person.
    """

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    UNDOING = "undoing"
    DELETING = "deleting"
    UNDONE = "undone"


UNDER_WAY = (CarryState.OPEN, CarryState.UNDOING, CarryState.DELETING)
"""What workers still have to tell Jira of."""
FALLEN = (CarryState.REFUSED, CarryState.UNDONE)
"""What does not stand."""


@dataclass(frozen=True, slots=True)
class MadeCopy:
    """The copy of an issue: since when Jira is asked for it without an answer (`tried`), or its id and key."""

    source_id: str
    tried: datetime | None = None
    id: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class KeptCarry:
    """An objective that was carried: by whom, when, what that comes to, how far it is, and which copies stand or were asked for."""

    plan: CarryPlan
    at: datetime
    by: str
    state: CarryState
    note: str = ""
    made: tuple[MadeCopy, ...] = ()

    @property
    def copies(self) -> dict[str, str]:
        """The ids of the copies that it goes on as, by what they are copies of."""
        if not self.plan.copies:
            return {}
        return {one.source_id: one.id for one in self.made if one.id}

    @property
    def copy_key(self) -> str:
        """The key of the issue that the objective goes on as; empty where it goes on as itself, or is not made yet."""
        if not self.plan.copies:
            return ""
        return next((one.key for one in self.made if one.source_id == self.plan.objective_id), "")

    @property
    def orphans(self) -> tuple[str, ...]:
        """The keys of copies that stand in Jira though the objective goes on as itself: they were made before Jira refused the rest."""
        return () if self.plan.copies else tuple(one.key for one in self.made if one.id)


def add(conn: Connection, site: str, plan: CarryPlan, by: str, now: datetime) -> bool:
    """Keep that it is to be carried. False where it was carried into that cycle before: then nothing changes, unless Jira had refused it or it was taken back.

    Copies that stand are kept; those that Jira was asked for without an answer may be asked for anew: a person says so.
    """
    statement = insert_into(conn, table)
    row = {
        "site": site,
        "objective_id": plan.objective_id,
        "cycle_id": plan.into,
        "from_cycle": plan.from_cycle,
        "at": to_ms(now),
        "by": by,
        "state": CarryState.OPEN.value,
        "note": "",
        "content": json_text.encode(plan),
    }
    news = {name: statement.excluded[name] for name in ("from_cycle", "at", "by", "state", "note", "content")}
    key = [table.c.site, table.c.objective_id, table.c.cycle_id]
    refused = table.c.state.in_(_words(FALLEN))
    done = conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news, where=refused), row)
    if done.rowcount == 0:
        return False
    for kept in load_waiting(conn, site, plan.objective_id):
        if kept.plan.into == plan.into and kept.made:
            note_copies(conn, site, plan, (one for one in kept.made if one.id))
    return True


def undo(conn: Connection, site: str, plan: CarryPlan, *, delete_copies: bool) -> None:
    """Keep that it is to be taken back."""
    settle(conn, site, plan, CarryState.DELETING if delete_copies else CarryState.UNDOING)


def undone(conn: Connection, site: str, plan: CarryPlan, note: str) -> None:
    """Keep that it was taken back. Copies that were left in Jira are none of it any more; carried forward again they are found by their labels."""
    settle(conn, site, plan, CarryState.UNDONE, note)
    conn.execute(update(table).where(*_mine(site, plan)).values(made=None, copy_id=None))


def note_copies(conn: Connection, site: str, plan: CarryPlan, made: Iterable[MadeCopy]) -> None:
    """Keep which copies stand, and which Jira is asked for now."""
    kept = tuple(made)
    copy_id = next((one.id for one in kept if one.source_id == plan.objective_id and one.id), None)
    copy_id = copy_id if plan.copies else None
    conn.execute(update(table).where(*_mine(site, plan)).values(made=json_text.encode(kept), copy_id=copy_id))


def load_waiting(conn: Connection, site: str, objective_id: str) -> list[KeptCarry]:
    """What is still to be set in Jira for an objective, the oldest first."""
    mine = (
        table.c.site == site,
        table.c.objective_id == objective_id,
        table.c.state.in_(_words(UNDER_WAY)),
    )
    return [_kept(row) for row in conn.execute(select(table).where(*mine).order_by(table.c.at))]


def settle(conn: Connection, site: str, plan: CarryPlan, state: CarryState, note: str = "") -> None:
    """How it ended, and what is known of it by now."""
    news = {"state": state.value, "note": note, "content": json_text.encode(plan)}
    conn.execute(update(table).where(*_mine(site, plan)).values(news))


def _mine(site: str, plan: CarryPlan) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.site == site,
        table.c.objective_id == plan.objective_id,
        table.c.cycle_id == plan.into,
    )


def _words(states: Iterable[CarryState]) -> list[str]:
    return [one.value for one in states]


def of_cycle(conn: Connection, site: str, from_cycle: str) -> dict[str, KeptCarry]:
    """What was carried out of a cycle, by objective; of several the latest."""
    mine = (table.c.site == site, table.c.from_cycle == from_cycle)
    rows = conn.execute(select(table).where(*mine).order_by(table.c.at))
    return {row.objective_id: _kept(row) for row in rows}


def load_standing(conn: Connection, site: str, ids: Iterable[str] | None = None) -> Carries:
    """What these objectives (all, where none are named) brought along, by objective and cycle; a copy stands for what it continues."""
    mine = [table.c.site == site, table.c.state.not_in(_words(FALLEN))]
    if ids is not None:
        asked = list(ids)
        mine.append(or_(among(conn, table.c.objective_id, asked), among(conn, table.c.copy_id, asked)))
    rows = (_kept(row) for row in conn.execute(select(table).where(*mine)))
    brought, stayed = {}, dict[str, str]()
    for one in sorted(rows, key=lambda one: one.at, reverse=True):
        found = carried_as(one.plan, one.copies) if one.plan.copies else one.plan.carried
        if found is not None:
            brought[found.objective_id, found.cycle_id] = found
        if one.plan.copies and found is not None:
            stayed[one.plan.objective_id] = one.plan.from_cycle
    return Carries(brought, stayed)


def load_copies(conn: Connection, site: str) -> dict[str, MadeCopy]:
    """The copies that stand, by the issue that each continues."""
    mine = (table.c.site == site, table.c.made.is_not(None), table.c.state.not_in(_words(FALLEN)))
    rows = [_kept(row) for row in conn.execute(select(table).where(*mine))]
    return {one.source_id: one for kept in rows if kept.plan.copies for one in kept.made if one.id}


def load_beginnings(
    conn: Connection, site: str, ids: Iterable[str]
) -> dict[tuple[str, str | None], datetime]:
    """Since when these objectives are in the cycles that they were carried into, by objective and cycle."""
    mine = (
        table.c.site == site,
        table.c.state.not_in(_words(FALLEN)),
        among(conn, table.c.objective_id, list(ids)),
    )
    rows = conn.execute(select(table.c.objective_id, table.c.cycle_id, table.c.at).where(*mine))
    return {(row.objective_id, row.cycle_id): from_ms(row.at) for row in rows}


def times(conn: Connection, site: str, ids: Iterable[str]) -> dict[str, int]:
    """How often each of these objectives was carried, what it is a copy of included; one that never was is left out."""
    asked = sorted(set(ids))
    stands = (table.c.site == site, table.c.state.not_in(_words(FALLEN)))
    counted = (
        select(table.c.objective_id, func.count())
        .where(*stands, among(conn, table.c.objective_id, asked))
        .group_by(table.c.objective_id)
    )
    often: dict[str, int] = {row[0]: row[1] for row in conn.execute(counted)}
    copied = select(table.c.copy_id, table.c.objective_id).where(*stands, among(conn, table.c.copy_id, asked))
    former: dict[str, str] = {row[0]: row[1] for row in conn.execute(copied)}
    if former:
        before = times(conn, site, former.values())
        for copy_id, source_id in former.items():
            often[copy_id] = often.get(copy_id, 0) + before.get(source_id, 0)
    return often


def _kept(row: StoredRow) -> KeptCarry:
    plan = json_text.decode(row.content, CarryPlan)
    return KeptCarry(
        plan=plan,
        at=from_ms(row.at),
        by=row.by,
        state=CarryState(row.state),
        note=row.note,
        made=json_text.decode(row.made, tuple[MadeCopy, ...]) if row.made else (),
    )
