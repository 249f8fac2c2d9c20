"""Prometheus metrics, read from the tables at scrape time so that every process shows the same truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connectors.store import due, facts, inbox
from plugin.connector import Connector


class StoreCollector(Collector):
    """Gauges over the store, one sample per site."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def collect(self) -> Iterator[Metric]:
        """All families; called by prometheus_client on each scrape."""
        deliveries = GaugeMetricFamily(
            "jira_okr_deliveries", "Stored deliveries by status.", labels=["site", "status"]
        )
        pending = GaugeMetricFamily(
            "jira_okr_due_objectives", "Objectives waiting to be reconciled.", labels=["site"]
        )
        dead = GaugeMetricFamily(
            "jira_okr_dead_letters", "Objectives that wait for a person.", labels=["site"]
        )
        drift = GaugeMetricFamily(
            "jira_okr_drift_issues", "Issues the last resync found wrong.", labels=["site"]
        )
        age = GaugeMetricFamily(
            "jira_okr_resync_age_seconds", "Time since the last full read.", labels=["site"]
        )
        with self._connector.store.read() as conn:
            for site in sorted(self._connector.sites):
                for status, count in inbox.counts(conn, site).items():
                    deliveries.add_metric([site, status], count)
                pending.add_metric([site], due.pending_count(conn, site))
                dead.add_metric([site], len(due.dead(conn, site)))
                drift.add_metric([site], (facts.get(conn, site, "drift") or {}).get("issues", 0))
                last = facts.get(conn, site, "last_resync")
                if last is not None:
                    elapsed = self._connector.clock() - datetime.fromisoformat(last)
                    age.add_metric([site], elapsed.total_seconds())
        yield from (deliveries, pending, dead, drift, age)


def render_metrics(connector: Connector) -> bytes:
    """The exposition text of one scrape."""
    registry = CollectorRegistry()
    registry.register(StoreCollector(connector))
    return generate_latest(registry)
