"""What `jira-okr status`, `/metrics` and the page say to people: who lives, since when Jira is out, and when that was in their words."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.clock import system_clock
from connectors.jira.http.errors import AuthFailure, JiraOutage
from connectors.store import Store
from connectors.store.jobs import processes as signs
from connectors.store.jobs.counts import ProcessCounts
from connectors.store.work import outages
from plugin.access.authorization.actor import MONITORING
from plugin.cli.terminal.moments import distance, spoken
from plugin.runtime.connector import Connector
from plugin.runtime.processes import heartbeat, metrics
from plugin.runtime.processes.heartbeat import Heartbeat, Process, processes
from plugin.runtime.processes.metrics import render_metrics
from plugin.runtime.processes.process import this_process
from plugin.runtime.settings import read_settings
from plugin.sync.outage import struck
from plugin.use_cases.health.budget import budget
from plugin.use_cases.health.concerns import verdict
from plugin.use_cases.health.status import SiteStatus, installation, per_minute, readiness

NOW = datetime(2026, 11, 22, 12, 8, tzinfo=UTC)


@pytest.fixture
def connector(store: Store) -> Connector:
    site: Any = SimpleNamespace(name="main", jira=None, browse_url="", token_expires=None)
    return Connector(read_settings(None), store, {"main": site}, system_clock)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=12), "12 seconds ago"),
        (timedelta(minutes=3, seconds=20), "3 minutes ago"),
        (timedelta(hours=30), "30 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(seconds=40), "in 40 seconds"),
        (-timedelta(seconds=1), "in 1 second"),
    ],
)
def test_distances_are_words(age: timedelta, text: str) -> None:
    assert distance(age) == text


def test_instants_are_said_with_their_hour_and_with_the_day_where_it_is_another() -> None:
    assert spoken(NOW - timedelta(minutes=3), NOW) == "3 minutes ago (12:05 UTC)"
    assert spoken(NOW - timedelta(days=3), NOW) == "3 days ago (19 Nov 2026, 12:08 UTC)"


def test_a_killed_process_of_this_machine_is_known_at_once_and_followed_by_the_next(
    connector: Connector,
) -> None:
    me = this_process()
    counted = ProcessCounts({"main|GET|issue/*|ok": 3})
    dead = Process("dead", "host", 2**22 - 1, "serve", connector.clock(), 2, 2, counted, me.place, "1")
    with connector.store.write() as conn:
        signs.put(conn, dead)
        assert dead.gone
        assert not dead.lives(connector.clock())
    assert (
        readiness(connector, MONITORING).why
        == f"process {2**22 - 1} was killed or crashed, and no other works"
    )

    beat = Heartbeat(connector, "serve", 0, every=60)
    beat.start()
    with connector.store.read() as conn:
        assert [one.pid for one in processes(conn)] == [me.pid]
        assert heartbeat.count_processes(conn).calls == counted.calls
    beat.stop()


def test_a_process_elsewhere_is_not_said_to_be_gone(connector: Connector) -> None:
    other = Process(
        "other", "host", 2**22 - 1, "worker", connector.clock(), 2, 2, ProcessCounts(), "elsewhere", "1"
    )
    assert other.lives(connector.clock())
    assert readiness(connector, MONITORING).ready


def put_outage(connector: Connector, error: Any, age: timedelta) -> None:
    now = connector.clock()
    found = struck(None, error, now - age, 0.5, whole=True, trial=False)
    with connector.store.write() as conn:
        outages.change(conn, "main", lambda _known: found)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(JiraOutage("Jira cannot answer now (503)."), "unreachable"), (AuthFailure("no"), "sign_in")],
)
def test_an_outage_is_measured_and_leaves_the_process_ready(
    connector: Connector, error: Any, kind: str
) -> None:
    put_outage(connector, error, timedelta(seconds=90))
    families = {
        f.name: f
        for f in text_string_to_metric_families(render_metrics(installation(connector, MONITORING)).decode())
    }
    lasts = {s.labels["kind"]: s.value for s in families["jira_okr_outage_seconds"].samples}
    assert 90 <= lasts.pop(kind) < 120
    assert set(lasts.values()) == {0}
    assert readiness(connector, MONITORING).ready


def test_the_page_says_since_when_and_when_it_is_tried_next() -> None:
    error = JiraOutage("Jira cannot answer now (503).")
    found = struck(None, error, NOW - timedelta(minutes=3), 0.5, whole=False, trial=False)
    for _ in range(20):
        found = struck(found, error, NOW, 0.5, whole=False, trial=True)
    said = verdict(SiteStatus("main", NOW, outage=found, last_resync=NOW))
    assert (said.level, said.word) == ("off_track", "Jira does not answer")
    assert "3 min ago: Jira cannot answer now (503)." in said.sentence
    assert "the next try is in 60 s" in said.sentence
    assert said.todo == error.remedy


@pytest.mark.slow
def test_the_demo_shows_its_process(commands: Any, eventually: Any) -> None:
    process, out, _err = commands.start("demo", "--port", "0", "--sandbox-port", "0", "--folder", "demo")
    eventually(lambda: "Stop with Ctrl-C" in out.read_text(), 60)
    database = f"sqlite:///{commands.folder / 'demo' / 'demo.sqlite3'}"
    ended = commands.run("status", "--json", JIRA_OKR_DATABASE_URL=database)
    shown = json.loads(ended.stdout)
    assert [(one["pid"], one["alive"], one["workers"]) for one in shown["processes"]] == [
        (process.pid, True, 2)
    ]
    text = commands.run("status", JIRA_OKR_DATABASE_URL=database).stdout
    assert "ago (" in text
    assert "last full read" in text
    assert "T" not in text.split("last full read: ")[1].splitlines()[0].replace("UTC", "")


@pytest.mark.parametrize(
    ("names", "wanted", "living"),
    [
        (("okr-work",), 4, 4),
        (("okr-work-0", "okr-work-1"), 2, 2),
        (("okr-work-1",), 2, 1),
        ((), 2, 0),
        (("okr-work",), 0, 0),
    ],
)
def test_workers_are_counted_one_by_one_whatever_the_engine(
    names: tuple[str, ...], wanted: int, living: int
) -> None:
    end = threading.Event()
    threads = [threading.Thread(target=end.wait, name=name) for name in names]
    for thread in threads:
        thread.start()
    try:
        assert heartbeat.living_workers(wanted) == living
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_what_a_process_called_is_spent_once(connector: Connector) -> None:
    call = SimpleNamespace(method="GET", endpoint="issue/*")
    beat = Heartbeat(connector, "worker", 1)
    for called, spent in ((3, 3), (0, 3), (2, 5)):
        for _ in range(called):
            connector.meter.called("main", call, "ok")
        beat._beat()
        with connector.store.read() as conn:
            assert budget(conn, "main", connector.clock()).hour == spent


def test_deliveries_are_counted_by_the_minute_in_which_they_came() -> None:
    """The last of fifteen is this one; what is older than the first, or of a clock that is ahead, counts at the edges."""
    seconds = (-5, 0, 59, 60, 14 * 60 - 1, 14 * 60, 15 * 60)
    found = per_minute([NOW - timedelta(seconds=ago) for ago in seconds], NOW)
    assert found == (2, 1, *[0] * 11, 1, 3)


def test_metrics_count_the_deliveries_of_each_site_and_status() -> None:
    sites = [
        SimpleNamespace(site="main", deliveries={"pending": 2, "failed": 1}),
        SimpleNamespace(site="new", deliveries=None),
    ]
    (family,) = metrics.deliveries(sites)
    found = {(one.labels["site"], one.labels["status"]): one.value for one in family.samples}
    assert found == {("main", "pending"): 2, ("main", "failed"): 1}
