"""What happens by the clock: which tasks there are and how often, what each of them calls, and when one that did not end well comes again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.jira.http.errors import AuthFailure, JiraOutage, JiraRefusal
from connectors.store import Store, StoreError
from connectors.store.jobs import schedules as store_of_schedules
from connectors.store.reads import failures, read_requests
from connectors.store.work import due
from plugin.jobs import schedules
from plugin.jobs.schedules import RunInterruption, Schedule, Schedules
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALWAYS = {
    "clock": (5 * MINUTE, schedules.end_standstills),
    "pace": (MINUTE, schedules.look_at_pace),
    "forecast": (MINUTE, schedules.forecast),
    "cycles": (HOUR, schedules.close_cycles),
    "record": (MINUTE, schedules.seal_record),
    "prune": (6 * HOUR, schedules.prune),
    "kpis": (MINUTE, schedules.count_kpis),
    "kpi sources": (MINUTE, schedules.read_kpis),
    "tell": (MINUTE, schedules.tell),
    "events": (MINUTE, schedules.relay_events),
    "activation": (MINUTE, schedules.go_on_activating),
    "webhook": (HOUR, schedules.keep_webhook),
}


class World:
    """A connector with two sites, and a clock that is set by hand."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.now = NOW
        given = {"resync_minutes": 0, "recent_minutes": 0, **settings}
        self.connector = Connector(
            read_settings(env_file=None, **given),
            store,
            {"main": object(), "other": object()},
            lambda: self.now,
        )

    def schedules(self, run: Callable[..., object], name: str = "task", **more: Any) -> Schedules:
        made = Schedules(self.connector, more.pop("stopping", lambda: False))
        made.all = [Schedule(name, HOUR, run, **more)]
        return made


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def listed(connector: Connector) -> dict[str, tuple[timedelta, object]]:
    return {one.name: (one.every, one.run) for one in Schedules(connector).all}


def test_every_task_has_its_name_its_interval_and_its_function(store: Store) -> None:
    assert listed(World(store).connector) == ALWAYS
    both = World(store, resync_minutes=360, recent_minutes=15).connector
    assert listed(both) == {
        **ALWAYS,
        "resync": (timedelta(minutes=360), schedules.read_everything),
        "recent": (timedelta(minutes=15), schedules.read_recent),
    }
    forge = SimpleNamespace(settings=SimpleNamespace(forge=object(), resync_minutes=0, recent_minutes=1))
    assert listed(forge) == {  # type: ignore[arg-type]
        **ALWAYS,
        "forge": (timedelta(minutes=10), schedules.bring_clauses),
        "recent": (MINUTE, schedules.read_recent),
    }


def test_three_tasks_are_for_sites_that_have_something_for_them(world: World) -> None:
    wanted = {one.name: one.wanted for one in Schedules(world.connector).all}
    asked: list[str] = []
    site = SimpleNamespace(
        watches_kpis=lambda site: asked.append(f"watches {site}"),
        reads_kpis=lambda site: asked.append(f"reads {site}"),
        signs_in_by_app=lambda site: asked.append(f"signs in {site}"),
    )
    some = {"kpis": Connector.watches_kpis, "kpi sources": Connector.reads_kpis, "webhook": Connector.signs_in_by_app}  # fmt: skip
    for name, wish in wanted.items():
        assert wish is some[name] if name in some else wish(site, "main") is True  # type: ignore[arg-type]
    assert asked == []


