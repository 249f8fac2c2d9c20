"""`/exports`: whole tables as CSV or JSON, written row by row while they are read."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import JSON, Caller, Reply, Routes
from plugin.doors.exports import (
    Format,
    HistoryRow,
    LedgerRow,
    ObjectiveRow,
    act_rows,
    history_rows,
    ledger_rows,
    lines,
    objective_rows,
)
from plugin.doors.filters import AuditQuery, ObjectivesQuery
from plugin.doors.model import JsonShape, Query, SiteQuery, Word
from plugin.doors.rows import ActJson

ROUTES = Routes()

CSV, LINES = "text/csv", "application/x-ndjson"
MEDIA = {"csv": CSV, "json": JSON, "jsonl": LINES}


class ExportChoice(Query):
    """As what."""

    format: Format = Field("csv", description="csv, json, or jsonl: a JSON object a line.")


class ObjectivesExport(ObjectivesQuery, ExportChoice):
    """Which objectives, and as what. A page size has no meaning here."""


class HistoryExport(SiteQuery, ExportChoice):
    """Of which objective, and as what."""

    objective: Word | None = Field(None, description="The id of one objective; all where left out.")


class AuditExport(AuditQuery, ExportChoice):
    """Which acts, and as what."""


@ROUTES.get(
    "/exports/objectives",
    "viewer",
    "Objectives as CSV or JSON.",
    answers={CSV: None, JSON: list[ObjectiveRow], LINES: None},
    heavy=True,
)
def export_objectives(caller: Caller, query: ObjectivesExport) -> Reply[JsonShape]:
    """One line per objective."""
    rows = objective_rows(caller.connector, caller.actor, site_of(caller, query), query)
    return stream_rows(ObjectiveRow, rows, query.format, "objectives")


@ROUTES.get(
    "/exports/ledgers",
    "viewer",
    "Every row behind every number as CSV or JSON.",
    answers={CSV: None, JSON: list[LedgerRow], LINES: None},
    heavy=True,
)
def export_ledgers(caller: Caller, query: ObjectivesExport) -> Reply[JsonShape]:
    """Every row of every ledger."""
    rows = ledger_rows(caller.connector, caller.actor, site_of(caller, query), query)
    return stream_rows(LedgerRow, rows, query.format, "ledgers")


@ROUTES.get(
    "/exports/history",
    "viewer",
    "History as CSV or JSON.",
    answers={CSV: None, JSON: list[HistoryRow], LINES: None},
    heavy=True,
)
def export_history(caller: Caller, query: HistoryExport) -> Reply[JsonShape]:
    """Every point, in the order in which it was noted."""
    rows = history_rows(caller.connector, caller.actor, site_of(caller, query), query.objective)
    return stream_rows(HistoryRow, rows, query.format, "history")


@ROUTES.get(
    "/exports/audit",
    "admin",
    "The audit log as CSV or JSON.",
    answers={CSV: None, JSON: list[ActJson], LINES: None},
    heavy=True,
)
def export_audit(caller: Caller, query: AuditExport) -> Reply[JsonShape]:
    """Every act that is looked for."""
    return stream_rows(ActJson, act_rows(caller.connector, caller.actor, query), query.format, "audit")


def stream_rows(
    shape: type[JsonShape], rows: Iterable[JsonShape], format: Format, name: str
) -> Reply[JsonShape]:
    """Rows as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return Reply(body=lines(shape, rows, format), media=MEDIA[format], headers=headers)
