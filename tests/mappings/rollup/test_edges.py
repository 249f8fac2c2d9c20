"""One literal number for each path that is seldom walked: what a relation between two results would not notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.names import link_word
from mappings.facts.forest import Forest
from mappings.facts.moment import Moment
from mappings.rollup.rows.ledger import Disposition

BAND = {"kind": "threshold", "current": "current", "at_least": 10}
SHARE = {"kind": "threshold", "current": "current", "at_least": 5, "score": "time_in_band"}
METRIC = {"kind": "transition", "start": "start", "current": "current", "target": "target"}
COUNT = {"kind": "delivery", "count_to": 4}
METRICS = {"select": "type = Key Result"}
STORIES = {"select": "type = Story"}
FIELDS = ("start", "current", "target", "ceiling")


@pytest.fixture
def measured(
    a_mapping: Any, an_issue: Any, objective: Any, key_result: Any, stand: Any
) -> Callable[..., Any]:
    """The key results of one objective (issue 1) with this rule over these issues."""

    def measuring(progress: Any, *issues: Any, **parts: Any) -> Any:
        mapping = a_mapping(objective(key_result(progress, **parts)), fields=FIELDS)
        return stand(mapping, [an_issue(1, type="Epic"), *issues])["1"].key_results

    return measuring


def metric(an_issue: Any, id_: int, current: float | None, **facts: Any) -> Any:
    return an_issue(id_, type="Key Result", parent=1, start=0, current=current, target=10, **facts)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_bound_is_unknown_and_no_open_one(measured: Any, an_issue: Any, empty: Any) -> None:
    held = an_issue(2, type="Key Result", parent=1, current=20, ceiling=empty)
    (found,) = measured(BAND | {"at_most": "ceiling"}, held, **METRICS)
    assert found.measurement.progress is None
    assert found.measurement.reason == 'at_most is missing: field "ceiling" is empty'
    assert found.measurement.current == 20

    (open_one,) = measured(BAND, held, **METRICS)
    assert open_one.measurement.progress == 1


def test_a_metric_as_one_key_result_is_the_single_issue_that_is_not_left_out(
    measured: Any, an_issue: Any
) -> None:
    kept = metric(an_issue, 2, 4)
    dropped = metric(an_issue, 3, 9, status="Done", resolution="Won't Do")

    (one,) = measured(METRIC, kept, dropped, **{"as": "one_key_result"}, **METRICS)
    assert (one.id, one.key, one.measurement.progress) == ("1/transition", "PLAT-2", Fraction(2, 5))

    (two,) = measured(METRIC, kept, metric(an_issue, 4, 9), **{"as": "one_key_result"}, **METRICS)
    assert (two.id, two.key, two.measurement.progress) == ("1/transition", "", None)

    each = measured(METRIC, kept, metric(an_issue, 4, 9), **METRICS)
    assert [(kr.id, kr.measurement.progress) for kr in each] == [
        ("2", Fraction(2, 5)),
        ("4", Fraction(9, 10)),
    ]


def test_parents_in_a_circle_are_one_key_result_with_everything_below(measured: Any, an_issue: Any) -> None:
    """The smallest of the circle stands for it, from whichever of its issues the way up begins."""
    issues = [
        an_issue(2, parent=3, status="Done"),
        an_issue(3, parent=2),
        an_issue(4, parent=3, status="Done"),
        an_issue(6, parent=2),
        an_issue(5, status="Done"),
    ]
    for order in (issues, issues[::-1]):
        found = measured("delivery", *order, relation={"jql": "type = Story"}, **{"as": "each_issue"})
        assert {kr.id: (kr.measurement.progress, len(kr.measurement.ledger.rows)) for kr in found} == {
            "2": (Fraction(1, 2), 4),
            "5": (Fraction(1), 1),
        }


def test_a_reading_exactly_now_is_a_reading(measured: Any, an_issue: Any, now: Moment) -> None:
    def kept(*readings: tuple[Any, float]) -> Any:
        issue = an_issue(
            2, type="Key Result", parent=1, current=readings[-1][1], readings={"current": readings}
        )
        (found,) = measured(SHARE, issue, **METRICS)
        return found.measurement

    at = now.now
    assert kept((at, 7)).progress == 1
    assert kept((at, 3)).progress == 0
    assert (kept((at - timedelta(days=10), 3), (at, 7)).progress, kept((at, 7)).current) == (0, 7)
    later = kept((at - timedelta(days=4), 7), (at - timedelta(days=1), 3), (at + timedelta(seconds=1), 9))
    assert (later.progress, later.current) == (Fraction(3, 4), 3)


def test_an_unknown_count_keeps_the_rows_it_could_not_count(measured: Any, an_issue: Any) -> None:
    limbo = [an_issue(id_, parent=1, status="Limbo") for id_ in (2, 3)]
    (found,) = measured(COUNT, *limbo, **STORIES)
    ledger = found.measurement.ledger
    assert (found.measurement.progress, ledger.total, ledger.aim) == (None, None, 4)
    assert [(row.id, row.disposition, row.share) for row in ledger.rows] == [
        ("2", Disposition.UNKNOWN, 0),
        ("3", Disposition.UNKNOWN, 0),
    ]
    assert found.measurement.reason == "no selected issue can be counted: 2 unknown"

    (known,) = measured(COUNT, *limbo, an_issue(4, parent=1, status="Done"), **STORIES)
    assert (known.measurement.progress, known.measurement.ledger.total) == (Fraction(1, 4), Fraction(1, 4))
    (none,) = measured(COUNT, an_issue(5, parent=1, status="Done", resolution="Won't Do"), **STORIES)
    assert (none.measurement.progress, none.measurement.ledger.total) == (0, 0)


def test_only_a_milestone_can_be_late(measured: Any, an_issue: Any) -> None:
    (found,) = measured(METRIC, metric(an_issue, 2, 4), **METRICS)
    assert (found.measurement.progress, found.measurement.late) == (Fraction(2, 5), False)


def test_a_forest_knows_who_hangs_below_whom_and_who_links_to_whom(an_issue: Any) -> None:
    issues = [
        an_issue(10, parent=9, links=[("blocks", 2), ("is measured by", 9)]),
        an_issue(9, links=[("blocks", 2), ("is cloned by", 2), ("blocks", 77), ("blocks", 10)]),
        an_issue(2, parent=9),
        an_issue(3, parent=2),
        an_issue(2, parent=10),
    ]
    forest = Forest.of(issues)
    assert [one.id for one in forest] == ["2", "3", "9", "10"]
    assert {id_: [one.id for one in forest.children(id_)] for id_ in ("9", "10", "2", "3", "77")} == {
        "9": ["10"], "10": ["2"], "2": ["3"], "3": [], "77": [],
    }  # fmt: skip
    assert [one.id for one in forest.descendants("9")] == ["10", "2", "3"]
    assert {id_: forest.linking(id_) for id_ in ("2", "9", "10", "77", "3")} == {
        "2": ("9", "10"), "9": ("10",), "10": ("9",), "77": ("9",), "3": (),
    }  # fmt: skip
    assert [one.id for one in forest.linked("9", link_word("blocks", ()))] == ["2", "10"]
    assert (forest.linked("77", link_word("blocks", ())), forest.issue("77")) == ([], None)


def test_what_is_a_fact_of_the_reading_makes_no_other_issue(an_issue: Any, now: Moment) -> None:
    issue = an_issue(7, parent=1)
    assert replace(issue, history_at=now.now, absent=frozenset({"parent"})) == issue
    assert replace(issue, archived=True) != issue
    assert replace(issue, unknowns={"summary": "garbage"}) != issue
