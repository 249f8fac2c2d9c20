"""`jql_count`: how many issues of the scope a JQL selects, as they stood at the end of the period. None is 0."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from connectors.metrics.source import (
    Answer,
    Clock,
    FailureKind,
    KpiReading,
    MetricSource,
    MirrorView,
    Period,
    ReadFailure,
)
from mappings.facts.moment import Moment
from mappings.kpi.sources import JqlCountOptions, SourceOptions


class JqlCount(MetricSource):
    """Counts mirrored issues."""

    kind: ClassVar[str] = "jql_count"
    options: ClassVar[type[SourceOptions]] = JqlCountOptions

    def read(self, options: JqlCountOptions, period: Period, view: MirrorView, clock: Clock) -> Answer:
        if view.gaps:
            reason = f"issues that may match could not be read: {'; '.join(view.gaps)}"
            return ReadFailure(FailureKind.INCOMPLETE, reason, "See the gaps of the site, or accept them.")
        select, moment = view.compile_jql(options.jql), Moment(period.last, view.zone, view.account_id)
        count = sum(select.matches(issue, moment) for issue in view.issues_at(period.last))
        return (KpiReading(period.last, Fraction(count), clock()),)
