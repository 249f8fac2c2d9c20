"""`flow_efficiency`: time in active statuses over the time from start to finish, of the items finished in the window: a ratio of sums."""

from __future__ import annotations

from typing import ClassVar

from connectors.metrics.basis.flow_items import (
    clock_of,
    enough,
    in_statuses,
    items_of,
    note_of,
    points_of,
    touched_since,
    window_of,
)
from connectors.metrics.basis.source import Answer, Clock, FailureKind, MetricSource, Reach, SourceFailure
from mappings.flow.measures import efficiency
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import FlowEfficiencyOptions, SourceOptions


class FlowEfficiency(MetricSource[FlowEfficiencyOptions]):
    """How much of its time work is worked on."""

    kind: ClassVar[str] = "flow_efficiency"
    options: ClassVar[type[SourceOptions]] = FlowEfficiencyOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: FlowEfficiencyOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window = window_of(options.window, period, reach)
        items = items_of(options.select, period, reach, touched_since(window[0]))
        points = points_of(options.end, reach, options.start, options.finish)
        measured = clock_of(options.clock, "hours", options.working, reach)
        if options.active:
            active = in_statuses(options.active, reach)
            found = efficiency(items, points, window, active, measured)
        else:
            found = efficiency(items, points, window, lambda stay: stay.category == "indeterminate", measured)
        missing = enough(
            found.items, options.min_items, "items that had been started were finished in the window"
        )
        if missing is not None or found.value is None:
            return missing or SourceFailure(
                FailureKind.NO_DATA, "no time passed between start and finish of any item"
            )
        note = note_of(found.items, found.gaps)
        return (KpiReading(at=period.last, value=found.value, received=clock(), source=self.kind, note=note),)
