"""What people answer to check-ins. An answer that is taken back is gone: unlike a check-in it says no number that somebody saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import Statement, StoredRow, plain
from connectors.store.numbers.check_ins import LONGEST_NAME, SAID_STILL
from connectors.store.schema import check_in
from connectors.store.schema import check_in_reply as table
from mappings.explain.check_in import LONGEST_NOTE, CheckIn


@dataclass(frozen=True, slots=True)
class CheckInReply:
    """What `by` answered at `at` to the check-in of this number, of a key result of an objective."""

    id: int
    check_in: int
    objective_id: str
    key_result_id: str
    said: str
    by: str
    at: datetime


def add(conn: Connection, site: str, about: CheckIn, said: str, by: str, at: datetime) -> CheckInReply:
    """Keep an answer to a check-in; it comes back as it is kept, with its number."""
    row = {
        "site": site,
        "check_in_id": about.id,
        "said": plain(said, LONGEST_NOTE),
        "by": plain(by, LONGEST_NAME),
        "at": to_ms(at),
    }
    kept = conn.execute(insert(table).values(row).returning(table)).one()
    return _kept(kept, about.objective_id, about.key_result_id)


def remove(conn: Connection, site: str, number: int) -> bool:
    """Forget an answer; False where there is none of this number."""
    mine = (table.c.site == site, table.c.id == number)
    return conn.execute(delete(table).where(*mine)).rowcount > 0


def load(conn: Connection, site: str, number: int) -> CheckInReply | None:
    """One answer, or None."""
    row = conn.execute(_every(site).where(table.c.id == number)).one_or_none()
    return None if row is None else _kept(row, row.objective_id, row.key_result_id)


def load_replies(conn: Connection, site: str, objective_id: str) -> list[CheckInReply]:
    """Every answer to the check-ins of an objective, the first one first; none to what a comment says no longer."""
    mine = _every(site).where(check_in.c.objective_id == objective_id, SAID_STILL)
    return [
        _kept(row, row.objective_id, row.key_result_id) for row in conn.execute(mine.order_by(table.c.id))
    ]


def _every(site: str) -> Statement:
    about = (check_in.c.site == table.c.site) & (check_in.c.id == table.c.check_in_id)
    return (
        select(table, check_in.c.objective_id, check_in.c.key_result_id)
        .join(check_in, about)
        .where(table.c.site == site)
    )


def _kept(row: StoredRow, objective_id: str, key_result_id: str) -> CheckInReply:
    return CheckInReply(
        id=row.id,
        check_in=row.check_in_id,
        objective_id=objective_id,
        key_result_id=key_result_id,
        said=row.said,
        by=row.by,
        at=from_ms(row.at),
    )
