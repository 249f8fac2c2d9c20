"""What `/readyz`, `/metrics` and `status` say of processes that live, fall silent, or are gone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.clock import system_clock
from connectors.jira.http.call import call_of
from connectors.store import Store
from connectors.store.jobs import crashes
from connectors.store.jobs import processes as signs
from connectors.store.jobs.counts import LAG_BOUNDS, ProcessCounts
from connectors.store.jobs.processes import SignOfLife
from plugin.access.authorization.actor import MONITORING
from plugin.runtime.connector import Connector
from plugin.runtime.processes import heartbeat
from plugin.runtime.processes.counters import Meter
from plugin.runtime.processes.heartbeat import count_processes, processes
from plugin.runtime.processes.metrics import render_metrics
from plugin.runtime.processes.process import this_process
from plugin.runtime.settings import read_settings
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import Readiness, installation, readiness, status


@pytest.fixture
def connector(store: Store) -> Connector:
    site: Any = SimpleNamespace(name="main", jira=None, browse_url="", token_expires=None)
    return Connector(read_settings(None), store, {"main": site}, system_clock)


def put(connector: Connector, name: str, age: timedelta, wanted: int, workers: int, **more: Any) -> None:
    word = SignOfLife(
        name,
        "host",
        7,
        "worker",
        connector.clock() - age,
        wanted,
        workers,
        more.get("counted", ProcessCounts()),
    )
    with connector.store.write() as conn:
        signs.put(conn, word)


@pytest.mark.parametrize(
    ("known", "ready"),
    [
        ([], True),
        ([(10, 0, 0)], True),
        ([(10, 2, 2)], True),
        ([(90, 2, 2)], False),
        ([(10, 2, 0)], False),
        ([(90, 2, 2), (10, 2, 1)], True),
        ([(90, 2, 2), (10, 0, 0)], False),
    ],
    ids=["nobody", "only serving", "working", "silent", "workers died", "one is left", "none is left"],
)
def test_it_is_ready_while_somebody_works(connector: Connector, known: Any, ready: bool) -> None:
    for number, (seconds, wanted, workers) in enumerate(known):
        put(connector, str(number), timedelta(seconds=seconds), wanted, workers)
    found = readiness(connector, MONITORING)
    assert found.ready is ready
    assert ready or "sign of life" in found.why


def test_what_only_serves_is_ready_without_workers(connector: Connector) -> None:
    connector.settings = connector.settings.model_copy(update={"workers": 0})
    put(connector, "gone", timedelta(seconds=90), 2, 2)
    assert readiness(connector, MONITORING) == Readiness(True, 0)


def test_a_store_without_tables_is_not_ready(connector: Connector) -> None:
    with connector.store.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    found = readiness(connector, MONITORING)
    assert not found.ready
    assert "jira-okr db upgrade" in found.todo


def test_what_a_process_counted_outlives_it(connector: Connector) -> None:
    connector.meter.called("main", call_of("GET", "/rest/api/3/issue/10001"), "ok")
    connector.meter.called("main", call_of("GET", "/rest/api/3/issue/10002"), "ok")
    connector.meter.wrote("main", 1.5)
    beat = heartbeat.Heartbeat(connector, "serve", 0, every=60)
    beat.start()
    put(connector, "gone", timedelta(hours=2), 2, 2, counted=connector.meter.counted())
    with connector.store.read() as conn:
        assert len(processes(conn)) == 2
        before = count_processes(conn)
    assert before.calls == {"main|GET|issue/*|ok": 4}
    beat.stop()
    with connector.store.read() as conn:
        assert count_processes(conn) == before
        assert processes(conn) == []


def test_the_last_word_is_said_when_the_thread_has_ended(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that still speaks would put the process back on the list from which it was just taken."""
    speaks, stops = threading.Event(), threading.Event()
    spoke: list[str] = []

    def word(beat: heartbeat.Heartbeat) -> None:
        name = threading.current_thread().name
        if name == "okr-heartbeat":
            speaks.set()
            stops.wait(0.2)
        elif spoke:
            stops.set()
        spoke.append(name)

    monkeypatch.setattr(heartbeat.Heartbeat, "_beat", word)
    beat = heartbeat.Heartbeat(connector, "serve", 0, every=0.01)
    beat.start()
    assert speaks.wait(10)
    beat.stop()
    mine = threading.current_thread().name
    assert (spoke[0], spoke[-1], spoke.count(mine)) == (mine, mine, 2)
    assert "okr-heartbeat" in spoke, (
        "once at the least: a busy machine lets it speak again before it is told to end"
    )


