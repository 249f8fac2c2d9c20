"""Whole tables as CSV or JSON, written row by row while they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field, create_model

from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from plugin.access.audit_export import cell
from plugin.access.authorization.actor import Actor
from plugin.doors.filters import AuditQuery, ObjectivesQuery, row_selection, search_of
from plugin.doors.model import JsonShape
from plugin.doors.rows import ActJson, PointJson, RowJson, act_json, point_values
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.audit import export_entries
from plugin.use_cases.objectives.objective_columns import Output, columns_for, values
from plugin.use_cases.objectives.objective_lines import ObjectiveLine
from plugin.use_cases.objectives.objective_lines import lines as objective_lines
from plugin.use_cases.objectives.objective_values import contribution_values
from plugin.use_cases.objectives.objectives import SavedObjective, every_objective, every_point

Format = Literal["csv", "json", "jsonl"]
"""`jsonl`: a JSON object a line, as what collects logs takes it."""


if TYPE_CHECKING:  # made from the columns, which a type checker cannot follow
    ObjectiveRow = JsonShape
else:
    ObjectiveRow = create_model(
        "ObjectiveRow",
        __base__=JsonShape,
        __doc__="One objective in one line.",
        **{
            column.key: (column.type, Field(description=column.description))
            for column in columns_for(Output.EXPORT)
        },
    )


class LedgerRow(RowJson):
    """One row of a ledger, and whose it is: `ledger` is headline, beside, or key_result."""

    objective: str
    objective_key: str
    ledger: str
    key_result: str | None


class HistoryRow(PointJson):
    """One point of one objective's history, and whose it is."""

    objective: str


def objective_rows(
    connector: Connector, actor: Actor, site: str, query: ObjectivesQuery
) -> Iterator[ObjectiveRow]:
    """The objectives that pass, as lines."""
    found = saved_objectives(connector, actor, site, query)
    return (objective_row(one) for one in objective_lines(connector, actor, site, found))


def objective_row(one: ObjectiveLine) -> ObjectiveRow:
    """One objective as a line."""
    return ObjectiveRow.model_validate(values(one, Output.EXPORT))


def ledger_rows(connector: Connector, actor: Actor, site: str, query: ObjectivesQuery) -> Iterator[LedgerRow]:
    """The rows of all ledgers of the objectives that pass. Asked at once: a refusal comes before the first line is sent."""
    found = saved_objectives(connector, actor, site, query)
    return (row for saved in found for row in _ledgers(saved.state))


def _ledgers(state: ObjectiveState) -> Iterator[LedgerRow]:
    yield from _rows(state, state.ledger, "headline", None)
    yield from _rows(state, state.beside, "beside", None)
    for one in state.key_results:
        yield from _rows(state, one.measurement.ledger, "key_result", one.id)


def _rows(state: ObjectiveState, ledger: Ledger, name: str, key_result: str | None) -> Iterator[LedgerRow]:
    for row in ledger.rows:
        whose = {"objective": state.id, "objective_key": state.key, "ledger": name, "key_result": key_result}
        yield LedgerRow.model_validate({**contribution_values(row), **whose})


def saved_objectives(
    connector: Connector, actor: Actor, site: str, query: ObjectivesQuery
) -> Iterator[SavedObjective]:
    """Every objective that passes, a few at a time."""
    return every_objective(connector, actor, row_selection(site, query))


def history_rows(
    connector: Connector, actor: Actor, site: str, objective: str | None
) -> Iterator[HistoryRow]:
    """The points as rows."""
    found = every_point(connector, actor, site, objective)
    return (
        HistoryRow.model_validate({"objective": one.objective_id, **point_values(one.point)}) for one in found
    )


def act_rows(connector: Connector, actor: Actor, query: AuditQuery) -> Iterator[ActJson]:
    """The acts, newest first."""
    return (act_json(one) for one in export_entries(connector, actor, search_of(query)))


def lines(shape: type[JsonShape], rows: Iterable[JsonShape], format: Format) -> Iterator[str]:
    """Rows as the text of a file, line by line."""
    if format == "jsonl":
        return (f"{row.model_dump_json()}\n" for row in rows)
    return as_csv(shape, rows) if format == "csv" else as_json(rows)


def as_csv(shape: type[JsonShape], rows: Iterable[JsonShape]) -> Iterator[str]:
    """A header line, then a line a row; what a spreadsheet would take for a formula is made text."""
    names = list(shape.model_fields)
    yield _line(names)
    for row in rows:
        values = row.model_dump(mode="json")
        yield _line([cell(values[name]) for name in names])


def as_json(rows: Iterable[JsonShape]) -> Iterator[str]:
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
