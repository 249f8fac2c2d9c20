"""`cycle_time`: from start to finish, over the items finished in the window. What was never started is left out and named."""

from __future__ import annotations

from typing import ClassVar

from connectors.metrics.basis.flow_items import (
    clock_of,
    items_of,
    points_of,
    reading_of,
    touched_since,
    window_of,
)
from connectors.metrics.basis.source import Answer, Clock, MetricSource, Reach
from mappings.flow.measures import cycle_times
from mappings.kpi.cadence import Period
from mappings.kpi.sources import CycleTimeOptions, SourceOptions


class CycleTime(MetricSource[CycleTimeOptions]):
    """How long work takes once it is begun."""

    kind: ClassVar[str] = "cycle_time"
    options: ClassVar[type[SourceOptions]] = CycleTimeOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: CycleTimeOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window = window_of(options.window, period, reach)
        items = items_of(options.select, period, reach, touched_since(window[0]))
        points = points_of(options.end, reach, options.start, options.finish)
        measured = clock_of(options.clock, options.unit, options.working, reach)
        found = cycle_times(items, points, window, measured)
        what = "items that had been started were finished in the window"
        return reading_of(self.kind, found, options.statistic, options.min_items, period, clock(), what)
