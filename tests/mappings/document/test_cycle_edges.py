"""Where cycles cross, and which paces can be: at each edge, and a step beside it."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.document.checks.codes import Code
from mappings.document.checks.validation import _check_pace, _cross

DAY = timedelta(days=1)
BEGIN, END = date(2026, 10, 1), date(2026, 12, 31)


def cycle(start: date, end: date) -> Any:
    return SimpleNamespace(start=start, end=end)


@pytest.mark.parametrize(
    ("start", "end", "crosses"),
    [
        (BEGIN, END, False),
        (BEGIN, END - DAY, False),
        (BEGIN + DAY, END, False),
        (BEGIN, END + DAY, False),
        (BEGIN - DAY, END, False),
        (BEGIN - DAY, END + DAY, False),
        (BEGIN + DAY, END - DAY, False),
        (BEGIN + DAY, END + DAY, True),
        (BEGIN - DAY, END - DAY, True),
        (END, END + 9 * DAY, True),
        (END + DAY, END + 9 * DAY, False),
        (BEGIN - 9 * DAY, BEGIN, True),
        (BEGIN - 9 * DAY, BEGIN - DAY, False),
    ],
)
def test_cycles_cross_where_they_share_days_and_neither_lies_in_the_other(
    start: date, end: date, crosses: bool
) -> None:
    one, other = cycle(BEGIN, END), cycle(start, end)
    assert _cross(one, other) is crosses
    assert _cross(other, one) is crosses


class Findings:
    """A report that keeps what it is told."""

    def __init__(self) -> None:
        self.found: list[tuple[Any, ...]] = []

    def add(self, code: Code, message: str, path: Any, **more: Any) -> None:
        self.found.append((code, message, path, more.get("value")))


@pytest.mark.parametrize(
    ("at_risk", "on_track", "wrong"),
    [(0, 1, False), (-1, 1, True), (1, 1, True), (2, 1, True), (1, 2, False), (0, 0, True)],
)
def test_at_risk_begins_at_nothing_and_below_on_track(at_risk: int, on_track: int, wrong: bool) -> None:
    report: Any = Findings()
    part: Any = SimpleNamespace(health=SimpleNamespace(at_risk=at_risk, on_track=on_track), working_days=None)
    _check_pace(part, ("cycles", 0), report)
    message = f"at_risk {at_risk} has to be below on_track {on_track}, and not below 0"
    assert report.found == ([(Code.INVERTED_THRESHOLDS, message, ("cycles", 0, "health"), at_risk)] if wrong else [])  # fmt: skip


@pytest.mark.parametrize(("days", "wrong"), [(None, False), ((), True), (("mon",), False)])
def test_a_cycle_has_a_working_day_where_it_names_them(days: Any, wrong: bool) -> None:
    report: Any = Findings()
    part: Any = SimpleNamespace(health=SimpleNamespace(at_risk=0, on_track=1), working_days=days)
    _check_pace(part, ("cycles", 0), report)
    message = "a cycle without working days never advances"
    assert report.found == ([(Code.TOO_FEW, message, ("cycles", 0, "working_days"), None)] if wrong else [])
