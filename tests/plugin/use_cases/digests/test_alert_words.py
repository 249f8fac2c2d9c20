"""What is said of an alert that is not told now: why, and when it is decided again."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mappings.digest.alert import Decision
from mappings.document.schema import TellPart
from plugin.use_cases.digests import alerts

BERLIN = ZoneInfo("Europe/Berlin")
PART = TellPart.model_validate(
    {
        "id": "late",
        "every": "change",
        "to": ["mail:lead@acme.example"],
        "quiet": {"from": "20:00", "to": "08:00"},
    }
)


def at(clock: str, day: int = 1) -> datetime:
    return datetime.fromisoformat(f"2026-12-{day:02}T{clock}").replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "since", "why", "again"),
    [
        ("12:00", "11:55", "it has to last ten minutes: decided again on 2026-12-01 at 12:05", at("12:05")),
        ("07:55", "07:54", "quiet hours: decided again on 2026-12-01 at 08:04", at("08:04")),
        ("07:55", "07:30", "quiet hours: decided again on 2026-12-01 at 08:00", at("08:00")),
        ("19:55", "19:54", "quiet hours: decided again on 2026-12-02 at 08:00", at("08:00", 2)),
    ],
)
def test_what_is_held_says_what_holds_it(now: str, since: str, why: str, again: datetime) -> None:
    mapping: Any = SimpleNamespace(zone=BERLIN)
    turn: Any = SimpleNamespace(since=at(since))
    assert alerts._why_not(PART, mapping, at(now), Decision((), (turn,), {}), {}) == (why, again)


def test_what_is_not_held_is_told_or_there_is_nothing_to_tell() -> None:
    mapping: Any = SimpleNamespace(zone=BERLIN)
    turn: Any = SimpleNamespace(since=at("11:00"))
    now = at("12:00")
    assert alerts._why_not(PART, mapping, now, Decision((turn,), (turn,), {}), {}) == ("", now)
    assert alerts._why_not(PART, mapping, now, Decision((), (), {}), {}) == ("nothing changed", now)
    told = ("the first run tells nothing", now)
    assert alerts._why_not(PART, mapping, now, Decision((turn,), (turn,), {}), None) == told
