"""What shall stand in an entity property, and what has to change in one."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.document.schema import Document
from mappings.write_back.desired_values import owners
from mappings.write_back.plan import plan
from mappings.write_back.preview import cost
from mappings.write_back.targets.entity_property import PropertyPart

ROLLUP = "property:jira-okr.rollup"


def held(make: SimpleNamespace, state: object, **rule: Any) -> object:
    """The value one rule gives the property of an objective; `left` where it is left alone."""
    mapping = make.mapping({"target": "objective", **rule})
    found = [item for item in make.desired(mapping, state) if item.place.id == ROLLUP]
    return found[0].raw if found else "left"


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"property": "jira-okr.rollup"}, {"progress_percent": 63, "health": "at_risk"}),
        (
            {"property": {"key": "jira-okr.rollup", "values": ["progress", "pace", "outcome_percent"]}},
            {"progress": 0.63, "pace": 0.88, "outcome_percent": None},
        ),
        (
            {"property": {"key": "jira-okr.rollup", "values": ["progress_percent", "progress"], "round": 1}},
            {"progress_percent": 62.5, "progress": 0.6},
        ),
        (
            {
                "property": "jira-okr.rollup",
                "set": {
                    "okr_summary": {"value": "summary"},
                    "okr_progress": {"value": "progress_percent", "round": 1},
                    "okr_notes": {"value": "progress_percent"},
                },
            },
            {"summary": "63 % · at risk · expected 71 %", "progress_percent": 62.5},
        ),
        (
            {
                "property": {"key": "jira-okr.rollup", "values": ["progress_percent", "health"], "round": 0},
                "set": {"okr_progress": {"value": "progress_percent", "round": 1}},
            },
            {"progress_percent": 63, "health": "at_risk"},
        ),
    ],
    ids=["usual", "values", "rounded", "as the fields", "other than the fields"],
)
def test_what_a_property_holds(make: SimpleNamespace, rule: dict[str, Any], value: object) -> None:
    made = held(make, make.objective(pace=Fraction(88, 100)), **rule)
    assert made == value
    assert list(made) == list(value)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("values", "level", "cleared"),
    [
        (["progress_percent", "health"], "unknown", True),
        (["progress_percent", "health"], "pending", True),
        (["expected_percent", "progress", "summary"], "pending", True),
        (["progress", "delivery_percent"], "unknown", False),
        (["health"], "unknown", True),
        (["health", "summary"], "pending", False),
    ],
)
def test_a_property_of_which_nothing_is_known_is_removed_or_left(
    make: SimpleNamespace, values: list[str], level: str, cleared: bool
) -> None:
    state = make.objective(progress=None, level=level, delivery=Fraction(2, 5))
    said = {"key": "jira-okr.rollup", "values": values}

    assert (held(make, state, property=said) is None) == cleared
    assert (held(make, state, property={**said, "unknown": "leave"}) == "left") == cleared


def test_the_fields_of_a_rule_and_its_property_are_both_wanted(make: SimpleNamespace) -> None:
    mapping = make.mapping(
        {
            "target": "objective",
            "set": {"okr_progress": {"value": "progress_percent"}},
            "property": "jira-okr.rollup",
        }
    )
    found = {item.place.id: item.raw for item in make.desired(mapping, make.objective())}
    assert found == {"customfield_10060": 63, ROLLUP: {"progress_percent": 63}}
    assert mapping.field_ids() >= {ROLLUP}


def test_an_objective_that_is_a_key_result_too_keeps_its_own_property(make: SimpleNamespace) -> None:
    mapping = make.mapping(
        {"target": "objective", "property": "jira-okr.rollup"},
        {"target": "key_result", "property": {"key": "jira-okr.rollup", "values": ["raw_percent"]}},
    )
    above = make.objective("100", key_results=(make.key_result("200"), make.key_result("300")))
    below = make.objective("200", "0.25")
    owned = owners(mapping, [above, below])
    found = {item.issue_id: item.raw for item in make.desired(mapping, above, owned)}
    assert found["300"] == {"raw_percent": 50}
    assert "200" not in found


def planned(make: SimpleNamespace, before: object, **state: Any) -> Any:
    mapping = make.mapping({"target": "objective", "property": "jira-okr.rollup"})
    issue = make.issue("100", fields={} if before is None else {ROLLUP: before})
    wanted = make.desired(mapping, make.objective(**state))
    return plan("100", wanted, {"100": issue}.get, "PLAT-7 moved to Done")


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (None, "property empty → progress_percent 63, health at_risk: PLAT-7 moved to Done"),
        (
            {"progress_percent": 50, "health": "at_risk"},
            "property progress_percent 50 → 63: PLAT-7 moved to Done",
        ),
        ({"progress_percent": 63, "health": "at_risk"}, None),
        ({"health": "at_risk", "progress_percent": 63.0}, None),
    ],
)
def test_a_change_says_what_differs_and_an_equal_property_is_none(
    make: SimpleNamespace, before: object, reason: str | None
) -> None:
    made = planned(make, before)
    assert [change.reason for change in made.changes] == ([] if reason is None else [reason])


def test_what_is_unknown_removes_the_property_once(make: SimpleNamespace) -> None:
    there = planned(make, {"progress_percent": 63, "health": "at_risk"}, progress=None)
    assert [change.after for change in there.changes] == [None]
    assert not planned(make, None, progress=None)


def test_a_property_costs_a_call_beside_the_edit_of_the_fields(make: SimpleNamespace) -> None:
    mapping = make.mapping(
        {
            "target": "objective",
            "set": {"okr_progress": {"value": "progress_percent"}, "okr_notes": {"value": "summary"}},
            "property": "jira-okr.rollup",
        },
    )
    made = plan("100", make.desired(mapping, make.objective()), {"100": make.issue("100")}.get)
    assert (cost([made]).writes, cost([made]).issues, cost([made]).calls) == (3, 1, 2)
    only = planned(make, None)
    assert (cost([only]).writes, cost([only]).calls) == (1, 1)


def test_both_ways_of_writing_it_are_one_document(make: SimpleNamespace) -> None:
    short, long = (
        make.mapping({"target": "objective", "property": said}).document
        for said in ("jira-okr.rollup", {"key": "jira-okr.rollup"})
    )
    assert isinstance(short, Document)
    assert long.write_back[0].property == PropertyPart(key="jira-okr.rollup")
    assert short.write_back[0].property == "jira-okr.rollup"
    both = [make.desired(make.mapping({"target": "objective", "property": said}), make.objective())
            for said in ("jira-okr.rollup", {"key": "jira-okr.rollup"})]  # fmt: skip
    assert both[0] == both[1]
