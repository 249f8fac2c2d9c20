"""`/exports`: whole tables as CSV or JSON, written row by row while they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, create_model

from mappings.rollup.rows.ledger import Ledger
from plugin.access.audit_export import cell
from plugin.access.authorization.actor import Actor
from plugin.api.accounts.audit import ActGiven, AuditQuery, act_given, search_of
from plugin.api.objectives.history import PointGiven, point_values
from plugin.api.objectives.objectives import ObjectivesQuery, RowGiven, saved_objectives
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.model import Given, Query, SiteQuery, Word
from plugin.api.protocol.operation import JSON, Call, Reply, Routes
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.audit import every_entry
from plugin.use_cases.objectives.objective_columns import Line, Place, columns_for, values
from plugin.use_cases.objectives.objective_values import contribution_values
from plugin.use_cases.objectives.objectives import SavedObjective, every_point

ROUTES = Routes()

CSV = "text/csv"
Format = Literal["csv", "json"]


if TYPE_CHECKING:  # made from the columns, which a type checker cannot follow
    ObjectiveRow = Given
else:
    ObjectiveRow = create_model(
        "ObjectiveRow",
        __base__=Given,
        __doc__="One objective in one line.",
        **{column.key: (column.type, ...) for column in columns_for(Place.EXPORT)},
    )


class LedgerRow(RowGiven):
    """One row of a ledger, and whose it is: `ledger` is headline, beside, or key_result."""

    objective: str
    objective_key: str
    ledger: str
    key_result: str | None


class HistoryRow(PointGiven):
    """One point of one objective's history, and whose it is."""

    objective: str


class Exported(Query):
    """As what."""

    format: Format = Field("csv", description="csv or json.")


class ObjectivesExport(ObjectivesQuery, Exported):
    """Which objectives, and as what. A page size has no meaning here."""


class HistoryExport(SiteQuery, Exported):
    """Of which objective, and as what."""

    objective: Word | None = Field(None, description="The id of one objective; all where left out.")


class AuditExport(AuditQuery, Exported):
    """Which acts, and as what."""


@ROUTES.get(
    "/exports/objectives",
    "viewer",
    "Objectives as CSV or JSON.",
    answers={CSV: None, JSON: list[ObjectiveRow]},
)
def export_objectives(call: Call, query: ObjectivesExport) -> Reply[Given]:
    """One line per objective."""
    rows = objective_rows(call.connector, call.actor, site_of(call, query), query)
    return streamed(ObjectiveRow, rows, query.format, "objectives")


def objective_rows(
    connector: Connector, actor: Actor, site: str, query: ObjectivesQuery
) -> Iterator[ObjectiveRow]:
    """The objectives that pass, as lines."""
    return (objective_row(site, saved) for saved in saved_objectives(connector, actor, site, query))


def objective_row(site: str, saved: SavedObjective) -> ObjectiveRow:
    """One objective as a line."""
    return ObjectiveRow.model_validate(values(Line(site, saved), Place.EXPORT))


@ROUTES.get(
    "/exports/ledgers",
    "viewer",
    "Every row behind every number as CSV or JSON.",
    answers={CSV: None, JSON: list[LedgerRow]},
)
def export_ledgers(call: Call, query: ObjectivesExport) -> Reply[Given]:
    """Every row of every ledger."""
    rows = ledger_rows(call.connector, call.actor, site_of(call, query), query)
    return streamed(LedgerRow, rows, query.format, "ledgers")


def ledger_rows(connector: Connector, actor: Actor, site: str, query: ObjectivesQuery) -> Iterator[LedgerRow]:
    """The rows of all ledgers of the objectives that pass."""
    for saved in saved_objectives(connector, actor, site, query):
        state = saved.state
        yield from _rows(state, state.ledger, "headline", None)
        yield from _rows(state, state.beside, "beside", None)
        for one in state.key_results:
            yield from _rows(state, one.measurement.ledger, "key_result", one.id)


def _rows(state: Any, ledger: Ledger, name: str, key_result: str | None) -> Iterator[LedgerRow]:
    for row in ledger.rows:
        yield LedgerRow(
            **contribution_values(row),
            objective=state.id,
            objective_key=state.key,
            ledger=name,
            key_result=key_result,
        )


@ROUTES.get(
    "/exports/history", "viewer", "History as CSV or JSON.", answers={CSV: None, JSON: list[HistoryRow]}
)
def export_history(call: Call, query: HistoryExport) -> Reply[Given]:
    """Every point, in the order in which it was noted."""
    rows = history_rows(call.connector, call.actor, site_of(call, query), query.objective)
    return streamed(HistoryRow, rows, query.format, "history")


def history_rows(
    connector: Connector, actor: Actor, site: str, objective: str | None
) -> Iterator[HistoryRow]:
    """The points as rows."""
    for one in every_point(connector, actor, site, objective):
        yield HistoryRow(objective=one.objective_id, **point_values(one.point))


@ROUTES.get(
    "/exports/audit", "admin", "The audit log as CSV or JSON.", answers={CSV: None, JSON: list[ActGiven]}
)
def export_audit(call: Call, query: AuditExport) -> Reply[Given]:
    """Every act that is looked for."""
    return streamed(ActGiven, act_rows(call.connector, call.actor, query), query.format, "audit")


def act_rows(connector: Connector, actor: Actor, query: AuditQuery) -> Iterator[ActGiven]:
    """The acts, newest first."""
    return (act_given(one) for one in every_entry(connector, actor, search_of(query)))


def streamed(shape: type[Given], rows: Iterable[Given], format: Format, name: str) -> Reply[Given]:
    """Rows as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return Reply(body=lines(shape, rows, format), media=CSV if format == "csv" else JSON, headers=headers)


def lines(shape: type[Given], rows: Iterable[Given], format: Format) -> Iterator[str]:
    """Rows as the text of a file, line by line."""
    return as_csv(shape, rows) if format == "csv" else as_json(rows)


def as_csv(shape: type[Given], rows: Iterable[Given]) -> Iterator[str]:
    """A header line, then a line a row; what a spreadsheet would take for a formula is made text."""
    names = list(shape.model_fields)
    yield _line(names)
    for row in rows:
        values = row.model_dump(mode="json")
        yield _line([cell(values[name]) for name in names])


def as_json(rows: Iterable[Given]) -> Iterator[str]:
    """A JSON array, a row a line."""
    opening = "[\n"
    for row in rows:
        yield opening + row.model_dump_json()
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _line(values: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
