"""`jql_count`: how many issues of the scope a JQL selects, as they stood at the end of the period. None is 0."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from connectors.metrics.basis.source import Answer, Clock, MetricSource, Reach
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import JqlCountOptions, SourceOptions


class JqlCount(MetricSource[JqlCountOptions]):
    """Counts mirrored issues."""

    kind: ClassVar[str] = "jql_count"
    options: ClassVar[type[SourceOptions]] = JqlCountOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: JqlCountOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        count = len(reach.selected(options.jql, period.last))
        return (KpiReading(period.last, Fraction(count), clock(), self.kind),)
