"""What a whole copy of an objective comes to: its fields, its mark, its links, its key results, and the work that moves below it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from mappings.document.schema import CyclePart
from mappings.facts.catalogue import Field, LinkType
from mappings.facts.forest import Forest
from mappings.facts.issue import JiraValue, Link, User
from mappings.facts.moment import Moment
from mappings.fields import CUSTOM
from mappings.fields.sprint import KEY as SPRINT
from mappings.rollup.cycles.carry import CarriedObjective
from mappings.rollup.cycles.carry_copy import carried_as, copy_label, copy_plan
from mappings.rollup.cycles.carry_plan import CarryBasis, CarryChoice, CarryPlan
from mappings.rollup.cycles.carry_steps import CopiedLink
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.score import Score
from mappings.rollup.measurement import assess
from tests.mappings.rollup.conftest import NOW, a_key_result, build_issue, build_mapping, build_objective

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.facts.issue import Issue

NEXT = CyclePart.model_validate({"id": "2027-Q1", "start": "2027-01-01", "end": "2027-03-31"})
MEASURES = LinkType("7", "Measures", "measures", "is measured by")
LINK_TYPES = (LinkType("1", "Relates", "relates to", "Relates to"), MEASURES)
MILESTONES = a_key_result("milestone", select="type = Key Result", relation="child")
DELIVERY = a_key_result("delivery", select="type = Story")
FIELDS = {
    "begins": Field("begins", "Begins", "date", custom=f"{CUSTOM}datepicker"),
    "due": Field("duedate", "Due date", "date"),
    "quarter": Field("quarter", "Quarter", "string", custom=f"{CUSTOM}textfield"),
    "quarters": Field("quarters", "", "array", "string", f"{CUSTOM}labels"),
    "points": Field("points", "", "number", custom=f"{CUSTOM}float"),
    "odd": Field("odd", "Odd", "any", custom="com.example:odd"),
    "thing": Field("thing", "Thing", "any", custom="com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"),
    "sprint": Field("sprint", "Sprint", "array", custom=SPRINT),
    "scoped": Field("scoped", "Kind", "option", custom=f"{CUSTOM}select", options=(JiraValue("1", "Other"),)),
}


def copied(
    issues: Iterable[Issue],
    *rules: dict[str, Any],
    known: Iterable[str] = tuple(FIELDS),
    held: Iterable[str] | None = None,
    choice: CarryChoice | None = None,
    link_types: tuple[LinkType, ...] = LINK_TYPES,
    rule_id: str = "epics",
    write_back: Iterable[dict[str, Any]] = (),
    **objective: Any,
) -> CarryPlan:
    issues = tuple(issues)
    objective.setdefault("cycle", {"label": "okr-"})
    mapping = build_mapping(
        build_objective(*(rules or (MILESTONES,)), **objective), fields=tuple(FIELDS), write_back=write_back
    )
    mapping = replace(mapping, fields=FIELDS)
    first = issues[0]
    now = {**objective, "cycle": "2026-Q4"}
    state = assess(
        replace(build_mapping(build_objective(*(rules or (MILESTONES,)), **now), fields=tuple(FIELDS))),
        Forest.of(issues),
        Moment(NOW),
    )[first.id]
    state = replace(state, rule_id=rule_id)
    record = ClosingRecord(
        "2026-Q4", 1, date(2026, 10, 1), date(2026, 12, 31), state, Score(Fraction(1, 2), "committed"), "r1"
    )
    mirror = {one.id: one for one in issues if held is None or one.id in held}
    fields = {one.id: one for name, one in FIELDS.items() if name in known}
    basis = CarryBasis(mapping, fields.get, mirror, link_types=link_types, site="main hall")
    return copy_plan(basis, record, NEXT, choice or CarryChoice())


def sets(plan: CarryPlan, place: int = 0) -> dict[str, tuple[str, str, str]]:
    return {one.field_id: (one.name, one.after, one.value) for one in plan.copies[place].sets}


def epic(links: tuple[Link, ...] = (), **facts: Any) -> Issue:
    return replace(build_issue(1, type="Epic", **facts), links=links)


RESULT = build_issue(5, parent=1, type="Key Result")


def test_a_copy_says_what_the_issue_says() -> None:
    issue = epic(
        assignee=User("u-1", "Kim"),
        priority=JiraValue("3", "High"),
        components=(JiraValue("11", "Billing"), JiraValue("12", "Search")),
        due=date(2027, 1, 1),
        labels=("okr-2026-Q4", "okr-2031-Q1", "okr-continues-main_hall/9-2026-Q4", "okr-kpi-7", "calm"),
        quarter="autumn",
        points=5,
        odd={"what": "ever"},
        sprint=[{"id": 1}],
        quarters=[],
    )
    plan = copied([issue, replace(RESULT, due=date(2027, 1, 1), assignee=User("u-2", "Lee"))])
    label = "okr-continues-main_hall/1-2027-Q1"
    assert sets(plan) == {
        "labels": ("Labels", f"okr-2031-Q1, calm, {label}", f'["okr-2031-Q1", "calm", "{label}"]'),
        "assignee": ("Assignee", "Kim", '{"accountId": "u-1"}'),
        "priority": ("Priority", "High", '{"id": "3"}'),
        "components": ("Components", "Billing, Search", '[{"id": "11"}, {"id": "12"}]'),
        "points": ("points", "5", "5"),
        "quarters": ("quarters", "empty", "[]"),
        "quarter": ("Quarter", "autumn", '"autumn"'),
    }
    assert plan.copies[0].left_out == ("Odd",)
    assert {one.before for one in plan.copies[0].sets} == {"empty"}
    assert sets(plan, 1)["duedate"] == ("Due date", "2027-01-01", '"2027-01-01"')
    assert sets(plan, 1)["assignee"] == ("Assignee", "Lee", '{"accountId": "u-2"}')
    assert (plan.copies[1].below, plan.copies[1].parent_id) == (True, None)
    assert [(one.source_id, one.source_key, one.title, one.below) for one in plan.copies] == [
        ("1", "PLAT-1", "Epic 1", False),
        ("5", "PLAT-5", "Key Result 5", True),
    ]
    assert [(one.type.name, one.project.key) for one in plan.copies] == [
        ("Epic", "PLAT"),
        ("Key Result", "PLAT"),
    ]


@pytest.mark.parametrize(("due", "stays"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)])
def test_a_due_date_before_the_cycle_stays_behind(due: date, stays: bool) -> None:
    assert ("duedate" not in sets(copied([epic(), replace(RESULT, due=due)]), 1)) is stays


def test_what_the_connector_writes_is_not_copied() -> None:
    writes = [{"target": "objective", "set": {"points": {"value": "progress_percent"}}}]
    assert "points" in sets(copied([epic(points=5), RESULT]))
    assert "points" not in sets(copied([epic(points=5), RESULT], write_back=writes))


@pytest.mark.parametrize(
    ("cycle", "mark"),
    [
        ({"label": "okr-"}, [("labels", "Labels", "okr-2027-Q1", '"okr-2027-Q1"', True)]),
        ({"version": "v"}, [("fixVersions", "Fix versions", "v2027-Q1", '{"name": "v2027-Q1"}', True)]),
        ({"field": "quarter"}, [("quarter", "Quarter", "2027-Q1", '"2027-Q1"', False)]),
        ({"field": "quarters"}, [("quarters", "quarters", "2027-Q1", '["2027-Q1"]', False)]),
        (
            {"dates": {"start": "begins", "end": "due"}},
            [
                ("begins", "Begins", "2027-01-01", '"2027-01-01"', False),
                ("duedate", "Due date", "2027-03-31", '"2027-03-31"', False),
            ],
        ),
        ({"dates": {"end": "due"}}, [("duedate", "Due date", "2027-03-31", '"2027-03-31"', False)]),
        ("current", []),
    ],
)
def test_what_marks_a_copy(cycle: Any, mark: list[Any]) -> None:
    plan = copied([epic(quarter="2026-Q4", begins="2026-10-01"), RESULT], cycle=cycle)
    found = plan.copies[0].mark
    assert [(one.field_id, one.name, one.after, one.value, one.adds) for one in found] == mark
    assert all((one.issue_id, one.before) == ("1", "empty") for one in found)
    assert plan.problem == ""
    assert not {one.field_id for one in found} - {"labels"} & sets(plan).keys(), "it is set with the mark"
    assert plan.writes == ()


@pytest.mark.parametrize(
    ("cycle", "known", "problem"),
    [
        ({"field": "quarter"}, (), "the field quarter is of a type that is not written"),
        ({"field": "odd"}, ("odd",), "the field odd is of a type that is not written"),
        ({"field": "thing"}, ("thing",), "Thing holds asset; '2027-Q1' is not written to it"),
        ("2026-Q4", (), "objectives[epics].cycle says 2026-Q4: write 2027-Q1 there"),
        (None, (), "objectives[epics].cycle is not written: write 2027-Q1 there"),
        ("2027-Q1", (), ""),
    ],
)
def test_why_a_copy_cannot_be_marked(cycle: Any, known: tuple[str, ...], problem: str) -> None:
    plan = copied([epic(), RESULT], cycle=cycle, known=known)
    assert (plan.problem, plan.copies[0].mark) == (problem, ())


def test_a_problem_of_the_plan_is_said_where_the_mark_has_none() -> None:
    behind = CarryChoice(behind=frozenset({"5"}))
    plan = copied([epic(), RESULT], choice=behind)
    assert plan.problem == "every key result would stay behind: choose one that comes along"
    assert [one.source_id for one in plan.copies] == ["1"]


def test_what_is_no_longer_there_is_not_copied() -> None:
    issues = [epic(), RESULT]
    gone = copied(issues, rule_id="others")
    assert (gone.problem, gone.copies) == ("the mapping no longer has its rule", ())
    away = copied(issues, held=("5",))
    assert (away.problem, away.copies) == ("its issue is not at hand before the next sync", ())
    lacks = copied(issues, held=("1",))
    assert [one.source_id for one in lacks.copies] == ["1"]
    assert [one.flags for one in lacks.key_results] == [("its issue is not at hand: it is not copied",)]


@pytest.mark.parametrize(
    ("outwards", "continues"),
    [
        (("Relates to", "is measured by"), "0"),
        (("Relates to", "clones"), "1"),
        (("clones", "Continues"), "1"),
        (("blocks",), None),
    ],
)
def test_a_copy_continues_its_issue_by_the_best_link_that_the_site_has(
    outwards: tuple[str, ...], continues: str | None
) -> None:
    kinds = tuple(LinkType(str(n), one, "back", one) for n, one in enumerate(outwards))
    assert copied([epic(), RESULT], link_types=kinds).continues == continues


def measured_by(other: str, outward: bool | None = True, type_id: str = "7") -> Link:
    return Link(type_id, "Measures", "is measured by", other, outward)


def test_links_of_the_alignment_come_along_once() -> None:
    links = (
        measured_by("8"),
        measured_by("8"),
        replace(measured_by("9", None), phrase="Is Measured By"),
        measured_by("10", None, "99"),
        Link("1", "Relates", "relates to", "11", True),
        measured_by("12", outward=False),
    )
    plan = copied([epic(links=links), RESULT], aligned_to={"link": "is measured by", "contributes": True})
    assert plan.copies[0].links == (
        CopiedLink("7", True, "8"),
        CopiedLink("7", True, "9"),
        CopiedLink("7", False, "12"),
    )
    assert copied([epic(links=links, parent=3), RESULT]).copies[0].links == ()
    assert copied([epic(links=links, parent=3), RESULT]).copies[0].parent_id == "3"


def test_a_link_that_keeps_no_direction_reads_as_its_phrase_says() -> None:
    back = LinkType("7", "Measures", "is measured by", "measures")
    plan = copied(
        [epic(links=(measured_by("8", None),)), RESULT],
        aligned_to={"link": "is measured by", "contributes": True},
        link_types=(back,),
    )
    assert plan.copies[0].links == (CopiedLink("7", False, "8"),)


def test_a_linked_key_result_is_copied_where_it_stands_and_linked_anew() -> None:
    rule = a_key_result("milestone", relation={"link": "is measured by"})
    linked = build_issue(5, parent=77, type="Key Result")
    plan = copied([epic(links=(measured_by("5"), Link("1", "R", "relates to", "5", True))), linked], rule)
    assert [(one.source_id, one.parent_id, one.below, one.links) for one in plan.copies[1:]] == [
        ("5", "77", False, (CopiedLink("7", False, "1"),))
    ]


DONE = build_issue(2, parent=1, status="Done")
OPEN = build_issue(3, parent=1)


@pytest.mark.parametrize(
    ("choice", "moved"), [(CarryChoice(), ["3"]), (CarryChoice(all_rows=True), ["2", "3"])]
)
def test_work_that_goes_on_moves_below_the_copy(choice: CarryChoice, moved: list[str]) -> None:
    dropped = build_issue(4, parent=1, resolution="Won't Do", status="Done")
    plan = copied([epic(), DONE, OPEN, dropped], DELIVERY, choice=choice)
    assert [(one.issue_id, one.issue_key, one.title, one.link) for one in plan.moves] == [
        (id_, f"PLAT-{id_}", f"Story {id_}", None) for id_ in moved
    ]
    assert [one.source_id for one in plan.copies] == ["1"]


def test_what_moves_is_what_hangs_right_below_the_objective() -> None:
    issues = [
        epic(),
        build_issue(20, parent=1, type="Feature"),
        build_issue(21, parent=20, type="Feature"),
        build_issue(22, parent=21),
        build_issue(23, parent=21),
        build_issue(30, parent=1, type="Feature"),
        build_issue(31, parent=30, status="Done"),
    ]
    assert [one.issue_id for one in copied(issues, DELIVERY).moves] == ["20"]


def test_linked_work_that_goes_on_is_linked_to_the_copy() -> None:
    rule = a_key_result("delivery", relation={"link": "is measured by"})
    links = (measured_by("2"), measured_by("3"), Link("1", "Relates", "relates to", "3", True))
    plan = copied([epic(links=links), build_issue(2, status="Done"), build_issue(3)], rule)
    assert [(one.issue_id, one.link) for one in plan.moves] == [("3", CopiedLink("7", True, "3"))]


def test_a_key_result_that_is_copied_does_not_move_too() -> None:
    both = a_key_result("delivery", relation="child")
    plan = copied([epic(), OPEN, RESULT], MILESTONES, both)
    assert [one.source_id for one in plan.copies] == ["1", "5"]
    assert [one.issue_id for one in plan.moves] == ["3"]


def test_what_a_jql_finds_counts_for_the_copy_as_it_is() -> None:
    plan = copied([epic(), OPEN], a_key_result("delivery", relation={"jql": "type = Story"}))
    assert [one.flags for one in plan.key_results] == [
        ("its rule finds issues by JQL, wherever they are: what it selects counts for the copy as it is",)
    ]
    assert (len(plan.copies), plan.moves) == (1, ())


def test_what_a_copy_brings_along_is_named_by_its_own_ids() -> None:
    plan = copied([epic(), RESULT])
    kept = CarriedObjective(
        "1",
        "2027-Q1",
        {"1/delivery": {"2": "2026-Q4"}, "5": {"3": "2026-Q4"}},
        {"6": "2026-Q4", "7/x": "2026-Q3"},
    )
    plan = replace(plan, carried=kept)
    assert carried_as(plan, {"5": "105"}) is None
    assert carried_as(plan, {"1": "101", "5": "105"}) == CarriedObjective(
        "101",
        "2027-Q1",
        {"101/delivery": {"2": "2026-Q4"}, "105": {"3": "2026-Q4"}},
        {"6": "2026-Q4", "7/x": "2026-Q3"},
    )


def test_the_label_of_a_copy_has_no_blanks() -> None:
    assert copy_label("our  main\tsite", "17", "2027-Q1") == "okr-continues-our_main_site/17-2027-Q1"