CALLS: dict[str, tuple[Callable[..., object], list[str]]] = {
    "kpis": (
        schedules.count_kpis,
        ["count_settled", "follow_key_results", "make_wanted", "write_current_values"],
    ),
    "kpi sources": (schedules.read_kpis, ["read_due"]),
    "cycles": (schedules.close_cycles, ["lock_due", "close_due"]),
    "tell": (schedules.tell, ["tell_due"]),
    "events": (schedules.relay_events, ["relay"]),
    "forge": (schedules.bring_clauses, ["bring_up_to_date"]),
    "webhook": (schedules.keep_webhook, ["keep_alive"]),
    "activation": (schedules.go_on_activating, ["resume_activation"]),
    "record": (schedules.seal_record, ["chain.seal", "push.push_record"]),
    "forecast": (schedules.forecast, ["forecast_record.keep_today", "forecast_record.judge_ended"]),
    "prune": (
        schedules.prune,
        [
            "inbox.prune",
            "sign_in_attempts.prune",
            "tombstones.prune",
            "outbox.prune",
            "issue_histories.prune",
            "imports.prune",
            "write_counts.fold",
            "inbox.fold",
            "kpi_failures.prune",
            "chain.forget_sign_ins",
            "chain.forget_old",
            "inbox.compress",
            "thin_history",
            "write_retention.thin",
            "forecast_record.forget_old",
            "follow_departures",
            "forget_gone",
        ],
    ),
}
"""What each task calls, in this order."""
BARE_OF_SITE = {
    "chain.seal",
    "push.push_record",
    "chain.forget_sign_ins",
    "chain.forget_old",
    "inbox.prune",
    "sign_in_attempts.prune",
    "tombstones.prune",
}
WITH_A_SIGN_OF_LIFE = {
    "read_due",
    "tell_due",
    "relay",
    "forecast_record.keep_today",
    "forecast_record.judge_ended",
    "inbox.compress",
    "thin_history",
    "write_retention.thin",
}


