"""`jql_sum`: what a field comes to over the issues that a JQL selects. No matching issue: 0; matching, but none with a value: no reading."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from connectors.metrics.basis.field_values import field_values
from connectors.metrics.basis.source import Answer, Clock, MetricSource, Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import JqlSumOptions, SourceOptions


class JqlSum(MetricSource[JqlSumOptions]):
    """Adds up a field of mirrored issues."""

    kind: ClassVar[str] = "jql_sum"
    options: ClassVar[type[SourceOptions]] = JqlSumOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: JqlSumOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        found = field_values(options, period, reach)
        if isinstance(found, SourceFailure):
            return found
        return (
            KpiReading(
                at=period.last,
                value=sum(found.values, Fraction(0)),
                received=clock(),
                source=self.kind,
                note=found.note,
            ),
        )
