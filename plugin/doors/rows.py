"""The rows that lists, files and ledgers give alike: of a ledger, of a history, of the audit log."""

from __future__ import annotations

from datetime import datetime

from mappings.json_value import PlainValues
from plugin.doors.model import JsonAny, JsonShape
from plugin.use_cases.accounts.audit import AuditEntry
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.objectives.objectives import HistoryPoint
from plugin.use_cases.record.personal_data import PersonalRow


class RowJson(JsonShape):
    """One row of a ledger. `share` is what it adds to the number; the shares of all rows sum to the total, exactly."""

    id: str
    key: str
    title: str
    status: str
    disposition: str
    weight: str | None
    progress: str | None
    share: str
    percent_points: float | None
    reason: str


class PointJson(JsonShape):
    """Where an objective stood from `at` on, until the next point. `backfilled`: worked out from Jira's history, not observed."""

    at: datetime
    progress: float | None
    progress_exact: str | None
    delivery: float | None
    outcome: float | None
    expected: float | None
    health: str
    mapping_revision: str
    backfilled: bool


class ActJson(JsonShape):
    """One act; `site` is empty for what concerns the whole installation."""

    id: int
    at: datetime
    site: str
    who: str
    what: str
    detail: dict[str, JsonAny]


class PersonalRowJson(JsonShape):
    """One row that names a person, and of which table it is. Instants are milliseconds since 1970."""

    table: str
    values: dict[str, JsonAny]


def personal_row(row: PersonalRow) -> PersonalRowJson:
    """One row as it is handed out."""
    return PersonalRowJson(table=row.table, values=row.values)


def point_json(point: HistoryPoint) -> PointJson:
    """One point as an answer shows it."""
    return PointJson.model_validate(point_values(point))


def point_values(point: HistoryPoint) -> PlainValues:
    """The values of one point."""
    return {
        "at": point.at,
        "progress": number(point.progress),
        "progress_exact": exact_text(point.progress),
        "delivery": number(point.delivery),
        "outcome": number(point.outcome),
        "expected": number(point.expected),
        "health": point.health.value,
        "mapping_revision": point.mapping_revision,
        "backfilled": point.backfilled,
    }


def act_json(one: AuditEntry) -> ActJson:
    """One act as an answer shows it."""
    return ActJson(id=one.id, at=one.at, site=one.site, who=one.who, what=one.what, detail=one.detail)