@pytest.mark.parametrize("name", CALLS)
def test_a_task_calls_what_it_is_for_once_for_its_site(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, expected = CALLS[name]
    called: dict[str, tuple[Any, ...]] = {}
    for each in expected:
        monkeypatch.setattr(
            f"plugin.jobs.schedules.{each}", lambda *given, each=each: called.setdefault(each, given)
        )
    monkeypatch.setattr(Connector, "watches_kpis", lambda _self, site: site == "main")

    def going_on() -> None:
        raise AssertionError("nothing was done")

    run(world.connector, "main", going_on)
    assert list(called) == expected
    for each, given in called.items():
        assert ("main" in given) is (each not in BARE_OF_SITE), each
        assert (going_on in given) is (each in WITH_A_SIGN_OF_LIFE), each
    if name == "prune":
        hours = {each: (NOW - given[-1]) / HOUR for each, given in called.items() if isinstance(given[-1], datetime)}  # fmt: skip
        assert hours == {
            "inbox.prune": 7 * 24,
            "sign_in_attempts.prune": 24,
            "tombstones.prune": 1,
            "outbox.prune": 90 * 24,
            "imports.prune": 90 * 24,
            "kpi_failures.prune": 90 * 24,
        }
        called.clear()
        run(world.connector, "other", going_on)
        assert list(called) == [each for each in expected if each != "kpi_failures.prune"]


@pytest.mark.parametrize(
    ("error", "rest"),
    [
        (RunInterruption(), timedelta(0)),
        (Refusal("no mapping is active"), timedelta(seconds=5)),
        (JiraOutage("away"), MINUTE),
        (JiraRefusal(400, ("no",)), MINUTE),
        (ValueError("invented"), MINUTE),
        (None, HOUR),
    ],
)
def test_what_did_not_end_well_comes_again_after_its_rest(
    world: World, error: Exception | None, rest: timedelta
) -> None:
    ran: list[tuple[str, datetime]] = []

    def run(_connector: Any, site: str, _going_on: Any) -> None:
        ran.append((site, world.now))
        if error is not None:
            raise error

    mine, another = world.schedules(run), world.schedules(run)
    for at in (timedelta(0), rest - timedelta(milliseconds=1), rest):
        if at >= timedelta(0):
            world.now = NOW + at
            another.run_due()
            mine.run_due()
    sites = ["main", "other"]
    if rest:
        assert ran == [(site, at) for at in (NOW, NOW + rest) for site in sites]
    else:  # free at once for whoever looks next
        assert ran == [(site, NOW) for _ in range(4) for site in sites]
    with world.connector.store.read() as conn:
        last = store_of_schedules.last(conn, "main", "task")
    assert last == (world.now if error is None else None)


@pytest.mark.parametrize(
    ("name", "kind"), [("resync", "full"), ("recent", "recent"), ("prune", None), ("kpis", None)]
)
def test_a_read_that_fails_is_noted_with_its_words_and_no_other_task(
    world: World, name: str, kind: Any
) -> None:
    def fails(*_: Any) -> None:
        raise JiraOutage("Jira cannot answer now (503).")

    world.schedules(fails, name).run_due()
    with world.connector.store.read() as conn:
        found = failures.load_standing(conn, "main")
    error = JiraOutage("Jira cannot answer now (503).")
    noted = failures.ReadFailure(kind, NOW, NOW, 1, error.message, error.remedy)
    assert found == ((noted,) if kind else ())
    assert error.remedy


def test_a_store_that_fails_ends_no_task_and_no_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise StoreError("away", "a database", "start it")

    def fails(*_: Any) -> None:
        raise AuthFailure("no", status=401)

    for place, name in (
        (failures, "note"),
        (store_of_schedules, "rest"),
        (store_of_schedules, "take"),
        (store_of_schedules, "load_appointments"),
    ):
        monkeypatch.setattr(place, name, broken)
        world.now += HOUR
        world.schedules(fails, "resync").run_due()
    assert world.schedules(fails).due() == []


def test_a_fault_of_one_site_keeps_the_task_from_no_other(world: World) -> None:
    ran: list[str] = []

    def run(_connector: Any, site: str, _going_on: Any) -> None:
        ran.append(site)
        if site == "main":
            raise ValueError("invented")

    world.schedules(run, wanted=lambda _connector, site: site != "third").run_due()
    assert ran == ["main", "other"]
    ran.clear()
    world.now += HOUR
    world.schedules(run, wanted=lambda _connector, site: site == "other").run_due()
    assert ran == ["other"]
    world.schedules(run, wanted=lambda *_: False).run_due()
    assert ran == ["other"]


def test_a_stop_or_a_site_that_is_gone_interrupts_what_runs(world: World) -> None:
    stopped = False

    def run(connector: Any, site: str, going_on: Callable[[], None]) -> None:
        nonlocal stopped
        going_on()
        if site == "main":
            connector.sites.pop("main")
        else:
            stopped = True
        with pytest.raises(RunInterruption):
            going_on()
        ended.append(site)

    ended: list[str] = []
    world.schedules(run, stopping=lambda: stopped).run_due()
    assert ended == ["main", "other"]


def test_everything_is_read_two_minutes_after_the_last_time_where_somebody_asks(world: World) -> None:
    ran: list[tuple[str, str]] = []

    def both(name: str) -> Schedules:
        return world.schedules(lambda _connector, site, _going_on: ran.append((name, site)), name)

    for name in ("resync", "recent"):
        both(name).run_due()
    ran.clear()
    with world.connector.store.write() as conn:
        read_requests.ask(conn, "main", NOW)
    for wait in (119, 1):
        world.now += timedelta(seconds=wait)
        for name in ("resync", "recent"):
            due = [one.name for one in both(name).due()]
            assert due == (["resync"] if wait == 1 and name == "resync" else [])
            both(name).run_due()
            both(name).run(both(name).all[0])
    assert ran == [("resync", "main")]


def test_what_a_clock_that_was_ahead_holds_up_goes_on_and_nobody_waits_to_hear_of_none(store: Store) -> None:
    writing = list[str]()
    write = store.write

    def noted() -> Any:
        writing.append("asked")
        return write()

    watched = SimpleNamespace(read=store.read, write=noted)
    connector: Any = SimpleNamespace(store=watched, clock=lambda: NOW)

    def is_waiting() -> bool:
        schedules.end_standstills(connector, "main", lambda: None)
        with store.write() as conn:
            return bool(due.claim(conn, "me", NOW, HOUR, 1))

    assert (is_waiting(), writing) == (False, [])
    later = NOW + 9_000 * HOUR
    with store.write() as conn:
        due.mark(conn, "main", ["1"], later, "an event", later)
    assert (is_waiting(), writing) == (True, ["asked"])
