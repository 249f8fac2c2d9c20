"""What Jira said who may see, and when: by site, person and issue. The person "" is whoever has not signed in at Jira."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import issue_sight as table

KEPT = timedelta(minutes=60)
"""What is older serves nobody, not even while Jira is down; nor does what was kept while a clock was ahead by more."""


@dataclass(frozen=True, slots=True)
class IssueSight:
    """Whether the person may see the issue, as Jira said at that instant."""

    may: bool
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class BelievedSights:
    """How many answers of Jira serve at a site that somebody may see an issue, and when the oldest of them was given."""

    answers: int
    oldest: datetime


def load_believed(conn: Connection, site: str, now: datetime) -> BelievedSights | None:
    """Those that serve while Jira says nothing newer; None where there is none. A no serves nobody: without an answer an issue is hidden, too."""
    kept = table.c.asked_at.between(to_ms(now - KEPT), to_ms(now + KEPT))
    mine = (table.c.site == site, table.c.may == 1, kept)
    number, oldest = conn.execute(select(func.count(), func.min(table.c.asked_at)).where(*mine)).one()
    return BelievedSights(number, from_ms(oldest)) if number else None


def get(conn: Connection, site: str, person: str, ids: Iterable[str]) -> dict[str, IssueSight]:
    """By issue; those that were never asked for, or long ago, are left out."""
    mine = (table.c.site == site, table.c.person == person, among(conn, table.c.issue_id, ids))
    found = conn.execute(select(table.c.issue_id, table.c.may, table.c.asked_at).where(*mine))
    return {row.issue_id: IssueSight(bool(row.may), from_ms(row.asked_at)) for row in found}


def put(conn: Connection, site: str, person: str, answers: Mapping[str, bool], now: datetime) -> None:
    """Keep what Jira said; what nobody may use any more goes."""
    conn.execute(delete(table).where(~table.c.asked_at.between(to_ms(now - KEPT), to_ms(now + KEPT))))
    if not answers:
        return
    statement = insert_into(conn, table)
    news = {"may": statement.excluded.may, "asked_at": statement.excluded.asked_at}
    keys = [table.c.site, table.c.person, table.c.issue_id]
    rows = [
        {"site": site, "person": person, "issue_id": issue_id, "may": int(may), "asked_at": to_ms(now)}
        for issue_id, may in sorted(answers.items())
    ]
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=news), rows)


def forget_issues(conn: Connection, site: str, ids: Iterable[str]) -> None:
    """Their security level or project changed: Jira is asked anew."""
    conn.execute(delete(table).where(table.c.site == site, among(conn, table.c.issue_id, ids)))


def forget(conn: Connection, site: str) -> None:
    """Nothing that was said of the site counts any more."""
    conn.execute(delete(table).where(table.c.site == site))
