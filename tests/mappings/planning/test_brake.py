"""When a set of plans waits for a person."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.brake import Go, Hold, brake
from mappings.document.schema import BrakePart
from mappings.planning import Change, Plan


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
    assert isinstance(verdict, Hold if held else Go)


def test_a_hold_says_how_much_and_what_to_do() -> None:
    verdict = brake(rewriting(40), 100, BrakePart())
    assert isinstance(verdict, Hold)
    assert (verdict.share, verdict.count) == (Fraction(2, 5), 40)
    assert verdict.reason.startswith(
        "40 of 100 written values would change (40 %), more than 30 % and more than 10:"
    )


def test_share_one_never_holds() -> None:
    assert brake(rewriting(50), 50, BrakePart.model_validate({"share": 1})) == Go()
