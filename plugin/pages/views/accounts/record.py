"""Rows of the audit log as people read them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from plugin.pages.views.words.moments import MomentText, when
from plugin.use_cases.accounts.audit import AuditEntry, WriteRecord

LONGEST_VALUE = 200
HASH, HASH_SHOWN = re.compile("[0-9a-f]{64}"), 12
LEVELS = {
    "written": "on_track",
    "confirmed": "on_track",
    "refused": "off_track",
    "failed": "off_track",
    "held": "at_risk",
}


@dataclass(frozen=True, slots=True)
class ActRow:
    """One change of the configuration."""

    at: MomentText
    who: str
    what: str
    site: str
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WriteRow:
    """One field of one issue: before, after, why, and what became of it."""

    at: MomentText
    site: str
    issue: str
    field: str
    before: str
    after: str
    reason: str
    outcome: str
    level: str
    note: str
    cause: str
    revision: str


def act_row(entry: AuditEntry, now: datetime, zone: tzinfo) -> ActRow:
    """The entry as a row."""
    detail = tuple((name.replace("_", " "), show_value(value)) for name, value in entry.detail.items())
    return ActRow(
        at=when(entry.at, now, zone), who=entry.who, what=entry.what, site=entry.site, detail=detail
    )


def write_row(record: WriteRecord, now: datetime, zone: tzinfo) -> WriteRow:
    """The write as a row."""
    return WriteRow(
        at=when(record.at, now, zone),
        site=record.site,
        issue=record.issue_key,
        field=record.field_name,
        before=show_value(record.before),
        after=show_value(record.after),
        reason=record.reason,
        outcome=record.outcome or "under way",
        level=LEVELS.get(record.outcome or "", "pending"),
        note=record.note,
        cause=record.cause,
        revision=record.mapping_revision,
    )


OPTION = {"value", "id", "self", "disabled"}
"""What Jira says of the option of a select list."""


def show_value(value: object) -> str:
    """A JSON value as text: words and options as people call them, nothing as an empty field, the rest as JSON."""
    if value is None:
        return "empty"
    if isinstance(value, dict) and {"value"} <= set(value) <= OPTION:
        return show_value(value["value"])
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)[:LONGEST_VALUE]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:HASH_SHOWN]}…" if HASH.fullmatch(text) else text[:LONGEST_VALUE]
