"""Prometheus metrics, read from the tables at scrape time so that every process shows the same truth.

What only the processes know (calls to Jira, how long events waited) they leave in the store with their heartbeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from connectors.store import due, facts, inbox
from connectors.store.instant import from_ms
from connectors.store.schema import due as due_table
from connectors.store.schema import refusal, write
from plugin.budget import budget
from plugin.connector import Connector
from plugin.credential_expiry import seconds_left
from plugin.drift import drift_of, last_recent
from plugin.heartbeat import counted, processes
from plugin.meter import LAG_BOUNDS, Counted, Lag
from plugin.sync import outage

Gauge = GaugeMetricFamily
Counter = CounterMetricFamily


class StoreCollector(Collector):
    """Everything that is measured, one sample per site."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def collect(self) -> Iterator[Metric]:
        """All families; called by prometheus_client on each scrape."""
        sites = sorted(self._connector.sites)
        now = self._connector.clock()
        with self._connector.store.read() as conn:
            figures = counted(conn)
            yield from [
                deliveries(conn, sites),
                *waiting(conn, sites, now),
                *trouble(conn, sites),
                outages(conn, sites, now),
                granted(conn, sites, now),
                credentials({site: self._connector.sites[site].token_expires for site in sites}, now),
                *drift(conn, sites, now),
                written(conn, sites),
                *at_work(conn, now),
            ]
        yield from (calls(figures), points(figures), lags(figures))


def render_metrics(connector: Connector) -> bytes:
    """The exposition text of one scrape."""
    registry = CollectorRegistry()
    registry.register(StoreCollector(connector))
    return generate_latest(registry)


def deliveries(conn: Connection, sites: list[str]) -> Metric:
    """The inbox."""
    family = Gauge("jira_okr_deliveries", "Stored deliveries by status.", labels=["site", "status"])
    for site in sites:
        for status, count in inbox.counts(conn, site).items():
            family.add_metric([site, status], count)
    return family


def waiting(conn: Connection, sites: list[str], now: datetime) -> list[Metric]:
    """What is due, and since when: by a number that grows one sees that nothing is worked off."""
    rows = Gauge("jira_okr_due_objectives", "Objectives waiting to be reconciled.", labels=["site"])
    oldest = Gauge(
        "jira_okr_due_oldest_seconds", "Age of the longest waiting objective's first event.", labels=["site"]
    )
    for site in sites:
        rows.add_metric([site], due.pending_count(conn, site))
        since = conn.execute(
            select(func.min(due_table.c.since)).where(
                due_table.c.site == site, due_table.c.buried_at.is_(None)
            )
        ).scalar()
        oldest.add_metric([site], 0 if since is None else max(0.0, (now - from_ms(since)).total_seconds()))
    return [rows, oldest]


def trouble(conn: Connection, sites: list[str]) -> list[Metric]:
    """What waits for a person."""
    dead = Gauge("jira_okr_dead_letters", "Objectives that wait for a person.", labels=["site"])
    refused = Gauge("jira_okr_refused_fields", "Fields that Jira refuses to take.", labels=["site"])
    for site in sites:
        dead.add_metric([site], len(due.dead(conn, site)))
        refused.add_metric([site], _count(conn, refusal, refusal.c.site == site))
    return [dead, refused]


def outages(conn: Connection, sites: list[str], now: datetime) -> Metric:
    """Since when a site cannot be worked with; 0 where it can."""
    family = Gauge(
        "jira_okr_outage_seconds",
        "For how long Jira has not answered, or not accepted the connector.",
        labels=["site", "kind"],
    )
    for site in sites:
        known = outage.standing(conn, site)
        for kind in outage.KINDS:
            lasts = (now - known.since).total_seconds() if known is not None and known.kind == kind else 0.0
            family.add_metric([site, kind], max(0.0, lasts))
    return family


def granted(conn: Connection, sites: list[str], now: datetime) -> Metric:
    """What Jira said is left of its limit; no sample where it says nothing."""
    family = Gauge("jira_okr_budget_left", "Calls or points Jira said are left.", labels=["site"])
    for site in sites:
        left = budget(conn, site, now).left
        if left is not None:
            family.add_metric([site], left.remaining)
    return family


