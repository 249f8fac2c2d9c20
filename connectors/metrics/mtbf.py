"""`mtbf`: time up over the failures that began in the window. Without a failure it is at least that long, and nobody knows how much longer."""

from __future__ import annotations

from typing import ClassVar

from connectors.metrics.basis.flow_items import items_of, points_of, stands, window_of
from connectors.metrics.basis.source import Answer, Clock, LowerBound, MetricSource, Reach
from mappings.flow.clocks import DAY, HOUR
from mappings.flow.measures import uptime
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import MtbfOptions, SourceOptions


class Mtbf(MetricSource[MtbfOptions]):
    """How long things run between failures."""

    kind: ClassVar[str] = "mtbf"
    options: ClassVar[type[SourceOptions]] = MtbfOptions
    mirrored: ClassVar[bool] = True

    def read(self, options: MtbfOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window, points = window_of(options.window, period, reach), points_of(options.end, reach)
        items = items_of(
            options.select,
            period,
            reach,
            lambda one: one.updated >= window[0] or not stands(one, points.done, reach),
        )
        found = uptime(items, points, window)
        unit = DAY if options.unit == "days" else HOUR
        if found.failures:
            time = (found.window if options.time == "all" else found.up) / unit
            note = f"{found.failures} failure{'s' * (found.failures != 1)}"
            return (
                KpiReading(
                    at=period.last, value=time / found.failures, received=clock(), source=self.kind, note=note
                ),
            )
        reason = "nothing failed in the window, so it is at least the time that was up"
        return LowerBound(
            KpiReading(
                at=period.last,
                value=found.up / unit,
                received=clock(),
                source=self.kind,
                note=f"at least: {reason}",
            ),
            reason,
        )
