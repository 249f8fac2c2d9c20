"""What the life of KPIs costs, beside reading the rows that it is made from.

    python -m benchmarks kpis [--quick]

First a year of daily readings of 1,000 KPIs on five sites, for a mapping has at most 200, counted from nothing, and where each stands then. Second what the flow of 100,000 issues comes to,
with the history of five years each: five sources at the end of one day, and the issues taken back to the end of each of twelve months.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path

from benchmarks.ratio import Ratio
from benchmarks.rollup import PEOPLE, PROJECTS, RESOLUTIONS, STATUSES, TYPES, timed
from connectors.metrics import readings
from connectors.metrics.basis.source import Reach
from connectors.store import Store, open_store, upgrade
from connectors.store.kpis import kpis
from connectors.store.mirror import issue_histories, mirror
from mappings.document.binder import bind
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import Document
from mappings.explain.past import FieldChange, PastIssues
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue
from mappings.kpi.cadence import Cadence, period_of
from mappings.kpi.episode import KpiState
from mappings.kpi.reading import KpiReading
from mappings.kpi.series import WatchedKpis
from mappings.kpi.sources import SOURCE_OPTIONS
from mappings.kpi.state import standing_of_kpi
from mappings.kpi.steps import count
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.use_cases.kpis.settled_periods import watched_of, with_readings

SITE, AT_A_SITE = "main", 200
SITES, DAYS, ISSUES, CHANGES = 5, 365, 100_000, 24
FEW, FEW_ISSUES = 1, 10_000
"""What is measured with `--quick`."""
COUNTED, LOOKED_AT, TAKEN_BACK = 5.0, 2.0, 3.0
"""Each at most so many times the reading."""
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
BEGAN = NOW - timedelta(days=5 * 365)
MINUTES = 1_790 * 24 * 60
"""Before the end of five years the last issue was created with some days to come."""
FIELDS = ("status", "resolution", "assignee", "customfield_10016")
POINTS = "customfield_10016"
FLOW = (
    {"kind": "jql_count", "jql": "type = Story AND statusCategory != Done"},
    {"kind": "lead_time", "select": "type = Story"},
    {"kind": "cycle_time", "select": "type = Story"},
    {"kind": "throughput", "select": "type = Story"},
    {"kind": "work_item_age", "select": "type = Story"},
)


def document(flow: bool) -> BoundMapping:
    """A mapping that watches as many KPIs of pushed readings as one can, or one of each flow source."""
    pushed = [
        {
            "id": f"kpi-{number}",
            "name": f"KPI {number}",
            "source": {"kind": "push"},
            "healthy": {"at_most": 50},
            "watch": {"at_most": 60},
            "promote": {"after": 3},
            "revert": {"after": 5},
        }
        for number in range(AT_A_SITE)
    ]
    asked = [
        {"id": f"flow-{source['kind']}", "name": source["kind"], "source": source, "healthy": {"at_most": 9}}
        for source in FLOW
    ]
    made = {
        "version": 1,
        "name": "bench",
        "scope": "project in (PLAT, CORE, GROW)",
        "cycles": [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [{"id": "well", "title": "What is watched stays well", "cycle": "2026-Q4"}],
        "kpis": asked if flow else pushed,
    }
    return bind(Document.model_validate(made), Catalogue())


def fill_readings(store: Store, sites: Iterable[str]) -> None:
    """A reading at noon of each day of a year, taken then."""
    rng = random.Random(3)
    with store.write() as conn:
        for site, number in product(sites, range(AT_A_SITE)):
            level, news = rng.uniform(30, 60), list[KpiReading]()
            for day in range(DAYS):
                at = NOW - timedelta(days=DAYS - day)
                level += rng.uniform(-4, 4)
                news.append(KpiReading(at, Fraction(round(level * 100), 100), at, "push"))
            kpis.record(conn, site, f"kpi-{number}", news)


def read_readings(store: Store, watched: WatchedKpis, sites: Iterable[str]) -> int:
    """Every reading, decoded; how many."""
    with store.read() as conn:
        return sum(len(kpis.readings(conn, site, id_)) for site, id_ in product(sites, watched.parts))


def counted(store: Store, watched: WatchedKpis, sites: Iterable[str]) -> int:
    """Count the whole year of each KPI from nothing, and say where it stands; how many periods were judged."""
    total = 0
    with store.read() as conn:
        for site, id_ in product(sites, watched.parts):
            full = with_readings(conn, site, watched, id_, None)
            instants = [one.at for one in full.readings[id_]]
            _, new = count(full, id_, KpiState(), {}, instants, NOW)
            standing_of_kpi(full, id_, {one.period.last: one for one in new}, NOW, 30)
            total += len(new)
    return total


def issues_with_histories(number: int) -> Iterator[tuple[Issue, tuple[FieldChange, ...]]]:
    """Stories of five years, each with two dozen changes from its creation on; nine of ten are done."""
    rng = random.Random(5)
    todo, doing, review, done = STATUSES
    for id_ in range(10_001, 10_001 + number):
        project = PROJECTS[id_ % 3]
        created = BEGAN + timedelta(minutes=rng.randrange(MINUTES))
        last = min(NOW, created + timedelta(days=rng.uniform(5, 400)))
        span = int((last - created).total_seconds())
        moments = sorted(created + timedelta(seconds=rng.randrange(span)) for _ in range(CHANGES))
        status, steps = todo, []
        finished = rng.random() < 0.9
        for place, at in enumerate(moments):
            if place % 3:
                steps.append(FieldChange(at, POINTS, None, str(rng.randrange(8)), None))
                continue
            late = place >= CHANGES - 3
            news = done if late and finished else rng.choice((doing, review, doing, todo))
            if news is not status:
                steps.append(FieldChange(at, "status", status.id, status.name, news.id))
                status = news
        yield (
            Issue(
                id=str(id_),
                key=f"{project.key}-{id_}",
                project=project,
                type=TYPES["Story"],
                status=status,
                summary=f"Story {id_}",
                created=created,
                updated=moments[-1],
                resolution=RESOLUTIONS[0] if status is done else None,
                assignee=PEOPLE[id_ % len(PEOPLE)],
                fields={POINTS: rng.randrange(8)},
            ),
            tuple(steps),
        )


def fill_issues(store: Store, number: int) -> None:
    """Issues and their histories, as a site keeps them."""
    made = list(issues_with_histories(number))
    with store.write() as conn:
        mirror.put(conn, SITE, (one for one, _ in made))
        updated = {one.id: one.updated for one, _ in made}
        issue_histories.put(conn, SITE, {one.id: steps for one, steps in made}, updated, FIELDS)


def read_issues(store: Store) -> tuple[tuple[Issue, ...], Mapping[str, tuple[FieldChange, ...]]]:
    """Every issue and its history, decoded."""
    with store.read() as conn:
        issues = tuple(mirror.every(conn, SITE))
        return issues, issue_histories.load_known(conn, SITE, {one.id: one.updated for one in issues}, FIELDS)


def reach_over(
    mapping: BoundMapping, issues: tuple[Issue, ...], steps: Mapping[str, tuple[FieldChange, ...]]
) -> Reach:
    """What sources see of these issues; each instant is worked out once."""
    past, shown = PastIssues(issues, steps, Catalogue()), dict[datetime, tuple[Issue, ...]]()
    bound = {one.jql: one for one in mapping.kpi_selectors()}

    def issues_at(at: datetime) -> tuple[Issue, ...]:
        if at not in shown:
            shown.clear()
            shown[at] = tuple(past.at(at))
        return shown[at]

    return Reach(
        issues_at=issues_at,
        compile_jql=bound.__getitem__,
        zone=mapping.zone,
        histories=lambda ids: {id_: steps[id_] for id_ in ids},
        categories={one.id: one.category for one in STATUSES},
        excluded=mapping.statuses.excluded,
    )


def day_read(store: Store, mapping: BoundMapping) -> int:
    """Read everything, and ask each flow source for yesterday; how many answered."""
    with collector_resting():
        reach = reach_over(mapping, *read_issues(store))
        period = period_of(Cadence.DAILY, NOW - timedelta(days=1), mapping.zone)
        asked = [part.source for part in mapping.document.kpis if isinstance(part.source, SOURCE_OPTIONS)]
        return sum(isinstance(readings(one, period, reach, lambda: NOW), tuple) for one in asked)


def taken_back(store: Store) -> int:
    """Read everything, and take it back to the end of each of twelve months, the latest first; how many issues stood altogether."""
    with collector_resting():
        issues, steps = read_issues(store)
        past = PastIssues(issues, steps, Catalogue())
        return sum(sum(1 for _ in past.at(NOW - timedelta(days=30 * month))) for month in range(1, 13))


def main(quick: bool) -> list[Ratio]:
    """The time of each beside that of reading its rows."""
    site_count, issue_count = (FEW, FEW_ISSUES) if quick else (SITES, ISSUES)
    rounds = 2 if quick else 1
    mapping, watched = document(flow=True), watched_of(document(flow=False))
    sites = [f"site-{number}" for number in range(site_count)]
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'okr.sqlite3'}")
        upgrade(store)
        fill_readings(store, sites)
        fill_issues(store, issue_count)
        year_read, _ = timed(lambda: read_readings(store, watched, sites), rounds)
        year, _ = timed(lambda: counted(store, watched, sites), rounds)
        issues_read, _ = timed(lambda: read_issues(store), rounds)
        day, _ = timed(lambda: day_read(store, mapping), rounds)
        months, _ = timed(lambda: taken_back(store), rounds)
        store.close()
    theirs = "reading the rows"
    name = f"kpis: a year of {site_count * AT_A_SITE:,} counted from nothing"
    over = f"{issue_count:,} issues"
    return [
        Ratio(name, year, year_read, "s", at_most=COUNTED, theirs_name=theirs),
        Ratio(
            f"kpis: five flow sources over {over}",
            day,
            issues_read,
            "s",
            at_most=LOOKED_AT,
            theirs_name=theirs,
        ),
        Ratio(
            f"kpis: {over} twelve months back",
            months,
            issues_read,
            "s",
            at_most=TAKEN_BACK,
            theirs_name=theirs,
        ),
    ]
