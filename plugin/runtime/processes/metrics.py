"""Prometheus metrics: the state of the installation as every other door tells it, read from the tables at scrape time.

What only the processes know (calls to Jira, how long events waited) they leave in the store with their heartbeat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from connectors.store.jobs.counts import LAG_BOUNDS, Lag, ProcessCounts
from connectors.store.kpis.kpis import KpiFigure
from connectors.store.reads import failures
from plugin.runtime.sites.credential_expiry import seconds_left
from plugin.sync.outage import KINDS
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import Installation, ObjectiveCounts, SiteStatus

Gauge = GaugeMetricFamily
Counter = CounterMetricFamily
Sites = Sequence[SiteStatus]
UNCOUNTED: Mapping[str, ObjectiveCounts] = MappingProxyType({})
KpiFigures = Mapping[str, KpiFigure]
UNMEASURED: Mapping[str, KpiFigures] = MappingProxyType({})


class StateCollector(Collector):
    """Everything that is measured, one sample per site."""

    def __init__(
        self,
        found: Installation,
        objectives: Mapping[str, ObjectiveCounts] = UNCOUNTED,
        kpis: Mapping[str, KpiFigures] = UNMEASURED,
    ) -> None:
        self._found = found
        self._objectives = objectives
        self._kpis = kpis

    def collect(self) -> Iterator[Metric]:
        """All families; called by prometheus_client on each scrape."""
        sites = sorted(self._found.sites, key=lambda one: one.site)
        for families in FAMILIES:
            yield from families(sites)
        yield measure_standing(self._objectives)
        yield from measure_kpis(self._kpis, self._found.at)
        yield from at_work(self._found)
        figures = self._found.counted
        yield from (calls(figures), points(figures), lags(figures))


def render_metrics(
    found: Installation,
    objectives: Mapping[str, ObjectiveCounts] = UNCOUNTED,
    kpis: Mapping[str, KpiFigures] = UNMEASURED,
) -> bytes:
    """The exposition text of one scrape."""
    registry = CollectorRegistry()
    registry.register(StateCollector(found, objectives, kpis))
    return generate_latest(registry)


def deliveries(sites: Sites) -> Iterator[Metric]:
    """The inbox."""
    family = Gauge("jira_okr_deliveries", "Stored deliveries by status.", labels=["site", "status"])
    for one in sites:
        for status, count in (one.deliveries or {}).items():
            family.add_metric([one.site, status], count)
    yield family


def measure_waiting(sites: Sites) -> Iterator[Metric]:
    """What is due, and for how long a worker could have taken it: by a number that grows one sees that nothing is worked off.

    What waits on purpose, as a field that is paced does, is not late.
    """
    rows = Gauge("jira_okr_due_objectives", "Objectives waiting to be reconciled.", labels=["site"])
    oldest = Gauge(
        "jira_okr_due_oldest_seconds",
        "For how long the objective that waits longest could have been taken up.",
        labels=["site"],
    )
    for one in sites:
        rows.add_metric([one.site], one.due)
        age = 0.0 if one.overdue_since is None else (one.at - one.overdue_since).total_seconds()
        oldest.add_metric([one.site], max(0.0, age))
    yield from (rows, oldest)


def trouble(sites: Sites) -> Iterator[Metric]:
    """What waits for a person."""
    dead = Gauge("jira_okr_dead_letters", "Objectives that wait for a person.", labels=["site"])
    refused = Gauge("jira_okr_refused_fields", "Fields that Jira refuses to take.", labels=["site"])
    troubled = Gauge(
        "jira_okr_concern", "1 where this is what jira-okr status exits with 1 for.", labels=["site", "kind"]
    )
    held = Gauge(
        "jira_okr_held_writes", "Changes that wait for a person instead of being written.", labels=["site"]
    )
    gaps = Gauge(
        "jira_okr_gaps", "Issues that could not be read and that wait for a person.", labels=["site"]
    )
    lost = Gauge(
        "jira_okr_losses", "Issues that Jira shows no more and that wait for a person.", labels=["site"]
    )
    for one in sites:
        dead.add_metric([one.site], len(one.dead))
        lost.add_metric([one.site], len(one.losses))
        gaps.add_metric([one.site], sum(gap.waits for gap in one.gaps))
        refused.add_metric([one.site], len(one.refused))
        held.add_metric([one.site], len(one.held))
        for found in concerns(one):
            if found.wrong:
                troubled.add_metric([one.site, found.kind], 1)
    yield from (dead, refused, held, gaps, lost, troubled)


def outages(sites: Sites) -> Iterator[Metric]:
    """Since when a site cannot be worked with; 0 where it can."""
    family = Gauge(
        "jira_okr_outage_seconds",
        "For how long Jira has not answered, or not accepted the connector.",
        labels=["site", "kind"],
    )
    for one in sites:
        known = one.outage
        for kind in KINDS:
            lasts = (one.at - known.since).total_seconds() if known and known.kind == kind else 0.0
            family.add_metric([one.site, kind], max(0.0, lasts))
    yield family


def measure_grants(sites: Sites) -> Iterator[Metric]:
    """What Jira said is left of its limit; no sample where it says nothing."""
    family = Gauge("jira_okr_budget_left", "Calls or points Jira said are left.", labels=["site"])
    for one in sites:
        left = one.budget.left if one.budget else None
        if left is not None:
            family.add_metric([one.site], left.remaining)
    yield family


def credentials(sites: Sites) -> Iterator[Metric]:
    """Until when the tokens work by the days that were entered; no sample where none was."""
    family = Gauge(
        "jira_okr_credential_expires_seconds",
        "Time until the site's token expires, below 0 once it has; absent where nobody entered the day.",
        labels=["site"],
    )
    for one in sites:
        if one.token_expires is not None:
            family.add_metric([one.site], seconds_left(one.token_expires, one.at))
    yield family


def drift(sites: Sites) -> Iterator[Metric]:
    """How far the mirror was from Jira when everything was read last and since, and how long ago that was."""
    wrong = Gauge("jira_okr_drift_issues", "Issues the last full resync found wrong.", labels=["site"])
    since = Gauge(
        "jira_okr_drift_recent_issues", "Issues that incremental resyncs found wrong since.", labels=["site"]
    )
    below = Gauge("jira_okr_drift_objectives", "Objectives to which these issues belong.", labels=["site"])
    age = Gauge("jira_okr_resync_age_seconds", "Time since the last full read.", labels=["site"])
    recent = Gauge("jira_okr_recent_age_seconds", "Time since the last incremental read.", labels=["site"])
    failed = Gauge("jira_okr_read_failures", "Reads that failed in a row.", labels=["site", "kind"])
    for one in sites:
        found = one.drift
        wrong.add_metric([one.site], found.full if found else 0)
        since.add_metric([one.site], found.recent if found else 0)
        below.add_metric([one.site], found.objectives if found else 0)
        tries, first = ({bad.kind: getattr(bad, name) for bad in one.failing} for name in ("tries", "since"))
        for kind in failures.KINDS:
            failed.add_metric([one.site, kind], tries.get(kind, 0))
        # A full read sees what changed of late too. What was never read is as old as the first failure to read it.
        lately = max((at for at in (one.last_recent, one.last_resync) if at is not None), default=None)
        for family, at in (
            (age, one.last_resync or first.get("full")),
            (recent, lately or first.get("recent")),
        ):
            if at is not None:
                family.add_metric([one.site], (one.at - at).total_seconds())
    yield from (wrong, since, below, age, recent, failed)


def measure_sights(sites: Sites) -> Iterator[Metric]:
    """By which answers of Jira it is judged who may see what; no sample where none serves."""
    number = Gauge(
        "jira_okr_sights", "Answers of Jira that somebody may see an issue, which serve now.", labels=["site"]
    )
    age = Gauge("jira_okr_sight_age_seconds", "Age of the oldest of these answers.", labels=["site"])
    for one in sites:
        if one.sights is not None:
            number.add_metric([one.site], one.sights.answers)
            age.add_metric([one.site], (one.at - one.sights.oldest).total_seconds())
    yield from (number, age)


def measure_writes(sites: Sites) -> Iterator[Metric]:
    """What became of writes, ever. `held` ones wait for a person now; `open` ones are under way, or their process died."""
    family = Gauge(
        "jira_okr_writes",
        "Fields by what became of writing them, ever; held and open ones now.",
        labels=["site", "outcome"],
    )
    for one in sites:
        for outcome in ("written", "confirmed", "refused", "failed", "held", "open"):
            family.add_metric([one.site, outcome], (one.writes or {}).get(outcome, 0))
    yield family


def measure_standing(objectives: Mapping[str, ObjectiveCounts]) -> Metric:
    """How many stand how, by cycle: a sample for each health that an objective of the cycle has, and none names an objective."""
    family = Gauge(
        "jira_okr_objectives",
        "Objectives by cycle and health; the cycle is empty for those of none.",
        labels=["site", "cycle", "health"],
    )
    for site, counts in sorted(objectives.items()):
        for (cycle, level), count in sorted(counts.items()):
            family.add_metric([site, cycle, level], count)
    return family


def measure_kpis(kpis: Mapping[str, KpiFigures], now: datetime) -> Iterator[Metric]:
    """Where KPIs stood when their last period with a value was settled, and how old their latest reading is; no sample for what was never read."""
    value = Gauge(
        "jira_okr_kpi_value", "Value of the last settled period that has one.", labels=["site", "kpi"]
    )
    level = Gauge(
        "jira_okr_kpi_level", "1 for the level of that value in its bands.", labels=["site", "kpi", "level"]
    )
    age = Gauge(
        "jira_okr_kpi_reading_age_seconds",
        "Age of the latest reading that has a value.",
        labels=["site", "kpi"],
    )
    for site, figures in sorted(kpis.items()):
        for kpi, one in sorted(figures.items()):
            if one.judgement is not None:
                level.add_metric([site, kpi, one.judgement.level], 1)
                if one.judgement.counted is not None:
                    value.add_metric([site, kpi], float(one.judgement.counted))
            if one.read_at is not None:
                age.add_metric([site, kpi], max(0.0, (now - one.read_at).total_seconds()))
    yield from (value, level, age)


FAMILIES: tuple[Callable[[Sites], Iterator[Metric]], ...] = (
    deliveries,
    measure_waiting,
    trouble,
    outages,
    measure_grants,
    credentials,
    drift,
    measure_sights,
    measure_writes,
)


def at_work(found: Installation) -> Iterator[Metric]:
    """Who gave a sign of life within the last minute."""
    workers = Gauge("jira_okr_workers", "Living worker threads of all processes.")
    workers.add_metric([], sum(process.workers for process in found.living))
    running = Gauge("jira_okr_processes", "Processes that gave a sign of life.", labels=["role"])
    for role in ("serve", "worker"):
        running.add_metric([role], sum(process.role == role for process in found.living))
    crashed = Gauge(
        "jira_okr_process_crashes",
        "Processes that ended without a word (killed, or died of a fault) within the last day.",
        labels=["role"],
    )
    for role in ("serve", "worker"):
        crashed.add_metric([role], sum(crash.role == role for crash in found.crashes))
    backup = Gauge(
        "jira_okr_backup_age_seconds",
        "Time since the database was backed up; absent where the connector was told of no backup.",
    )
    if found.backed_up_at is not None:
        backup.add_metric([], max(0.0, (found.at - found.backed_up_at).total_seconds()))
    unsent = Gauge(
        "jira_okr_audit_unsent_seconds",
        "Age of the oldest entry of the audit log that its receiver has not got: 0 where it has all.",
    )
    unsent.add_metric([], max(0.0, (found.at - found.unsent.since).total_seconds()) if found.unsent else 0.0)
    yield from (workers, running, crashed, backup, unsent)


def calls(figures: ProcessCounts) -> Metric:
    """Calls to Jira of all processes."""
    family = Counter(
        "jira_okr_api_calls",
        "Calls to Jira by kind of endpoint and outcome (ok, an HTTP status, broken).",
        labels=["site", "method", "endpoint", "outcome"],
    )
    for key, number in sorted(figures.calls.items()):
        family.add_metric(key.split("|"), number)
    return family


def points(figures: ProcessCounts) -> Metric:
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


def lags(figures: ProcessCounts) -> Metric:
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
