"""Builders of invented issues and objectives, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Reading, Status, User
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState
from tests.plugin.sync.conftest import begin, hand

__all__ = ["begin", "hand"]
"""A small company made by hand, as the tests of the sync have it."""

_NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return _NOW


@pytest.fixture
def an_issue() -> Callable[..., Issue]:
    def build(id: str = "10001", **facts: object) -> Issue:
        minutes = facts.pop("minutes", 0)
        assert isinstance(minutes, int)
        plain = Issue(
            id=id,
            key=f"PLAT-{id}",
            project=Project("1", "PLAT", "Platform"),
            type=IssueType("10", "Story", 0),
            status=Status("20", "In Bearbeitung", "indeterminate"),
            created=_NOW - timedelta(days=9),
            updated=_NOW + timedelta(minutes=minutes),
        )
        return replace(plain, **facts)

    return build


@pytest.fixture
def full_issue(an_issue: Callable[..., Issue]) -> Issue:
    """An issue with something in every part."""
    ada = User("5b10", "Ada Invented", "ada@example.com")
    return an_issue(
        "10007",
        summary="Übergänge \u2014 \x00 and all",
        resolution=JiraValue("1", "Won't Do"),
        priority=JiraValue("3", "Medium"),
        parent_id="10001",
        labels=("okr", "q4"),
        components=(JiraValue("7", "api"), JiraValue("8", "web")),
        fix_versions=(JiraValue("9", "1.0"),),
        affects_versions=(JiraValue("11", "0.9"),),
        assignee=ada,
        reporter=ada,
        creator=User("5b11", "Bo Invented"),
        due=date(2026, 12, 31),
        resolved=_NOW,
        status_changed=_NOW - timedelta(hours=1, microseconds=7),
        links=(Link("3", "Measures", "is measured by", "10002"),),
        fields={
            "customfield_1": 0.1,
            "customfield_2": None,
            "customfield_3": {"value": "A", "child": [1, True]},
        },
        readings={"customfield_1": (Reading(_NOW, Fraction(1, 3)), Reading(_NOW, None))},
    )


@pytest.fixture
def an_objective() -> Callable[..., ObjectiveState]:
    def build(
        id: str = "10001", progress: Fraction | None = Fraction(5, 8), **facts: object
    ) -> ObjectiveState:
        row = Contribution(
            "10002",
            "PLAT-2",
            "A story",
            Disposition.COUNTED,
            "done",
            Fraction(1),
            progress,
            progress or Fraction(0),
        )
        ledger = Ledger((row,), progress)
        measured = Measurement(
            progress,
            progress,
            Cause.MEASURED,
            "1 of 2",
            measured_at=_NOW,
            due=date(2026, 12, 31),
            ledger=ledger,
        )
        on_track = Health(HealthLevel.ON_TRACK, "pace", "62.5 % of 50 % expected")
        key_result = KeyResultState(
            "10001/d", "d", "delivery", "delivery", "Delivery", measured, on_track, Fraction(1), True
        )
        plain = ObjectiveState(
            id,
            "epics",
            "An objective",
            progress,
            on_track,
            ledger,
            (key_result,),
            delivery=progress,
            expected=Fraction(1, 3),
            touched=frozenset({id, "10002"}),
        )
        return replace(plain, **facts)

    return build
