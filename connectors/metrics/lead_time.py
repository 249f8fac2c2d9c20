"""`lead_time`: from creation to finish, over the items finished in the window."""

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
from mappings.flow.measures import lead_times
from mappings.kpi.cadence import Period
from mappings.kpi.sources import LeadTimeOptions, SourceOptions


class LeadTime(MetricSource[LeadTimeOptions]):
    """How long people wait for what they ask for."""

    kind: ClassVar[str] = "lead_time"
    options: ClassVar[type[SourceOptions]] = LeadTimeOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: LeadTimeOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window = window_of(options.window, period, reach)
        items = items_of(options.select, period, reach, touched_since(window[0]))
        measured = clock_of(options.clock, options.unit, options.working, reach)
        found = lead_times(items, points_of(options.end, reach, finish=options.finish), window, measured)
        what = "items were finished in the window"
        return reading_of(self.kind, found, options.statistic, options.min_items, period, clock(), what)
