"""From when on old history is thinned out, and which instants keep what held: by the settings and the cycles that objectives ran in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.store import Store
from plugin.jobs import history_retention
from plugin.jobs.history_retention import thin_history
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = SimpleNamespace(start=date(2026, 10, 1), end=date(2026, 12, 31))
FORMER = SimpleNamespace(start=date(2026, 7, 1), end=date(2026, 9, 30))


@pytest.fixture
def thinned(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []

    def thin(_store: Store, site: str, daily: datetime, **more: Any) -> None:
        found.append((site, (NOW - daily).days, (NOW - more["weekly"]).days, more["held"], more["going_on"]))

    monkeypatch.setattr(history_retention.history_retention, "thin", thin)
    return found


def connector_of(store: Store, daily: int) -> Connector:
    settings = read_settings(env_file=None, keep_history_days=90, keep_daily_history_days=daily)
    return Connector(settings, store, {"main": object()}, lambda: NOW)


def test_days_are_kept_so_long_and_weeks_after_them(store: Store, thinned: list[Any]) -> None:
    def going_on() -> None:
        return None

    for daily, weekly in ((730, 730), (90, 90), (30, 90)):
        thin_history(connector_of(store, daily), "main", going_on)
        assert thinned.pop() == ("main", 90, weekly, [], going_on)


def test_what_held_where_a_cycle_begins_and_ends_stays(
    store: Store, thinned: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cycles = {"2026-Q4": QUARTER, "2026-Q3": FORMER}
    mapping = SimpleNamespace(zone=BERLIN, cycles=cycles)
    monkeypatch.setattr(history_retention.cycle_ends, "cycles", lambda _conn, _site: {"2026-Q3"})
    monkeypatch.setattr(history_retention.cycle_ends, "list_running", lambda _conn, _site: {"2026-Q4", "gone"})  # fmt: skip
    monkeypatch.setattr(Connector, "context", lambda _self, _site: SimpleNamespace(mapping=mapping))
    thin_history(connector_of(store, 730), "main", lambda: None)
    last = timedelta(milliseconds=1)
    assert thinned.pop()[3] == [
        datetime(2026, 7, 1, tzinfo=BERLIN),
        datetime(2026, 10, 1, tzinfo=BERLIN),
        datetime(2026, 10, 1, tzinfo=BERLIN) - last,
        datetime(2027, 1, 1, tzinfo=BERLIN) - last,
    ]


def test_nothing_goes_while_nobody_knows_where_the_cycles_begin(
    store: Store, thinned: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_self: Connector, _site: str) -> None:
        raise Refusal("no mapping is active")

    monkeypatch.setattr(history_retention.cycle_ends, "cycles", lambda _conn, _site: {"2026-Q3"})
    monkeypatch.setattr(Connector, "context", unknown)
    thin_history(connector_of(store, 730), "main", lambda: None)
    assert thinned == []
