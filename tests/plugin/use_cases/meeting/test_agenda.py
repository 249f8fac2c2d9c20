"""The agenda of a meeting is made by rules: what comes first, why, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from mappings.explain.confidence import Confidence, ConfidenceLevel
from mappings.explain.week import WeekMove
from mappings.rollup.state import Health, HealthLevel
from plugin.use_cases.meeting.agenda import LONGEST, Meeting, Reason, plan_meeting, reason_of
from plugin.use_cases.objectives.objective_list import Headline, ListedHead

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def listed(
    id_: str, level: str = "on_track", week: int | None = 0, points: int | None = None, **more: object
) -> ListedHead:
    level_of = None if points is None else ConfidenceLevel.OFF if points < 4 else ConfidenceLevel.ON
    state = Headline(
        id_,
        f"Title of {id_}",
        Health(HealthLevel(level), "rule", "sentence"),
        key=id_,
        project_key="PLAT",
        confidence=None if level_of is None else Confidence(level_of, points),
        **{"progress_text": "1/2", "expected_text": "1/2", **more},  # type: ignore[arg-type]
    )
    return ListedHead(None, state, NOW, 0, week=None if week is None else WeekMove(Fraction(week, 100), ()))


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (listed("A"), None),
        (listed("A", "achieved", 5), None),
        (listed("A", "at_risk"), None),
        (listed("A", "off_track"), Reason.OFF_TRACK),
        (listed("A", "off_track", 3), Reason.OFF_TRACK),
        (listed("A", "unknown"), Reason.UNKNOWN),
        (listed("A", "pending", None), Reason.UNKNOWN),
        (listed("A", "pending", -1), Reason.FELL),
        (listed("A", "achieved", -1), Reason.FELL),
        (listed("A", points=3), Reason.UNSURE),
        (listed("A", "off_track", -9, points=0), Reason.UNSURE),
        (listed("A", points=7), None),
    ],
)
def test_the_first_reason_that_holds(one: ListedHead, reason: Reason | None) -> None:
    assert reason_of(one) is reason


def test_the_order_is_that_of_the_reasons_and_within_one_the_lowest_pace_first() -> None:
    found = plan_meeting(
        [
            listed("OFF-1", "off_track", progress_text="2/10"),
            listed("OFF-2", "off_track", progress_text="1/10"),
            listed("ASK-1", "unknown", progress_text=None),
            listed("FELL-1", week=-2),
            listed("SURE-1", points=2),
            listed("FINE-1"),
        ]
    )
    assert [one.row.state.key for one in found.agenda] == ["SURE-1", "FELL-1", "ASK-1", "OFF-2", "OFF-1"]


def test_an_agenda_is_never_longer_than_a_meeting() -> None:
    found = plan_meeting(listed(f"OFF-{number}", "off_track") for number in range(60))
    assert len(found.agenda) == LONGEST == 9


def company() -> Meeting:
    return plan_meeting(
        [
            listed("TOP-1", "off_track", progress_text="1/10"),
            listed("TOP-2", "on_track"),
            listed("MID-1", aligned_to=("TOP-1",), week=4, progress_text="1/4"),
            listed("LOW-1", aligned_to=("MID-1",), week=-3, progress_text="3/4"),
            listed("TWO-1", aligned_to=("TOP-2",), team="Robots", progress_text=None),
            listed("OWN-1", week=None),
        ]
    )


def test_the_company_is_what_others_serve_and_serves_nobody() -> None:
    found = company()
    assert [one.state.key for one in found.company] == ["TOP-1", "TOP-2"]
    assert [one.state.key for one in found.fine] == ["TOP-2"]
    assert found.furthest_behind is not None
    assert found.furthest_behind.state.key == "TOP-1"
    alone = plan_meeting([listed("A"), listed("B", "unknown")])
    assert (alone.company, len(alone.leading)) == ((), 2)


def test_teams_are_counted_without_the_company_and_unknown_is_no_nought() -> None:
    found = company()
    assert [(one.name, len(one.rows), one.progress) for one in found.teams] == [
        ("PLAT", 3, Fraction(1, 2)),
        ("Robots", 1, None),
    ]


def test_what_moved_stands_from_the_strongest_rise_to_the_strongest_fall() -> None:
    found = company()
    assert [(one.state.key, by) for one, by in found.moved] == [
        ("MID-1", Fraction(4, 100)),
        ("LOW-1", Fraction(-3, 100)),
    ]
    assert found.still == 3


def test_of_two_sites_ids_do_not_meet() -> None:
    served = [replace(listed("1"), site="a"), replace(listed("2", aligned_to=("1",)), site="b")]
    assert plan_meeting(served).company == ()


def test_what_only_a_former_cycle_serves_is_an_objective_of_the_company_all_the_same() -> None:
    served, alone = replace(listed("A"), elsewhere=2), listed("B")
    assert plan_meeting([served, alone]).company == (served,)
