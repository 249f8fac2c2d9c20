"""The audit log: who changed what of the configuration, and what was written to Jira and why. Searched, paged, exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from plugin.access import audit_export
from plugin.access.permission import needs
from plugin.access.person import acting
from plugin.pages.page import rendered
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.record import ActRow, WriteRow, act_row, write_row
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.audit import (
    AuditEntry,
    Search,
    WriteRecord,
    every_entry,
    every_write,
    list_entries,
)
from plugin.use_cases.work.plans import list_writes

PAGE_SIZE = 50
KINDS = ("changes", "writes")
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
LONGEST_WORD = 100
MOST_WORDS = 8


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/audit", endpoint="audit")
    @needs("admin")
    def show() -> ResponseReturnValue:
        return audit_page(connector, request.args)

    @blueprint.get("/audit/<kind>.<form>", endpoint="audit_export")
    @needs("admin")
    def export(kind: str, form: str) -> ResponseReturnValue:
        return exported(connector, kind, form)


def audit_page(connector: Connector, asked: Mapping[str, str]) -> str:
    """One page of one of the two logs."""
    zone, now = StoredSources(connector).zone, connector.clock()
    kind = asked.get("kind", "") if asked.get("kind") in KINDS else "changes"
    search = search_of(asked, zone)
    before = asked.get("before", "")
    last = int(before) if before.isdecimal() and len(before) < 19 else None
    if kind == "changes":
        entries = list_entries(connector, acting(), search, PAGE_SIZE + 1, last)
        found: list[tuple[int, ActRow | WriteRow]] = [(one.id, act_row(one, now, zone)) for one in entries]
    else:
        writes = list_writes(connector, acting(), search, PAGE_SIZE + 1, last)
        found = [(one.id, write_row(one, now, zone)) for one in writes]
    shown = found[:PAGE_SIZE]
    kept = {name: asked[name] for name in ("q", "site", "from", "to") if asked.get(name)}
    return rendered(
        "audit.html",
        "audit",
        kind=kind,
        rows=[row for _, row in shown],
        asked=asked,
        sites=sorted(connector.sites),
        filtered=bool(kept),
        kept=urlencode(kept),
        older=urlencode({**kept, "kind": kind, "before": shown[-1][0]}) if len(found) > PAGE_SIZE else "",
        first=not before,
    )


def exported(connector: Connector, kind: str, form: str) -> Response:
    """The rows that are looked for, as a file."""
    if kind not in KINDS or form not in FORMATS:
        abort(404, description="There are changes and writes, as csv and as json.")
    search = search_of(request.args, StoredSources(connector).zone)
    shape: type[AuditEntry | WriteRecord]
    found: Iterator[AuditEntry | WriteRecord]
    if kind == "changes":
        shape, found = AuditEntry, every_entry(connector, acting(), search)
    else:
        shape, found = WriteRecord, every_write(connector, acting(), search)
    rows = (asdict(one) for one in found)
    text = audit_export.as_csv(rows, shape) if form == "csv" else audit_export.as_json(rows)
    headers = {"Content-Disposition": f'attachment; filename="audit-{kind}.{form}"'}
    return Response(text, content_type=FORMATS[form], headers=headers)


def search_of(asked: Mapping[str, str], zone: tzinfo) -> Search:
    """What the form asks for; the days are of the site's zone, and the last one counts whole."""
    words = tuple(word[:LONGEST_WORD] for word in asked.get("q", "").replace("\0", "").split()[:MOST_WORDS])
    last = _day(asked.get("to", ""))
    until = None if last is None else _midnight(last + timedelta(days=1), zone)
    first = _day(asked.get("from", ""))
    since = None if first is None else _midnight(first, zone)
    return Search(words, asked.get("site", "").replace("\0", "")[:LONGEST_WORD], since, until)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(text: str) -> date | None:
    """The day, or None for what is none or lies outside all calendars in use."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None
