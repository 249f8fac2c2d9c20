"""`mttr`: how long incidents were not done, over those restored in the window; the time one was closed before it was reopened is no repair."""

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
from mappings.flow.measures import repair_times
from mappings.kpi.cadence import Period
from mappings.kpi.sources import MttrOptions, SourceOptions


class Mttr(MetricSource[MttrOptions]):
    """How long it takes to make good what broke."""

    kind: ClassVar[str] = "mttr"
    options: ClassVar[type[SourceOptions]] = MttrOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: MttrOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window = window_of(options.window, period, reach)
        items = items_of(options.select, period, reach, touched_since(window[0]))
        found = repair_times(
            items,
            points_of(options.end, reach, options.start, options.finish),
            window,
            clock_of(options.clock, options.unit, options.working, reach),
            from_creation=options.start is None,
            whole=options.reopened == "whole",
        )
        what = "incidents were restored in the window"
        return reading_of(self.kind, found, options.statistic, options.min_items, period, clock(), what)
