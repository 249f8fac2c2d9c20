"""Where OKR tools disagree about a number: what we chose, case by case."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.rollup.rows.ledger import Disposition

F = Fraction
T = {"kind": "transition", "start": "start", "current": "current", "target": "target"}
BAND = {"kind": "threshold", "current": "current", "at_least": 10, "at_most": 20}
WORK = {"kind": "delivery", "weight": "points"}
KR, EPIC, STORY = "Key Result", "Epic", "Story"

CASES = {
    "over-achievement is shown as 100 % and kept raw": (
        T,
        [{"start": 0, "current": 15, "target": 12}],
        1,
        "achieved",
    ),
    "the target value of stay-below is inside": (
        {"kind": "threshold", "current": "current", "at_most": 5},
        [{"current": 5}],
        1,
        "on_track",
    ),
    "just outside a band is not 0": (BAND, [{"current": 9}], F(9, 10), "on_track"),
    "outside a band on the other side just the same": (BAND, [{"current": 21}], F(9, 10), "on_track"),
    "start equal to target is unknown, neither 0 nor 50 nor 100 %": (
        T,
        [{"start": 5, "current": 5, "target": 5}],
        None,
        "unknown",
    ),
    "an unmapped status is left out and listed": (
        WORK,
        [{"status": "Limbo"}, {"status": "Done"}],
        1,
        "achieved",
    ),
    "a missing weight takes the mean of its siblings": (
        WORK,
        [{"status": "Done", "points": 4}, {"points": 2}, {"status": "Done"}],
        F(7, 9),
        "on_track",
    ),
    "weight 0 drops the row": (WORK, [{"status": "Done", "points": 1}, {"points": 0}], 1, "achieved"),
    "all weights 0 is unknown, not 0 %": (WORK, [{"status": "Done", "points": 0}], None, "unknown"),
    "an epic without children counts by its own status": (
        WORK,
        [{"type": EPIC, "status": "In Progress"}],
        F(1, 2),
        "on_track",
    ),
    "a parent with children counts by them alone": (
        WORK,
        [{"id_": 50, "type": EPIC, "status": "Done"}, {"parent": 50}, {"parent": 50, "status": "Done"}],
        F(1, 2),
        "on_track",
    ),
    "won't do is left out, not 100 %": (
        WORK,
        [{"status": "Done", "resolution": "Won't Do"}, {"status": "To Do"}],
        0,
        "off_track",
    ),
    "no check-in yet is pending, not green": (T, [{"start": 0, "target": 5}], None, "pending"),
    "growing scope lowers the share": (
        WORK,
        [{"status": "Done"}, {"status": "Done"}, {}, {}],
        F(1, 2),
        "on_track",
    ),
    "growing scope does not lower a count": (
        {"kind": "delivery", "count_to": 2},
        [{"status": "Done"}, {"status": "Done"}, {}, {}],
        1,
        "achieved",
    ),
}


@pytest.fixture
def golden(a_mapping, objective, key_result, stand, an_issue, on_day):
    """The state of an initiative on the first day of the second half of the cycle."""

    def state(options, rows, **parts):
        part = key_result(options, **parts)
        mapping = a_mapping(
            objective(part, select="type = Initiative"), fields=("start", "current", "target", "points")
        )
        kind = STORY if options["kind"] == "delivery" else KR
        created = on_day("2026-11-10").now
        issues = [
            an_issue(**{"id_": place, "parent": 1, "type": kind, "created": created, **facts})
            for place, facts in enumerate(rows, 2)
        ]
        return stand(mapping, [an_issue(1, type="Initiative"), *issues], on_day("2026-11-15"))["1"]

    return state


@pytest.mark.parametrize("case", CASES)
def test_chosen(golden, case):
    options, rows, progress, level = CASES[case]
    found = golden(options, rows)
    assert found.progress == progress
    assert found.health.level == level


def test_over_achievement_keeps_the_raw_value(golden):
    found = golden(T, [{"start": 0, "current": 15, "target": 12}])
    assert found.key_results[0].measurement.raw == F(5, 4)


def test_an_unmapped_status_is_unknown(golden):
    ledger = golden(WORK, [{"status": "Limbo"}, {"status": "Done"}]).key_results[0].measurement.ledger
    assert [row.id for row in ledger.rows if row.disposition is Disposition.UNKNOWN] == ["2"]


def test_the_weakest_key_result_decides_the_health_and_the_mean_the_number(golden):
    rows = [{"start": 0, "current": 10, "target": 10}, {"start": 0, "current": 1, "target": 10}]
    found = golden(T, rows)
    assert found.progress == F(11, 20)
    assert found.health.level == "off_track"


@pytest.mark.parametrize(("commitment", "level"), [("committed", "on_track"), ("aspirational", "achieved")])
def test_seventy_percent_of_an_aspiration_is_well_done(golden, commitment, level):
    found = golden(T, [{"start": 0, "current": 7, "target": 10}], commitment=commitment)
    assert found.health.level == level


def test_pace_is_what_is_judged_not_the_bare_level(golden):
    assert golden(T, [{"start": 0, "current": 36, "target": 100}]).health.level == "on_track"
