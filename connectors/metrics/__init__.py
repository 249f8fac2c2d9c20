"""Where the readings of KPIs come from. A new kind of source is one file here, its options in `mappings.kpi.sources`, and one line in `METRIC_SOURCES`."""

from __future__ import annotations

from connectors.metrics.jql_count import JqlCount
from connectors.metrics.source import Answer, Clock, MetricSource, Reach, Unreadable
from mappings.kpi.cadence import Period
from mappings.kpi.sources import SourceOptions

METRIC_SOURCES: tuple[MetricSource, ...] = (JqlCount(),)

SOURCE_OF_KIND = {source.kind: source for source in METRIC_SOURCES}


def readings(options: SourceOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
    """The readings of a period from the source that a mapping names, or why there are none."""
    try:
        return SOURCE_OF_KIND[options.kind].read(options, period, reach, clock)
    except Unreadable as stop:
        return stop.failure
