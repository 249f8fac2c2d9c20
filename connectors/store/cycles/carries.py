"""Which objectives were carried from a closed cycle into another, and how far that has come in Jira. One row an objective and cycle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into
from connectors.store.schema import carry as table
from mappings.rollup.cycles.carry import Carries
from mappings.rollup.cycles.carry_plan import CarryPlan


class CarryState(StrEnum):
    """`open`: what it sets in Jira is still to be set. `done`: it stands. `refused`: Jira said no, and the note says why."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class KeptCarry:
    """An objective that was carried: by whom, when, what that comes to, and how far it is."""

    plan: CarryPlan
    at: datetime
    by: str
    state: CarryState
    note: str = ""


def add(conn: Connection, site: str, plan: CarryPlan, by: str, now: datetime) -> bool:
    """Keep that it is to be carried. False where it was carried into that cycle before: then nothing changes, unless Jira had refused it."""
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
    refused = table.c.state == CarryState.REFUSED.value
    done = conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news, where=refused), row)
    return done.rowcount > 0


def waiting(conn: Connection, site: str, objective_id: str) -> list[KeptCarry]:
    """What is still to be set in Jira for an objective, the oldest first."""
    mine = (
        table.c.site == site,
        table.c.objective_id == objective_id,
        table.c.state == CarryState.OPEN.value,
    )
    return [_kept(row) for row in conn.execute(select(table).where(*mine).order_by(table.c.at))]


def settle(conn: Connection, site: str, plan: CarryPlan, state: CarryState, note: str = "") -> None:
    """How it ended."""
    mine = (
        table.c.site == site,
        table.c.objective_id == plan.objective_id,
        table.c.cycle_id == plan.into,
    )
    conn.execute(update(table).where(*mine).values(state=state.value, note=note))


def of_cycle(conn: Connection, site: str, from_cycle: str) -> dict[str, KeptCarry]:
    """What was carried out of a cycle, by objective; of several the latest."""
    mine = (table.c.site == site, table.c.from_cycle == from_cycle)
    rows = conn.execute(select(table).where(*mine).order_by(table.c.at))
    return {row.objective_id: _kept(row) for row in rows}


def standing(conn: Connection, site: str, ids: Iterable[str] | None = None) -> Carries:
    """What these objectives (all, where none are named) brought along, by objective and cycle."""
    mine = [table.c.site == site, table.c.state != CarryState.REFUSED.value]
    if ids is not None:
        mine.append(among(conn, table.c.objective_id, list(ids)))
    found = (_kept(row).plan.carried for row in conn.execute(select(table).where(*mine)))
    return {(one.objective_id, one.cycle_id): one for one in found}


def begun(conn: Connection, site: str, ids: Iterable[str]) -> dict[tuple[str, str | None], datetime]:
    """Since when these objectives are in the cycles that they were carried into, by objective and cycle."""
    mine = (
        table.c.site == site,
        table.c.state != CarryState.REFUSED.value,
        among(conn, table.c.objective_id, list(ids)),
    )
    rows = conn.execute(select(table.c.objective_id, table.c.cycle_id, table.c.at).where(*mine))
    return {(row.objective_id, row.cycle_id): from_ms(row.at) for row in rows}


def times(conn: Connection, site: str, ids: Iterable[str]) -> dict[str, int]:
    """How often each of these objectives was carried; one that never was is left out."""
    mine = (
        table.c.site == site,
        table.c.state != CarryState.REFUSED.value,
        among(conn, table.c.objective_id, list(ids)),
    )
    statement = select(table.c.objective_id, func.count()).where(*mine).group_by(table.c.objective_id)
    return {row[0]: row[1] for row in conn.execute(statement)}


def _kept(row: StoredRow) -> KeptCarry:
    plan = json_text.decode(row.content, CarryPlan)
    return KeptCarry(plan=plan, at=from_ms(row.at), by=row.by, state=CarryState(row.state), note=row.note)
