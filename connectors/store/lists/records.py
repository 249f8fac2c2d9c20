"""Looks through what was done: changes of configuration (the audit log) and writes to Jira (the ledger of writes)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import Statement, StoredRow
from connectors.store.people.audit import AuditEntry
from connectors.store.schema import audit
from connectors.store.schema import plan as plans
from connectors.store.schema import write as writes


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """What to look for: words that all occur (without case), a site, from when (inclusive) until when (exclusive)."""

    words: tuple[str, ...] = ()
    site: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """One field of one issue that was to be written, and what became of it; `outcome` None while it is under way."""

    id: int
    at: datetime
    site: str
    issue_key: str
    field_name: str
    before: object
    after: object
    reason: str
    outcome: str | None
    note: str
    objective_id: str
    mapping_revision: str
    cause: str


def acts(
    conn: Connection, search: RecordSearch, limit: int, before_id: int | None = None
) -> list[AuditEntry]:
    """Entries of the audit log, newest first; `before_id` asks for those after the page that ended there."""
    found = select(audit).where(*_times(audit.c.at, search))
    if search.site:
        found = found.where(audit.c.site == search.site)
    found = _with_words(found, search.words, audit.c.who, audit.c.what, audit.c.detail, audit.c.site)
    if before_id is not None:
        found = found.where(audit.c.id < before_id)
    return [_act(row) for row in conn.execute(found.order_by(audit.c.id.desc()).limit(limit))]


def load_writes(
    conn: Connection, search: RecordSearch, limit: int, before_id: int | None = None
) -> list[WriteRecord]:
    """Writes to Jira, newest first, refused and held ones too."""
    found = (
        select(writes, plans.c.objective_id, plans.c.mapping_revision, plans.c.cause)
        .join(plans, plans.c.id == writes.c.plan_id)
        .where(*_times(writes.c.at, search))
    )
    if search.site:
        found = found.where(writes.c.site == search.site)
    named = (writes.c.issue_key, writes.c.field_name, writes.c.reason, writes.c.note, writes.c.outcome)
    found = _with_words(found, search.words, *named, writes.c.before, writes.c.after, plans.c.cause)
    if before_id is not None:
        found = found.where(writes.c.id < before_id)
    return [_record(row) for row in conn.execute(found.order_by(writes.c.id.desc()).limit(limit))]


def _times(at: ColumnElement[int], search: RecordSearch) -> list[ColumnElement[bool]]:
    since = [] if search.since is None else [at >= to_ms(search.since)]
    until = [] if search.until is None else [at < to_ms(search.until)]
    return [*since, *until]


def _with_words(found: Statement, words: tuple[str, ...], *columns: ColumnElement[object]) -> Statement:
    for word in words:
        found = found.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return found


def _act(row: StoredRow) -> AuditEntry:
    detail = json_text.decode(row.detail, dict[str, object])
    return AuditEntry(id=row.id, at=from_ms(row.at), site=row.site, who=row.who, what=row.what, detail=detail)


def _record(row: StoredRow) -> WriteRecord:
    return WriteRecord(
        id=row.id,
        at=from_ms(row.at),
        site=row.site,
        issue_key=row.issue_key,
        field_name=row.field_name,
        before=json_text.decode(row.before, object),
        after=json_text.decode(row.after, object),
        reason=row.reason,
        outcome=row.outcome,
        note=row.note,
        objective_id=row.objective_id,
        mapping_revision=row.mapping_revision,
        cause=row.cause,
    )
