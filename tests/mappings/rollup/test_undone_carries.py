"""Taking a carry back: what is set as it was, what a person has to do, and what was done on it since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from mappings.facts.catalogue import Field
from mappings.facts.issue import IssueType, Project
from mappings.fields import CUSTOM
from mappings.rollup.cycles.carry import CarriedObjective
from mappings.rollup.cycles.carry_plan import CarryPlan
from mappings.rollup.cycles.carry_steps import CopiedLink, FieldWrite, IssueCopy, RowMove
from mappings.rollup.cycles.carry_undo import StandingCopy, carry_undo, done_since, standing_of
from tests.mappings.rollup.conftest import build_issue, build_mapping, build_objective

PLATFORM, EPIC, STORY = Project("1", "PLAT", "Platform"), IssueType("1", "Epic", 1), IssueType("2", "Story")


def write(field_id: str, value: str, *, former: str | None = None, adds: bool = False) -> FieldWrite:
    return FieldWrite(
        issue_id="10",
        issue_key="PLAT-10",
        field_id=field_id,
        name=field_id.title(),
        before="old",
        after="new",
        value=value,
        adds=adds,
        former=former,
    )


def undone_copy(key: str, *mark: FieldWrite) -> IssueCopy:
    return IssueCopy(
        source_id="10", source_key=key, title="Calm", project=PLATFORM, type=EPIC, label="okr", mark=mark
    )


def plan(
    *writes: FieldWrite, copies: tuple[IssueCopy, ...] = (), moves: tuple[RowMove, ...] = ()
) -> CarryPlan:
    return CarryPlan(
        objective_id="10",
        key="PLAT-10",
        title="Calm",
        from_cycle="2026-Q4",
        version=1,
        into="2027-Q1",
        key_results=(),
        writes=writes,
        carried=CarriedObjective("10", "2027-Q1"),
        copies=copies,
        moves=moves,
    )


LABEL = write("labels", '"okr-2027-Q1"', adds=True)
VERSION = write("fixVersions", '{"name": "v2027-Q1"}', adds=True)
BEGIN = write("begin", "60", former="10")
EMPTY = write("target", "60", former="null")
LOST = write("odd", "60")


def test_what_was_added_goes_and_what_was_set_becomes_what_it_was() -> None:
    undo = carry_undo(plan(LABEL, VERSION, BEGIN, LOST), (), ["it is closed"])
    assert undo.writes == (
        replace(LABEL, before="okr-2027-Q1", after="taken away"),
        replace(VERSION, before="v2027-Q1", after="taken away"),
        replace(BEGIN, before="new", after="old", value="10", former="60"),
    )
    assert undo.by_hand == ("set Odd of PLAT-10 to old",)
    assert undo.hindrances == ("it is closed",)
    assert undo.places == {("10", "labels"), ("10", "fixVersions"), ("10", "begin")}
    assert (undo.moves, undo.copies) == ((), ())


def test_what_was_empty_becomes_empty() -> None:
    (back,) = carry_undo(plan(EMPTY), (), ()).writes
    assert (back.before, back.after, back.value, back.former) == ("new", "old", "null", "60")


BELOW = RowMove("3", "PLAT-3", "Story 3", STORY)
LINKED = RowMove("4", "PLAT-4", "Story 4", STORY, CopiedLink("7", True, "4"))


def test_the_marks_of_copies_that_stand_go_and_the_copies_stay_for_a_person() -> None:
    copies = (undone_copy("PLAT-10", LABEL, BEGIN), undone_copy("PLAT-11", VERSION))
    made = (StandingCopy("110", "PLAT-110", "PLAT-10"),)
    undo = carry_undo(plan(copies=copies, moves=(BELOW, LINKED)), iter(made), ())
    there = {"issue_id": "110", "issue_key": "PLAT-110"}
    assert undo.writes == (
        replace(LABEL, before="okr-2027-Q1", after="taken away", **there),
        replace(BEGIN, before="new", after="old", value="null", former="60", **there),
    )
    assert undo.by_hand == ("delete PLAT-110 in Jira, the copy of PLAT-10",)
    assert (undo.copies, undo.moves) == (made, (BELOW,))
    assert undo.places == {("110", "labels"), ("110", "begin"), ("3", "parent")}


def test_nothing_moves_back_where_no_copy_was_made() -> None:
    assert carry_undo(plan(copies=(undone_copy("PLAT-10"),), moves=(BELOW,)), (), ()).moves == ()


FIELDS = {
    "begin": Field("begin", "Begin", "number", custom=f"{CUSTOM}float"),
    "shown": Field("shown", "Shown", "number", custom=f"{CUSTOM}float"),
    "odd": Field("odd", "Odd", "any", custom="com.example:odd"),
    "due": Field("duedate", "Due date", "date"),
    "bare": Field("bare", "", "string", custom=f"{CUSTOM}textfield"),
}


def mapping() -> Any:
    found = build_mapping(
        build_objective(),
        fields=FIELDS,
        write_back=[{"target": "objective", "set": {"shown": {"value": "progress_percent"}}}],
    )
    return replace(found, fields=FIELDS)


def test_what_stands_in_an_issue_is_what_people_say_and_not_what_is_written() -> None:
    facts: dict[str, Any] = {"begin": 60, "shown": 40, "odd": {"a": 1}, "duedate": "2026-12-24", "bare": None}
    whole = build_issue(10, parent=9, due=date(2026, 12, 31), **facts)
    plain = build_issue(11, status="Done")
    assert standing_of(mapping(), [whole, plain]) == {
        "10": {
            "status": "To Do",
            "summary": "Story 10",
            "parent": "9",
            "duedate": "2026-12-31",
            "begin": "60",
        },
        "11": {"status": "Done", "summary": "Story 11"},
    }


THEN = {"9": {"status": "To Do", "summary": "A", "begin": "10", "bare": "x"}, "10": {"status": "To Do"}}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (THEN, []),
        ({"10": THEN["10"]}, []),
        ({**THEN, "10": {"status": "Done"}}, ["PLAT-10 Status: To Do → Done"]),
        (
            {"9": {"status": "To Do", "summary": "B", "parent": "7", "bare": "y", "new": "1"}},
            [
                "9 bare: x → y",
                "9 Begin: 10 → empty",
                "9 new: empty → 1",
                "9 Parent: empty → 7",
                "9 Summary: A → B",
            ],
        ),
        (
            {"100": {}, "12": {}, "11": {}, "10": {"status": "Done", "duedate": "2027-01-01"}},
            [
                "PLAT-10 Due date: empty → 2027-01-01",
                "PLAT-10 Status: To Do → Done",
                "11 was added",
                "12 was added",
                "100 was added",
            ],
        ),
    ],
)
def test_what_was_done_since_is_told_issue_by_issue(now: Any, told: list[str]) -> None:
    assert done_since(mapping(), THEN, now, {"10": "PLAT-10"}) == told


def test_what_was_set_by_the_carry_is_nothing_that_was_done() -> None:
    now = {**THEN, "10": {"status": "Done", "begin": "5"}}
    assert done_since(mapping(), THEN, now, {}, {("10", "status"), ("9", "begin")}) == ["10 Begin: empty → 5"]
