"""What stands in Jira because we wrote it: the last value of each field of each issue, and for whom. Kept by the ledger of writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import Insert

from connectors.store.database import json_text
from connectors.store.database.sql import Statement, StoredRow, among, among_given, bind_values, upsert
from connectors.store.schema import plan as plans
from connectors.store.schema import write
from connectors.store.schema import written_value as table

NOTHING = json_text.encode(None)
_EVERY = (
    select(table)
    .where(table.c.site == bindparam("site"), table.c.after != NOTHING)
    .order_by(table.c.issue_id, table.c.field_id)
)


@dataclass(frozen=True, slots=True)
class WrittenField:
    """One field that holds our value, unless somebody changed it since. `stays`, `until`: see `mappings.write_back.plan.Change`."""

    issue_id: str
    field_id: str
    issue_key: str
    field_name: str
    objective_id: str
    after: object
    stays: bool
    until: date | None


def keep(conn: Connection, plan_id: int, issue_id: str, field_id: str) -> None:
    """A change of the ledger is in Jira now."""
    place = {"of_plan": plan_id, "of_issue": issue_id, "of_field": field_id}
    conn.execute(_keeping(conn.dialect.name), place)


def of_objective(
    conn: Connection, site: str, objective_id: str, issue_ids: Iterable[str] = ()
) -> list[WrittenField]:
    """What stands for this objective, or on these issues, whoever it was written for."""
    asked = {"site": site, "objective_id": objective_id, "given": bind_values(conn, issue_ids)}
    return [_standing(row) for row in conn.execute(_of_objective(conn.dialect.name), asked)]


def of_objectives(
    conn: Connection, site: str, objective_ids: Iterable[str], issue_ids: Iterable[str] = ()
) -> list[WrittenField]:
    """What stands for any of these objectives, or on any of these issues or of theirs, whoever it was written for."""
    asked = {"site": site, "given": bind_values(conn, sorted({*objective_ids, *issue_ids}))}
    return [_standing(row) for row in conn.execute(_of_objectives(conn.dialect.name), asked)]


def every(conn: Connection, site: str) -> list[WrittenField]:
    """Everything that stands on the site."""
    return [_standing(row) for row in conn.execute(_EVERY, {"site": site})]


def objective_ids(conn: Connection, site: str, today: date) -> frozenset[str]:
    """For whom something stands that would be cleared today if they left."""
    running = or_(table.c.until.is_(None), table.c.until >= today.isoformat())
    mine = (table.c.site == site, table.c.after != NOTHING, table.c.stays == 0, running)
    return frozenset(conn.execute(select(table.c.objective_id).where(*mine).distinct()).scalars())


def load_sharing(conn: Connection, site: str, prefix: str, named: str) -> list[WrittenField]:
    """What stands at places of this kind and has a text in it: whoever asks looks at where."""
    kind = table.c.field_id.startswith(prefix, autoescape=True)
    mine = (table.c.site == site, kind, table.c.after.contains(named, autoescape=True))
    found = conn.execute(select(table).where(*mine).order_by(table.c.issue_id, table.c.field_id))
    return [_standing(row) for row in found]


def forget(conn: Connection, site: str, issue_id: str, field_id: str) -> None:
    """Our value stands there no more, or nobody can see whether it does."""
    place = (table.c.issue_id == issue_id, table.c.field_id == field_id)
    conn.execute(delete(table).where(table.c.site == site, *place))


def forget_of_issues(conn: Connection, site: str, issue_ids: Iterable[str]) -> None:
    """These issues are no more, nor is what stood on them; what stays elsewhere for their sake is still known."""
    mine = (table.c.site == site, among(conn, table.c.issue_id, issue_ids), table.c.stays == 0)
    conn.execute(delete(table).where(*mine))


def _standing(row: StoredRow) -> WrittenField:
    return WrittenField(
        issue_id=row.issue_id,
        field_id=row.field_id,
        issue_key=row.issue_key,
        field_name=row.field_name,
        objective_id=row.objective_id,
        after=json_text.decode(row.after, object),
        stays=bool(row.stays),
        until=None if row.until is None else date.fromisoformat(row.until),
    )


@cache
def _of_objective(dialect: str) -> Statement:
    return _EVERY.where(
        or_(
            table.c.objective_id == bindparam("objective_id"),
            among_given(dialect, table.c.issue_id),
        )
    )


@cache
def _of_objectives(dialect: str) -> Statement:
    return _EVERY.where(
        or_(among_given(dialect, table.c.objective_id), among_given(dialect, table.c.issue_id))
    )


@cache
def _keeping(dialect: str) -> Insert:
    its = ("site", "issue_id", "field_id", "issue_key", "field_name", "after", "stays", "until")
    source = (
        select(*(write.c[name] for name in its), plans.c.objective_id)
        .join(plans, plans.c.id == write.c.plan_id)
        .where(
            write.c.plan_id == bindparam("of_plan"),
            write.c.issue_id == bindparam("of_issue"),
            write.c.field_id == bindparam("of_field"),
        )
    )
    statement = upsert(dialect, table).from_select([*its, "objective_id"], source)
    place = ("site", "issue_id", "field_id")
    news = {column.name: statement.excluded[column.name] for column in table.c if column.name not in place}
    return statement.on_conflict_do_update(index_elements=[table.c[name] for name in place], set_=news)
