"""Every figure of `/metrics`, of states in which no two numbers are alike: what is swapped, left out or counted twice shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.store.jobs.counts import Lag, ProcessCounts
from connectors.store.reads.failures import ReadFailure
from connectors.store.visibility.issue_sights import BelievedSights
from plugin.runtime.processes import metrics
from plugin.runtime.processes.metrics import render_metrics
from plugin.use_cases.health.status import Installation, SiteStatus

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def these(number: int) -> tuple[Any, ...]:
    return tuple(range(number))


def full(**changed: Any) -> SiteStatus:
    """A site of which everything is known."""
    gaps: Any = [SimpleNamespace(waits=number < 4) for number in range(9)]
    known: dict[str, Any] = {
        "deliveries": {"done": 101, "pending": 102},
        "due": 103,
        "overdue_since": ago(104),
        "dead": these(2),
        "refused": these(3),
        "held": these(5),
        "gaps": gaps,
        "losses": these(6),
        "outage": SimpleNamespace(kind="limited", since=ago(105)),
        "budget": SimpleNamespace(left=SimpleNamespace(remaining=106)),
        "token_expires": date(2026, 11, 24),
        "drift": SimpleNamespace(full=107, recent=108, objectives=109),
        "failing": (ReadFailure("recent", ago(900), NOW, 7, "", ""),),
        "sights": BelievedSights(118, ago(119)),
        "last_resync": ago(110),
        "last_recent": ago(111),
        "writes": {"written": 112, "confirmed": 113, "refused": 114, "failed": 115, "held": 116, "open": 117, "other": 9},
    }  # fmt: skip
    return SiteStatus("main", NOW, **{**known, **changed})


def a_process(role: str, workers: int, lives: bool = True) -> Any:
    return SimpleNamespace(role=role, workers=workers, lives=lambda at: lives and at == NOW)


def installation(sites: Iterable[SiteStatus], **more: Any) -> Installation:
    return Installation(NOW, tuple(sites), more.pop("processes", ()), more.pop("counted", ProcessCounts()), **more)  # fmt: skip


@pytest.fixture(autouse=True)
def known_concerns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which concerns there are is told elsewhere."""
    found = [SimpleNamespace(kind="dead", wrong=True), SimpleNamespace(kind="held", wrong=False)]
    monkeypatch.setattr(metrics, "concerns", lambda one: found if one.site == "main" else [])


def samples(text: bytes, *without: str) -> list[str]:
    lines = text.decode().splitlines()
    return [one for one in lines if not one.startswith("#") and not one.startswith(without or ("#",))]


OF_A_FULL_SITE = """\
jira_okr_deliveries{site="main",status="done"} 101.0
jira_okr_deliveries{site="main",status="pending"} 102.0
jira_okr_due_objectives{site="main"} 103.0
jira_okr_due_oldest_seconds{site="main"} 104.0
jira_okr_dead_letters{site="main"} 2.0
jira_okr_refused_fields{site="main"} 3.0
jira_okr_held_writes{site="main"} 5.0
jira_okr_gaps{site="main"} 4.0
jira_okr_losses{site="main"} 6.0
jira_okr_concern{kind="dead",site="main"} 1.0
jira_okr_outage_seconds{kind="unreachable",site="main"} 0.0
jira_okr_outage_seconds{kind="sign_in",site="main"} 0.0
jira_okr_outage_seconds{kind="limited",site="main"} 105.0
jira_okr_outage_seconds{kind="refused",site="main"} 0.0
jira_okr_budget_left{site="main"} 106.0
jira_okr_credential_expires_seconds{site="main"} 215999.999999
jira_okr_drift_issues{site="main"} 107.0
jira_okr_drift_recent_issues{site="main"} 108.0
jira_okr_drift_objectives{site="main"} 109.0
jira_okr_resync_age_seconds{site="main"} 110.0
jira_okr_recent_age_seconds{site="main"} 110.0
jira_okr_read_failures{kind="full",site="main"} 0.0
jira_okr_read_failures{kind="goals",site="main"} 0.0
jira_okr_read_failures{kind="recent",site="main"} 7.0
jira_okr_read_failures{kind="sights",site="main"} 0.0
jira_okr_sights{site="main"} 118.0
jira_okr_sight_age_seconds{site="main"} 119.0
jira_okr_writes{outcome="written",site="main"} 112.0
jira_okr_writes{outcome="confirmed",site="main"} 113.0
jira_okr_writes{outcome="refused",site="main"} 114.0
jira_okr_writes{outcome="failed",site="main"} 115.0
jira_okr_writes{outcome="held",site="main"} 116.0
jira_okr_writes{outcome="open",site="main"} 117.0
""".splitlines()
OF_A_NEW_SITE = """\
jira_okr_due_objectives{site="new"} 0.0
jira_okr_due_oldest_seconds{site="new"} 0.0
jira_okr_dead_letters{site="new"} 0.0
jira_okr_refused_fields{site="new"} 0.0
jira_okr_held_writes{site="new"} 0.0
jira_okr_gaps{site="new"} 0.0
jira_okr_losses{site="new"} 0.0
jira_okr_outage_seconds{kind="unreachable",site="new"} 0.0
jira_okr_outage_seconds{kind="sign_in",site="new"} 0.0
jira_okr_outage_seconds{kind="limited",site="new"} 0.0
jira_okr_outage_seconds{kind="refused",site="new"} 0.0
jira_okr_drift_issues{site="new"} 0.0
jira_okr_drift_recent_issues{site="new"} 0.0
jira_okr_drift_objectives{site="new"} 0.0
jira_okr_read_failures{kind="full",site="new"} 0.0
jira_okr_read_failures{kind="goals",site="new"} 0.0
jira_okr_read_failures{kind="recent",site="new"} 0.0
jira_okr_read_failures{kind="sights",site="new"} 0.0
jira_okr_writes{outcome="written",site="new"} 0.0
jira_okr_writes{outcome="confirmed",site="new"} 0.0
jira_okr_writes{outcome="refused",site="new"} 0.0
jira_okr_writes{outcome="failed",site="new"} 0.0
jira_okr_writes{outcome="held",site="new"} 0.0
jira_okr_writes{outcome="open",site="new"} 0.0
""".splitlines()
OF_THE_INSTALLATION = ("jira_okr_workers", "jira_okr_process", "jira_okr_audit")