def test_who_ended_without_a_word_is_told_for_a_day_and_is_wrong_only_in_a_row(connector: Connector) -> None:
    """Killed processes are found by their successors, silent ones of other machines an hour later, and those that said goodbye never."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = this_process().place
    gone = SignOfLife("gone", "host", ended.pid, "serve", connector.clock(), 2, 2, ProcessCounts(), here, "1")
    with connector.store.write() as conn:
        signs.put(conn, gone)
        signs.put(conn, replace(gone, id="worker of this place", role="worker"))
        signs.put(conn, replace(gone, id="elsewhere", place="elsewhere"))
    put(connector, "silent", timedelta(hours=2), 2, 2)
    for _ in range(2):
        beat = heartbeat.Heartbeat(connector, "serve", 0, every=60)
        beat.start()
        beat.stop()

    found = installation(connector, MONITORING)
    assert [(one.role, one.pid) for one in found.crashes] == [("worker", 7), ("serve", ended.pid)]
    text = render_metrics(found).decode()
    assert 'jira_okr_process_crashes{role="serve"} 1.0' in text
    (told,) = [one for one in concerns(found.sites[0]) if one.kind == "crashed"]
    assert (told.level, told.wrong) == ("pending", False)
    assert "2 processes of the connector ended without a word" in told.sentence

    with connector.store.write() as conn:
        crashes.note(conn, replace(gone, id="another"), connector.clock())
    (told,) = [one for one in concerns(status(connector, MONITORING, "main")) if one.kind == "crashed"]
    assert (told.level, told.wrong) == ("at_risk", True)
    connector.clock = later(connector.clock, timedelta(days=1, minutes=1))
    assert installation(connector, MONITORING).crashes == ()
    with connector.store.write() as conn:
        crashes.note(conn, replace(gone, id="a month later"), connector.clock() + timedelta(days=30))
        assert len(crashes.load_since(conn, found.at - timedelta(days=1))) == 1


def later(clock: Callable[[], datetime], by: timedelta) -> Callable[[], datetime]:
    return lambda: clock() + by


def test_metrics_are_read_by_prometheus(connector: Connector) -> None:
    meter = Meter()
    for outcome in ("ok", "429", "broken"):
        meter.called("main", call_of("POST", "/rest/api/3/search/jql"), outcome)
    for seconds in (0.4, 0.6, 4000.0):
        meter.wrote("main", seconds)
    put(connector, "one", timedelta(seconds=5), 2, 2, counted=meter.counted())
    families = {
        f.name: f
        for f in text_string_to_metric_families(render_metrics(installation(connector, MONITORING)).decode())
    }
    calls = {s.labels["outcome"]: s.value for s in families["jira_okr_api_calls"].samples}
    assert calls == {"ok": 1, "429": 1, "broken": 1}
    assert [s.value for s in families["jira_okr_api_points"].samples] == [2]
    lag = families["jira_okr_event_to_write_seconds"]
    buckets = [s.value for s in lag.samples if s.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
    assert len(buckets) == len(LAG_BOUNDS) + 1
    assert buckets[0] == 1
    assert [s.value for s in lag.samples if s.name.endswith("_count")] == [3]
    assert [s.value for s in lag.samples if s.name.endswith("_sum")] == [pytest.approx(4001.0)]
    outcomes = {s.labels["outcome"] for s in families["jira_okr_writes"].samples}
    assert {"written", "held", "refused", "failed"} <= outcomes
    assert families["jira_okr_workers"].samples[0].value == 2
