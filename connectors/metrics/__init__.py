"""Where the readings of KPIs come from. A new kind of source is one file here, its options in `mappings.kpi.sources`, and one line in `METRIC_SOURCES`."""

from __future__ import annotations

from typing import Any

from connectors.metrics.basis.source import Answer, Clock, MetricSource, Reach, UnreadableSource
from connectors.metrics.cycle_time import CycleTime
from connectors.metrics.flow_efficiency import FlowEfficiency
from connectors.metrics.http_json import HttpJson
from connectors.metrics.jira_field import JiraField
from connectors.metrics.jql_avg import JqlAvg
from connectors.metrics.jql_count import JqlCount
from connectors.metrics.jql_sum import JqlSum
from connectors.metrics.lead_time import LeadTime
from connectors.metrics.mtbf import Mtbf
from connectors.metrics.mttr import Mttr
from connectors.metrics.prometheus import Prometheus
from connectors.metrics.sql import Sql
from connectors.metrics.throughput import Throughput
from connectors.metrics.work_item_age import WorkItemAge
from mappings.kpi.cadence import Period
from mappings.kpi.sources import SourceOptions

METRIC_SOURCES: tuple[MetricSource[Any], ...] = (
    JqlCount(),
    JqlSum(),
    JqlAvg(),
    JiraField(),
    LeadTime(),
    CycleTime(),
    WorkItemAge(),
    Throughput(),
    FlowEfficiency(),
    Mttr(),
    Mtbf(),
    HttpJson(),
    Prometheus(),
    Sql(),
)

SOURCE_OF_KIND = {source.kind: source for source in METRIC_SOURCES}


def readings(options: SourceOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
    """The readings of a period from the source that a mapping names, or why there are none."""
    try:
        return SOURCE_OF_KIND[options.kind].read(options, period, reach, clock)
    except UnreadableSource as stop:
        return stop.failure