def test_each_figure_of_a_site_is_its_own() -> None:
    assert samples(render_metrics(installation([full()])), *OF_THE_INSTALLATION) == OF_A_FULL_SITE
    new = SiteStatus("new", NOW)
    assert samples(render_metrics(installation([new])), *OF_THE_INSTALLATION) == OF_A_NEW_SITE
    both = samples(render_metrics(installation([new, full()])), *OF_THE_INSTALLATION)
    assert [one for one in both if "main" in one] == OF_A_FULL_SITE
    assert [one for one in both if "new" in one] == OF_A_NEW_SITE
    assert both.index(OF_A_FULL_SITE[2]) + 1 == both.index(OF_A_NEW_SITE[0])


def test_what_is_still_to_come_is_no_age_below_nothing() -> None:
    early = full(overdue_since=ago(-5), outage=SimpleNamespace(kind="sign_in", since=ago(-5)))
    found = samples(render_metrics(installation([early])))
    assert 'jira_okr_due_oldest_seconds{site="main"} 0.0' in found
    assert 'jira_okr_outage_seconds{kind="sign_in",site="main"} 0.0' in found
    silent = full(budget=SimpleNamespace(left=None), token_expires=date(2026, 11, 20))
    text = render_metrics(installation([silent]))
    assert samples(text, *OF_THE_INSTALLATION) == [
        one.replace("215999.999999", "-129600.000001") for one in OF_A_FULL_SITE if "budget" not in one
    ]


@pytest.mark.parametrize(
    ("full_at", "recent_at", "failing", "ages"),
    [
        (None, None, (), (None, None)),
        (110, None, (), (110.0, 110.0)),
        (110, 50, (), (110.0, 50.0)),
        (None, 50, (), (None, 50.0)),
        (None, None, ("full",), (900.0, None)),
        (None, None, ("recent",), (None, 900.0)),
        (110, 50, ("full", "recent"), (110.0, 50.0)),
    ],
)
def test_a_read_is_as_old_as_its_last_success_or_its_first_failure(
    full_at: int | None, recent_at: int | None, failing: Any, ages: tuple[float | None, float | None]
) -> None:
    one = full(
        last_resync=None if full_at is None else ago(full_at),
        last_recent=None if recent_at is None else ago(recent_at),
        failing=tuple(ReadFailure(kind, ago(900), NOW, 2, "", "") for kind in failing),
    )
    found = samples(render_metrics(installation([one])))
    for name, age in zip(("resync", "recent"), ages, strict=True):
        line = [each for each in found if each.startswith(f"jira_okr_{name}_age_seconds")]
        assert line == ([] if age is None else [f'jira_okr_{name}_age_seconds{{site="main"}} {age}'])


