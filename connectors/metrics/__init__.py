"""Where the readings of KPIs come from. A new kind of source is one file here, its options in `mappings.kpi.sources`, and one line in `METRIC_SOURCES`."""

from __future__ import annotations

from connectors.metrics.jql_count import JqlCount
from connectors.metrics.source import Answer, Clock, MetricSource, MirrorView, Period
from mappings.kpi.sources import SourceOptions

METRIC_SOURCES: tuple[MetricSource, ...] = (JqlCount(),)

SOURCE_OF_KIND = {source.kind: source for source in METRIC_SOURCES}


def readings(options: SourceOptions, period: Period, view: MirrorView, clock: Clock) -> Answer:
    """The readings of a period from the source that a mapping names, or why there are none."""
    return SOURCE_OF_KIND[options.kind].read(options, period, view, clock)
