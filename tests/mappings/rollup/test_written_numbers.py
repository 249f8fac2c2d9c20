"""A number that stands in a text is one in these digits alone, with nothing between them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.numbers import exact, number_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", Fraction(5)),
        (" -2.50 ", Fraction(-5, 2)),
        ("+.5", Fraction(1, 2)),
        ("1.", Fraction(1)),
        ("1e3", Fraction(1000)),
        ("1_000", None),
        ("1_0.5", None),
        ("٣", None),
        ("１２", None),
        ("1,5", None),
        ("1 000", None),
        ("0x10", None),
        ("NaN", None),
        ("Infinity", None),
        ("-inf", None),
        ("1e999", None),
        ("", None),
        (".", None),
    ],
)
def test_only_what_is_written_as_a_number_is_one(text: str, expected: Fraction | None) -> None:
    assert exact(text) == expected
    assert number_in({"value": text}) == expected
