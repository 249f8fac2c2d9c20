"""Issues that Jira shows no more without a word of its own that they are deleted: one row each, with what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal, cast

from sqlalchemy import Connection, Select, bindparam, delete, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into, plain
from connectors.store.schema import loss as table
from mappings.facts.issue import Issue

State = Literal["held", "left", "kept", "accepted"]
"""`held` waits for a person, `left` was little enough to leave by itself, `kept` and `accepted` are what a person decided."""
LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Loss:
    """One issue that is no longer shown, since when, why that is doubted, and which objectives had it beneath them."""

    site: str
    issue_id: str
    issue_key: str
    title: str
    project_key: str
    state: State
    reason: str
    at: datetime
    by: str = ""
    objectives: tuple[str, ...] = ()


def put(
    conn: Connection,
    site: str,
    state: State,
    issues: Iterable[tuple[Issue, str, Iterable[str]]],
    now: datetime,
) -> None:
    """Keep these issues as lost, each with the reason and the objectives it concerns. What is kept already stays as old as it is."""
    rows = [
        {
            "site": site,
            "issue_id": issue.id,
            "issue_key": issue.key,
            "title": plain(issue.summary, LONGEST_TEXT),
            "project_key": issue.project.key,
            "state": state,
            "reason": plain(reason, LONGEST_TEXT),
            "at": to_ms(now),
            "by": "",
            "objectives": json_text.encode(sorted(objectives)),
        }
        for issue, reason, objectives in issues
    ]
    if not rows:
        return
    statement = insert_into(conn, table)
    news = {
        name: statement.excluded[name] for name in ("state", "reason", "issue_key", "title", "project_key")
    }
    conn.execute(
        statement.on_conflict_do_update(index_elements=[table.c.site, table.c.issue_id], set_=news), rows
    )


def load_all(conn: Connection, site: str, *states: State) -> list[Loss]:
    """The losses of a site in these states (in any where none is named), by key."""
    statement = select(table).where(table.c.site == site).order_by(table.c.project_key, table.c.issue_key)
    if states:
        statement = statement.where(table.c.state.in_(states))
    return [
        Loss(
            site=row.site,
            issue_id=row.issue_id,
            issue_key=row.issue_key,
            title=row.title,
            project_key=row.project_key,
            state=cast("State", row.state),
            reason=row.reason,
            at=from_ms(row.at),
            by=row.by,
            objectives=tuple(json_text.decode(row.objectives, list[str])),
        )
        for row in conn.execute(statement)
    ]


def settle(
    conn: Connection, site: str, issue_ids: Iterable[str], state: State, by: str, now: datetime
) -> None:
    """A person decided."""
    mine = (table.c.site == site, among(conn, table.c.issue_id, issue_ids))
    conn.execute(update(table).where(*mine).values(state=state, by=plain(by, LONGEST_TEXT), at=to_ms(now)))


@cache
def _any() -> Select[str]:
    return select(table.c.issue_id).where(table.c.site == bindparam("site")).limit(1)


def forget(conn: Connection, site: str, issue_ids: Iterable[str]) -> int:
    """Jira shows these again, or says that they are deleted: there is nothing to doubt any more. How many were doubted."""
    ids = list(issue_ids)
    if not ids or conn.execute(_any(), {"site": site}).first() is None:
        return 0
    mine = (table.c.site == site, among(conn, table.c.issue_id, ids))
    return conn.execute(delete(table).where(*mine)).rowcount
