"""What carrying an objective comes to: what comes along, what stays, what of it counts in the earlier cycle alone, and its mark."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.schema import CyclePart
from mappings.facts.catalogue import Field, OptionContext
from mappings.facts.forest import Forest
from mappings.facts.issue import JiraValue
from mappings.facts.moment import Moment
from mappings.rollup.cycles.carry import CarriedObjective
from mappings.rollup.cycles.carry_plan import CarryBasis, CarryChoice, CarryPlan, carry_plan
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.score import Score
from mappings.rollup.measurement import assess
from tests.mappings.rollup.conftest import NOW, a_key_result, build_issue, build_mapping, build_objective

NEXT = CyclePart.model_validate({"id": "2027-Q1", "start": "2027-01-01", "end": "2027-03-31"})
RULES = (
    a_key_result("delivery", select="type = Story"),
    a_key_result("milestone", select="type = Key Result"),
)
STORIES = (build_issue(2, parent=1, status="Done"), build_issue(3, parent=1))
REACHED = build_issue(4, parent=1, type="Key Result", status="Done")
OPEN = build_issue(5, parent=1, type="Key Result")


AS_IT_IS = CarryChoice()


QUARTER = Field("quarter", "Quarter", "string")


def planned(
    choice: CarryChoice = AS_IT_IS,
    former: CarriedObjective | None = None,
    quarter: Field = QUARTER,
    **objective: Any,
) -> CarryPlan:
    facts = objective.pop("facts", {})
    mapping = build_mapping(build_objective(*RULES, **objective), fields=("quarter",))
    issues = [build_issue(1, type="Epic", **facts), *STORIES, REACHED, OPEN]
    state = assess(mapping, Forest.of(issues), Moment(NOW))["1"]
    record = ClosingRecord(
        "2026-Q4", 1, date(2026, 10, 1), date(2026, 12, 31), state, Score(Fraction(1, 2), "committed"), "r1"
    )
    fields = {"quarter": quarter}
    return carry_plan(
        CarryBasis(mapping, fields.get, {one.id: one for one in issues}), record, NEXT, choice, former
    )


def told(plan: CarryPlan) -> list[tuple[str, bool, str, int]]:
    return [(one.id, one.along, one.reason, one.rows) for one in plan.key_results]


ALONG = ("1/delivery", True, "1 issue was done in 2026-Q4 and counts there", 1)


def test_what_is_reached_stays_and_rows_that_were_done_count_there() -> None:
    plan = planned(cycle="2027-Q1")
    assert told(plan) == [ALONG, ("4", False, "reached: it stays behind", 0), ("5", True, "comes along", 0)]
    assert plan.carried == CarriedObjective(
        "1", "2027-Q1", {"1/delivery": {"2": "2026-Q4"}}, {"4": "2026-Q4"}
    )
    assert (plan.objective_id, plan.key, plan.from_cycle, plan.version, plan.into) == (
        *("1", "PLAT-1", "2026-Q4", 1, "2027-Q1"),
    )
    assert (plan.writes, plan.problem) == ((), "")


@pytest.mark.parametrize(
    ("choice", "rows", "behind"),
    [
        (CarryChoice(along=frozenset({"4"})), {"1/delivery": {"2": "2026-Q4"}}, {}),
        (CarryChoice(along=frozenset({"PLAT-4"})), {"1/delivery": {"2": "2026-Q4"}}, {}),
        (
            CarryChoice(behind=frozenset({"5"})),
            {"1/delivery": {"2": "2026-Q4"}},
            {"4": "2026-Q4", "5": "2026-Q4"},
        ),
        (CarryChoice(behind=frozenset({"1/delivery"})), {}, {"1/delivery": "2026-Q4", "4": "2026-Q4"}),
        (CarryChoice(all_rows=True), {}, {"4": "2026-Q4"}),
    ],
)
def test_a_person_may_choose_otherwise(choice: CarryChoice, rows: Any, behind: Any) -> None:
    plan = planned(choice, cycle="2027-Q1")
    assert (plan.carried.counted, plan.carried.behind) == (rows, behind)


def test_what_an_earlier_cycle_kept_is_kept_on() -> None:
    former = CarriedObjective(
        "1", "2026-Q4", {"1/delivery": {"9": "2026-Q3"}, "x": {"8": "2026-Q3"}}, {"y": "2026-Q3"}
    )
    plan = planned(former=former, cycle="2027-Q1")
    assert plan.carried.counted == {
        "1/delivery": {"9": "2026-Q3", "2": "2026-Q4"},
        "x": {"8": "2026-Q3"},
    }
    assert plan.carried.behind == {"y": "2026-Q3", "4": "2026-Q4"}
    assert former.counted["1/delivery"] == {"9": "2026-Q3"}, "what was kept is not changed"


def test_where_nothing_comes_along_it_is_not_carried() -> None:
    plan = planned(CarryChoice(behind=frozenset({"5", "1/delivery"})), cycle="2027-Q1")
    assert plan.problem == "every key result would stay behind: choose one that comes along"


@pytest.mark.parametrize(
    ("cycle", "facts", "writes", "problem"),
    [
        ("2026-Q4", {}, [], "objectives[epics].cycle says 2026-Q4: write 2027-Q1 there"),
        (None, {}, [], "objectives[epics].cycle is not written: write 2027-Q1 there"),
        ("current", {}, [], ""),
        (
            {"label": "okr-"},
            {"labels": ("okr-2026-Q4",)},
            [("labels", "okr-2026-Q4", "okr-2026-Q4, okr-2027-Q1", '"okr-2027-Q1"', True)],
            "",
        ),
        ({"label": "okr-"}, {}, [("labels", "empty", "okr-2027-Q1", '"okr-2027-Q1"', True)], ""),
        ({"label": "okr-"}, {"labels": ("okr-2027-Q1",)}, [], ""),
        (
            {"version": "v"},
            {},
            [("fixVersions", "empty", "v2027-Q1", '{"name": "v2027-Q1"}', True)],
            "",
        ),
    ],
)
def test_what_marks_it_in_jira(cycle: Any, facts: Any, writes: Any, problem: str) -> None:
    plan = planned(cycle=cycle, facts=facts)
    found = [(one.field_id, one.before, one.after, one.value, one.adds) for one in plan.writes]
    assert (found, plan.problem) == (writes, problem)


CYCLES = (JiraValue("7", "2026-Q4"), JiraValue("8", "2027-Q1"), JiraValue("9", "2027-Q1"))


@pytest.mark.parametrize(
    ("options", "context", "value", "problem"),
    [
        (CYCLES[:1], None, '{"value": "2027-Q1"}', ""),
        (CYCLES, None, '{"value": "2027-Q1"}', ""),
        (CYCLES, ("7", "9"), '{"id": "9"}', ""),
        (CYCLES, ("7",), None, "Quarter has no option '2027-Q1'; its options: 2026-Q4"),
    ],
)
def test_a_cycle_that_an_option_names(
    options: tuple[JiraValue, ...], context: tuple[str, ...] | None, value: str | None, problem: str
) -> None:
    """Which options there are, issues have shown: where the context is not known Jira finds the one of the name."""
    one = build_issue(1)
    contexts = () if context is None else (OptionContext(one.project.id, "Epic", context),)
    quarter = Field("quarter", "Quarter", "option", options=options, contexts=contexts)
    plan = planned(
        quarter=quarter, cycle={"field": "quarter"}, facts={"quarter": {"id": "7", "value": "2026-Q4"}}
    )
    assert [one.value for one in plan.writes] == ([] if value is None else [value])
    assert plan.problem == problem
