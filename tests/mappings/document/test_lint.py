"""Advice, from the document and from where objectives stand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mappings.diagnostic import Severity
from mappings.document.text.source import read_document
from mappings.explain.lint import lint_document, lint_states, lint_upkeep
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

FINE = Health(HealthLevel.ON_TRACK, "pace", "on pace")
HALF = Measurement(Fraction(1, 2), Fraction(1, 2), Cause.MEASURED, "half")


def key_result(number: int, nature: str = "outcome", **more) -> KeyResultState:
    made = KeyResultState(
        str(number),
        "m",
        "transition",
        nature,
        f"Number {number}",
        HALF,
        FINE,
        Fraction(1),
        True,
        str(number),
        f"K-{number}",
        owner="ada",
    )
    return replace(made, **more)


def objective(number: int, *key_results: KeyResultState, **more) -> ObjectiveState:
    made = ObjectiveState(
        str(number), "o", f"Aim {number}", Fraction(1, 2), FINE, Ledger(), key_results, str(number), f"O-{number}",
        owner="ada", project_key="CORE", cycle_id="Q4",
    )  # fmt: skip
    return replace(made, **more)


THREE = tuple(key_result(number) for number in range(3))


def codes(found) -> list[tuple[str, str]]:
    assert all(one.severity is Severity.ADVICE and one.remedy for one in found)
    return [(one.code, one.path) for one in found]


def test_three_of_three_need_no_advice():
    assert codes(lint_states([objective(number, *THREE) for number in range(3)])) == []


def test_numbers_owners_cycles_and_outputs_are_advised():
    states = [
        objective(1, *(key_result(number) for number in range(6))),
        objective(2, key_result(7, "delivery", owner=None), owner=None),
        objective(3, cycle_id=None, progress=None),
        objective(
            4,
            *THREE[:2],
            key_result(9, measurement=replace(HALF, cause=Cause.UNKNOWN, reason="start is missing")),
        ),
    ]
    assert codes(lint_states(states)) == [
        ("not-time-bound", "O-3"),
        ("not-measurable", "O-3"),
        ("many-key-results", "O-1"),
        ("not-owned", "O-2"),
        ("few-key-results", "O-2"),
        ("only-outputs", "O-2"),
        ("not-owned", "K-7"),
        ("not-measurable", "K-9"),
    ]


def test_the_number_of_objectives_counts_per_project_and_cycle():
    assert codes(lint_states([objective(number, *THREE) for number in range(6)])) == [
        ("many-objectives", "CORE")
    ]
    assert codes(lint_states([objective(number, *THREE, cycle_id=f"Q{number}") for number in range(1)])) == [
        ("few-objectives", "CORE")
    ]


def test_a_team_counts_across_its_projects():
    mine = [objective(number, *THREE, team="Platform", project_key=f"P{number}") for number in range(6)]
    assert codes(lint_states(mine)) == [("many-objectives", "Platform")]


def test_rules_are_advised_before_anything_is_measured(complete):
    result = read_document(complete)
    assert lint_document(result.require(), result.positions) == ()
    text = complete.replace("    cycle: 2026-Q4\n", "").replace("cycles:\n", "cycles:\n").replace(
        "kind: transition, start: kr_start, current: kr_current, target: kr_target", "kind: milestone"
    )  # fmt: skip
    text = text.replace("objectives:\n", "objectives:\n  - {id: us, title: All of us}\n")
    result = read_document(text)
    found = lint_document(result.require(), result.positions)
    assert codes(found) == [
        ("not-time-bound", "objectives[0]"),
        ("not-owned", "objectives[0]"),
        ("not-time-bound", "objectives[1]"),
        ("only-outputs", "objectives[1]"),
    ]
    assert all(one.line for one in found)


YES = Health(HealthLevel.ACHIEVED, "achieved", "done")
UNKNOWN = Health(HealthLevel.UNKNOWN, "unknown", "nobody knows")


def ended(*healths: Health | None) -> list[list[ObjectiveState]]:
    """Closed cycles in which one key result ended so; None where it was not there."""
    return [[objective(1, *([] if one is None else [key_result(7, health=one)]))] for one in healths]


def test_what_is_achieved_each_time_is_upkeep():
    advised = [("always-achieved", "K-7")]
    assert codes(lint_upkeep(ended(YES, YES, YES), 3)) == advised
    assert codes(lint_upkeep(ended(FINE, YES, UNKNOWN, YES, None, YES), 3)) == advised
    assert codes(lint_upkeep(ended(YES, YES), 3)) == []
    assert codes(lint_upkeep(ended(YES, YES, FINE, YES), 3)) == []
    assert codes(lint_upkeep([], 3)) == []
    (found,) = lint_upkeep(ended(YES, YES, YES, YES), 3)
    assert found.message == 'K-7 "Number 7" was achieved in 4 cycles, one after the other'
