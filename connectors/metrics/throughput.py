"""`throughput`: how many items were finished in the window. None is 0."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from connectors.metrics.basis.flow_items import items_of, points_of, touched_since, window_of
from connectors.metrics.basis.source import Answer, Clock, MetricSource, Reach
from mappings.flow.measures import finished_items
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import SourceOptions, ThroughputOptions


class Throughput(MetricSource[ThroughputOptions]):
    """How much gets done."""

    kind: ClassVar[str] = "throughput"
    options: ClassVar[type[SourceOptions]] = ThroughputOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: ThroughputOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window = window_of(options.window, period, reach)
        items = items_of(options.select, period, reach, touched_since(window[0]))
        count = len(finished_items(items, points_of(options.end, reach, finish=options.finish), window))
        return (KpiReading(period.last, Fraction(count), clock(), self.kind),)
