"""Gaps: what could not be read of Jira, one row for each issue, until it is read again. A person may accept one meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    exists,
    or_,
    select,
    update,
)

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into, plain
from connectors.store.schema import gap as table
from mappings.facts.gap import Gap

LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class KeptGap:
    """A gap of a site, since when it is known, when it was met last, and who accepted it.

    `doubted`: it was met once, in a way that may be mistaken. The numbers do without it as if it were accepted, and nobody is asked yet.
    """

    site: str
    gap: Gap
    since: datetime
    seen_at: datetime
    accepted_at: datetime | None = None
    accepted_by: str = ""
    doubted: bool = False

    @property
    def issue(self) -> str:
        """What names it among the gaps of its site: the issue's id, its key where no id is known, what lacks where neither is."""
        return name_of(self.gap)


def name_of(gap: Gap) -> str:
    """Id, else key, else the field for which nothing is known of the issue."""
    return gap.issue_id or gap.issue_key or gap.field


def put(conn: Connection, site: str, found: Iterable[Gap], now: datetime) -> None:
    """Keep these gaps. One that was known keeps its age, and its acceptance as long as it is the same field that cannot be read."""
    rows = {name_of(one): _row(site, one, now) for one in found}
    if not rows:
        return
    statement = insert_into(conn, table)
    same = table.c.field == statement.excluded.field
    news: dict[str, ColumnElement[object]] = {
        name: statement.excluded[name]
        for name in ("issue_id", "issue_key", "field", "parent", "reason", "remedy", "omitted", "seen_at")
    }
    news |= {name: case((same, table.c[name]), else_=None) for name in ("accepted_at", "accepted_by")}
    conflict = statement.on_conflict_do_update(index_elements=[table.c.site, table.c.issue], set_=news)
    conn.execute(conflict, [rows[name] for name in sorted(rows)])


def clear(conn: Connection, site: str, ids: Iterable[str], keys: Iterable[str] = ()) -> list[KeptGap]:
    """These issues were read, or are gone: their gaps, which are no more. Of a gap without an id the key decides."""
    if conn.execute(_any(), {"site": site}).first() is None:  # of hundreds of pages in a row there is none
        return []
    mine = or_(among(conn, table.c.issue_id, ids), _nameless(conn, keys))
    rows = conn.execute(delete(table).where(table.c.site == site, mine).returning(table)).all()
    return [_kept(row) for row in rows]


def clear_unseen(conn: Connection, site: str, since: datetime) -> list[KeptGap]:
    """Those that nothing has shown since then: everything was read meanwhile."""
    old = (table.c.site == site, table.c.seen_at < to_ms(since))
    return [_kept(row) for row in conn.execute(delete(table).where(*old).returning(table)).all()]


def load_all(conn: Connection, site: str | None = None) -> list[KeptGap]:
    """Every gap, those that wait for a person first, then by age."""
    order = (table.c.accepted_at.is_not(None), table.c.since, table.c.site, table.c.issue)
    statement = select(table).order_by(*order)
    if site is not None:
        statement = statement.where(table.c.site == site)
    return [_kept(row) for row in conn.execute(statement)]


def open_gaps(conn: Connection, site: str) -> list[KeptGap]:
    """Those that wait for a person: neither accepted nor doubted."""
    mine = (table.c.site == site, table.c.accepted_at.is_(None))
    return [_kept(row) for row in conn.execute(select(table).where(*mine).order_by(table.c.issue))]


def any_open(conn: Connection, site: str) -> bool:
    """Whether some gap waits for a person."""
    mine = (table.c.site == site, table.c.accepted_at.is_(None))
    return conn.execute(select(exists().where(*mine))).scalar_one()


def accept(conn: Connection, site: str, issue: str, by: str, now: datetime) -> KeptGap | None:
    """The numbers may do without this issue; None where there is no such gap."""
    return _set(conn, site, issue, to_ms(now), by)


def doubt(conn: Connection, site: str, found: Gap, now: datetime) -> None:
    """It may be none: the numbers do without it until it is reopened. Kept as an acceptance by nobody."""
    _set(conn, site, name_of(found), to_ms(now), None)


def reopen(conn: Connection, site: str, issue: str) -> KeptGap | None:
    """Take the acceptance back; None where there is no such gap."""
    return _set(conn, site, issue, None, None)


def _set(conn: Connection, site: str, issue: str, at: int | None, by: str | None) -> KeptGap | None:
    mine = (table.c.site == site, table.c.issue == issue)
    statement = update(table).where(*mine).values(accepted_at=at, accepted_by=by).returning(table)
    row = conn.execute(statement).first()
    return None if row is None else _kept(row)


@cache
def _any() -> Select[str]:
    return select(table.c.issue).where(table.c.site == bindparam("site")).limit(1)


def _nameless(conn: Connection, keys: Iterable[str]) -> ColumnElement[bool]:
    return (table.c.issue_id == "") & among(conn, table.c.issue_key, keys)


def _row(site: str, found: Gap, now: datetime) -> dict[str, object]:
    return {
        "site": site,
        "issue": name_of(found),
        "issue_id": found.issue_id,
        "issue_key": found.issue_key,
        "field": found.field,
        "parent": found.parent,
        "reason": plain(found.reason, LONGEST_TEXT),
        "remedy": plain(found.remedy, LONGEST_TEXT),
        "omitted": json_text.encode(found.omitted) if found.omitted else "",
        "since": to_ms(now),
        "seen_at": to_ms(now),
        "accepted_at": None,
        "accepted_by": None,
    }


def _kept(row: StoredRow) -> KeptGap:
    found = row._mapping
    doubted = found["accepted_at"] is not None and not found["accepted_by"]
    return KeptGap(
        site=found["site"],
        gap=Gap(
            issue_id=found["issue_id"],
            issue_key=found["issue_key"],
            reason=found["reason"],
            remedy=found["remedy"],
            field=found["field"],
            parent=found["parent"],
            omitted=json_text.decode(found["omitted"], tuple[str, ...]) if found["omitted"] else (),
        ),
        since=from_ms(found["since"]),
        seen_at=from_ms(found["seen_at"]),
        accepted_at=None if doubted else maybe_from_ms(found["accepted_at"]),
        accepted_by=found["accepted_by"] or "",
        doubted=doubted,
    )
