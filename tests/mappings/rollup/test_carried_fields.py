"""What a carry sets on the issue of a key result: the start where it stood, and a date that lies before the new cycle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from mappings.document.schema import CyclePart
from mappings.facts.catalogue import Field
from mappings.facts.forest import Forest
from mappings.facts.moment import Moment
from mappings.rollup.cycles.carry_plan import CarryBasis, CarryChoice, CarryPlan, carry_plan
from mappings.rollup.cycles.carry_steps import FieldWrite
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.score import Score
from mappings.rollup.measurement import assess
from tests.mappings.rollup.conftest import NOW, a_key_result, build_issue, build_mapping, build_objective

if TYPE_CHECKING:
    from mappings.facts.issue import Issue

NEXT = CyclePart.model_validate({"id": "2027-Q1", "start": "2027-01-01", "end": "2027-03-31"})
NUMBER, DAY = Field("begin", "Begin", "number"), Field("duedate", "Due date", "date")
TRANSITION = {"kind": "transition", "start": "begin", "current": "now", "target": "aim"}


def planned(
    issue: Issue, *, known: bool = True, held: bool = True, choice: CarryChoice | None = None
) -> CarryPlan:
    rules = (
        a_key_result(TRANSITION, select="type = Metric", relation="child"),
        a_key_result("milestone", select="type = Key Result", relation="child"),
    )
    objective = build_objective(*rules, cycle="2027-Q1")
    mapping = build_mapping(objective, fields=("begin", "now", "aim"))
    issues = [build_issue(1, type="Epic"), issue]
    state = assess(mapping, Forest.of(issues), Moment(NOW))["1"]
    record = ClosingRecord(
        "2026-Q4", 1, date(2026, 10, 1), date(2026, 12, 31), state, Score(Fraction(1, 2), "committed"), "r1"
    )
    fields = {one.id: one for one in (NUMBER, DAY)} if known else {}
    mirror = {one.id: one for one in issues} if held else {}
    basis = CarryBasis(mapping, fields.get, mirror)
    return carry_plan(basis, record, NEXT, choice or CarryChoice())


def metric(start: object, current: object, target: object = 100) -> Issue:
    return build_issue(4, parent=1, type="Metric", begin=start, now=current, aim=target)


@pytest.mark.parametrize(
    ("issue", "writes", "flags"),
    [
        (
            metric(10, 60),
            (
                FieldWrite(
                    issue_id="4",
                    issue_key="PLAT-4",
                    field_id="begin",
                    name="Begin",
                    before="10",
                    after="60",
                    value="60",
                    former="10",
                ),
            ),
            (),
        ),
        (metric(10, 10), (), ()),
        (replace(metric(60, 60), due=date(2027, 2, 1)), (), ()),
        (metric(10, None), (), ("nothing is known of where it stood at the end: its start stays",)),
    ],
)
def test_a_metric_begins_where_it_stood(
    issue: Issue, writes: tuple[FieldWrite, ...], flags: tuple[str, ...]
) -> None:
    plan = planned(issue)
    assert (plan.writes, plan.key_results[0].flags) == (writes, flags)


def test_it_stays_as_it_is_where_a_person_wants_it_so() -> None:
    plan = planned(metric(10, 60), choice=CarryChoice(keep_start=True))
    assert (plan.writes, plan.key_results[0].flags, plan.key_results[0].reason) == ((), (), "comes along")


@pytest.mark.parametrize(("known", "held"), [(False, True), (True, False), (False, False)])
def test_what_cannot_be_written_is_said(known: bool, held: bool) -> None:
    plan = planned(metric(10, 60), known=known, held=held)
    told = "begin cannot be written: neither its issue nor the field is at hand"
    assert (plan.writes, plan.key_results[0].flags) == ((), (told,))


def test_a_date_before_the_new_cycle_is_cleared_and_a_later_one_stays() -> None:
    late = build_issue(4, parent=1, type="Key Result", due=date(2026, 12, 20))
    plan = planned(late)
    assert plan.writes == (
        FieldWrite(
            issue_id="4",
            issue_key="PLAT-4",
            field_id="duedate",
            name="Due date",
            before="2026-12-20",
            after="empty",
            value="null",
            former='"2026-12-20"',
        ),
    )
    assert plan.key_results[0].flags == (
        "its date 2026-12-20 lies before 2027-01-01: it is cleared, and the end of the cycle stands in",
    )
    for due in (date(2027, 1, 1), None):
        assert planned(build_issue(4, parent=1, type="Key Result", due=due)).writes == ()
