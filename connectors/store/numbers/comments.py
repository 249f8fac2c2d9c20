"""Comments on key results that begin as check-ins do: how each was taken, and whose comments have to be read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into, plain
from connectors.store.schema import comment as table
from connectors.store.schema import comment_read, issue

LONGEST_LINE = 300
LONGEST_NAME = 500
NEVER = -1


@dataclass(frozen=True, slots=True)
class KeptComment:
    """A comment that begins with the marker; `fault` is why it was refused, None where it is a check-in."""

    issue_id: str
    id: str
    updated: datetime
    at: datetime
    by: str
    line: str
    fault: str | None = None


def watch(conn: Connection, site: str, issue_ids: Iterable[str]) -> None:
    """The comments of these issues are read from now on."""
    rows = [
        {"site": site, "issue_id": id_, "updated": NEVER, "read_at": NEVER} for id_ in sorted(set(issue_ids))
    ]
    if rows:
        conn.execute(insert_into(conn, comment_read).on_conflict_do_nothing(), rows)


def list_watched(conn: Connection, site: str, issue_ids: Iterable[str]) -> frozenset[str]:
    """Those of the issues whose comments are read."""
    mine = (comment_read.c.site == site, among(conn, comment_read.c.issue_id, issue_ids))
    return frozenset(conn.execute(select(comment_read.c.issue_id).where(*mine)).scalars())


def stale(conn: Connection, site: str, most: int) -> list[str]:
    """Issues that Jira touched since their comments were read, those first that wait longest."""
    same = (issue.c.site == comment_read.c.site) & (issue.c.id == comment_read.c.issue_id)
    statement = (
        select(comment_read.c.issue_id)
        .join(issue, same)
        .where(comment_read.c.site == site, issue.c.updated != comment_read.c.updated)
        .order_by(comment_read.c.read_at, comment_read.c.issue_id)
        .limit(most)
    )
    return list(conn.execute(statement).scalars())


def note_read(conn: Connection, site: str, issue_id: str, updated: datetime, read_at: datetime) -> bool:
    """Note that the comments were read; False where they were read later than that already."""
    mine = (comment_read.c.site == site, comment_read.c.issue_id == issue_id)
    newer = comment_read.c.read_at <= to_ms(read_at)
    values = {"updated": to_ms(updated), "read_at": to_ms(read_at)}
    return conn.execute(update(comment_read).where(*mine, newer).values(values)).rowcount > 0


def put_back(conn: Connection, site: str, issue_id: str, read_at: datetime) -> None:
    """Note that they could not be read: those that wait too have their turn first."""
    mine = (comment_read.c.site == site, comment_read.c.issue_id == issue_id)
    conn.execute(update(comment_read).where(*mine).values(read_at=to_ms(read_at)))


def unwatch(conn: Connection, site: str, issue_id: str) -> None:
    """The issue is no key result any more: its comments say nothing."""
    for one in (comment_read, table):
        conn.execute(delete(one).where(one.c.site == site, one.c.issue_id == issue_id))


def load_comments(
    conn: Connection, site: str, issue_ids: Iterable[str]
) -> Mapping[tuple[str, str], KeptComment]:
    """How the comments of issues were taken, by issue and comment, the oldest first."""
    mine = (table.c.site == site, among(conn, table.c.issue_id, issue_ids))
    rows = conn.execute(select(table).where(*mine).order_by(table.c.at, table.c.comment_id))
    return {(row.issue_id, row.comment_id): _kept(row) for row in rows}


def replace(conn: Connection, site: str, issue_id: str, found: Iterable[KeptComment]) -> None:
    """These are the comments of an issue now, in the place of all that were known."""
    conn.execute(delete(table).where(table.c.site == site, table.c.issue_id == issue_id))
    rows = [
        {
            "site": site,
            "issue_id": issue_id,
            "comment_id": one.id,
            "updated": to_ms(one.updated),
            "at": to_ms(one.at),
            "by": plain(one.by, LONGEST_NAME),
            "line": plain(one.line, LONGEST_LINE),
            "fault": None if one.fault is None else plain(one.fault, LONGEST_LINE),
        }
        for one in found
    ]
    if rows:
        conn.execute(insert(table), rows)


def _kept(row: StoredRow) -> KeptComment:
    return KeptComment(
        issue_id=row.issue_id,
        id=row.comment_id,
        updated=from_ms(row.updated),
        at=from_ms(row.at),
        by=row.by,
        line=row.line,
        fault=row.fault,
    )
