"""`jira-okr sync` and its kinds: what is asked, what is said, how far it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from connectors.store.reads import read_requests
from connectors.store.schema import watermark
from connectors.store.work import drift
from plugin.access.authorization.actor import MONITORING
from plugin.cli.terminal.output import _plain_reporter
from plugin.runtime.processes.metrics import render_metrics
from plugin.sync.resync.full_read import resync
from plugin.use_cases.health.drift import drift_of
from plugin.use_cases.health.status import installation
from plugin.use_cases.work.background_jobs import BackgroundJob

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)


def test_a_sync_counts_the_issues_once(quiet: Any, command: Callable[..., Any]) -> None:
    quiet.sandbox.site.calls.clear()
    code, _ = command("sync", "--json")
    assert code == 0
    counted = quiet.sandbox.site.calls.by_endpoint
    assert counted["POST /rest/api/3/search/approximate-count"] == 1


def test_recent_changes_alone_cost_one_search(quiet: Any, command: Callable[..., Any]) -> None:
    command("sync", "--json")
    quiet.context.jira.edit(quiet.objectives()[0], {"summary": "A change of late"})
    quiet.sandbox.site.calls.clear()
    code, said = command("sync", "--recent")
    assert code == 0
    assert "recently changed issues" in said
    counted = quiet.sandbox.site.calls.by_endpoint
    assert counted["POST /rest/api/3/search/approximate-count"] == 0
    assert counted["POST /rest/api/3/search/jql"] <= 5


def test_recent_changes_of_what_was_never_read_are_everything(
    quiet: Any, command: Callable[..., Any]
) -> None:
    with quiet.connector.store.write() as conn:
        conn.execute(delete(watermark))
    code, said = command("sync", "--recent", "--json")
    assert code == 0
    assert '"kind": "full"' in said


def test_an_interrupted_sync_is_gone_on_with_and_anew_begins_at_the_first_page(
    quiet: Any, command: Callable[..., Any]
) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, _total: int | None) -> None:
        if done:
            raise StoppedError

    for words, resumed in (("--json",), "true"), (("--anew", "--json"), "false"):
        with pytest.raises(StoppedError):
            resync(quiet.context, stop)
        code, said = command("sync", *words)
        assert code == 0
        assert f'"resumed": {resumed}' in said


def test_what_a_lost_webhook_left_behind_is_shown_by_objective(
    quiet: Any, command: Callable[..., Any]
) -> None:
    state = next(one for one in quiet.objectives() if quiet.sandbox.sandbox.children.get(one))
    below = sorted(quiet.sandbox.sandbox.children[state])
    quiet.context.jira.edit(below[0], {"summary": "Nobody told"})

    command("sync", "--json")

    with quiet.connector.store.read() as conn:
        found = drift_of(conn, "main")
        named = {one.id: one.issues for one in found.worst}
        assert named[state] == 1
        assert drift.load_drift(conn, "main", state).issues == 1
    _, said = command("status")
    assert "had been wrong: 1 issue" in said
    metrics = render_metrics(installation(quiet.connector, MONITORING)).decode()
    assert 'jira_okr_drift_issues{site="main"} 1.0' in metrics
    assert 'jira_okr_drift_objectives{site="main"} ' in metrics


def test_a_wish_for_everything_is_granted_by_a_full_sync_alone(
    quiet: Any, command: Callable[..., Any]
) -> None:
    with quiet.connector.store.write() as conn:
        read_requests.ask(conn, "main", quiet.connector.clock())
    command("sync", "--recent", "--json")
    with quiet.connector.store.read() as conn:
        assert read_requests.is_open(conn, "main")
    command("sync", "--json")
    with quiet.connector.store.read() as conn:
        assert not read_requests.is_open(conn, "main")


def test_without_a_terminal_rate_and_remaining_time_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 0.0, 10.0, 20.0])
    report = _plain_reporter("Reading issues", "issue", lambda: next(times))
    report(4_000, 8_000)
    report(6_000, 8_000)
    report(8_000, 8_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == [
        "Reading issues: 6,000 of 8,000 issues (200/s, 10 s left)",
        "Reading issues: 8,000 of 8,000 issues (200/s)",
    ]


@pytest.mark.parametrize(
    ("first", "done", "total", "seconds", "rate", "left"),
    [
        (0, 500, 1_000, 10, 50.0, 10),
        (400, 500, 1_000, 10, 10.0, 50),
        (0, 0, 1_000, 10, None, None),
        (0, 500, None, 10, 50.0, None),
        (0, 500, 1_000, 0, None, None),
    ],
)
def test_a_background_job_knows_its_rate_and_the_time_it_will_take(
    first: int, done: int, total: int | None, seconds: int, rate: float | None, left: int | None
) -> None:
    seen = NOW + timedelta(seconds=seconds)
    job = BackgroundJob("sync", "Ada", NOW, seen, done=done, total=total, at_first=first, counting=NOW)
    assert (job.per_second, job.seconds_left) == (rate, left)
