"""Exact numbers and what is said of them: read from JSON, rounded once, written out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from mappings.diagnostic import Diagnostic, MappingError, Severity, did_you_mean, has_errors
from mappings.numbers import (
    KnownNumbers,
    beside_bound,
    count_of,
    digits_of_rate,
    exact,
    first_filled,
    format_fixed,
    number_in,
    percent,
    plain,
    rounded,
    rounded_share,
)

F = Fraction


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, None),
        (True, None),
        (False, None),
        (0, F(0)),
        (3, F(3)),
        (-3, F(-3)),
        (0.1, F(1, 10)),
        (2.5, F(5, 2)),
        (float("nan"), None),
        (float("inf"), None),
        (F(1, 3), F(1, 3)),
        (Decimal("0.1"), F(1, 10)),
        (Decimal("NaN"), None),
        (Decimal("1e64"), None),
        (Decimal("1e63"), F(10**63)),
        (Decimal("1e-64"), None),
        (Decimal("1e-63"), F(1, 10**63)),
        ("5", F(5)),
        (" 5 ", F(5)),
        ("5.", F(5)),
        (".5", F(1, 2)),
        ("+5e2", F(500)),
        ("-5E-1", F(-1, 2)),
        ("1_000", None),
        ("1,5", None),
        ("", None),
        ("five", None),
        ("٣", None),
        ("9" * 64, F(int("9" * 64))),
        ("9" * 65, None),
        ([5], None),
        ({"value": 5}, None),
    ],
)
def test_an_exact_number(value: object, number: Fraction | None) -> None:
    assert exact(value) == number


def test_a_field_may_hold_its_number_in_an_option() -> None:
    assert number_in({"value": "5"}) == F(5)
    assert number_in({"id": "5"}) is None
    assert number_in("5") == F(5)
    fields: dict[str, object] = {"a": None, "b": " ", "c": 0, "d": 5}
    assert first_filled(fields, ["a", "b", "c", "d"]) == 0
    assert first_filled(fields, ["d", "c"]) == 5
    assert first_filled(fields, ["a", "b", "x"]) is None
    assert first_filled({"a": "x"}, ["a"]) == "x"


def test_what_was_read_is_remembered_and_the_decoders_read_the_rest() -> None:
    asked: list[object] = []

    def decode(value: object) -> object:
        asked.append(value)
        return F(7) if value == ["seven"] else "no number"

    numbers = KnownNumbers([decode])
    first = numbers.read(0.25)
    assert first == F(1, 4)
    assert numbers.read(0.25) is first
    assert numbers.read(3) == F(3)
    assert numbers.read(float("inf")) is None
    assert (numbers.read(None), numbers.read("5"), numbers.read({"value": 5})) == (None, F(5), F(5))
    assert asked == []
    assert (numbers.read(["seven"]), numbers.read("five"), numbers.read(True)) == (F(7), None, None)
    assert asked == [["seven"], "five", True]
    assert KnownNumbers().read(["seven"]) is None


@pytest.mark.parametrize(
    ("value", "digits", "half_up", "share", "with_digits", "shown"),
    [
        (F(1, 2), 0, "1", "0", "1", "0.5"),
        (F(-1, 2), 0, "-1", "-1", "-1", "-0.5"),
        (F(3, 2), 0, "2", "2", "2", "1.5"),
        (F(199, 200), 0, "1", "0", "1", "0.995"),
        (F(199, 200), 2, "1.00", "0.99", "1.00", "0.995"),
        (F(199, 200), 3, "0.995", "0.995", "0.995", "0.995"),
        (F(1), 2, "1.00", "1.00", "1.00", "1"),
        (F(201, 200), 2, "1.01", "1.01", "1.01", "1.005"),
        (F(-1, 3), 2, "-0.33", "-0.33", "-0.33", "-0.333333"),
        (F(1, 3), 6, "0.333333", "0.333333", "0.333333", "0.333333"),
        (F(1, 10_000_000), 6, "0.000000", "0.000000", "0.000000", "0"),
        (F(-1, 10_000_000), 6, "0.000000", "0.000000", "0.000000", "0"),
        (F(-1, 20), 1, "-0.1", "-0.1", "-0.1", "-0.05"),
        (F(25, 2), 1, "12.5", "12.5", "12.5", "12.5"),
    ],
)
def test_a_number_is_rounded_once(
    value: Fraction, digits: int, half_up: str, share: str, with_digits: str, shown: str
) -> None:
    assert rounded(value, digits) == Decimal(half_up)
    assert rounded_share(value, digits) == Decimal(share)
    assert format_fixed(value, digits) == with_digits
    assert plain(value) == shown


@pytest.mark.parametrize(
    ("value", "digits", "achieved_at", "said"),
    [
        (None, 0, F(1), None),
        (F(5, 8), 0, F(1), "63"),
        (F(5, 8), 1, F(1), "62.5"),
        (F(199, 200), 0, F(1), "99"),
        (F(1), 0, F(1), "100"),
        (F(6996, 10_000), 0, F(7, 10), "69"),
        (F(7, 10), 0, F(7, 10), "70"),
        (F(7, 10), 0, F(1), "70"),
        (F(3, 2), 0, F(1), "150"),
        (F(-1, 200), 0, F(1), "-1"),
    ],
)
def test_a_percentage_never_says_what_is_not_reached(
    value: Fraction | None, digits: int, achieved_at: Fraction, said: str | None
) -> None:
    assert percent(value, digits, achieved_at) == (None if said is None else Decimal(said))


@pytest.mark.parametrize(
    ("value", "bounds", "said"),
    [
        (F(698, 1000), (F(7, 10),), "0.698"),
        (F(7, 10), (F(7, 10),), "0.70"),
        (F(1, 2), (F(7, 10),), "0.50"),
        (F(69_999, 100_000), (F(7, 10),), "0.69999"),
        (F(7, 10) + F(1, 10**5), (F(7, 10),), "0.70001"),
        (F(7, 10) - F(1, 10**9), (F(7, 10),), "0.69999999"),
        (F(39_999, 100_000), (F(7, 10), F(4, 10)), "0.39999"),
    ],
)
def test_a_number_beside_a_bound_does_not_look_equal_to_it(
    value: Fraction, bounds: tuple[Fraction, ...], said: str
) -> None:
    assert beside_bound(value, bounds) == said


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("Dne", ("To Do", "Done"), 'did you mean "Done"?'),
        ("DONE", ("Done",), 'did you mean "Done"?'),
        ("xyz", ("Done",), ""),
        ("ab", ("abcd", "abc"), 'did you mean "abc"?'),
        ("abcde", ("abc12",), 'did you mean "abc12"?'),
        ("abcde", ("ab123",), ""),
        ("sprint", ("parent", "project"), ""),
        ("rpoject", ("parent", "project"), 'did you mean "project"?'),
        ("Done", (), ""),
    ],
)
def test_the_nearest_word(word: str, known: tuple[str, ...], said: str) -> None:
    assert did_you_mean(word, known) == said


def test_a_finding_in_one_text() -> None:
    whole = Diagnostic(
        code="unknown-key",
        message="the key is not known",
        path="fields.x",
        line=3,
        column=7,
        valid=("a", "b"),
        remedy="remove it",
        file="okr.yaml",
    )
    assert str(whole) == (
        "okr.yaml:3:7: error unknown-key: the key is not known (fields.x)\n    valid: a, b\n    to do: remove it"
    )
    bare = Diagnostic("x", "y", severity=Severity.WARNING)
    assert str(bare) == "mapping: warning x: y"
    assert str(Diagnostic("x", "y", file="f.yaml")) == "f.yaml: error x: y"
    assert str(Diagnostic("x", "y", line=1, column=2)) == "mapping:1:2: error x: y"
    assert (has_errors([bare]), has_errors([bare, whole]), has_errors([])) == (False, True, False)
    assert str(MappingError([bare, whole])) == f"{bare}\n{whole}"


@pytest.mark.parametrize(
    ("value", "least", "digits"),
    [("0.69", 2, 2), ("-0.0055", 2, 4), ("0.1", 2, 2), ("0.09", 2, 3), ("0", 2, 2), ("12", 3, 3), ("1/1000000000", 2, 8)],
)  # fmt: skip
def test_a_rate_is_shown_with_two_figures_that_say_something(value: str, least: int, digits: int) -> None:
    assert digits_of_rate(Fraction(value), least) == digits


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("issue",), "0 issues"),
        (1, ("issue",), "1 issue"),
        (2, ("issue",), "2 issues"),
        (1_200, ("entry", "entries"), "1,200 entries"),
        (1, ("event waits", "events wait"), "1 event waits"),
    ],
)
def test_one_is_counted_in_the_singular(number: int, words: tuple[str, ...], said: str) -> None:
    assert count_of(number, *words) == said
