"""`work_item_age`: how long ago the items were started that are in progress at the end of the period."""

from __future__ import annotations

from typing import ClassVar

from connectors.metrics.basis.flow_items import clock_of, items_of, points_of, reading_of, stands, test_of
from connectors.metrics.basis.source import Answer, Clock, MetricSource, Reach
from mappings.flow.measures import ages
from mappings.kpi.cadence import Period
from mappings.kpi.sources import EndPart, SourceOptions, WorkItemAgeOptions


class WorkItemAge(MetricSource[WorkItemAgeOptions]):
    """How old the work is that is going on."""

    kind: ClassVar[str] = "work_item_age"
    options: ClassVar[type[SourceOptions]] = WorkItemAgeOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: WorkItemAgeOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        started = test_of(options.start, reach)
        items = items_of(options.select, period, reach, lambda one: stands(one, started, reach))
        points = points_of(EndPart(), reach, options.start)
        measured = clock_of(options.clock, options.unit, options.working, reach)
        found = ages(items, points, period.end, measured)
        what = "items are in progress"
        return reading_of(self.kind, found, options.statistic, options.min_items, period, clock(), what)
