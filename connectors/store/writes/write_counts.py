"""How many fields ever came to which end, counted as it happens, so that nobody has to go through the ledger of writes to know.

Who writes adds a row and changes none, for no writer waits for another then; what was added is summed now and then.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select

from connectors.store.schema import write
from connectors.store.schema import write_count as table

_SUMS = (
    select(table.c.outcome, func.sum(table.c.number).label("number"))
    .where(table.c.site == bindparam("site"))
    .group_by(table.c.outcome)
)
_ONE = insert(table).from_select(
    ["site", "outcome", "number"],
    select(write.c.site, bindparam("outcome"), literal(1)).where(
        write.c.plan_id == bindparam("of_plan"),
        write.c.issue_id == bindparam("of_issue"),
        write.c.field_id == bindparam("of_field"),
        write.c.outcome.is_(None),
    ),
)


def add(conn: Connection, plan_id: int, issue_id: str, field_id: str, outcome: str) -> None:
    """One that was under way is about to come to this end; what has an end already is counted."""
    place = {"of_plan": plan_id, "of_issue": issue_id, "of_field": field_id}
    conn.execute(_ONE, {**place, "outcome": outcome})


def totals(conn: Connection, site: str) -> dict[str, int]:
    """By outcome, how many fields ever came to it. What waits for a person or is under way has come to none."""
    return {row.outcome: int(row.number) for row in conn.execute(_SUMS, {"site": site})}


def fold(conn: Connection, site: str) -> None:
    """Sum up what was added: one row an outcome stays. What others add meanwhile stands beside it."""
    gone = delete(table).where(table.c.site == site).returning(table.c.outcome, table.c.number)
    sums: Counter[str] = Counter()
    for row in conn.execute(gone).all():
        sums[row.outcome] += row.number
    rows = [{"site": site, "outcome": outcome, "number": number} for outcome, number in sorted(sums.items())]
    if rows:
        conn.execute(insert(table), rows)
