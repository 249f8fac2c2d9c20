"""The figures of the demo: what is pushed on a day, worked out by hand, and that each day comes in once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from connectors.store.kpis import kpis as kept
from plugin.runtime import figures
from plugin.runtime.demonstration import demo_world

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
ON_A_DAY = {
    # 38 days into the quarter; day 739928 of the calendar: 37 times it leaves 48 of 61, 0 of 7, 8 of 12, 236 of 900
    date(2026, 11, 8): ("78.5", 600 + 190 + 48, 25 + 0, 70 + 8, 15 + 4, 6500 + 760 + 236),
    # its first day: 37 times 739890 leaves 45 of 61, 1 of 7, 6 of 12, 630 of 900
    date(2026, 10, 1): ("50", 600 + 45, 25 + 1, 70 + 6, 15, 6500 + 630),
    # 91 days into the quarter: by then more would be more than all of the time; 739889: 8 of 61, 6 of 7, 5 of 12, 593 of 900
    date(2026, 9, 30): ("99.6", 600 + 455 + 8, 25 + 6, 70 + 5, 15 + 10, 6500 + 1820 + 593),
}
"""Uptime, visits, sign-ups, utilisation, eNPS and new revenue."""
NAMES = ("registration-uptime", "site-visits", "sign-ups", "utilisation", "enps", "new-revenue")


@pytest.mark.parametrize("day", ON_A_DAY, ids=str)
def test_what_is_pushed_on_a_day(day: date) -> None:
    pushed = {name: figure(day) for found in figures.FIGURES.values() for name, figure in found.items()}
    assert pushed == dict(zip(NAMES, map(Fraction, ON_A_DAY[day]), strict=True))


def test_each_day_until_now_comes_in_once_at_its_noon(tmp_path: Path) -> None:
    with demo_world(tmp_path, clock=lambda: NOW, watches=True) as demo:
        connector = demo.connector

        def instants(name: str) -> list[datetime]:
            with connector.store.read() as conn:
                found = list(kept.readings(conn, "main", name))
            assert [one.received for one in found] == [one.at for one in found], "none is late"
            assert {one.source for one in found} <= {"push"}
            return [one.at for one in found]

        before = [datetime(2026, 7, 12, 12, tzinfo=UTC) + timedelta(days=number) for number in range(120)]
        assert before[-1] == datetime(2026, 11, 8, 12, tzinfo=UTC), "today's noon is still to come"
        for name in NAMES:
            assert instants(name) == before
        for name in ("conversion", "cycle-time"):
            assert instants(name) == [], "it is worked out"
        assert connector.move_clock is not None
        for now, more in (
            (NOW, 0),
            (datetime(2026, 11, 9, 11, 59, 59, tzinfo=UTC), 0),
            (datetime(2026, 11, 9, 12, tzinfo=UTC), 1),
            (datetime(2026, 11, 12, 9, tzinfo=UTC), 3),
        ):
            connector.move_clock(now)
            connector.receive_figures()
            for name in NAMES:
                assert instants(name)[120:] == [
                    datetime(2026, 11, 9 + number, 12, tzinfo=UTC) for number in range(more)
                ]
