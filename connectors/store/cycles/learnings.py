"""What people learnt from an objective in a cycle, in their words: one text for each, the last that was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, plain, upsert
from connectors.store.numbers.check_ins import LONGEST_NAME
from connectors.store.schema import learning as table
from mappings.explain.check_in import LONGEST_NOTE


@dataclass(frozen=True, slots=True)
class Learning:
    """What `by` wrote at `at` of an objective in a cycle of a site."""

    site: str
    cycle_id: str
    objective_id: str
    said: str
    by: str
    at: datetime


def save(conn: Connection, one: Learning) -> None:
    """Keep what was learnt, in the place of what stood there."""
    row = {
        "site": one.site,
        "cycle_id": one.cycle_id,
        "objective_id": one.objective_id,
        "said": plain(one.said, LONGEST_NOTE),
        "by": plain(one.by, LONGEST_NAME),
        "at": to_ms(one.at),
    }
    keys = [table.c.site, table.c.cycle_id, table.c.objective_id]
    news = {name: row[name] for name in ("said", "by", "at")}
    conn.execute(upsert(conn.dialect.name, table).on_conflict_do_update(index_elements=keys, set_=news), row)


def remove(conn: Connection, site: str, cycle_id: str, objective_id: str) -> bool:
    """Forget it; False where nothing was written."""
    mine = (table.c.site == site, table.c.cycle_id == cycle_id, table.c.objective_id == objective_id)
    return conn.execute(delete(table).where(*mine)).rowcount > 0


def load_learnings(conn: Connection, site: str, cycle_id: str) -> list[Learning]:
    """All of a cycle, by the ids of objectives."""
    mine = select(table).where(table.c.site == site, table.c.cycle_id == cycle_id)
    return [_learning(row) for row in conn.execute(mine.order_by(table.c.objective_id))]


def load_of_objective(conn: Connection, site: str, objective_id: str) -> list[Learning]:
    """All of an objective, of whichever cycles, the last written first."""
    mine = select(table).where(table.c.site == site, table.c.objective_id == objective_id)
    return [_learning(row) for row in conn.execute(mine.order_by(table.c.at.desc(), table.c.cycle_id))]


def _learning(row: StoredRow) -> Learning:
    return Learning(
        site=row.site,
        cycle_id=row.cycle_id,
        objective_id=row.objective_id,
        said=row.said,
        by=row.by,
        at=from_ms(row.at),
    )
