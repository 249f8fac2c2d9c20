"""A plan that an earlier version kept, told from how the issues stood: which fields count as set, and what each held before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mappings.facts.catalogue import Field
from mappings.rollup.cycles import carry_undo
from mappings.rollup.cycles.carry_plan import CarryPlan
from mappings.rollup.cycles.carry_steps import FieldWrite
from mappings.rollup.cycles.carry_undo import recall_plan, stood_but

NUMBERS = {
    f"customfield_{number}": Field(f"customfield_{number}", f"N {number}", "number") for number in (1, 2, 3)
}


def write(field_id: str, before: str = "4", **more: Any) -> FieldWrite:
    return FieldWrite("10", "PLAT-10", field_id, "N", before, "0", "0", **more)


def recalled(monkeypatch: pytest.MonkeyPatch, stood: dict[str, str], *writes: FieldWrite) -> CarryPlan:
    monkeypatch.setattr(carry_undo, "standing_of", lambda _mapping, _issues: {"10": stood})
    mapping: Any = SimpleNamespace(fields={"two": SimpleNamespace(id="customfield_2")})
    issue: Any = SimpleNamespace(id="10", due=None, fields=dict.fromkeys(NUMBERS, 4))
    carried: Any = None
    plan = CarryPlan("10", "PLAT-10", "Calm", "2026-Q4", 1, "2027-Q1", (), writes, carried)
    return recall_plan(mapping, plan, [issue], NUMBERS.get)


def test_a_field_counts_as_set_where_the_mapping_reads_it_or_it_stood_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = recalled(monkeypatch, {"customfield_3": "4"}, *map(write, NUMBERS))
    assert plan.stood == {"10": {"customfield_2": "0", "customfield_3": "0"}}
    assert [one.former for one in plan.writes] == ["4", "4", "4"]


def test_what_it_held_is_said_where_it_reads_as_the_plan_says(monkeypatch: pytest.MonkeyPatch) -> None:
    writes = (
        write("customfield_1", before="5"),
        write("customfield_2", former="7"),
        write("customfield_1", adds=True),
        write("customfield_9"),
        FieldWrite("11", "PLAT-11", "customfield_2", "N", "4", "0", "0"),
    )
    plan = recalled(monkeypatch, {}, *writes)
    assert [one.former for one in plan.writes] == [None, "7", None, None, None]
    assert plan.stood == {"10": {"customfield_2": "0"}}


def test_places_that_were_set_stand_as_they_do_now() -> None:
    then = {"1": {"a": "x", "b": "y"}, "2": {"a": "z"}}
    now = {"1": {"a": "new", "c": "more"}, "3": {"a": "w"}}
    assert stood_but(then, now, set()) == then
    places = {("1", "a"), ("1", "b"), ("2", "a"), ("3", "a"), ("1", "c")}
    assert stood_but(then, now, places) == {"1": {"a": "new", "c": "more"}, "2": {"a": "z"}}
