"""What is written, held, cleared and told, at the edges: a literal outcome for each branch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.document.schema import BrakePart
from mappings.document.text.source import read_document
from mappings.explain.confidence import Confidence, ConfidenceLevel, SpokenConfidence
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.rows.ledger import Disposition, Ledger
from mappings.rollup.state import HealthLevel
from mappings.write_back.brake import STILL, Hold, Impact, Release, brake, loss
from mappings.write_back.desired_values import (
    Owners,
    count_key_results,
    counting_rows,
    desired_values,
    owners,
    places,
    summary,
)
from mappings.write_back.echo import EventValue
from mappings.write_back.evidence import moved_rows
from mappings.write_back.leftovers import (
    LastWrite,
    all_places,
    clear_leftovers,
    plans_with_clearing,
    with_clearing,
)
from mappings.write_back.plan import Change, Plan, canonical, plan, plan_hash, reason
from mappings.write_back.preview import difference, preview, reasons, row_differences
from mappings.write_back.row_sums import Sums, describe_sums
from mappings.write_back.target import Objection, WriteBasis
from mappings.write_back.targets import field, goal
from mappings.write_back.targets.field import field_place
from mappings.write_back.values import VALUE_OF_NAME, WRITTEN_VALUES, Form, ValuePart

HALF = Fraction(1, 2)


def change(issue: str = "100", field: str = "f", before: object = 50, after: object = 63) -> Change:
    return Change(issue, f"PLAT-{issue}", field, field.upper(), before, after, "progress 50 → 63")


# -- the brake


def test_each_step_is_counted_once(make: SimpleNamespace) -> None:
    two = (make.key_result("200"), make.key_result("201"))
    stood = make.objective(key_results=two)
    steps = [
        (None, stood, Impact(0, 0, 0, 0, 0)),
        (stood, stood, Impact(1, 0, 2, 0, 0)),
        (stood, None, Impact(1, 1, 2, 2, 0)),
        (stood, make.objective(key_results=two[:1]), Impact(1, 0, 2, 1, 0)),
        (stood, make.objective(key_results=(*two, make.key_result("202"))), Impact(1, 0, 2, 0, 0)),
        (stood, make.objective(level="on_track", key_results=two), Impact(1, 0, 2, 0, 1)),
        (stood, make.objective(level="on_track", expected=HALF, key_results=two), Impact(1, 0, 2, 0, 0)),
        (stood, make.objective(progress="0.7", level="on_track", expected=HALF), Impact(1, 0, 2, 2, 1)),
        (stood, make.objective(progress="0.7", key_results=two), Impact(1, 0, 2, 0, 0)),
        (make.objective(), make.objective(), Impact(1, 0, 0, 0, 0)),
    ]
    for before, after, told_ in steps:
        assert STILL.with_step(before, after) == told_
    every = STILL
    for before, after, _ in steps:
        every = every.with_step(before, after)
    assert every == Impact(9, 1, 16, 5, 2)


HELD = "look at the plan, then approve it or change the mapping"


@pytest.mark.parametrize(
    ("movement", "floor", "verdict"),
    [
        (Impact(1, 1), 0, Hold(f"1 of 1 objective would be none any more (100 %), more than 30 % and more than 0: {HELD}", Fraction(1), 1)),
        (Impact(1, 1), 1, Release()),
        (Impact(2, 0, 5, 2), 1, Hold(f"2 of 5 key results would be none any more (40 %), more than 30 % and more than 1: {HELD}", Fraction(2, 5), 2)),
        (Impact(4, 0, 0, 0, 2), 1, Hold(f"2 of 4 objectives would get another health (50 %), more than 30 % and more than 1: {HELD}", HALF, 2)),
        (Impact(10, 3, 10, 3, 3), 0, Release()),
        (Impact(9, 3, 9, 3, 3), 0, Hold(f"3 of 9 objectives would be none any more (33 %), more than 30 % and more than 0: {HELD}", Fraction(1, 3), 3)),
        (Impact(10, 3, 9, 3, 3), 0, Hold(f"3 of 9 key results would be none any more (33 %), more than 30 % and more than 0: {HELD}", Fraction(1, 3), 3)),
        (STILL, 0, Release()),
    ],
)  # fmt: skip
def test_what_is_lost_is_weighed_in_this_order(movement: Impact, floor: int, verdict: Hold | Release) -> None:
    part = BrakePart.model_validate({"floor": floor, "share": "0.3"})
    assert loss(movement, part) == verdict
    assert brake([], 100, part, movement) == verdict


def test_values_are_weighed_before_what_is_lost_and_against_what_was_written() -> None:
    part = BrakePart.model_validate({"floor": 1, "share": "0.5"})
    plans = [Plan("100", (change("1"), change("2"), change("3", before=None), change("4", before=" ")))]
    assert brake(plans, 4, part) == Release()
    held = brake(plans, 3, part, Impact(2, 2))
    assert held == Hold(f"2 of 3 written values would change (67 %), more than 50 % and more than 1: {HELD}", Fraction(2, 3), 2)  # fmt: skip
    assert brake(plans, 0, part) == Hold(f"2 of 2 written values would change (100 %), more than 50 % and more than 1: {HELD}", Fraction(1), 2)  # fmt: skip
    assert brake([Plan("100", (change("1"),))], 1, part) == Release()


# -- what is left behind


def test_each_place_is_judged_by_itself_and_the_next_one_too(make: SimpleNamespace) -> None:
    place = field_place(make.fields["okr_progress"])
    assert place is not None
    today, field = date(2026, 11, 2), place.id

    def wrote(id_: str, value: object = 50.0, **facts: Any) -> LastWrite:
        return LastWrite(id_, f"OLD-{id_}", place, value, "7", **facts)

    def holding(id_: str, value: object, **facts: Any) -> Issue:
        issue: Issue = make.issue(id_, fields={field: value}, **facts)
        return issue

    mirror = {
        "1": holding("1", 50.0),
        "2": holding("2", 50.0),
        "3": holding("3", 50.0),
        "4": holding("4", 51.0),
        "5": holding("5", 50.0, archived=True),
        "6": make.issue("6"),
        "8": holding("8", 50.0),
    }
    standing = [
        wrote("1"),
        wrote("2", stays=True),
        wrote("3", until=date(2026, 11, 1)),
        wrote("1", value=None),
        wrote("4"),
        wrote("5"),
        wrote("6"),
        wrote("7"),
        wrote("8", until=today),
        wrote("9", value=""),
    ]
    found = clear_leftovers(standing, {("10", field)}, mirror.get, today, {field})
    assert [(one.issue_id, one.issue_key) for one in found] == [
        ("1", "PLAT-1"),
        ("7", "OLD-7"),
        ("8", "PLAT-8"),
    ]
    assert found[2] == Change(
        issue_id="8",
        issue_key="PLAT-8",
        field_id=field,
        field_name="OKR progress",
        before=50.0,
        after=None,
        reason="OKR progress 50 → empty: it is not written here any more",
        until=today,
        left=True,
    )
    kept = clear_leftovers(standing, {("1", field), ("8", "another")}, mirror.get, today, {field})
    assert [one.issue_id for one in kept] == ["7", "8"]
    unread = clear_leftovers(standing, set(), mirror.get, today, set())
    assert [one.issue_id for one in unread] == ["1", "6", "7", "8"], (
        "what is not read is taken for what we wrote"
    )


def test_clearing_enters_the_plans_in_their_order() -> None:
    first = Plan("100", (change("20"), change("3", "g")))
    mine = change("3", "a")
    assert with_clearing(first, "100", [mine]).changes == (mine, change("3", "g"), change("20"))
    found = plans_with_clearing([first, Plan("101")], {"101": [mine], "102": [change("9")]})
    assert found == [first, Plan("101", (mine,)), Plan("102", (change("9"),))]


def test_everything_that_is_spoken_for(make: SimpleNamespace) -> None:
    mapping = make.mapping(
        {"target": "objective", "set": {"okr_progress": {"value": "progress_percent"}}},
        {"target": "key_result", "set": {"okr_summary": {"value": "summary"}, "okr_progress": {"value": "raw_percent"}}},
    )  # fmt: skip
    one = make.objective("100", key_results=(make.key_result("200"), make.key_result("100/x")))
    other = make.objective("101", key_results=(make.key_result("200"), make.key_result("100")))
    owned = owners(mapping, [other, one])
    assert owned == Owners({"100": "epics", "101": "epics"}, {"200": "100", "100": "101"}, {})
    progress, words = "customfield_10060", "customfield_10062"
    assert places(mapping, one, owned) == {("100", progress), ("200", words), ("200", progress)}
    assert places(mapping, other, owned) == {("101", progress), ("100", words)}
    assert all_places(mapping, [one, other], owned) == places(mapping, one, owned) | places(
        mapping, other, owned
    )
    assert all_places(mapping, [], owned) == frozenset()


# -- plans


@pytest.mark.parametrize(
    ("raw", "same"),
    [
        (50.0, 50),
        (50.5, 50.5),
        (50, 50),
        (True, True),
        (None, None),
        ("50.0", "50.0"),
        ({"self": "https://a", "id": "1", "n": 2.0}, {"id": "1", "n": 2}),
        ([{"self": "x", "id": 1.0}, 2.0], [{"id": 1}, 2]),
        ((1.0, "a"), [1, "a"]),
    ],
)  # fmt: skip
def test_a_value_is_hashed_without_addresses_and_as_a_whole_number(raw: object, same: object) -> None:
    assert canonical(raw) == same
    assert type(canonical(raw)) is type(same)


def test_a_hash_is_the_same_on_every_machine() -> None:
    """Activation is bound to it: a preview of one process is activated by another."""
    plans = [Plan("100", (change("10", after={"id": "1"}),)), Plan("9", (change("9", "é"),)), Plan("8")]
    assert plan_hash(plans, "r2") == "b6a269ceaa9fcbf385bd2161a17e05bc1dbc588e17bde35160517e3a3dbac240"
    assert plan_hash(list(reversed(plans)), "r2") == plan_hash(plans, "r2")
    assert plan_hash([Plan("1")]) == "aa5598c670c7f9c9ab8594d942390dad96b52631bfb78d060476b9a719365947"


def test_the_reason_says_value_step_and_cause(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": "objective", "set": {"okr_progress": {"value": "raw_percent"}}})
    [wanted] = make.desired(mapping, make.objective())
    assert reason(wanted, 50, "PLAT-7 moved to Done") == "raw 50 → 63: PLAT-7 moved to Done"
    assert reason(wanted, None, "") == "raw empty → 63"
    made = plan("100", [wanted], {"100": make.issue(fields={wanted.place.id: 50})}.get, "x")
    assert made.changes == (
        Change("100", "PLAT-100", "customfield_10060", "OKR progress", 50, 63, "raw 50 → 63: x"),
    )
    assert Plan("100", (change("1"), change("2"), change("1", "g"))).by_issue() == {
        "1": (change("1"), change("1", "g")),
        "2": (change("2"),),
    }


# -- the preview


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, ("1", 3, "0.5"), ["now selected: counted"]),
        (("1", 3, "0.5"), None, ["no longer selected, was counted"]),
        (("1", 3, "0.5"), ("1", 3, "0.5"), []),
        (("1", 3, "0.5"), ("1", 5, "0.5"), ["weight 3 → 5"]),
        (("1", 3, "0.5"), ("1", None, "0.5"), ["weight 3 → none"]),
        (("1", 3, "0.5"), ("1", 3, "0.75"), ["progress 50 % → 75 %"]),
        (("1", 3, None), ("1", 5, "0.75"), ["weight 3 → 5", "progress unknown → 75 %"]),
        (None, None, []),
    ],
)
def test_why_a_row_is_treated_differently(
    make: SimpleNamespace, before: tuple[Any, ...] | None, after: tuple[Any, ...] | None, said: list[str]
) -> None:
    old, new = (None if one is None else make.row(*one) for one in (before, after))
    assert list(reasons(old, new)) == said
    found = difference(old, new)
    assert (found is None) is (not said)
    assert found is None or found.reason == "; ".join(said)


def test_a_row_that_is_left_out_says_why_and_a_share_alone_is_no_difference(make: SimpleNamespace) -> None:
    row = make.row("3", 2, "0.5")
    gone = replace(row, disposition=Disposition.NOT_ACHIEVED, reason="resolution Won't Do")
    assert list(reasons(row, gone)) == ["counted → not achieved (resolution Won't Do)"]
    shared = replace(row, share=Fraction(1, 3))
    assert difference(row, shared) is None
    assert row_differences(Ledger((row,), HALF), Ledger((shared, make.row("2")), HALF))[0].id == "2"
    rows = [make.row(id_) for id_ in ("10", "9", "@a")]
    assert [one.id for one in row_differences(Ledger(), Ledger(tuple(rows), None))] == ["9", "10", "@a"]
    assert row_differences(Ledger((row,), HALF), Ledger((row,), HALF)) == ()


def test_a_preview_drops_empty_plans_and_orders_the_others(make: SimpleNamespace) -> None:
    plans = [
        Plan("100", (change("10"), change("10", "g"), change("9"))),
        Plan("7"),
        Plan("9", (change("9", "h"),)),
    ]
    made = preview("r2", {}, {"9": make.objective("9")}, plans)
    assert [one.objective_id for one in made.plans] == ["9", "100"]
    assert (made.cost.writes, made.cost.issues, made.cost.calls) == (4, 2, 3)
    assert made.changed == made.objectives
    assert not made.changed[0].key_results
    assert made.hash == plan_hash(plans, "r2")


# -- values


def test_what_each_value_is_as_data_and_in_words(make: SimpleNamespace) -> None:
    """Every value that can be written, of an objective about which everything is known."""
    mapping = make.mapping(
        {"target": "objective", "property": {"key": "k", "values": [one.name for one in WRITTEN_VALUES]}}
    )
    [found] = make.desired(mapping, make.whole_objective())
    assert found.raw == {
        "progress_percent": 63,
        "progress": 0.63,
        "raw_percent": 63,
        "delivery_percent": 50,
        "outcome_percent": 50,
        "expected_percent": 71,
        "pace": 0.5,
        "health": "at_risk",
        "summary": "63 % · at risk · expected 71 % · 2 key results",
        "score": 0.6,
        "issues_total": 3,
        "issues_done": 1,
        "issues_remaining": 2,
        "weight_total": 10,
        "weight_done": 3,
        "weight_remaining": 7,
        "gap_count": 1,
        "forecast_probability": None,
        "forecast_date": None,
        "cycle": "2026-Q4",
        "last_check_in": "2026-11-22",
        "confidence": 7,
    }


@pytest.mark.parametrize(
    ("name", "form", "numeric", "digits", "of_rows", "passing"),
    [
        ("progress_percent", Form.PERCENT, True, 2, True, False),
        ("progress", Form.SHARE, True, 2, True, False),
        ("raw_percent", Form.PERCENT, True, 2, False, False),
        ("delivery_percent", Form.PERCENT, True, 2, True, False),
        ("outcome_percent", Form.PERCENT, True, 2, False, False),
        ("expected_percent", Form.PERCENT, True, 2, False, True),
        ("pace", Form.SHARE, True, 2, False, False),
        ("health", Form.LEVEL, False, 2, False, False),
        ("summary", Form.WORDS, False, 2, False, False),
        ("score", Form.SHARE, True, 1, False, False),
        ("issues_total", Form.COUNT, True, 2, True, False),
        ("issues_done", Form.COUNT, True, 2, True, False),
        ("issues_remaining", Form.COUNT, True, 2, True, False),
        ("weight_total", Form.COUNT, True, 2, True, False),
        ("weight_done", Form.COUNT, True, 2, True, False),
        ("weight_remaining", Form.COUNT, True, 2, True, False),
        ("gap_count", Form.COUNT, True, 2, True, True),
        ("forecast_probability", Form.CHANCE, True, 2, False, False),
        ("forecast_date", Form.DAY, False, 2, False, False),
        ("cycle", Form.WORDS, False, 2, False, False),
        ("last_check_in", Form.DAY, False, 2, False, False),
        ("confidence", Form.COUNT, True, 0, False, False),
    ],
)
def test_what_a_value_is(
    name: str, form: Form, numeric: bool, digits: int, of_rows: bool, passing: bool
) -> None:
    value = VALUE_OF_NAME[name]
    found = (value.form, value.is_number, value.digits, value.of_rows, value.passing)
    assert found == (form, numeric, digits, of_rows, passing)
    holdings = {
        Form.LEVEL: ("choice", "words"),
        Form.DAY: ("day", "words"),
        Form.WORDS: ("words",),
    }.get(form, ("number", "words"))
    assert tuple(one.value for one in value.held_by) == holdings


def test_every_value_has_its_row_above() -> None:
    assert len(WRITTEN_VALUES) == 22


@pytest.mark.parametrize(
    ("progress", "level", "expected", "results", "commitment", "said"),
    [
        ("0.62", HealthLevel.AT_RISK, "0.71", 0, "committed", "62 % · at risk · expected 71 %"),
        ("0.62", HealthLevel.AT_RISK, None, 1, "committed", "62 % · at risk · 1 key result"),
        (None, HealthLevel.UNKNOWN, None, 0, "committed", "progress unknown"),
        (None, HealthLevel.PENDING, "0", 0, "committed", "progress unknown · pending · expected 0 %"),
        ("0.5", HealthLevel.UNKNOWN, None, 0, "committed", "50 % · unknown"),
        ("0.996", HealthLevel.ON_TRACK, None, 2, "committed", "99 % · on track · 2 key results (1 unknown)"),
        ("0.698", HealthLevel.ON_TRACK, None, 0, "aspirational", "69 % · on track"),
        ("0.698", HealthLevel.ON_TRACK, None, 0, "committed", "70 % · on track"),
    ],
)
def test_the_line_for_people(
    make: SimpleNamespace,
    progress: str | None,
    level: HealthLevel,
    expected: str | None,
    results: int,
    commitment: str,
    said: str,
) -> None:
    share, due = (None if one is None else Fraction(one) for one in (progress, expected))
    have = (make.key_result("200"), make.key_result("201", None, "unknown"))[:results]
    assert summary(share, level, due, have, commitment) == said


def test_key_results_are_counted_in_words(make: SimpleNamespace) -> None:
    known, unknown = make.key_result("200"), make.key_result("201", None, "unknown")
    assert count_key_results((known,)) == "1 key result"
    assert count_key_results((unknown,)) == "1 key result (1 unknown)"
    assert count_key_results((known, unknown, unknown)) == "3 key results (2 unknown)"


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (None, "no row is an issue that can be counted"),
        (Sums(Fraction(1), Fraction(0), Fraction(1), Fraction(0)), "0 of 1 issue done"),
        (Sums(Fraction(3), Fraction(2), Fraction(3), Fraction(2)), "2 of 3 issues done"),
        (Sums(Fraction(3), Fraction(2), Fraction(10), Fraction(8)), "2 of 3 issues done, weighing 8 of 10"),
        (Sums(Fraction(3), Fraction(2), Fraction(3), HALF), "2 of 3 issues done, weighing 0.5 of 3"),
        (Sums(Fraction(1), Fraction(1), Fraction(5, 2), Fraction(5, 2)), "1 of 1 issue done, weighing 2.5 of 2.5"),
    ],
)  # fmt: skip
def test_sums_in_words(sums: Sums | None, said: str) -> None:
    assert describe_sums(sums) == said


def test_the_rows_that_count_and_are_nothing_else(make: SimpleNamespace) -> None:
    rows = make.ledger(
        make.row("300"),
        make.row("301", disposition=Disposition.EXCLUDED),
        make.row("302", disposition=Disposition.NOT_ACHIEVED),
        make.row("@written"),
        make.row("100"),
        make.row("200"),
        make.row("300"),
    )
    state = make.objective(key_results=(make.key_result("200"), make.key_result("100/x", ledger=rows)))
    assert counting_rows(state) == ("300", "302")
    assert counting_rows(replace(state, plain=True)) == ()


def test_an_unknown_option_is_asked_for_and_a_level_without_one_clears(make: SimpleNamespace) -> None:
    part = ValuePart.model_validate({"value": "health", "options": {"at_risk": "Amber"}})
    assert part.label(HealthLevel.AT_RISK) == "Amber"
    assert part.label(HealthLevel.ON_TRACK) is None
    assert part.wanted_options == {"at_risk": "Amber"}
    assert ValuePart(value="health").wanted_options == {
        "off_track": "Off track",
        "at_risk": "At risk",
        "unknown": "Unknown",
        "pending": "Pending",
        "on_track": "On track",
        "achieved": "Achieved",
    }


def test_what_moved_a_key_result_that_is_an_issue(make: SimpleNamespace) -> None:
    """Its own number, weight and aims move it; a number that follows its rows does not by itself."""
    plain = make.key_result("200", "0.5")
    with_rows = make.key_result("201", "0.5", ledger=make.ledger(make.row("300", 1, 0)))
    before = make.objective(key_results=(plain, with_rows))

    def after(*key_results: Any) -> Any:
        return make.objective(key_results=key_results)

    def measured(one: Any, **facts: Any) -> Any:
        return replace(one, measurement=replace(one.measurement, **facts))

    steps: list[tuple[Any, set[str]]] = [
        (after(plain, with_rows), set()),
        (after(measured(plain, raw=Fraction(3, 4)), with_rows), {"200"}),
        (after(measured(plain, raw=Fraction(3, 4), clocked=True), with_rows), {"200"}),
        (after(replace(plain, weight=Fraction(2)), with_rows), {"200"}),
        (after(replace(plain, contributing=False), with_rows), {"200"}),
        (after(measured(plain, start=HALF), with_rows), {"200"}),
        (after(measured(plain, target=HALF), with_rows), {"200"}),
        (after(measured(plain, at_least=HALF), with_rows), {"200"}),
        (after(measured(plain, at_most=HALF), with_rows), {"200"}),
        (after(measured(plain, current=HALF), with_rows), set()),
        (after(plain, measured(with_rows, raw=Fraction(3, 4))), set()),
        (after(plain, replace(with_rows, weight=None)), {"201"}),
        (after(plain), {"201", "300"}),
    ]
    for state, ids in steps:
        assert moved_rows(before, state).all == ids
    clocked = make.objective(key_results=(measured(plain, clocked=True), with_rows))
    assert (
        moved_rows(clocked, after(measured(plain, raw=Fraction(9, 10), clocked=True), with_rows)).all == set()
    )
    found = moved_rows(before, after(plain))
    assert found.of_key_result == {"200": frozenset(), "201": frozenset({"201", "300"})}
    assert moved_rows(None, None).all == frozenset()
    assert moved_rows(None, make.objective()).all == {"100"}


def test_confidence_is_that_of_the_key_result_or_the_lowest_of_the_objective(make: SimpleNamespace) -> None:
    said = SpokenConfidence(Confidence(ConfidenceLevel.ON, 4), "acc-1", datetime(2026, 11, 2, tzinfo=UTC))
    sure, unsure = make.key_result("200", confidence=said), make.key_result("201")
    state = make.objective(key_results=(sure, unsure), confidence=Confidence(ConfidenceLevel.ON, 7))
    for target, found in (("objective", {"100": 7}), ("key_result", {"200": 4, "201": None})):
        mapping = make.mapping({"target": target, "set": {"okr_progress": {"value": "confidence"}}})
        assert {one.issue_id: one.raw for one in make.desired(mapping, state)} == found


def test_what_stands_on_one_issue_does_not_end_the_others(make: SimpleNamespace) -> None:
    """An issue that is archived, or not held, or has its place already is passed over, and the next one is not."""
    mapping = make.mapping(
        {
            "target": "key_result",
            "set": {"okr_progress": {"value": "raw_percent"}, "okr_summary": {"value": "summary"}},
        },
        {
            "target": "key_result",
            "set": {"okr_progress": {"value": "progress_percent"}, "okr_notes": {"value": "pace"}},
        },
    )
    results = tuple(make.key_result(id_) for id_ in ("200", "201", "202"))
    state = make.objective(key_results=results)
    issues = {"200": make.issue("200", archived=True), "202": make.issue("202")}
    found = desired_values(mapping, state, issues.get, WriteBasis(2))
    assert [(one.issue_id, one.place.name, one.value) for one in found] == [
        ("202", "OKR progress", "raw_percent"),
        ("202", "OKR summary", "summary"),
        ("202", "OKR notes", "pace"),
    ]


def test_a_property_of_two_kinds_of_issues_is_no_slip(make: SimpleNamespace) -> None:
    head = "version: 1\nname: x\nscope: project = A\nobjectives: [{id: a, select: type = Epic, key_results: [{id: k, select: type = Story, relation: child, progress: {kind: milestone}}]}]\nwrite_back:\n"
    rows = "\n".join(f"  - {{target: {one}, property: okr}}" for one in ("objective", "key_result"))
    assert [one.code for one in read_document(head + rows).diagnostics] == []
    twice = "\n".join("  - {target: key_result, property: okr}" for _ in range(2))
    assert [one.code for one in read_document(head + twice).diagnostics] == ["two-writers"]
    sums = "\n".join(
        f"  - {{parents: type = {one}, rows: type = Story, property: {{key: okr, values: [issues_total]}}}}"
        for one in ("Saga", "Theme")
    )
    assert [one.code for one in read_document(head + sums).diagnostics] == []


def test_spots_of_goals_are_alike_by_the_goal_alone() -> None:
    one, same, other = {"id": "ari:2", "score": 1}, {"id": "ari:2"}, {"id": "ari:1"}
    assert [goal.TARGET.alike(one, two) for two in (same, other, {"id": "ari:3"}, None)] == [
        *(True, False, False, False)
    ]
    assert goal.TARGET.shared(one) == "ari:2"
    assert goal.TARGET.shared({"id": 5}) is None
    assert [goal.band(score) for score in (0, 34, 35, 64, 65, 100)] == [
        *("off_track", "off_track", "at_risk", "at_risk", "on_track", "on_track")
    ]


def test_what_every_target_offers_unless_it_says_otherwise(make: SimpleNamespace) -> None:
    target, step = field.TARGET, change()
    assert target.looks_first(step) is False
    assert (goal.TARGET.looks_first(change(field="goal:okr")), goal.TARGET.looks_first(change(field="goal:metrics"))) == (True, False)  # fmt: skip
    assert target.turn(step, [], Moment(datetime(2026, 11, 2, tzinfo=UTC))) is None
    assert (target.shared(5), target.alike(5, 6), target.verdict(step, 1, 2, None)) == (None, True, "")
    assert (target.shown(2), target.shown(3), dict(target.told("x", {}))) == (True, True, {})
    assert list(target.readings({"1": ["a"]}, lambda _issue, _place: None)) == []
    objection = Objection(400, "no", "all of it", fields={"f": "not on screen"})
    assert target.words(step, objection) == "not on screen"
    assert target.words(change(field="g"), objection) == "all of it"
    place = field_place(make.fields["okr_progress"])
    assert place is not None
    assert place.says(EventValue(True, 50), 50)
    assert not place.says(EventValue(True, 51), 50)
    assert not place.says(EventValue(False, 50), 50)


@pytest.mark.parametrize(
    ("field_id", "message", "status", "after", "said"),
    [
        ("f", "not on the screen", 400, 63, "Add the field F (f) to the edit screen used by PLAT-100, give the connector's account permission to edit it, or take the field out of write_back."),
        ("f", "Option id is invalid", 400, {"id": "7"}, 'Add the option "7" to F in the context that PLAT-100 is of (its project and type), or name one of that context under `options`.'),
        ("f", "Option id is invalid", 400, {"value": "Amber", "id": "7"}, 'Add the option "Amber" to F in the context that PLAT-100 is of (its project and type), or name one of that context under `options`.'),
        ("f", "Option id is invalid", 400, 63, "Check what F accepts on PLAT-100, then retry."),
        ("g", "not on the screen", 404, 63, "Check that PLAT-100 still exists and that the connector's account may see it."),
        ("f", "", 403, 63, "Give the connector's account the Edit issues permission in the project of PLAT-100."),
        ("f", "", 400, 63, "Check what F accepts on PLAT-100, then retry."),
    ],
)  # fmt: skip
def test_what_to_do_about_a_field_that_is_refused(
    field_id: str, message: str, status: int, after: object, said: str
) -> None:
    objection = Objection(status, message, message, fields={field_id: message})
    assert field.TARGET.remedy(change(after=after), objection) == said
    general = Objection(400, "", "", remedy="Ask Jira.")
    assert field.TARGET.remedy(change(), general) == "Ask Jira."
