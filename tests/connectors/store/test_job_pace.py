"""How fast a job goes, how long it will take, and when it counts as left alone: literal figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.store.jobs.background_jobs import SILENT_FOR, BackgroundJob

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
LATER = NOW + timedelta(seconds=10)


def job(**facts: Any) -> BackgroundJob:
    """After ten seconds 20 of 50 are done."""
    plain = {"name": "history", "by": "Ada", "began": NOW, "seen": LATER, "done": 20, "total": 50}
    return BackgroundJob(**{**plain, "counting": NOW, **facts})


@pytest.mark.parametrize(
    ("facts", "pace", "left"),
    [
        ({}, 2.0, 15),
        ({"at_first": 10}, 1.0, 30),
        ({"at_first": 19}, 0.1, 300),
        ({"at_first": 20}, None, None),
        ({"counting": None}, None, None),
        ({"counting": LATER}, None, None),
        ({"counting": LATER - timedelta(milliseconds=1)}, 20_000.0, 0),
        ({"total": None}, 2.0, None),
        ({"total": 20}, 2.0, 0),
        ({"total": 7}, 2.0, 0),
        ({"total": 21}, 2.0, 0),
        ({"total": 23}, 2.0, 2),
        ({"state": "done"}, 2.0, None),
        ({"state": "failed"}, 2.0, None),
    ],
)
def test_its_pace_and_what_is_left(facts: dict[str, Any], pace: float | None, left: int | None) -> None:
    assert (job(**facts).per_second, job(**facts).seconds_left) == (pace, left)


def test_one_that_says_nothing_for_long_is_not_running() -> None:
    edge = LATER + SILENT_FOR
    assert [job().is_running(at) for at in (LATER, edge - timedelta(milliseconds=1), edge)] == [
        True,
        True,
        False,
    ]
    assert [job(state=state).is_running(LATER) for state in ("running", "done", "failed")] == [
        True,
        False,
        False,
    ]
    assert timedelta(minutes=2) == SILENT_FOR
