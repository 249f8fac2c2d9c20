"""Pace and health: which rule fires on which day, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from mappings.document.schema import CyclePart, FieldSource, LabelSource, VersionSource
from mappings.facts.issue import JiraValue
from mappings.rollup.cycles.carry import Carries
from mappings.rollup.cycles.cycle import cycle_of, expected_on
from mappings.rollup.state import Health, HealthLevel

F = Fraction
T = {"kind": "transition", "start": 0, "current": "current", "target": 100}
BAND = {"kind": "threshold", "current": "current", "at_least": 70, "at_most": 80}


@pytest.fixture
def healthy(a_mapping, objective, key_result, stand, an_issue, on_day):
    """Health of one key result: `healthy(T, "2026-11-15", current=40)`, whose issue was made ten days before."""

    def health(options, day, *, rule=None, cycle="2026-Q4", cycles=None, age=10, **facts):
        part = key_result(options, select="type = Key Result", **(rule or {}))
        mapping = a_mapping(
            objective(part, cycle=cycle),
            fields=("current", "start", "target"),
            **({"cycles": cycles} if cycles else {}),
        )
        moment = on_day(day)
        created = moment.now.fromordinal(moment.now.toordinal() - age).replace(
            tzinfo=moment.now.tzinfo, hour=12
        )
        issue = an_issue(2, type="Key Result", parent=1, created=created, **facts)
        (found,) = stand(mapping, [an_issue(1, type="Epic"), issue], moment)["1"].key_results
        return found.health

    return health


@pytest.mark.parametrize(
    ("day", "current", "rule"),
    [
        ("2026-09-30", 0, "early"),
        ("2026-10-09", 0, "early"),
        ("2026-10-10", 0, "pace-off-track"),
        ("2026-11-15", 35, "pace-on-track"),
        ("2026-11-15", 34, "pace-at-risk"),
        ("2026-11-15", 20, "pace-at-risk"),
        ("2026-11-15", 19, "pace-off-track"),
        ("2026-12-31", 70, "pace-on-track"),
        ("2027-02-01", 69, "pace-at-risk"),
        ("2026-10-05", 100, "achieved"),
        ("2026-11-15", 130, "achieved"),
        ("2026-11-15", None, "never-measured"),
        ("2026-11-15", "x", "not-computable"),
    ],
)
def test_what_runs_with_time(healthy, day, current, rule):
    assert healthy(T, day, current=current).rule == rule


def test_the_sentence_carries_the_figures(healthy):
    found = healthy(T, "2026-11-15", current=20)
    assert found.sentence == "progress 20 % is 0.40 of the expected 50 %: below 0.7, at or above 0.4"


def test_a_figure_does_not_look_like_the_bound_it_misses(healthy):
    found = healthy(T, "2026-11-15", current=34.99)
    assert found.rule == "pace-at-risk"
    assert "is 0.6998 of the expected 50 %" in found.sentence


@pytest.mark.parametrize(("age", "level"), [(14, "at_risk"), (15, "pending"), (100, "pending")])
def test_an_old_reading_is_pending(healthy, age, level):
    assert healthy(T, "2026-11-15", current=30, age=age).level == level


def test_an_old_reading_that_achieved_is_achieved(healthy):
    assert healthy(T, "2026-11-15", current=100, age=100).level == "achieved"


@pytest.mark.parametrize(
    ("commitment", "rule"), [("committed", "pace-on-track"), ("aspirational", "achieved")]
)
def test_an_aspiration_is_achieved_at_seventy(healthy, commitment, rule):
    assert healthy(T, "2026-11-15", current=70, rule={"commitment": commitment}).rule == rule


def test_without_a_cycle_nothing_is_expected(healthy):
    found = healthy(T, "2026-11-15", current=30, cycle=None)
    assert (found.level, found.rule) == ("unknown", "no-expected")


@pytest.mark.parametrize(
    ("day", "current", "rule"),
    [
        ("2026-10-02", 75, "level-on-track"),
        ("2026-10-02", 65, "level-at-risk"),
        ("2026-11-15", 60, "level-off-track"),
        ("2026-12-31", 75, "level-on-track"),
        ("2027-01-01", 75, "achieved"),
        ("2027-01-01", 67, "level-on-track"),
    ],
)
def test_a_threshold_does_not_run_with_time(healthy, day, current, rule):
    assert healthy(BAND, day, current=current).rule == rule


@pytest.mark.parametrize(
    ("facts", "day", "rule"),
    [
        ({"due": date(2026, 11, 15)}, "2026-11-15", "before-date"),
        ({"due": date(2026, 11, 15)}, "2026-11-16", "after-date"),
        ({}, "2026-12-31", "before-date"),
        ({}, "2027-01-01", "after-date"),
        ({"status": "Done"}, "2027-01-01", "achieved"),
        ({"status": "Done", "resolution": "Not Achieved"}, "2026-10-05", "not-achieved"),
        ({"status": "Done", "resolution": "Won't Do"}, "2026-10-05", "excluded"),
    ],
)
def test_a_milestone_is_on_track_until_its_date(healthy, facts, day, rule):
    assert healthy({"kind": "milestone"}, day, **facts).rule == rule


@pytest.mark.parametrize(
    ("part", "facts", "said"),
    [
        ({"due": "current"}, {"current": "some time"}, "its date 'some time' is no day"),
        ({"due": "current"}, {"current": 7}, "its date '7' is no day"),
        (
            {},
            {"unknowns": {"duedate": "Its duedate '20260-01-01' cannot be used: too long."}},
            "Its duedate '20260-01-01' cannot be used: too long",
        ),
    ],
)
def test_for_a_milestone_whose_date_is_no_day_nothing_stands_in(healthy, part, facts, said):
    found = healthy({"kind": "milestone", **part}, "2026-11-15", **facts)
    assert (found.level, found.rule, found.sentence) == (
        "unknown",
        "unreadable-date",
        f"not done, and {said}",
    )
    assert healthy({"kind": "milestone", **part}, "2026-11-15", status="Done", **facts).rule == "achieved"


def test_a_milestone_without_date_and_cycle(healthy):
    assert healthy({"kind": "milestone"}, "2026-11-15", cycle=None).rule == "no-date"


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({}, "baseline-pending"),
        ({"current": 5}, "achieved"),
        ({"current": 5, "start": 5}, "achieved"),
        ({"current": 5, "start": 5, "target": 15}, "pace-off-track"),
    ],
)
def test_a_baseline_is_pending_then_achieved_until_it_becomes_a_transition(healthy, facts, rule):
    options = {"kind": "baseline", "current": "current", "start": "start", "target": "target"}
    assert healthy(options, "2026-11-15", **facts).rule == rule


@pytest.mark.parametrize(
    ("values", "level", "worst"),
    [
        ((100, 100), "achieved", "2"),
        ((100, 40), "on_track", "3"),
        ((None, 40), "pending", "2"),
        (("x", None), "unknown", "2"),
        (("x", 25), "at_risk", "3"),
        ((25, 1), "off_track", "3"),
    ],
)
def test_an_objective_takes_the_worst(
    a_mapping, objective, key_result, stand, an_issue, on_day, values, level, worst
):
    mapping = a_mapping(objective(key_result(T, select="type = Key Result")), fields=("current",))
    issues = [
        an_issue(place, type="Key Result", parent=1, current=value, created=on_day("2026-11-14").now)
        for place, value in enumerate(values, 2)
    ]
    health = stand(mapping, [an_issue(1, type="Epic"), *issues])["1"].health
    assert (health.level, health.rule) == (level, "worst")
    assert f"PLAT-{worst}" in health.sentence


def test_an_objective_may_be_judged_by_its_own_pace(
    a_mapping, objective, key_result, stand, an_issue, on_day
):
    part = key_result(T, select="type = Key Result")
    mapping = a_mapping(objective(part, rollup={"health": "weighted"}), fields=("current",))
    issues = [
        an_issue(place, type="Key Result", parent=1, current=value, created=on_day("2026-11-14").now)
        for place, value in ((2, 0), (3, 80))
    ]
    assert stand(mapping, [an_issue(1, type="Epic"), *issues])["1"].health.rule == "pace-on-track"
    assert stand(mapping, [an_issue(1, type="Epic")])["1"].health.rule == "no-key-result"


@pytest.mark.parametrize(
    ("day", "working", "expected"),
    [
        (date(2026, 11, 1), None, F(1, 30)),
        (date(2026, 11, 15), None, F(1, 2)),
        (date(2026, 10, 31), None, F(0)),
        (date(2027, 1, 1), None, F(1)),
        (date(2026, 11, 1), ("mon", "tue", "wed", "thu", "fri"), F(0)),
        (date(2026, 11, 9), ("mon", "tue", "wed", "thu", "fri"), F(6, 21)),
        (date(2026, 11, 30), ("mon", "tue", "wed", "thu", "fri"), F(1)),
        (date(2026, 11, 9), (), None),
    ],
)
def test_expected_progress(day, working, expected):
    cycle = CyclePart(id="nov", start=date(2026, 11, 1), end=date(2026, 11, 30), working_days=working)
    assert expected_on(cycle, day) == expected


@pytest.mark.parametrize(
    ("source", "facts", "found"),
    [
        ("Q4", {}, "Q4"),
        ("Q9", {}, None),
        (None, {}, None),
        (LabelSource(label="okr-"), {"labels": ("team", "okr-Q3")}, "Q3"),
        (LabelSource(label=""), {"labels": ("Q3", "Q4")}, "Q4"),
        (LabelSource(label="okr-"), {"labels": ("Q3",)}, None),
        (VersionSource(version="v"), {"fix_versions": (JiraValue("7", "vQ4"),)}, "Q4"),
        (FieldSource(field="cycle"), {"cycle": "Q3"}, "Q3"),
        (FieldSource(field="cycle"), {"cycle": {"id": "1", "value": "Q4"}}, "Q4"),
        (FieldSource(field="cycle"), {"cycle": [{"name": "Q3"}, "other"]}, "Q3"),
        (FieldSource(field="cycle"), {"cycle": None}, None),
        (FieldSource(field="nowhere"), {"cycle": "Q3"}, None),
    ],
)
def test_where_the_cycle_comes_from(a_mapping, objective, an_issue, source, facts, found):
    cycles = (
        {"id": "Q4", "start": "2026-10-01", "end": "2026-12-31"},
        {"id": "Q3", "start": "2026-07-01", "end": "2026-09-30"},
    )
    mapping = a_mapping(objective(), fields=("cycle",), cycles=cycles)
    cycle = cycle_of(mapping, source, an_issue(1, **facts), date(2026, 11, 1))
    assert (cycle.id if cycle else None) == found


@pytest.mark.parametrize(
    ("source", "stays", "found"),
    [
        ("Q4", "Q3", "Q3"),
        ("current", "Q3", "Q3"),
        ("Q3", "Q4", "Q3"),
        ("Q4", "Q4", "Q4"),
        ("Q4", "a cycle that is gone", "Q4"),
        ("a cycle that is gone", "Q3", None),
        (LabelSource(label=""), "Q3", "Q4"),
    ],
)
def test_what_goes_on_as_a_copy_runs_no_later_than_where_it_stays_unless_it_says_itself(
    a_mapping, objective, an_issue, source, stays, found
):
    cycles = (
        {"id": "Q4", "start": "2026-10-01", "end": "2026-12-31"},
        {"id": "Q3", "start": "2026-07-01", "end": "2026-09-30"},
    )
    mapping, issue = a_mapping(objective(), cycles=cycles), an_issue(1, labels=("Q4",))
    carries = Carries(stayed={"1": stays})
    cycle = carries.cycle_of(mapping, source, "1", issue, date(2026, 11, 1))
    assert (cycle.id if cycle else None) == found


@pytest.mark.parametrize(
    ("current", "said"),
    [
        (70, "progress 70 % has reached 70 %"),
        (Fraction("70.4"), "progress 70.4 % has reached 70 %"),
        (75, "progress 75 % has reached 70 %"),
        (Fraction("75.4"), "progress 75 % has reached 70 %"),
        (100, "progress 100 % has reached 70 %"),
    ],
)
def test_what_is_achieved_is_said_without_digits_unless_it_would_look_like_its_bar(healthy, current, said):
    found = healthy(T, "2026-11-15", rule={"commitment": "aspirational"}, current=float(current))
    assert (found.rule, found.sentence) == ("achieved", said)


def test_a_health_is_the_same_whatever_row_and_pace_stand_behind_it() -> None:
    """What is kept of it has these three; the others are there for plain words."""
    health = Health(HealthLevel.AT_RISK, "worst", "at risk")
    told = replace(health, pace=Fraction(1, 2), row="PLAT-1", row_rule="pace-at-risk")
    assert told == health
    assert (health.pace, health.row, health.row_rule) == (None, "", "")
    for other in ({"level": HealthLevel.ON_TRACK}, {"rule": "early"}, {"sentence": ""}):
        assert replace(health, **other) != health
