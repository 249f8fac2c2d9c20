"""`jira_field`: what a field of one issue held at the end of the period. The issue is followed by its id when it moves."""

from __future__ import annotations

from typing import ClassVar

from connectors.metrics.basis.source import Answer, Clock, FailureKind, MetricSource, Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import JiraFieldOptions, SourceOptions


class JiraField(MetricSource[JiraFieldOptions]):
    """Reads one field of one mirrored issue."""

    kind: ClassVar[str] = "jira_field"
    options: ClassVar[type[SourceOptions]] = JiraFieldOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: JiraFieldOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        issue = reach.issue_at(options.issue, period.last)
        if issue is None:
            reason = (
                f"{options.issue} is not there: deleted, outside the scope of the mapping, or out of sight"
            )
            return SourceFailure(FailureKind.NO_DATA, reason, "Correct the key, or widen the scope.")
        value = reach.number(issue, options.field)
        if value is None:
            reason = f"{options.field} of {issue.key} holds no number"
            return SourceFailure(FailureKind.NO_DATA, reason, "Fill it in Jira.")
        return (KpiReading(period.last, value, clock(), self.kind),)
