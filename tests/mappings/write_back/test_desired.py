"""What shall stand in the fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import SimpleNamespace

import pytest

from mappings.document.calendar import Calendar
from mappings.document.schema import CyclePart
from mappings.fields import FIELD_TYPES
from mappings.write_back.desired_values import desired_values, owners
from mappings.write_back.values import VALUE_OF_NAME, WRITTEN_VALUES

OBJECTIVE = "objective"


def on_objective(
    make: SimpleNamespace, state: object, alias: str = "okr_progress", **target: object
) -> object:
    """The raw value one target gives on an objective; the word `left` where the field is left alone."""
    mapping = make.mapping({"target": OBJECTIVE, "set": {alias: target}})
    found = make.desired(mapping, state)
    return found[0].raw if found else "left"


@pytest.mark.parametrize(
    ("target", "number", "text"),
    [
        ({"value": "progress_percent"}, 63, "63 %"),
        ({"value": "progress_percent", "round": 1}, 62.5, "62.5 %"),
        ({"value": "raw_percent"}, 63, "63 %"),
        ({"value": "delivery_percent"}, 40, "40 %"),
        ({"value": "outcome_percent"}, None, None),
        ({"value": "expected_percent"}, 71, "71 %"),
        ({"value": "progress"}, 0.63, "0.63"),
        ({"value": "progress", "round": 3}, 0.625, "0.625"),
        ({"value": "progress", "round": 0}, 0, "0"),
        ({"value": "pace"}, 0.88, "0.88"),
        ({"value": "health"}, "left", "At risk"),
        (
            {"value": "summary"},
            "left",
            "63 % · at risk · expected 71 % · 2 key results (1 unknown)",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_objective_in_a_number_and_a_text_field(
    make: SimpleNamespace, target: dict[str, object], number: object, text: object
) -> None:
    state = make.objective(
        delivery=Fraction(2, 5),
        pace=Fraction(88, 100),
        key_results=(make.key_result("200"), make.key_result("201", None, "unknown")),
    )
    assert on_objective(make, state, "okr_progress", **target) == number
    assert on_objective(make, state, "okr_summary", **target) == text


def test_a_key_result_has_its_own_numbers_on_the_objectives_clock(make: SimpleNamespace) -> None:
    mapping = make.mapping(
        {
            "target": "key_result",
            "set": {
                "okr_progress": {"value": "raw_percent"},
                "okr_summary": {"value": "summary"},
                "okr_notes": {"value": "pace"},
            },
        }
    )
    state = make.objective(key_results=(make.key_result("200", "1.42", "achieved"),))
    found = {item.place.name: item.raw for item in make.desired(mapping, state, api=2)}
    assert found == {
        "OKR progress": 142,
        "OKR summary": "100 % · achieved · expected 71 %",
        "OKR notes": "1.41",
    }


@pytest.mark.parametrize("value", ["delivery_percent", "outcome_percent"])
@pytest.mark.parametrize("nature", ["delivery", "outcome"])
def test_a_key_result_has_only_the_number_of_its_nature(
    make: SimpleNamespace, value: str, nature: str
) -> None:
    mapping = make.mapping({"target": "key_result", "set": {"okr_progress": {"value": value}}})
    [found] = make.desired(mapping, make.objective(key_results=(make.key_result("200", nature=nature),)))
    assert found.raw == (50 if value.startswith(nature) else None)


def test_unknown_clears_or_leaves(make: SimpleNamespace) -> None:
    state = make.objective(progress=None, level="unknown")
    assert on_objective(make, state, value="progress_percent") is None
    assert on_objective(make, state, value="progress_percent", unknown="leave") == "left"
    assert on_objective(make, state, "okr_health", value="health") is None
    assert on_objective(make, state, "okr_health", value="health", unknown="leave") == "left"


def test_zero_is_written_as_zero(make: SimpleNamespace) -> None:
    assert on_objective(make, make.objective(progress=0), value="progress_percent") == 0


@pytest.mark.parametrize(
    ("level", "options", "raw"),
    [
        ("at_risk", None, {"id": "2", "value": "At risk"}),
        ("at_risk", {"at_risk": "Off track"}, {"id": "3", "value": "Off track"}),
        ("at_risk", {"on_track": "On track"}, None),
        ("at_risk", {"at_risk": "No such option"}, None),
        ("pending", None, None),
        ("unknown", {"unknown": "Off track"}, {"id": "3", "value": "Off track"}),
    ],
)
def test_health_becomes_an_option_or_clears(
    make: SimpleNamespace, level: str, options: object, raw: object
) -> None:
    state = make.objective(level=level)
    assert on_objective(make, state, "okr_health", value="health", options=options) == raw


def test_health_as_words(make: SimpleNamespace) -> None:
    assert (
        on_objective(make, make.objective(), "okr_summary", value="health", options={"at_risk": "Gelb"})
        == "Gelb"
    )


def test_a_type_that_cannot_hold_the_value_is_left_alone(make: SimpleNamespace) -> None:
    assert on_objective(make, make.objective(), "okr_labels", value="progress_percent") == "left"
    assert on_objective(make, make.objective(), "lead", value="health") == "left"


def test_rich_text_follows_the_api(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": OBJECTIVE, "set": {"okr_notes": {"value": "progress_percent"}}})
    [cloud], [center] = (
        make.desired(mapping, make.objective(), api=3),
        make.desired(mapping, make.objective(), api=2),
    )
    assert isinstance(cloud.raw, dict)
    assert cloud.raw["type"] == "doc"
    assert center.raw == "63 %"


@pytest.mark.parametrize(
    ("progress", "level", "count", "line"),
    [
        (None, "unknown", 0, "progress unknown · expected 71 %"),
        (None, "pending", 1, "progress unknown · pending · expected 71 % · 1 key result"),
        ("0.7", "achieved", 2, "70 % · achieved · expected 71 % · 2 key results"),
    ],
)
def test_the_summary_is_one_line(
    make: SimpleNamespace, progress: object, level: str, count: int, line: str
) -> None:
    key_results = tuple(make.key_result(str(200 + number)) for number in range(count))
    state = make.objective(progress=progress, level=level, key_results=key_results)
    assert on_objective(make, state, "okr_summary", value="summary") == line


def test_nothing_is_written_where_no_issue_stands(make: SimpleNamespace) -> None:
    rules = [
        {"target": target, "set": {"okr_progress": {"value": "progress_percent"}}}
        for target in (OBJECTIVE, "key_result")
    ]
    state = make.objective("@company", key_results=(make.key_result("@company/delivery"),))
    assert make.desired(make.mapping(*rules), state) == ()


def test_the_rule_written_first_wins(make: SimpleNamespace) -> None:
    rules = [
        {"target": OBJECTIVE, "set": {"okr_progress": {"value": value}}}
        for value in ("expected_percent", "progress_percent")
    ]
    [found] = make.desired(make.mapping(*rules), make.objective())
    assert found.raw == 71


def test_a_shared_key_result_is_written_by_the_first_objective_in_id_order(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": "key_result", "set": {"okr_progress": {"value": "expected_percent"}}})
    shared = make.key_result("200")
    ninth = make.objective("9", expected=Fraction(1, 10), key_results=(shared,))
    tenth = make.objective("10", expected=Fraction(9, 10), key_results=(shared,))
    owned = owners(mapping, [tenth, ninth])
    assert [item.raw for item in make.desired(mapping, ninth, owned)] == [10]
    assert make.desired(mapping, tenth, owned) == ()


def test_a_shared_key_result_is_written_by_an_objective_that_runs_before_one_whose_cycle_has_ended(
    make: SimpleNamespace,
) -> None:
    mapping = make.mapping({"target": "key_result", "set": {"okr_progress": {"value": "expected_percent"}}})
    quarters = {
        "2026-Q4": CyclePart.model_validate({"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}),
        "2027-Q1": CyclePart.model_validate({"id": "2027-Q1", "start": "2027-01-01", "end": "2027-03-31"}),
    }
    mapping = replace(mapping, cycles=Calendar(quarters))
    shared = make.key_result("200")
    ended = make.objective("9", key_results=(shared,), cycle_id="2026-Q4")
    running = make.objective("10", key_results=(shared,), cycle_id="2027-Q1")
    apart = make.objective("11", key_results=(shared,), cycle_id=None)
    for today, states, owner in (
        (date(2026, 12, 31), [running, ended], "9"),
        (date(2027, 1, 1), [running, ended], "10"),
        (date(2027, 1, 1), [apart, ended], "11"),
        (date(2027, 1, 1), [apart, running, ended], "10"),
        (date(2027, 4, 1), [running, ended], "9"),
        (None, [running, ended], "9"),
    ):
        assert owners(mapping, states, today).key_results == {"200": owner}


def test_an_objective_that_is_also_a_key_result_is_written_as_an_objective(make: SimpleNamespace) -> None:
    mapping = make.mapping(
        {"target": OBJECTIVE, "set": {"okr_progress": {"value": "progress_percent"}}},
        {
            "target": "key_result",
            "set": {"okr_progress": {"value": "progress_percent"}, "okr_summary": {"value": "summary"}},
        },
    )
    child = make.objective("200", "0.25")
    parent = make.objective("100", key_results=(make.key_result("200", "0.75"),))
    owned = owners(mapping, [parent, child])
    assert [(item.issue_id, item.raw) for item in make.desired(mapping, child, owned)] == [("200", 25)]
    assert [(item.issue_id, item.place.name) for item in make.desired(mapping, parent, owned)] == [
        ("100", "OKR progress"),
        ("200", "OKR summary"),
    ]


def test_an_issue_that_the_mirror_does_not_hold_is_left_alone(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": OBJECTIVE, "set": {"okr_progress": {"value": "progress_percent"}}})
    assert desired_values(mapping, make.objective(), {}.get) == ()
    [found] = desired_values(mapping, make.objective(), {"100": make.issue("100", key="NEW-1")}.get)
    assert found.issue_key == "NEW-1"


@pytest.mark.parametrize(
    "value", [one.name for one in WRITTEN_VALUES if not one.name.startswith("forecast_")]
)
def test_a_type_that_holds_a_value_is_one_that_gets_it(make: SimpleNamespace, value: str) -> None:
    state = make.whole_objective()
    mapping = make.mapping({"target": OBJECTIVE, "set": {alias: {"value": value} for alias in make.fields}})
    filled = {type_.name for item in make.desired(mapping, state) if item.raw and (type_ := item.place.type)}
    assert filled == {type_.name for type_ in FIELD_TYPES if type_.holding in VALUE_OF_NAME[value].held_by}
