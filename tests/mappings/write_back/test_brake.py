"""When a set of plans waits for a person."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.document.schema import BrakePart
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState
from mappings.write_back.brake import STILL, Hold, Impact, Release, brake
from mappings.write_back.plan import Change, Plan


def rewriting(count: int, filling: int = 0) -> list[Plan]:
    changes = [
        Change(str(number), f"PLAT-{number}", "f", "F", 1 if number < count else None, 2, "")
        for number in range(count + filling)
    ]
    return [Plan(change.issue_id, (change,)) for change in changes]


@pytest.mark.parametrize(
    ("count", "filling", "written", "held"),
    [
        (0, 0, 0, False),
        (10, 0, 10, False),  # not more than the floor, whatever the share
        (11, 0, 11, True),
        (11, 0, 100, False),
        (30, 0, 100, False),  # not more than the share
        (31, 0, 100, True),
        (0, 5000, 100, False),  # filling empty fields changes nothing that is written
        (12, 0, 0, True),  # values of another hand
    ],
)
def test_share_and_floor(count: int, filling: int, written: int, held: bool) -> None:
    verdict = brake(rewriting(count, filling), written, BrakePart())
    assert isinstance(verdict, Hold if held else Release)


def test_a_hold_says_how_much_and_what_to_do() -> None:
    verdict = brake(rewriting(40), 100, BrakePart())
    assert isinstance(verdict, Hold)
    assert (verdict.share, verdict.count) == (Fraction(2, 5), 40)
    assert verdict.reason.startswith(
        "40 of 100 written values would change (40 %), more than 30 % and more than 10:"
    )


def test_share_one_never_holds() -> None:
    assert brake(rewriting(50), 50, BrakePart.model_validate({"share": 1})) == Release()


def standing(
    id_: str, level: HealthLevel, expected: Fraction | None = None, *key_results: str
) -> ObjectiveState:
    measured = Measurement(Fraction(1, 2), Fraction(1, 2), Cause.MEASURED, "")
    health = Health(level, "pace", "")
    parts = tuple(
        KeyResultState(name, "delivery", "delivery", "delivery", name, measured, health, None, True)
        for name in key_results
    )
    return ObjectiveState(id_, "epics", id_, Fraction(1, 2), health, Ledger(), parts, expected=expected)


AT_RISK, ON_TRACK = HealthLevel.AT_RISK, HealthLevel.ON_TRACK


def moved(*steps: tuple[ObjectiveState | None, ObjectiveState | None]) -> Impact:
    found = STILL
    for before, after in steps:
        found = found.with_step(before, after)
    return found


@pytest.mark.parametrize(("gone", "of_all", "held"), [(10, 10, False), (11, 30, True), (11, 40, False)])
def test_objectives_that_disappear_weigh(gone: int, of_all: int, held: bool) -> None:
    stay = standing("1", ON_TRACK)
    movement = moved(*[(stay, None)] * gone, *[(stay, stay)] * (of_all - gone), (None, stay))
    verdict = brake([], 100, BrakePart(), movement)
    assert isinstance(verdict, Hold if held else Release)
    if isinstance(verdict, Hold):
        assert verdict.reason.startswith("11 of 30 objectives would be none any more (37 %), more than 30 %")


@pytest.mark.parametrize(("gone", "held"), [(10, False), (11, True)])
def test_key_results_that_disappear_weigh(gone: int, held: bool) -> None:
    before = standing("1", ON_TRACK, None, *(f"k{number}" for number in range(20)))
    after = standing("1", ON_TRACK, None, *(f"k{number}" for number in range(gone, 20)))
    verdict = brake([], 100, BrakePart(), moved((before, after)))
    assert isinstance(verdict, Hold if held else Release)
    if isinstance(verdict, Hold):
        assert verdict.reason.startswith("11 of 20 key results would be none any more (55 %)")


def test_healths_that_change_weigh_unless_the_clock_alone_moved_them() -> None:
    step = (standing("1", ON_TRACK, Fraction(1, 2)), standing("1", AT_RISK, Fraction(1, 2)))
    verdict = brake([], 100, BrakePart(), moved(*[step] * 12))
    assert isinstance(verdict, Hold)
    assert verdict.reason.startswith("12 of 12 objectives would get another health (100 %)")
    later = (standing("1", ON_TRACK, Fraction(1, 2)), standing("1", AT_RISK, Fraction(4, 5)))
    assert brake([], 100, BrakePart(), moved(*[later] * 12)) == Release()
