"""`jql_avg`: what a field is in the mean over the issues that a JQL selects. No matching issue, or none with a value: no reading."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from connectors.metrics.basis.field_values import field_values
from connectors.metrics.basis.source import Answer, Clock, FailureKind, MetricSource, Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import JqlAvgOptions, SourceOptions


class JqlAvg(MetricSource[JqlAvgOptions]):
    """The arithmetic mean of a field of mirrored issues."""

    kind: ClassVar[str] = "jql_avg"
    options: ClassVar[type[SourceOptions]] = JqlAvgOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: JqlAvgOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        found = field_values(options, period, reach)
        if isinstance(found, SourceFailure):
            return found
        if not found.values:
            return SourceFailure(FailureKind.NO_DATA, "no issue is selected, and of none there is no mean")
        mean = sum(found.values, Fraction(0)) / len(found.values)
        return (KpiReading(at=period.last, value=mean, received=clock(), source=self.kind, note=found.note),)
