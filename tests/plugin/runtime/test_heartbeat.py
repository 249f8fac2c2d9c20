"""Whom the heartbeats of processes let count on, to the second, and what is taken off their list."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.jira.http.call import call_of
from connectors.store import Store, StoreError
from connectors.store.jobs import processes as signs
from connectors.store.jobs.counts import Lag, ProcessCounts
from connectors.store.jobs.processes import SignOfLife
from plugin.runtime.connector import Connector
from plugin.runtime.processes import heartbeat
from plugin.runtime.processes.counters import Meter
from plugin.runtime.processes.heartbeat import Heartbeat, processes, tell_calls, working_here
from plugin.runtime.processes.process import this_process
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
HERE = socket.gethostname()
MS = timedelta(milliseconds=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def connector(store: Store) -> Connector:
    return Connector(read_settings(None), store, {}, lambda: NOW)


def sign(name: str, age: timedelta, **more: Any) -> SignOfLife:
    given = {"host": HERE, "pid": 7, "role": "worker", "wanted": 2, "workers": 2, "counted": ProcessCounts()}
    return SignOfLife(id=name, at=NOW - age, **{**given, **more})


def put(connector: Connector, *known: SignOfLife) -> None:
    with connector.store.write() as conn:
        for one in known:
            signs.put(conn, one)


@pytest.mark.parametrize(
    ("age", "more", "works"),
    [
        (timedelta(0), {}, True),
        (MINUTE, {}, True),
        (MINUTE + MS, {}, False),
        (timedelta(0), {"workers": 1}, True),
        (timedelta(0), {"workers": 0}, False),
        (timedelta(0), {"wanted": 0, "workers": 0}, False),
        (timedelta(0), {"wanted": 0}, False),
        (timedelta(0), {"host": "another"}, False),
        (timedelta(0), {"place": this_process().place, "began": "1"}, False),
        (timedelta(0), {"place": "elsewhere", "began": "1"}, True),
    ],
    ids=[
        "now", "a minute ago", "longer ago", "one worker died", "all died", "serves", "serves, oddly",
        "of another machine", "was killed", "nobody here can say",
    ],
)  # fmt: skip
def test_a_process_of_this_machine_works_while_its_word_is_no_older_than_a_minute(
    connector: Connector, age: timedelta, more: Mapping[str, Any], works: bool
) -> None:
    assert not working_here(connector)
    put(connector, sign("one", age, **more))
    assert working_here(connector) is works
    put(connector, sign("other", timedelta(0)))
    assert working_here(connector), "one is enough"


def test_who_is_silent_for_more_than_an_hour_is_buried_with_its_figures(connector: Connector) -> None:
    counted = ProcessCounts({"main|GET|issue/*|ok": 3})
    put(connector, sign("kept", HOUR), sign("buried", HOUR + MS, counted=counted, role="serve", pid=8))
    with capture_logs() as logged:
        Heartbeat(connector, "serve", 0)._beat()
    assert logged == [
        {
            "event": "a process ended without a word",
            "log_level": "warning",
            "process": 8,
            "host": HERE,
            "role": "serve",
            "last": "2026-11-09T07:59:59.999000+00:00",
        }
    ]
    with connector.store.read() as conn:
        mine, kept = processes(conn)
        assert (kept.id, mine.role, mine.at, mine.host, mine.wanted, mine.workers) == (
            "kept", "serve", NOW, HERE, 0, 0,
        )  # fmt: skip
        assert (mine.place, mine.began) == (this_process().place, this_process().began)
        assert heartbeat.count_processes(conn).calls == {"main|GET|issue/*|ok": 3}


def test_a_word_that_cannot_be_kept_is_logged_and_the_next_one_comes(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise StoreError("away", "a database", "start it")

    monkeypatch.setattr(connector, "store", SimpleNamespace(write=away))
    beat = Heartbeat(connector, "serve", 0, every=60)
    with capture_logs() as logged:
        beat.start()
        beat.stop()
    assert [(one["event"], one["error"]) for one in logged] == [
        ("former processes were not taken off the list", "away (a database). To do: start it."),
        *[("heartbeat not stored", "away (a database). To do: start it.")] * 2,
        ("the last heartbeat was not stored", "away (a database). To do: start it."),
    ]


def test_what_a_command_asked_of_jira_is_told_once_as_it_ends(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(heartbeat, "spend_all", lambda _conn, called, now: told.append((called, now)))
    tell_calls(connector)
    assert told == [], "nothing was asked, and nothing is opened"
    for _ in range(3):
        connector.meter.called("main", call_of("GET", "/rest/api/3/issue/10001"), "ok")
    tell_calls(connector)
    tell_calls(connector)
    assert told == [({"main": 3}, NOW)]

    def away() -> Any:
        raise StoreError("away", "a database", "start it")

    connector.meter.called("main", call_of("GET", "/rest/api/3/issue/10001"), "ok")
    monkeypatch.setattr(connector, "store", SimpleNamespace(write=away))
    tell_calls(connector)
    assert len(told) == 1, "it is no reason to fail"


def test_a_meter_counts_calls_and_lags_by_site_and_gives_them_away_once() -> None:
    meter = Meter()
    call = call_of("GET", "/rest/api/3/issue/10001")
    for site, outcome in (("main", "ok"), ("main", "ok"), ("main", "429"), ("lab", "ok")):
        meter.called(site, call, outcome)
    meter.wrote("main", -3.0)
    meter.wrote("main", 2.5)
    known = ProcessCounts(
        {"main|GET|issue/*|ok": 2, "main|GET|issue/*|429": 1, "lab|GET|issue/*|ok": 1},
        {"main": Lag().with_one(0.0).with_one(2.5)},
    )
    assert meter.counted() == meter.counted() == known
    assert meter.untold_calls() == {"main": 3, "lab": 1}
    assert meter.untold_calls() == {}
    meter.called("main", call, "ok")
    assert meter.untold_calls() == {"main": 1}
    assert meter.taken().calls["main|GET|issue/*|ok"] == 3
    assert meter.counted() == meter.taken() == ProcessCounts()
    meter.add(known)
    meter.add(ProcessCounts({"main|GET|issue/*|ok": 5}, {"lab": Lag().with_one(1.0)}))
    assert meter.counted().calls == {"main|GET|issue/*|ok": 7, "main|GET|issue/*|429": 1, "lab|GET|issue/*|ok": 1}  # fmt: skip
    assert meter.counted().lags == {
        "main": Lag().with_one(0.0).with_one(2.5),
        "lab": Lag().with_one(1.0),
    }
    assert meter.untold_calls() == {"main": 8, "lab": 1}, "what another process counted is told here"
