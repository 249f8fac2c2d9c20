"""The rows of a delivery key result as items: when each came, and when it was finished, by what Jira says of it now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from fractions import Fraction

from mappings.facts.issue import Issue
from mappings.forecast import delivery
from mappings.forecast.answer import Forecast
from mappings.forecast.prospect import Prospect
from mappings.forecast.weeks import FinishedRow, work_of
from mappings.rollup.rows.ledger import Contribution, Disposition
from mappings.rollup.rows.statuses import DONE
from mappings.rollup.rows.weights import COUNTING


def forecast(prospect: Prospect, count_to: Fraction | None) -> Forecast:
    """The forecast of the counted rows of a key result."""
    rows = prospect.key_result.measurement.ledger.rows
    items = items_of(rows, prospect.issues, prospect.mapping.zone)
    cycle = (prospect.first, prospect.last)
    return delivery.forecast(work_of(items, prospect.today, cycle, prospect.achieved_at, count_to))


def items_of(rows: Iterable[Contribution], issues: Mapping[str, Issue], zone: tzinfo) -> list[FinishedRow]:
    """Every row that counts; what stands among them and is no issue (a check-in, a closing) is none."""
    counted = (row for row in rows if row.disposition in COUNTING and row.id in issues)
    return [_item(issues[row.id], row.disposition is Disposition.NOT_ACHIEVED, zone) for row in counted]


def _item(issue: Issue, missed: bool, zone: tzinfo) -> FinishedRow:
    """Cloud says when the category of the status last changed: the last entry into done. Data Center has the resolution alone."""
    created = issue.created.astimezone(zone).date()
    if issue.status.category != DONE:
        return FinishedRow(created)
    at = issue.status_changed or issue.resolved
    day = None if at is None else at.astimezone(zone).date()
    return FinishedRow(
        created=created,
        finished=True,
        finished_on=day,
        by_resolution=at is not None and issue.status_changed is None,
        missed=missed,
    )