def test_each_figure_of_the_processes_is_its_own() -> None:
    processes = (a_process("serve", 2), a_process("serve", 3), a_process("worker", 7), a_process("worker", 90, lives=False))  # fmt: skip
    crashes: Any = [SimpleNamespace(role="worker")] * 4 + [SimpleNamespace(role="serve")] * 3
    counted = ProcessCounts(
        calls={"main|GET|search|ok": 11, "main|PUT|issue|429": 5, "main|GET|search|broken": 3, "lab|GET|myself|broken": 2},
        lags={"main": Lag((1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4), 9000.5)},
    )  # fmt: skip
    told = installation(
        [],
        processes=processes,
        counted=counted,
        crashes=tuple(crashes),
        backed_up_at=ago(77),
        unsent=SimpleNamespace(since=ago(88)),
    )
    bounds = ("0.5", "1.0", "2.0", "5.0", "10.0", "30.0", "60.0", "300.0", "900.0", "3600.0", "+Inf")
    below = (1, *(3,) * 9, 7)
    assert samples(render_metrics(told)) == [
        "jira_okr_workers 12.0",
        'jira_okr_processes{role="serve"} 2.0',
        'jira_okr_processes{role="worker"} 1.0',
        'jira_okr_process_crashes{role="serve"} 3.0',
        'jira_okr_process_crashes{role="worker"} 4.0',
        "jira_okr_backup_age_seconds 77.0",
        "jira_okr_audit_unsent_seconds 88.0",
        'jira_okr_api_calls_total{endpoint="myself",method="GET",outcome="broken",site="lab"} 2.0',
        'jira_okr_api_calls_total{endpoint="search",method="GET",outcome="broken",site="main"} 3.0',
        'jira_okr_api_calls_total{endpoint="search",method="GET",outcome="ok",site="main"} 11.0',
        'jira_okr_api_calls_total{endpoint="issue",method="PUT",outcome="429",site="main"} 5.0',
        'jira_okr_api_points_total{site="main"} 16.0',
        *(
            f'jira_okr_event_to_write_seconds_bucket{{le="{bound}",site="main"}} {number}.0'
            for bound, number in zip(bounds, below, strict=True)
        ),
        'jira_okr_event_to_write_seconds_count{site="main"} 7.0',
        'jira_okr_event_to_write_seconds_sum{site="main"} 9000.5',
    ]
    later = installation([], backed_up_at=ago(-7), unsent=SimpleNamespace(since=ago(-8)))
    assert samples(render_metrics(later))[-2:] == [
        "jira_okr_backup_age_seconds 0.0",
        "jira_okr_audit_unsent_seconds 0.0",
    ]
    assert samples(render_metrics(installation([])))[-1] == "jira_okr_audit_unsent_seconds 0.0"
    assert not [one for one in samples(render_metrics(installation([]))) if "backup" in one]


def test_objectives_are_counted_by_cycle_and_health_and_kpis_by_their_last_period() -> None:
    def figure(level: str | None, value: Fraction | None, read: float | None) -> Any:
        judged = None if level is None else SimpleNamespace(level=level, counted=value)
        return SimpleNamespace(judgement=judged, read_at=None if read is None else ago(read))

    objectives: Any = {"main": {("2026-Q4", "on_track"): 4, ("", "achieved"): 2, ("2026-Q4", "at_risk"): 3}, "lab": {("", "x"): 1}}  # fmt: skip
    kpis: Any = {
        "main": {
            "uptime": figure("good", Fraction(1, 4), 60),
            "cost": figure("bad", None, None),
            "new": figure(None, None, -5),
        }
    }
    text = render_metrics(installation([]), objectives, kpis)
    assert samples(text, *OF_THE_INSTALLATION) == [
        'jira_okr_objectives{cycle="",health="x",site="lab"} 1.0',
        'jira_okr_objectives{cycle="",health="achieved",site="main"} 2.0',
        'jira_okr_objectives{cycle="2026-Q4",health="at_risk",site="main"} 3.0',
        'jira_okr_objectives{cycle="2026-Q4",health="on_track",site="main"} 4.0',
        'jira_okr_kpi_value{kpi="uptime",site="main"} 0.25',
        'jira_okr_kpi_level{kpi="cost",level="bad",site="main"} 1.0',
        'jira_okr_kpi_level{kpi="uptime",level="good",site="main"} 1.0',
        'jira_okr_kpi_reading_age_seconds{kpi="new",site="main"} 0.0',
        'jira_okr_kpi_reading_age_seconds{kpi="uptime",site="main"} 60.0',
    ]
