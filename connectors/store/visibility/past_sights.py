"""What people saw of issues that are gone, of which Jira tells nobody any more: by site and person the projects of which they saw all issues
that were counted, and when last; and by counted issue that left the mirror, who saw all of its project, and when last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, insert, select

from connectors.store.database.engine import Store
from connectors.store.database.instant import to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import (
    account_person,
    counted_span,
    departed_sight,
    dependency,
    former_key,
    issue,
    project_sight,
)

ISSUES_AT_ONCE = 100
"""Of so many, with everybody who saw them, the rows are deleted in one transaction."""


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
    moved: which project it was in when somebody looked is not known. Nor of one that no objective hangs on or has counted: no number is of it.
    """
    ids = list(issue_ids)
    forget_issues(conn, site, ids)
    ids = _counted_among(conn, site, ids)
    if not ids:
        return
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


def _counted_among(conn: Connection, site: str, ids: list[str]) -> list[str]:
    """Those of these issues that an objective hangs on, which may count them, or that one has counted; none where nobody saw anything."""
    seen = select(project_sight.c.site).where(project_sight.c.site == site).limit(1)
    if conn.execute(seen).first() is None:
        return []
    found = set[str]()
    for table in (dependency, counted_span):
        wanted = select(table.c.issue_id).where(table.c.site == site, among(conn, table.c.issue_id, ids))
        found.update(conn.execute(wanted.distinct()).scalars())
    return sorted(found)


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
    """Forget what was seen before this instant by people whom no account is any more. See also `forget_uncounted`."""
    for table in (project_sight, departed_sight):
        tied = select(account_person.c.person).where(
            account_person.c.site == table.c.site, account_person.c.person == table.c.person
        )
        gone = (table.c.site == site, table.c.person != "", table.c.at < to_ms(before), ~exists(tied))
        conn.execute(delete(table).where(*gone))


def forget_uncounted(store: Store, site: str, going_on: Callable[[], None] = lambda: None) -> None:
    """Forget who saw the issues that no objective hangs on, and none is known to have counted. Before every so many issues `going_on` is called, which may raise to stop.

    What states of a former release counted is to be read before (`counted_spans.read_kept`).
    """
    # A list of its own, not looked for beside each row: the key begins with the objective.
    counted = select(counted_span.c.issue_id).where(counted_span.c.site == site)
    hung_on = select(dependency.c.issue_id).where(
        dependency.c.site == departed_sight.c.site, dependency.c.issue_id == departed_sight.c.issue_id
    )
    gone = and_(
        departed_sight.c.site == site,
        departed_sight.c.issue_id.not_in(counted),
        ~exists(hung_on),
    )
    with store.read() as conn:
        ids = list(conn.execute(select(departed_sight.c.issue_id).where(gone).distinct()).scalars())
    for first in range(0, len(ids), ISSUES_AT_ONCE):
        going_on()
        with store.write() as conn:
            some = among(conn, departed_sight.c.issue_id, ids[first : first + ISSUES_AT_ONCE])
            conn.execute(delete(departed_sight).where(some, gone))
