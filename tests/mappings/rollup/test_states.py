"""What objectives stand at, whole: every number, health, weight, share and reason of some small companies, as `states.txt` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from mappings.document.mapping import Mapping
from mappings.explain.check_in import CheckIn, Measure
from mappings.explain.confidence import Confidence, ConfidenceLevel, SpokenConfidence
from mappings.facts.forest import Forest, issue_order
from mappings.facts.issue import HISTORY, WHOLE, Issue, JiraValue, Reading
from mappings.facts.moment import Moment
from mappings.progress import ProgressOptions
from mappings.rollup.cycles.carry import CarriedObjective, Carries
from mappings.rollup.cycles.cycle_end import EndFacts
from mappings.rollup.measurement import assess, assess_among
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import KeyResultState, ObjectiveState
from tests.headings import lines_by_heading
from tests.mappings.rollup.conftest import NOW, a_key_result, build_issue, build_mapping, build_objective

AT = datetime(2026, 11, 10, 9, tzinfo=UTC)
METRIC = {"kind": "transition", "start": "start", "current": "current", "target": "target"}
METRICS = {"select": "type = Key Result", "id": "metric"}
STORIES = {"select": "type = Story", "id": "stories"}
FIELDS = ("start", "current", "target", "low", "high", "points", "hours", "weight", "rows", "team", "day")


@dataclass(frozen=True)
class Company:
    """A mapping, its issues, and what is known besides."""

    mapping: Mapping
    issues: list[Issue]
    known: dict[str, Any] = field(default_factory=dict)


COMPANIES: dict[str, Callable[[], Company]] = {}


def company(make: Callable[[], Company]) -> Callable[[], Company]:
    """Enter a company in the table under the name of its function."""
    COMPANIES[make.__name__.replace("_", " ")] = make
    return make


def epic(id_: int = 1, **facts: Any) -> Issue:
    return build_issue(id_, type="Epic", **facts)


def result(id_: int, parent: int = 1, **facts: Any) -> Issue:
    return build_issue(id_, type="Key Result", parent=parent, **facts)


def mapped(*objectives: dict[str, Any], **parts: Any) -> Mapping:
    return build_mapping(*objectives, fields=FIELDS, **parts)


@company
def rows_of_every_disposition() -> Company:
    rule = a_key_result({"kind": "delivery", "weight": "points"}, **STORIES)
    stories: list[dict[str, Any]] = [
        {"status": "Done", "points": 3},
        {"status": "In Progress", "points": 5},
        {"status": "To Do"},
        {"status": "Done", "points": 2, "resolution": "Not Achieved"},
        {"status": "Done", "points": 8, "resolution": "Won't Do"},
        {"status": "To Do", "points": 8, "resolution": "Won't Do"},
        {"status": "Limbo", "points": 1},
        {"status": "Done", "points": 0},
        {"status": "Done", "points": -1},
        {"status": "Done", "points": "many"},
        {"status": "Done", "points": 2, "archived": True},
        {"status": "Done", "points": 2, "unknowns": {WHOLE: "no permission to see it"}},
    ]
    below = build_issue(20, parent=2, status="Done", points=9)
    issues = [build_issue(place, parent=1, **facts) for place, facts in enumerate(stories, 2)]
    return Company(mapped(build_objective(rule)), [epic(), *issues, below])


def missing(word: str) -> Company:
    rule = a_key_result({"kind": "delivery", "weight": ["points", "hours"], "missing": word}, **STORIES)
    stories: list[dict[str, Any]] = [
        {"status": "Done", "points": 3},
        {"status": "In Progress", "hours": 6, "points": None},
        {"status": "Done"},
    ]
    issues = [build_issue(place, parent=1, **facts) for place, facts in enumerate(stories, 2)]
    return Company(mapped(build_objective(rule)), [epic(), *issues])


@company
def missing_weights_take_the_mean() -> Company:
    return missing("siblings_mean")


@company
def missing_weights_are_one() -> Company:
    return missing("one")


@company
def missing_weights_are_zero() -> Company:
    return missing("zero")


@company
def missing_weights_are_asked_for() -> Company:
    return missing("error")


@company
def sub_tasks_through_their_parent() -> Company:
    rule = a_key_result("delivery", subtasks="through_parent", **STORIES)
    issues = [
        build_issue(2, parent=1, status="To Do"),
        build_issue(3, parent=2, type="Sub-task", status="Done"),
        build_issue(4, parent=2, type="Sub-task", status="In Progress"),
        build_issue(5, parent=2, type="Sub-task", status="Limbo"),
        build_issue(6, parent=1, status="Done", resolution="Duplicate"),
        build_issue(7, parent=6, type="Sub-task", status="Done"),
        build_issue(8, parent=1, status="Limbo"),
        build_issue(9, parent=8, type="Sub-task", status="Done"),
        build_issue(10, parent=1, status="Done", resolution="Not Achieved"),
        build_issue(11, parent=10, type="Sub-task", status="Done"),
        build_issue(12, parent=2, type="Bug", status="To Do"),
        build_issue(13, parent=2, type="Sub-task", status="To Do", project="OPS"),
    ]
    return Company(mapped(build_objective(rule), scope="project = PLAT"), [epic(), *issues])


@company
def sub_tasks_of_what_is_linked_or_found() -> Company:
    """Sub-tasks belong to it where they stand for their parent, and only there."""
    rules = (
        a_key_result("delivery", id="linked", relation={"link": "is measured by"}, subtasks="through_parent"),
        a_key_result("delivery", id="found", relation={"jql": "label = grow"}),
        a_key_result("delivery", id="children", relation="child", select="type = Task"),
    )
    issues = [
        epic(1, links=[("is measured by", 2)]),
        build_issue(2, status="To Do"),
        build_issue(3, parent=2, type="Sub-task", status="Done"),
        build_issue(4, parent=40, labels=("grow",), status="To Do"),
        build_issue(5, parent=4, type="Sub-task", status="Done"),
        build_issue(6, parent=1, type="Task", status="Done"),
        build_issue(7, parent=6, type="Sub-task", status="Done"),
        build_issue(8, parent=1, status="Done"),
        build_issue(40, parent=41, type="Epic", status="Done"),
    ]
    mapping = mapped(build_objective(*rules, select="id = 1"))
    return Company(mapping, issues)


@company
def overrides_from_top_to_bottom() -> Company:
    statuses = {
        "by_category": {"new": "0.1", "done": 1},
        "overrides": [
            {"when": "label = slow", "by_status": {"3": "0.2"}, "by_category": {"new": "0.05"}},
            {"by_status": {"10012": "0.8"}},
        ],
    }
    labels = ((), ("slow",))
    issues = [
        build_issue(10 * place + number, parent=1, status=status, labels=labels[number])
        for place, status in enumerate(("To Do", "In Progress", "In Review", "Done"), 1)
        for number in (0, 1)
    ]
    rule = a_key_result("delivery", **STORIES)
    return Company(mapped(build_objective(rule), statuses=statuses), [epic(), *issues])


@company
def overrides_for_some_alone() -> Company:
    overrides = [
        {"when": "label = slow", "by_status": {"3": "0.2"}},
        {"when": "label = fast", "by_category": {"indeterminate": "0.9"}},
    ]
    labels = ((), ("slow",), ("fast",), ("slow", "fast"))
    issues = [
        build_issue(2 + place, parent=1, status="In Progress", labels=words)
        for place, words in enumerate(labels)
    ]
    return Company(
        mapped(build_objective(a_key_result("delivery", **STORIES)), statuses={"overrides": overrides}),
        [epic(), *issues],
    )


def several(method: str, **rollup: str) -> Company:
    """Two outcomes and a delivery with weights, and an objective aligned to it."""
    rules = (
        a_key_result(METRIC, weight={"field": "weight", "missing": "one"}, **METRICS),
        a_key_result("delivery", weight=2, **STORIES),
    )
    aligned = {"link": "supports", "contributes": True, "weight": 3}
    mapping = mapped(
        build_objective(*rules, rollup={"method": method, **rollup}, select="type = Epic AND label = top"),
        build_objective(a_key_result("delivery", **STORIES), id="lower", aligned_to=aligned),
    )
    issues = [
        epic(1, labels=("top",), status="In Progress", assignee=JiraValue("ada", "Ada")),
        epic(30, links=[("supports", 1)]),
        result(2, start=0, current=10, target=10, weight=3, status="In Progress"),
        result(3, start=0, current=2, target=10, assignee=JiraValue("bo", "Bo")),
        result(4, start=0, target=10),
        result(5, start=0, current=5, target=10, weight="x"),
        build_issue(6, parent=1, status="Done"),
        build_issue(31, parent=30, status="In Progress"),
    ]
    return Company(mapping, issues)


@company
def the_weighted_mean_of_outcomes() -> Company:
    return several("weighted_mean")


@company
def the_mean_of_all() -> Company:
    return several("mean", headline="all")


@company
def the_least_of_all_judged_by_its_own_pace() -> Company:
    return several("minimum", headline="all", health="weighted")


@company
def the_share_of_what_is_achieved() -> Company:
    return several("done_ratio", headline="all", health="weighted")


def shared(same_issue: str) -> Company:
    rules = (
        a_key_result("delivery", **STORIES),
        a_key_result({"kind": "delivery", "count_to": 4}, select="label = x", id="marked", name="Marked"),
    )
    issues = [
        build_issue(2, parent=1, status="Done"),
        build_issue(3, parent=1, status="In Progress", labels=("x",)),
        build_issue(4, parent=1, status="Done", labels=("x",)),
        build_issue(5, parent=1, type="Bug", status="Done", labels=("x",)),
        build_issue(6, parent=1, status="Done", resolution="Declined", labels=("x",)),
    ]
    return Company(mapped(build_objective(*rules, rollup={"same_issue": same_issue})), [epic(), *issues])


@company
def an_issue_of_two_counts_once() -> Company:
    return shared("count_once")


@company
def an_issue_of_two_is_split() -> Company:
    return shared("split")


@company
def an_issue_of_two_counts_in_both() -> Company:
    return shared("both")


@company
def metrics_of_every_kind() -> Company:
    def rule(progress: dict[str, Any], id_: int, **parts: Any) -> dict[str, Any]:
        return a_key_result(progress, **{**parts, "id": f"{progress['kind']}-{id_}", "select": f"id = {id_}"})

    current = {"current": "current"}
    rules = (
        rule(METRIC, 10),
        rule({"kind": "increase", "start": "start", **current, "by": {"percent": 10}}, 11),
        rule({"kind": "decrease", "start": "start", **current, "by": {"amount": 5}}, 12),
        rule({"kind": "increase", "start": "start", **current, "target": "target"}, 13),
        rule({"kind": "threshold", **current, "at_least": 70, "at_most": 80}, 14),
        rule({"kind": "threshold", **current, "at_least": "low", "start": "start"}, 15),
        rule({"kind": "threshold", **current, "at_most": 10, "tolerance": 5}, 16),
        rule({"kind": "threshold", **current, "at_least": 5, "score": "time_in_band"}, 17),
        rule({"kind": "baseline", **current, "start": "start", "target": "target"}, 18),
        rule({"kind": "baseline", **current, "start": "start", "target": "target"}, 19),
        rule({"kind": "milestone"}, 20),
        rule({"kind": "milestone", "due": "2026-11-10", "done_when": "label = shipped"}, 21),
        rule({"kind": "milestone", "due": "day"}, 22, commitment="aspirational"),
        rule(METRIC, 23, commitment="aspirational"),
        rule(METRIC, 24),
        rule(METRIC, 25),
        rule(METRIC, 26),
        rule({"kind": "decrease", "start": 10, **current, "target": 4}, 27),
    )
    held = {
        "current": [(AT - timedelta(days=20), 4), (AT - timedelta(days=10), 6), (AT, 3)],
    }
    issues = [
        result(10, start=0, current=13, target=10, readings={"current": [(AT, 13)]}),
        result(11, start=50, current=52, readings={"current": [(AT, 52)]}),
        result(12, start=20, current=16, readings={"current": [(AT, 16)]}),
        result(13, start=10, current=7, target=5),
        result(14, current=66),
        result(15, current=30, low=40, start=20),
        result(16, current=12),
        result(17, current=3, readings=held),
        result(18, current=30),
        result(19, current=25, start=30, target=10),
        result(20, status="Done", resolution_date=datetime(2027, 1, 2, tzinfo=UTC)),
        result(21, labels=("shipped",), status="In Progress"),
        result(22, day="2026-11-20"),
        result(23, start=0, current="0.7", target=1),
        result(24, start=0, current=9, target=10, readings={"current": [(NOW - timedelta(days=20), 9)]}),
        result(25, start=0, current=10, target=10, status="Done", resolution="Not Achieved"),
        result(26, start=0, current=10, target=10, status="Done", resolution="Won't Fix"),
        result(27, current=12),
    ]
    return Company(mapped(build_objective(*rules, rollup={"headline": "all"})), [epic(), *issues])


@company
def metrics_at_their_edges() -> Company:
    """Each rule with the issue it is measured on: what is missing, no number, upside down, or exactly at an edge."""
    start, current = {"start": "start"}, {"current": "current"}
    up, down = {"kind": "increase", **start, **current}, {"kind": "decrease", **start, **current}
    band = {"kind": "threshold", **current, "at_least": "low", "at_most": "high"}
    least = {"kind": "threshold", **current, "at_least": 10}
    timed = {"kind": "threshold", **current, "at_least": 5, "score": "time_in_band"}
    base = {"kind": "baseline", **current, **start, "target": "target"}
    days = {"due": date(2026, 11, 10)}
    late, early = datetime(2026, 11, 10, 23, tzinfo=UTC), datetime(2026, 11, 10, 22, 59, tzinfo=UTC)
    lost = {HISTORY: "its history cannot be had"}
    future = {"current": [(NOW + timedelta(hours=1), 9)]}
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (METRIC, {"current": 5, "target": 10}),
        (METRIC, {"start": 0, "current": 5, "target": "ten"}),
        (METRIC, {"start": 0, "current": "five", "target": 10}),
        (METRIC, {"start": 0, "current": "", "target": 10}),
        (METRIC, {"start": 7, "current": 7, "target": 7}),
        (METRIC, {"start": 0, "current": 5, "target": 10, "unknowns": lost}),
        ({**up, "by": {"amount": "points"}}, {"start": 10, "current": 12, "points": 4}),
        ({**up, "by": {"amount": "points"}}, {"start": 10, "current": 12}),
        ({**up, "by": {"percent": "points"}}, {"start": -10, "current": -8, "points": 50}),
        ({**up, "by": {"percent": "points"}}, {"start": -10, "current": -8}),
        ({**up, "by": {"percent": 10}}, {"start": 0, "current": 12}),
        ({**up, "by": {"percent": 10}}, {"current": 12}),
        ({**down, "target": "target"}, {"start": 5, "current": 7, "target": 9}),
        ({**down, "target": "target"}, {"start": 9, "current": 9, "target": 9}),
        (band, {"current": 10, "low": 10, "high": 20}),
        (band, {"current": 20, "low": 10, "high": 20}),
        (band, {"current": 24, "low": 10, "high": 20}),
        (band, {"current": 31, "low": 10, "high": 20}),
        (band, {"current": 15, "low": 20, "high": 10}),
        (band, {"current": 15, "low": 20}),
        ({**least, "tolerance": "points"}, {"current": 8, "points": 4}),
        ({**least, "tolerance": "points"}, {"current": 8, "points": 0}),
        ({**least, "tolerance": "points"}, {"current": 8}),
        ({**least, **start}, {"current": 8, "start": 5}),
        ({**least, **start}, {"current": 8}),
        (least, {}),
        (least, {"current": "much"}),
        (timed, {"current": 9}),
        (timed, {}),
        (timed, {"current": 9, "unknowns": lost}),
        (timed, {"current": 9, "readings": future}),
        (base, {}),
        (base, {"current": 9, "start": 5}),
        (base, {"current": 5, "start": 5, "target": 5}),
        ({"kind": "milestone"}, {**days, "status": "Done", "resolved": late}),
        ({"kind": "milestone"}, {**days, "status": "Done", "resolved": early}),
        ({"kind": "milestone"}, {**days, "status": "Done", "status_changed": late}),
        ({"kind": "milestone"}, {**days, "status": "Done"}),
        ({"kind": "milestone"}, {**days, "status": "In Progress"}),
        ({"kind": "milestone"}, {"due": date(2026, 11, 15), "status": "To Do"}),
        ({"kind": "milestone"}, {"status": "Limbo"}),
        ({"kind": "milestone", "due": "day"}, {"day": "2026-11-14T23:30:00.000+0000"}),
        ({"kind": "milestone", "due": "day"}, {"day": "2026-11-16T00:30:00"}),
        ({"kind": "milestone", "due": "day"}, {"day": "soon"}),
        ({"kind": "milestone", "due": "day"}, {"day": 5}),
        ({"kind": "milestone", "done_when": "label = shipped"}, {"status": "To Do"}),
    ]
    rules = [
        a_key_result(progress, id=f"r{id_}", select=f"id = {id_}")
        for id_, (progress, _) in enumerate(cases, 10)
    ]
    issues = [result(id_, **facts) for id_, (_, facts) in enumerate(cases, 10)]
    together = a_key_result(METRIC, id="none", select="type = Nothing", **{"as": "one_key_result"})
    objective = build_objective(*rules, together, rollup={"headline": "all"})
    return Company(mapped(objective, zone=timezone(timedelta(hours=1))), [epic(), *issues])


@company
def what_people_say() -> Company:
    rules = (a_key_result(METRIC, **METRICS), a_key_result("delivery", **STORIES))
    issues = [
        result(2, start=0, current=2, target=10),
        result(3, start=0, current=8, target=10),
        result(4, start=0, current=1, target=10),
        build_issue(5, parent=1, status="In Progress"),
    ]

    def says(key_result: str, measure: Measure, value: str, **parts: Any) -> CheckIn:
        return CheckIn("1", key_result, measure, Fraction(value), "Ada", AT, id=7, **parts)

    said = [
        says("2", Measure.CURRENT, "6", until=date(2026, 12, 1), derived=Fraction(1, 5)),
        says("3", Measure.PROGRESS, "1/2", until=date(2026, 11, 12), derived=Fraction(4, 5)),
        says("1/stories", Measure.PROGRESS, "9/10", delta=Fraction(1, 10), derived=Fraction(1, 2)),
    ]
    return Company(
        mapped(build_objective(*rules, rollup={"headline": "all"})),
        [epic(), *issues],
        {"check_ins": {(one.objective_id, one.key_result_id): one for one in said}},
    )


@company
def written_and_aligned_objectives() -> Company:
    jql = {"relation": {"jql": "label = grow"}}
    mapping = mapped(
        build_objective(
            a_key_result("delivery", id="grow", name="Growing", **jql),
            a_key_result("delivery", id="each", relation={"jql": "label = each"}, **{"as": "each_issue"}),
            id="growth",
            select=None,
            title="Grow",
            owner="Cy",
            team="Sales",
            perspective="customer",
            commitment="aspirational",
        ),
        build_objective(
            a_key_result("delivery", relation={"link": "is measured by"}, id="linked"),
            aligned_to="growth",
        ),
        build_objective(
            a_key_result("delivery", id="held", relation={"jql_field": "rows"}, select="type = Key Result"),
            id="mighty",
            select="type = Initiative",
            cycle=None,
            aligned_to={"objective": "growth", "contributes": True},
        ),
        team={"field": "team", "names": {"PLAT": "Platform"}},
    )
    issues = [
        epic(1, links=[("is measured by", 3), ("is measured by", 4), ("blocks", 5)], team="Blue"),
        build_issue(3, status="Done"),
        build_issue(4, status="To Do", labels=("grow",)),
        build_issue(5, status="Done", labels=("grow", "each")),
        build_issue(6, parent=5, status="To Do", labels=("each",)),
        build_issue(7, type="Initiative"),
        result(8, 7, rows="id = 3, 4"),
        result(9, 7, rows="nonsense ="),
        result(10, 7),
    ]
    return Company(mapping, issues)


@company
def rows_held_by_fields_together() -> Company:
    def rule(id_: str, select: str, **parts: Any) -> dict[str, Any]:
        return a_key_result("delivery", id=id_, relation={"jql_field": "rows"}, select=select, **parts)

    rules = (
        rule("together", "label = one", **{"as": "one_key_result"}),
        rule("broken", "label = two", **{"as": "one_key_result"}),
        rule("alone", "label = three", subtasks="through_parent"),
    )
    issues = [
        result(10, labels=("one",), rows="id = 20, 21"),
        result(11, labels=("one",), rows="id = 21, 22"),
        result(12, labels=("one",), rows="id = 23", status="Done", resolution="Won't Do"),
        result(13, labels=("two",), rows="id = 20"),
        result(14, labels=("two",), rows="nonsense = 1"),
        result(15, labels=("two",)),
        result(16, labels=("three",), rows="id = 16, 24"),
        *(
            build_issue(id_, status=status)
            for id_, status in ((20, "Done"), (21, "To Do"), (22, "Done"), (23, "Done"))
        ),
        build_issue(24, parent=50, status="In Progress"),
        build_issue(25, parent=24, type="Sub-task", status="Done"),
    ]
    return Company(mapped(build_objective(*rules, rollup={"same_issue": "both"})), [epic(), *issues])


@company
def each_issue_with_what_is_below_it() -> Company:
    """What stands above a selected one holds it; closed ones are judged by their rows, unless all of these are left out."""
    rule = a_key_result("delivery", id="each", select="type = Story, Task", **{"as": "each_issue"})
    gone, failed = (
        {"status": "Done", "resolution": "Won't Do"},
        {"status": "Done", "resolution": "Not Achieved"},
    )
    issues = [
        build_issue(2, parent=1, type="Task", status="To Do"),
        build_issue(3, parent=2, status="Done"),
        build_issue(4, parent=3, status="To Do"),
        build_issue(5, parent=1, type="Task", **gone),
        build_issue(6, parent=5, status="Done"),
        build_issue(7, parent=1, type="Task", **gone),
        build_issue(8, parent=7, **gone),
        build_issue(9, parent=1, type="Task", **failed),
        build_issue(10, parent=9, status="Done"),
        build_issue(11, parent=1, type="Task", **failed),
        build_issue(12, parent=1, type="Task", unknowns={WHOLE: "no permission to see it"}),
        build_issue(13, parent=1, type="Task", archived=True),
        build_issue(
            14,
            parent=1,
            type="Task",
            status="In Progress",
            unknowns={"summary": "its summary cannot be read"},
        ),
    ]
    return Company(mapped(build_objective(rule, rollup={"headline": "all"})), [epic(), *issues])


@company
def key_results_that_are_weighed_otherwise() -> Company:
    def rule(id_: int, weight: object) -> dict[str, Any]:
        return a_key_result("milestone", id=f"m{id_}", select=f"id = {id_}", weight=weight)

    rules = (
        rule(2, "weight"), rule(3, ["weight", "points"]), rule(4, 2), rule(5, 0),
        rule(6, {"field": "weight", "missing": "zero"}), rule(7, {"field": "weight", "missing": "error"}), rule(8, "weight"),
    )  # fmt: skip
    issues = [
        result(2, weight=4, status="Done"), result(3, points=3), result(4, status="Done"), result(5),
        result(6), result(7), result(8, weight=-1),
    ]  # fmt: skip
    return Company(mapped(build_objective(*rules)), [epic(), *issues])


@company
def aligned_objectives_that_are_closed_or_unknown() -> Company:
    aligned = {"link": "supports", "contributes": True, "weight": "weight"}
    mapping = mapped(build_objective(a_key_result("delivery", **STORIES), aligned_to=aligned))
    supports = {"links": [("supports", 1)]}
    issues = [
        epic(1),
        epic(2, weight=2, **supports),
        epic(3, status="Done", resolution="Not Achieved", **supports),
        epic(4, status="Done", resolution="Won't Do", **supports),
        epic(5, weight="much", **supports),
        epic(6, **supports),
        *(build_issue(10 + one, parent=one, status="Done") for one in (1, 2, 3, 4, 5)),
    ]
    return Company(mapping, issues)


@company
def a_circle() -> Company:
    mapping = mapped(
        build_objective(
            a_key_result("delivery", **STORIES), aligned_to={"link": "supports", "contributes": True}
        )
    )
    issues = [
        epic(1, links=[("supports", 2)]),
        epic(2, links=[("supports", 1)]),
        epic(3, links=[("supports", 1)]),
        *(build_issue(10 + one, parent=one, status="Done") for one in (1, 2, 3)),
    ]
    return Company(mapping, issues)


@company
def what_was_carried_along() -> Company:
    rules = (
        a_key_result("delivery", **STORIES),
        a_key_result({"kind": "delivery", "count_to": 5}, select="type = Bug", id="bugs"),
        a_key_result("milestone", select="type = Key Result"),
    )
    issues = [
        build_issue(2, parent=1, status="Done"),
        build_issue(3, parent=1, status="In Progress"),
        build_issue(4, parent=1, status="Done"),
        *(build_issue(id_, type="Bug", parent=1, status="Done") for id_ in (5, 6, 7)),
        result(8, status="Done"),
        result(9),
    ]
    counted = {
        "1/stories": {"2": "2026-Q3", "3": "2026-Q3"},
        "1/bugs": {"5": "2026-Q2", "6": "2026-Q3"},
    }
    carried = CarriedObjective("1", "2026-Q4", counted, {"8": "2026-Q3"})
    return Company(
        mapped(build_objective(*rules)), [epic(), *issues], {"carries": Carries({("1", "2026-Q4"): carried})}
    )


@company
def the_end_of_a_cycle() -> Company:
    """The first is known as it was then; of the second nothing was noted, it stands as it is."""
    mapping = mapped(
        build_objective(a_key_result("delivery", **STORIES), cycle="2026-Q3"),
        cycles={"every": "quarter"},
    )
    now = [
        *(epic(id_) for id_ in (1, 2)),
        *(build_issue(id_ + 2, parent=id_, status="Done", summary="Now") for id_ in (1, 2)),
    ]
    then = (epic(1), build_issue(3, parent=1, status="In Progress", summary="Then"))
    return Company(mapping, now, {"ended": {"1": EndFacts("2026-Q3", then)}})


@company
def a_kpi_and_what_became_of_one() -> Company:
    rule = a_key_result({**METRIC, "current": {"kpi": "sales"}, "start": 0, "target": 40}, **METRICS)
    healthy = {"at_least": 30}
    kpis = [{"id": "sales", "name": "Sales", "source": {"kind": "push"}, "healthy": healthy}]
    read = (Reading(AT, Fraction(10)), Reading(NOW + timedelta(days=1), Fraction(90)))
    aim = TypeAdapter(ProgressOptions).validate_python({**METRIC, "start": 1, "target": 5})
    return Company(
        mapped(build_objective(rule), kpis=kpis),
        [epic(), result(2), result(3, current=2, readings={"current": [(AT, 2)]})],
        {"kpis": {"sales": read}, "aims": {"3": aim}},
    )


@company
def what_people_believe() -> Company:
    rules = (a_key_result(METRIC, **METRICS), a_key_result("delivery", weight=0, **STORIES))
    reached = {2: 9, 3: 1, 4: 9, 5: 4}
    issues = [
        *(
            result(id_, start=0, current=value, target=10, readings={"current": [(AT, value)]})
            for id_, value in reached.items()
        ),
        build_issue(6, parent=1, status="Done"),
    ]
    sure = {"2": ("off", None), "3": ("on", 9), "4": ("on", 8), "5": ("at", 5), "1/stories": ("off", 1)}
    said = {
        ("1", id_): CheckIn(
            "1",
            id_,
            Measure.CURRENT,
            None,
            "Ada",
            AT,
            confidence=SpokenConfidence(Confidence(ConfidenceLevel(level), points), "Bo", AT),
        )
        for id_, (level, points) in sure.items()
    }
    return Company(
        mapped(build_objective(*rules, rollup={"headline": "all"})), [epic(), *issues], {"check_ins": said}
    )


def told(make: Callable[[], Company]) -> list[str]:
    """All that is known of the objectives of a company, line by line."""
    found = make()
    forest, moment = Forest.of(found.issues), Moment(NOW, found.mapping.zone)
    states = assess(found.mapping, forest, moment, **found.known)
    assert assess_among(found.mapping, forest, list(states), moment, **found.known) == states
    return [line for state in states.values() for line in _objective(state)]


def _objective(state: ObjectiveState) -> Iterator[str]:
    yield f"{state.id}: {_plain(state)}"
    for one in state.key_results:
        yield f"  {one.id}: {_plain(one)}"
        yield f"    {_plain(one.measurement)}"
        yield from _rows("    -", one.measurement.ledger)
    yield from _rows("  =", state.ledger)
    yield from _rows("  beside", state.beside)


def _rows(mark: str, ledger: Ledger) -> Iterator[str]:
    assert ledger.exact
    for row in ledger.rows:
        yield f"{mark} {row.id}: {_plain(row)}"


USUAL = {
    *(("contributing", True), ("by_status", True), ("divisor", 1), ("commitment", "committed")),
    *(("late", False), ("clocked", False), ("plain", False)),
}
"""What is not told."""


def _plain(one: Any) -> str:
    """Every field that says something unusual, but for those that are told in lines of their own."""
    own = {"id", "key_results", "ledger", "beside", "measurement", "health", "touched"}
    values = {each.name: getattr(one, each.name) for each in fields(one) if each.name not in own}
    told = {name: _said(value) for name, value in values.items() if not _is_usual(name, value)}
    if isinstance(one, ObjectiveState | KeyResultState):
        health = one.health
        parts = (
            health.level.value,
            health.rule,
            health.row,
            health.row_rule,
            "" if health.pace is None else str(health.pace),
        )
        told["health"] = " / ".join(filter(None, (*parts, health.sentence)))
    if isinstance(one, ObjectiveState):
        told["touched"] = " ".join(sorted(one.touched, key=issue_order))
    return " | ".join(f"{name} {value}" for name, value in told.items())


def _is_usual(name: str, value: Any) -> bool:
    return value is None or value in ("", ()) or (name, value) in USUAL


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return "; ".join(map(_said, value))
    if isinstance(value, SpokenConfidence):
        return f"{value.confidence.said} by {value.by}"
    if isinstance(value, Confidence):
        return value.said
    return str(getattr(value, "sentence", value))


EXPECTED = lines_by_heading(Path(__file__).with_name("states.txt"))


@pytest.mark.parametrize("name", COMPANIES)
def test_whole_states(name: str) -> None:
    assert told(COMPANIES[name]) == EXPECTED[name]


def test_the_table_tells_of_these_companies_alone() -> None:
    assert list(EXPECTED) == list(COMPANIES)
