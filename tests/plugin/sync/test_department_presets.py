"""The presets of departments run: figures come in, and each key result stands where a person would say it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from connectors.store.numbers import objectives
from mappings import presets
from plugin.sync.reconcile.reconcile import reconcile
from plugin.use_cases.kpis import readings
from plugin.use_cases.kpis.readings import PushedReading
from plugin.use_cases.kpis.settled_periods import count_settled
from plugin.use_cases.kpis.sources.pulls import read_due
from tests.actors import TESTER

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
"""A Monday in the sixth week of the quarter."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def onboarding(hand: Any) -> None:
    """Somebody came, and was at home 17 days later."""
    hand.clock.now = at("2026-10-05T09:00")
    task = hand.issue("Task", project={"key": "CORE"}, labels=["onboarding"])
    hand.clock.now = at("2026-10-22T09:00")
    hand.status(task, "Done")


def incident(hand: Any) -> None:
    """Nine hours until it was repaired; two bugs stay open."""
    hand.clock.now = at("2026-10-20T09:00")
    bug = hand.issue("Bug", priority={"name": "Highest"})
    hand.clock.now = at("2026-10-20T18:00")
    hand.status(bug, "Done")
    for _ in range(2):
        hand.issue("Bug", priority={"name": "Low"})


def campaign(hand: Any) -> None:
    """One of two stories is done."""
    for status in ("Done", "To Do"):
        hand.issue("Story", project={"key": "GROW"}, labels=["campaign"], status=status)


def nothing(_hand: Any) -> None:
    """Jira holds no figure."""


CASES: list[tuple[str, str, Callable[[Any], None], dict[str, list[tuple[str, int]]], dict[str, Fraction]]] = [
    (
        "sales",
        "GROW",
        nothing,
        {
            "new-revenue": [("2026-10-09", 95_000), ("2026-10-23", 120_000)],
            "won": [("2026-10-30", 12)],
            "lost": [("2026-10-30", 36)],
            "sales-cycle": [("2026-10-12", 40), ("2026-10-26", 44)],
        },
        {
            "new-revenue": Fraction(1, 4),  # 215,000 on the way from 200,000 to 260,000
            "win-rate": Fraction(1, 2),  # 12 of 48
            "sales-cycle": Fraction(3, 10),  # 42 on the way from 45 to 35
        },
    ),
    (
        "marketing",
        "GROW",
        campaign,
        {"site-visits": [("2026-11-03", 2_500), ("2026-11-08", 3_500)], "sign-ups": [("2026-11-05", 180)]},
        {
            "site-visits": Fraction(1, 2),  # 6,000 on the way from 4,000 to 8,000
            "sign-ups": Fraction(1, 2),  # 180 on the way from 160 to 200
            "campaigns": Fraction(1, 2),
        },
    ),
    (
        "people",
        "CORE",
        onboarding,
        {"utilisation": [("2026-11-02", 90), ("2026-11-06", 78)], "enps": [("2026-10-31", 25)]},
        {
            "time-to-onboard": Fraction(3, 5),  # 17 on the way from 20 to 15
            "utilisation": Fraction(4, 5),  # 84 is 4 of the 20 beyond 80
            "enps": Fraction(1, 2),  # 25 on the way from 15 to 35
        },
    ),
    (
        "engineering",
        "PLAT",
        incident,
        {"registration-uptime": [("2026-11-08T04:00", 80), ("2026-11-08T16:00", 84)]},
        {
            "registration-uptime": Fraction(32, 49),  # 82 on the way from 50 to 99
            "open-bugs": Fraction(1),  # 2, at most 20
            "repair-time": Fraction(1, 2),  # 9 on the way from 12 to 6
        },
    ),
]


@pytest.mark.parametrize(("preset", "project", "happened", "pushed", "expected"), CASES)
def test_a_preset_of_a_department_runs(
    hand: Any,
    preset: str,
    project: str,
    happened: Callable[[Any], None],
    pushed: dict[str, list[tuple[str, int]]],
    expected: dict[str, Fraction],
) -> None:
    happened(hand)
    hand.clock.now = NOW
    for label in expected:
        if label != "campaigns":
            hand.issue("Key Result", project={"key": project}, labels=[label], summary=label)
    hand.activate(presets.text(preset))
    hand.sync()
    connector = hand.connector
    for kpi, given in pushed.items():
        news = tuple(PushedReading(at(day), Fraction(value)) for day, value in given)
        readings.push(connector, TESTER, "main", kpi, news)
    read_due(connector, "main")
    count_settled(connector, "main")
    found: dict[str, Fraction | None] = {}
    for part in connector.context("main").mapping.document.objectives:
        reconcile(hand.context, f"@{part.id}")
        with connector.store.read() as conn:
            saved = objectives.load(conn, "main", f"@{part.id}")
        assert saved is not None
        assert saved.state.cycle_id == "2026-Q4"
        for one in saved.state.key_results:
            found[one.title if one.issue_id else "campaigns"] = one.measurement.progress
    assert found == expected
