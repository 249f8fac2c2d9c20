"""What people saw of issues that are gone, of which Jira tells nobody any more: by site and person the projects of which they saw all issues
that were counted, and when last; and by issue that left the mirror, who saw all of its project, and when last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import account_person, departed_sight, former_key, issue, project_sight


def note(conn: Connection, site: str, person: str, project_ids: Iterable[str], now: datetime) -> None:
    """They see every issue of these projects that is counted."""
    rows = [
        {"site": site, "person": person, "project_id": one, "at": to_ms(now)} for one in sorted(project_ids)
    ]
    if rows:
        statement = insert_into(conn, project_sight)
        key = [project_sight.c.site, project_sight.c.person, project_sight.c.project_id]
        conn.execute(
            statement.on_conflict_do_update(index_elements=key, set_={"at": statement.excluded.at}), rows
        )


def keep_of_departing(conn: Connection, site: str, issue_ids: Iterable[str]) -> None:
    """These issues leave the mirror, which has them still. What is kept of one that was gone before goes, and nothing is kept of one that was
    moved: which project it was in when somebody looked is not known.
    """
    ids = list(issue_ids)
    forget_issues(conn, site, ids)
    moved = select(former_key.c.key).where(
        former_key.c.site == issue.c.site, former_key.c.issue_id == issue.c.id
    )
    seen = (
        select(issue.c.site, issue.c.id, project_sight.c.person, project_sight.c.at)
        .join(
            project_sight,
            (project_sight.c.site == issue.c.site) & (project_sight.c.project_id == issue.c.project_id),
        )
        .where(issue.c.site == site, among(conn, issue.c.id, ids), ~exists(moved))
    )
    conn.execute(insert(departed_sight).from_select(["site", "issue_id", "person", "at"], seen))


def of_departed(conn: Connection, site: str, person: str, issue_ids: Iterable[str]) -> dict[str, int]:
    """By issue until when (epoch milliseconds) the person saw it; those of which nothing is known are left out."""
    mine = (
        departed_sight.c.site == site,
        departed_sight.c.person == person,
        among(conn, departed_sight.c.issue_id, issue_ids),
    )
    return {
        row.issue_id: row.at
        for row in conn.execute(select(departed_sight.c.issue_id, departed_sight.c.at).where(*mine))
    }


def forget_issues(conn: Connection, site: str, issue_ids: Iterable[str]) -> None:
    """Jira can be asked about them again, or they left anew."""
    mine = (departed_sight.c.site == site, among(conn, departed_sight.c.issue_id, issue_ids))
    conn.execute(delete(departed_sight).where(*mine))


def forget(conn: Connection, site: str) -> None:
    """The site went, or is of another Jira now."""
    for table in (project_sight, departed_sight):
        conn.execute(delete(table).where(table.c.site == site))


def prune(conn: Connection, site: str, before: datetime) -> None:
    """Forget what was seen before this instant by people whom no account is any more."""
    for table in (project_sight, departed_sight):
        tied = select(account_person.c.person).where(
            account_person.c.site == table.c.site, account_person.c.person == table.c.person
        )
        gone = (table.c.site == site, table.c.person != "", table.c.at < to_ms(before), ~exists(tied))
        conn.execute(delete(table).where(*gone))
