"""Formulas: closed arithmetic in exact fractions. What is known, what is unknown and why, what is refused and where."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.kpi.formula import evaluate, faults, used_names

NAMES = {"a": "one", "b": "two"}


@pytest.mark.parametrize(
    ("text", "a", "b", "value"),
    [
        ("a / b * 100", 3, 8, "75/2"),
        ("a / b", 1, 3, "1/3"),
        ("0.1 + 0.2", 0, 0, "3/10"),
        ("12345678901234567890.123456789 + 0", 0, 0, "12345678901234567890123456789/1000000000"),
        ("a − b × 2 ÷ 4", 10, 4, "8"),
        ("-a + (b - 1) * -2", 3, 4, "-9"),
        ("min(a, b, 2)", 3, 4, "2"),
        ("max(a, b)", 3, 4, "4"),
        ("abs(a - b)", 3, 4, "1"),
        ("a*a*a", 10**15, 0, str(10**45)),
        (".5 * a", 3, 0, "3/2"),
    ],
)
def test_values(text: str, a: int, b: int, value: str) -> None:
    assert faults(text, NAMES) == ()
    assert evaluate(text, {"a": Fraction(a), "b": Fraction(b)}).value == Fraction(value)


@pytest.mark.parametrize("text", ["0 * a", "min(a, b)", "max(a, b)", "b + a - a", "a / a"])
def test_any_unknown_operand_makes_it_unknown(text: str) -> None:
    outcome = evaluate(text, {"a": None, "b": Fraction(1)})
    assert (outcome.value, outcome.reason) == (None, "a is unknown")


@pytest.mark.parametrize(("a", "b"), [(1, 0), (0, 0)])
def test_a_division_by_zero_is_unknown_with_that_reason(a: int, b: int) -> None:
    outcome = evaluate("a / b", {"a": Fraction(a), "b": Fraction(b)})
    assert (outcome.value, outcome.reason) == (None, "it divides by 0")


@pytest.mark.parametrize(
    ("text", "offset", "says"),
    [
        ("a ** b", 0, "more than arithmetic"),
        ("a // b", 0, "more than arithmetic"),
        ("a % b", 0, "more than arithmetic"),
        ("+a", 0, "more than arithmetic"),
        ("a if b else a", 0, "more than arithmetic"),
        ("1 + a.b", 4, "more than arithmetic"),
        ("a[0]", 0, "more than arithmetic"),
        ("(a := 1)", 1, "more than arithmetic"),
        ("[a]", 0, "more than arithmetic"),
        ("a < b", 0, "more than arithmetic"),
        ("a and b", 0, "more than arithmetic"),
        ("lambda: a", 0, "more than arithmetic"),
        ("f'{a}'", 0, "more than arithmetic"),
        ("a + c", 4, "“c” is none of the names of `of` (a, b)"),
        ("a × c", 4, "“c” is none"),
        ("a + 'b'", 4, "is no number"),
        ("a + True", 4, "is no number"),
        ("a + 1e5", 4, "is no number"),
        ("a + 1_000", 4, "is no number"),
        ("a + 0x10", 4, "is no number"),
        ("a + 1j", 4, "is no number"),
        ("a + pow(a, 2)", 4, "only min, max and abs are called"),
        ("a + min(a)", 4, "min takes two values or more"),
        ("abs(a, b)", 0, "abs takes one value"),
        ("max(a, key=b)", 0, "only min, max and abs are called"),
        ("min(*a, b)", 4, "more than arithmetic"),
        ("a +", 3, "this is no arithmetic"),
        ("", 0, "this is no arithmetic"),
        ("a; b", 1, "this is no arithmetic"),
        ("a\0", 0, "this is no arithmetic"),
        ("import os", 0, "this is no arithmetic"),
    ],
)
def test_all_else_is_refused_at_its_character(text: str, offset: int, says: str) -> None:
    (fault,) = faults(text, NAMES)
    assert says in fault.message
    assert fault.offset == min(offset, max(len(text) - 1, 0)) or says == "this is no arithmetic"


def test_every_fault_is_told_at_once() -> None:
    assert [fault.offset for fault in faults("c + d ** 2 + 1e3", NAMES)] == [0, 4, 13]


@pytest.mark.parametrize("text", ["-" * 400 + "a", "(" * 199 + "a" + ")" * 199, "a" + "+a" * 240, "a" * 501])
def test_what_goes_too_deep_is_refused_or_computed_but_never_breaks(text: str) -> None:
    if not faults(text, NAMES):
        assert evaluate(text, {"a": Fraction(1)}).value == 1


def test_a_hundred_levels_are_computed_and_none_more() -> None:
    """A sign of its own each, and the name at the bottom, which is read: two levels."""
    assert faults("-" * 98 + "a", NAMES) == ()
    (fault,) = faults("-" * 99 + "a", NAMES)
    assert fault.message == "a formula that goes more than 100 levels deep is not read"


def test_the_names_that_are_read() -> None:
    assert used_names("min(a, 2) / b - b") == {"a", "b"}
