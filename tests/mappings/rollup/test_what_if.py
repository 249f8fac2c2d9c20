"""What an objective's number can be made of again: its rows with their exact figures, given only where the rules really come to it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.schema import ThresholdsPart
from mappings.facts.issue import Issue
from mappings.rollup.rows.ledger import Disposition, Ledger
from mappings.rollup.state import Cause, HealthLevel, ObjectiveState
from mappings.rollup.structure.what_if import (
    MOST_ROWS,
    Calculation,
    ChangeableKeyResult,
    ChangeableRow,
    HeadlineRow,
    ReadingPath,
    calculation_of,
)
from tests.mappings.conftest import a_row
from tests.mappings.rollup.conftest import a_key_result, build_issue, build_mapping, build_objective

HALF, THIRD, ONE, ZERO = Fraction(1, 2), Fraction(1, 3), Fraction(1), Fraction(0)
DELIVERY = a_key_result({"kind": "delivery", "weight": "points"}, select="type = Story")
METRIC = a_key_result(
    {"kind": "transition", "start": "begin", "current": "now", "target": "aim"},
    select="type = Metric",
    relation="child",
)
BAND = a_key_result(
    {"kind": "threshold", "at_most": 200, "tolerance": 100, "current": "now"},
    select="type = Band",
    relation="child",
)
FIELDS = ("begin", "now", "aim", "points")
NOT_ACHIEVED = {"status": "Done", "resolution": "Not Achieved"}


def mapping_of(*rules: dict[str, Any], **parts: Any) -> Any:
    return build_mapping(build_objective(*rules, **parts), fields=FIELDS)


def stories() -> list[Issue]:
    return [
        build_issue(2, parent=1, status="Done", points=3),
        build_issue(3, parent=1, points=1),
        build_issue(4, parent=1, points=4, **NOT_ACHIEVED),
        build_issue(5, parent=1, points=9, status="Done", resolution="Won't Do"),
    ]


def metric(current: float | None = 60, **facts: Any) -> Issue:
    return build_issue(8, parent=1, type="Metric", begin=10, now=current, aim=110, **facts)


@pytest.fixture
def stood(stand: Any) -> Any:
    def stood(mapping: Any, *issues: Issue) -> ObjectiveState:
        state: ObjectiveState = stand(mapping, [build_issue(1, type="Epic"), *issues])["1"]
        return state

    return stood


def calculated(mapping: Any, state: ObjectiveState, **given: Any) -> Calculation | None:
    return calculation_of(
        state, mapping.objectives[0], ThresholdsPart(), given.pop("aligned", {}), **{"ended": False, **given}
    )


def test_a_number_is_given_with_everything_it_is_made_of(stood: Any) -> None:
    mapping = mapping_of(DELIVERY, METRIC, rollup={"headline": "all"})
    state = stood(mapping, *stories(), metric())
    found = calculated(mapping, state)
    assert found == Calculation(
        method="weighted_mean",
        health="worst",
        progress=Fraction(7, 16),
        level=state.health.level,
        expected=state.expected,
        achieved_at=ONE,
        on_track=Fraction(7, 10),
        at_risk=Fraction(4, 10),
        ended=False,
        rows=(
            HeadlineRow("1/delivery", ONE, Fraction(3, 8), state.key_results[0].health.level),
            HeadlineRow("8", ONE, HALF, state.key_results[1].health.level),
        ),
        key_results=(
            ChangeableKeyResult(
                id="1/delivery",
                progress=Fraction(3, 8),
                level=state.key_results[0].health.level,
                achieved_at=ONE,
                timed=True,
                rows=(
                    ChangeableRow("2", Fraction(3), ONE, 1, fixed=False),
                    ChangeableRow("3", ONE, ZERO, 1, fixed=False),
                    ChangeableRow("4", Fraction(4), ZERO, 1, fixed=True),
                ),
            ),
            ChangeableKeyResult(
                id="8",
                progress=HALF,
                level=state.key_results[1].health.level,
                achieved_at=ONE,
                timed=True,
                reading=ReadingPath(Fraction(60), start=Fraction(10), target=Fraction(110)),
            ),
        ),
    )
    assert calculated(mapping, state, ended=True) == replace(found, ended=True)


def test_what_is_measured_by_a_band_is_given_with_its_band(stood: Any) -> None:
    mapping = mapping_of(BAND)
    state = stood(mapping, build_issue(8, parent=1, type="Band", now=250))
    found = calculated(mapping, state)
    assert found is not None
    assert found.progress == HALF
    (only,) = found.key_results
    assert only.reading == ReadingPath(Fraction(250), at_most=Fraction(200), tolerance=Fraction(100))
    assert (only.rows, only.aim, only.timed) == ((), None, False)


def test_rows_that_are_counted_to_an_aim_are_given_with_it(stood: Any) -> None:
    rule = a_key_result({"kind": "delivery", "count_to": 8}, select="type = Story")
    mapping = mapping_of(rule)
    found = calculated(mapping, stood(mapping, *stories()))
    assert found is not None
    (only,) = found.key_results
    assert (only.aim, only.progress) == (Fraction(8), Fraction(1, 8))
    assert [one.id for one in only.rows] == ["2", "3", "4"]


def test_a_row_that_is_split_shows_what_it_weighs_whole(stood: Any) -> None:
    twice = {**DELIVERY, "id": "again"}
    mapping = mapping_of(DELIVERY, twice)
    state = stood(mapping, *stories())
    rows = (replace(a_row("2", weight="1.5", progress=1), divisor=2), a_row("3", weight=3, progress=0))
    ledger = Ledger(rows, THIRD)
    first = state.key_results[0]
    first = replace(first, measurement=replace(first.measurement, progress=THIRD, ledger=ledger))
    found = calculated(mapping, replace(state, key_results=(first, *state.key_results[1:])))
    assert found is not None
    assert [(one.weight, one.divisor) for one in found.key_results[0].rows] == [(3, 2), (3, 1)]


@pytest.mark.parametrize("ways", ["unknown", "another number"])
def test_a_number_that_the_rules_do_not_come_to_is_not_given(stood: Any, ways: str) -> None:
    mapping = mapping_of(METRIC)
    state = stood(mapping, metric())
    assert calculated(mapping, state) is not None
    other = None if ways == "unknown" else THIRD
    assert calculated(mapping, replace(state, progress=other)) is None
    assert calculated(mapping, stood(mapping, metric(None))) is None


def test_what_cannot_be_made_again_stays_as_it_stands(stood: Any) -> None:
    mapping = mapping_of(METRIC)
    state = stood(mapping, metric())
    (only,) = state.key_results

    def changeable(**changed: Any) -> bool:
        of_it = {name: changed.pop(name) for name in list(changed) if hasattr(only.measurement, name)}
        one = replace(only, measurement=replace(only.measurement, **of_it), **changed)
        found = calculated(mapping, replace(state, key_results=(one,)))
        assert found is not None
        return bool(found.key_results)

    assert changeable()
    assert not changeable(cause=Cause.UNKNOWN)
    assert not changeable(cause=Cause.NEVER_MEASURED)
    assert not changeable(progress=None)
    assert not changeable(progress=THIRD), "its way does not come to it"
    assert not changeable(current=None)
    assert not changeable(clocked=True)
    assert not changeable(start=None)
    assert not changeable(target=None)
    assert not changeable(tolerance=Fraction(5)), "a way and a band at once is neither"
    assert not changeable(check_in=object())
    assert not changeable(kind="burn_down"), "its kind is known no longer"
    assert not changeable(id="9"), "it is none that counts"


def rows_of(number: int) -> Ledger:
    rows = tuple(a_row(str(place + 10), weight=1, progress=1) for place in range(number))
    return Ledger(rows, ONE)


@pytest.mark.parametrize(
    ("ledger", "given"),
    [
        (rows_of(MOST_ROWS), MOST_ROWS),
        (rows_of(MOST_ROWS + 1), 0),
        (replace(rows_of(3), total=HALF), 0),
        (Ledger((a_row("2", progress=1, disposition=Disposition.EXCLUDED),), ONE), 0),
        (Ledger((*rows_of(2).rows, a_row("2", 5, 0, disposition=Disposition.UNKNOWN)), ONE), 2),
    ],
)
def test_rows_are_given_where_they_come_to_the_number_and_are_not_too_many(
    stood: Any, ledger: Ledger, given: int
) -> None:
    mapping = mapping_of(DELIVERY)
    state = stood(mapping, *stories())
    (only,) = state.key_results
    one = replace(only, measurement=replace(only.measurement, ledger=ledger))
    found = calculated(mapping, replace(state, key_results=(one,)))
    assert found is not None
    assert sum(len(each.rows) for each in found.key_results) == given


def test_rows_of_the_headline_that_are_unknown_are_named_and_the_rest_left_out(stood: Any) -> None:
    mapping = mapping_of(METRIC)
    state = stood(mapping, metric())
    rows = (
        *state.ledger.rows,
        a_row("11", progress=None, disposition=Disposition.UNKNOWN),
        a_row("12", progress="0.9", disposition=Disposition.GAP),
        a_row("13", progress="0.9", disposition=Disposition.EXCLUDED),
        a_row("14", progress="0.9", disposition=Disposition.BESIDE),
    )
    aligned = {"11": HealthLevel.PENDING, "12": HealthLevel.ON_TRACK}
    found = calculated(mapping, replace(state, ledger=replace(state.ledger, rows=rows)), aligned=aligned)
    assert found is not None
    assert found.rows[1:] == (
        HeadlineRow("11", ONE, None, HealthLevel.PENDING),
        HeadlineRow("12", ONE, None, HealthLevel.UNKNOWN),
    )
    assert [one.id for one in found.key_results] == ["8"]


def test_an_aligned_objective_counts_with_its_own_health(stood: Any) -> None:
    mapping = mapping_of(METRIC, rollup={"method": "done_ratio"})
    state = stood(mapping, metric(110))
    ledger = state.ledger
    rows = (*ledger.rows, a_row("20", weight=1, progress=1), a_row("21", weight=1, progress=1))
    state = replace(state, ledger=replace(ledger, rows=rows), progress=Fraction(2, 3))
    found = calculated(mapping, state, aligned={"20": HealthLevel.ACHIEVED})
    assert found is not None
    assert [one.level for one in found.rows] == [
        HealthLevel.ACHIEVED,
        HealthLevel.ACHIEVED,
        HealthLevel.UNKNOWN,
    ]


def test_an_aspirational_one_is_achieved_earlier(stood: Any) -> None:
    mapping = mapping_of({**METRIC, "commitment": "committed"}, commitment="aspirational")
    found = calculated(mapping, stood(mapping, metric()))
    assert found is not None
    assert (found.achieved_at, found.key_results[0].achieved_at) == (Fraction(7, 10), ONE)
