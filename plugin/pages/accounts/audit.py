"""The audit log: who changed what of the configuration, and what was written to Jira and why. Searched, paged, exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta, tzinfo
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField
from wtforms.widgets import SearchInput

from mappings.facts.local_time import day_start
from plugin.access import audit_export
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.choice import strange_choice
from plugin.pages.frame.forms import DayField, LineField, PageForm
from plugin.pages.frame.page import render
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.accounts.record import ActRow, WriteRow, act_row, write_row
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.audit import (
    AuditEntry,
    RecordSearch,
    WriteRecord,
    export_entries,
    export_writes,
    list_entries,
)
from plugin.use_cases.work.plans import list_writes

PAGE_SIZE = 50
PLACEHOLDERS = {"changes": "Who, what, revision", "writes": "Issue, field, value, reason"}
KINDS = tuple(PLACEHOLDERS)
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
}
LONGEST_WORD = 100
MOST_WORDS = 8
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 12, 31)


class AuditForm(PageForm):
    """What is looked for in one of the two logs."""

    kind = HiddenField(default=KINDS[0])
    q = LineField("Words", widget=SearchInput())
    site = SelectField("Site", default="", choices={}, validate_choice=False)
    since = DayField("From", name="from")
    until = DayField("To", name="to")
    before = HiddenField(default="")

    def log(self) -> str:
        """Which of the two logs; the first where it is none."""
        return str(self.kind.data) if self.kind.data in KINDS else KINDS[0]

    def strange(self) -> str:
        """What cannot be meant, in a sentence; empty where all of it can. Sites are not weighed: those that were removed have their acts, too."""
        return strange_choice(self.kind.name, self.kind.data or "", KINDS)

    def given(self) -> dict[str, str]:
        """What narrows the log, as it stands in an address."""
        narrowing = (self.q, self.site, self.since, self.until)
        return {field.name: field.raw_data[0] for field in narrowing if field.raw_data and field.raw_data[0]}

    def search(self, zone: tzinfo) -> RecordSearch:
        """What is asked for; the days are of the site's zone, and the last one counts whole. What is no day narrows nothing: it is said at its field, and a file is refused."""
        words = self.q.data.replace("\0", "").split()[:MOST_WORDS]
        first, last = _known_day(self.since.data), _known_day(self.until.data)
        return RecordSearch(
            tuple(word[:LONGEST_WORD] for word in words),
            self.site.data.replace("\0", "")[:LONGEST_WORD],
            None if first is None else _midnight(first, zone),
            None if last is None else _midnight(last + timedelta(days=1), zone),
        )


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/audit", endpoint="audit")
    @needs("admin")
    def show() -> ResponseReturnValue:
        return audit_page(connector, AuditForm(request.args))

    @blueprint.get("/audit/<kind>.<form>", endpoint="audit_export")
    @needs("admin", lane="heavy")
    def export(kind: str, form: str) -> ResponseReturnValue:
        return export_rows(connector, kind, form)


def audit_page(connector: Connector, form: AuditForm) -> str:
    """One page of one of the two logs."""
    zone, now = StoredSources(connector).zone, connector.clock()
    if strange := form.strange():
        abort(400, strange)
    kind, search, before = form.log(), form.search(zone), form.before.data or ""
    last = int(before) if before.isdecimal() and len(before) < 19 else None
    if kind == "changes":
        entries = list_entries(connector, current_actor(), search, PAGE_SIZE + 1, last)
        found: list[tuple[int, ActRow | WriteRow]] = [(one.id, act_row(one, now, zone)) for one in entries]
    else:
        writes = list_writes(connector, current_actor(), search, PAGE_SIZE + 1, last)
        found = [(one.id, write_row(one, now, zone)) for one in writes]
    shown = found[:PAGE_SIZE]
    kept = form.given()
    form.site.choices = {"": "All", **{site: site for site in sorted(connector.sites)}}
    form.kind.data = kind
    form.q.render_kw = {"placeholder": PLACEHOLDERS[kind]}
    form.validate()
    return render(
        "audit.html",
        "audit",
        kind=kind,
        rows=[row for _, row in shown],
        form=form,
        filtered=bool(kept),
        kept=urlencode(kept),
        older=urlencode({**kept, "kind": kind, "before": shown[-1][0]}) if len(found) > PAGE_SIZE else "",
        first=not before,
    )


def export_rows(connector: Connector, kind: str, form: str) -> Response:
    """The rows that are looked for, as a file."""
    if kind not in KINDS or form not in FORMATS:
        abort(404, description="There are changes and writes, as csv, json and jsonl.")
    asked = AuditForm(request.args)
    if not asked.validate():  # nobody sees at a file that it was not narrowed
        abort(400, " ".join(asked.said()))
    search = asked.search(StoredSources(connector).zone)
    shape: type[AuditEntry | WriteRecord]
    found: Iterator[AuditEntry | WriteRecord]
    if kind == "changes":
        shape, found = AuditEntry, export_entries(connector, current_actor(), search)
    else:
        shape, found = WriteRecord, export_writes(connector, current_actor(), search)
    rows = (asdict(one) for one in found)
    text = audit_export.as_csv(rows, shape) if form == "csv" else audit_export.JSON[form](rows)
    headers = {"Content-Disposition": f'attachment; filename="audit-{kind}.{form}"'}
    return Response(text, content_type=FORMATS[form], headers=headers)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return day_start(day, zone)


def _known_day(day: date | None) -> date | None:
    """The day, or the nearest of the calendars in use, so that a day can be added to it."""
    return None if day is None else min(max(day, FIRST_DAY), LAST_DAY)