def credentials(days: dict[str, date | None], now: datetime) -> Metric:
    """Until when the tokens work by the days that were entered; no sample where none was."""
    family = Gauge(
        "jira_okr_credential_expires_seconds",
        "Time until the site's token expires, below 0 once it has; absent where nobody entered the day.",
        labels=["site"],
    )
    for site, day in days.items():
        if day is not None:
            family.add_metric([site], seconds_left(day, now))
    return family


def drift(conn: Connection, sites: list[str], now: datetime) -> list[Metric]:
    """How far the mirror was from Jira when everything was read last and since, and how long ago that was."""
    wrong = Gauge("jira_okr_drift_issues", "Issues the last full resync found wrong.", labels=["site"])
    since = Gauge(
        "jira_okr_drift_recent_issues", "Issues that incremental resyncs found wrong since.", labels=["site"]
    )
    below = Gauge("jira_okr_drift_objectives", "Objectives to which these issues belong.", labels=["site"])
    age = Gauge("jira_okr_resync_age_seconds", "Time since the last full read.", labels=["site"])
    recent = Gauge("jira_okr_recent_age_seconds", "Time since the last incremental read.", labels=["site"])
    for site in sites:
        found = drift_of(conn, site, most=0)
        wrong.add_metric([site], found.full if found else 0)
        since.add_metric([site], found.recent if found else 0)
        below.add_metric([site], found.objectives if found else 0)
        last = facts.get(conn, site, "last_resync")
        for family, at in (
            (age, None if last is None else datetime.fromisoformat(last)),
            (recent, last_recent(conn, site)),
        ):
            if at is not None:
                family.add_metric([site], (now - at).total_seconds())
    return [wrong, since, below, age, recent]


def written(conn: Connection, sites: list[str]) -> Metric:
    """The ledger of writes. `held` ones wait for a person; `open` ones are under way, or their process died."""
    family = Gauge(
        "jira_okr_writes", "Fields in the ledger of writes by outcome.", labels=["site", "outcome"]
    )
    found = conn.execute(
        select(write.c.site, write.c.outcome, func.count().label("number")).group_by(
            write.c.site, write.c.outcome
        )
    )
    numbers = {(row.site, row.outcome or "open"): row.number for row in found}
    for site in sites:
        for outcome in ("written", "confirmed", "refused", "failed", "held", "open"):
            family.add_metric([site, outcome], numbers.get((site, outcome), 0))
    return family


def at_work(conn: Connection, now: datetime) -> list[Metric]:
    """Who gave a sign of life within the last minute."""
    alive = [process for process in processes(conn) if process.lives(now)]
    workers = Gauge("jira_okr_workers", "Living worker threads of all processes.")
    workers.add_metric([], sum(process.workers for process in alive))
    running = Gauge("jira_okr_processes", "Processes that gave a sign of life.", labels=["role"])
    for role in ("serve", "worker"):
        running.add_metric([role], sum(process.role == role for process in alive))
    return [workers, running]


def calls(figures: Counted) -> Metric:
    """Calls to Jira of all processes."""
    family = Counter(
        "jira_okr_api_calls",
        "Calls to Jira by kind of endpoint and outcome (ok, an HTTP status, broken).",
        labels=["site", "method", "endpoint", "outcome"],
    )
    for key, number in sorted(figures.calls.items()):
        family.add_metric(key.split("|"), number)
    return family


def points(figures: Counted) -> Metric:
    """What the answered calls would cost an OAuth or Forge app at least: one point each."""
    family = Counter(
        "jira_okr_api_points",
        "Lower estimate of the points that Jira charges OAuth and Forge apps; API tokens are not charged.",
        labels=["site"],
    )
    total: dict[str, int] = {}
    for key, number in figures.calls.items():
        site, *_, outcome = key.split("|")
        if outcome != "broken":
            total[site] = total.get(site, 0) + number
    for site, number in sorted(total.items()):
        family.add_metric([site], number)
    return family


def lags(figures: Counted) -> Metric:
    """From the first event to the written field, quiet period included."""
    family = HistogramMetricFamily(
        "jira_okr_event_to_write_seconds",
        "Time from the first unserved event to its written fields.",
        labels=["site"],
    )
    for site, lag in sorted(figures.lags.items()):
        family.add_metric([site], buckets=_buckets(lag), sum_value=lag.seconds)
    return family


def _buckets(lag: Lag) -> list[Any]:
    bounds = [*map(str, LAG_BOUNDS), "+Inf"]
    return list(zip(bounds, accumulate(lag.classes), strict=True))


def _count(conn: Connection, table: Any, condition: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
