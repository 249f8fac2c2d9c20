"""Exact numbers: what Jira sends as JSON numbers becomes fractions, and fractions are rounded once, at the end."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction

LONGEST_NUMBER = 64


def exact(value: object) -> Fraction | None:
    """The exact decimal value of a JSON number or numeric text (0.1 is 1/10), or None where it is no finite number."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, Decimal):
        return _fraction(value)
    text = repr(value) if isinstance(value, float) else value if isinstance(value, str) else None
    if text is None or len(text) > LONGEST_NUMBER:
        return None
    try:
        return _fraction(Decimal(text.strip()))
    except InvalidOperation:
        return None


def _fraction(number: Decimal) -> Fraction | None:
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) < LONGEST_NUMBER else None


def number_in(value: object) -> Fraction | None:
    """The number a field value holds: a JSON number, numeric text, or a select option that reads as a number."""
    if isinstance(value, Mapping):
        return exact(value.get("value"))
    return exact(value)


class KnownNumbers:
    """`number_in`, remembering what it has seen: equal JSON numbers give one and the same Fraction object.

    Reading a weight costs microseconds the first time and next to nothing after that; being the same object lets
    sums be grouped by identity, for hashing a Fraction is dear.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[float, Fraction | None] = {}

    def read(self, value: object) -> Fraction | None:
        """The number in a field value, or None."""
        if value.__class__ is not float and value.__class__ is not int:
            return number_in(value)
        try:
            return self._known[value]  # type: ignore[index]  # a float or an int, by the line above
        except KeyError:
            self._known[value] = number = exact(value)  # type: ignore[index]
            return number


def rounded(value: Fraction, digits: int = 0) -> Decimal:
    """Round half away from zero: 62.5 becomes 63 and -62.5 becomes -63."""
    scale = 10**digits
    scaled = abs(value) * scale
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)


def percent(value: Fraction | None, digits: int = 0) -> Decimal | None:
    """A share of 1 as a rounded percentage; None stays None, for unknown is never 0."""
    return None if value is None else rounded(value * 100, digits)


def plain(value: Fraction, digits: int = 6) -> str:
    """A number for a sentence: rounded, without trailing zeros (`12.5`, `3`, `0.333333`)."""
    text = format(rounded(value, digits), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def beside_bound(value: Fraction, bounds: tuple[Fraction, ...], digits: int = 2) -> str:
    """A number with as many digits as it takes not to look equal to a bound it is not equal to (0.698 beside 0.7)."""
    while digits < 8 and any(
        value != bound and Fraction(rounded(value, digits)) == bound for bound in bounds
    ):
        digits += 1
    return format(rounded(value, digits), "f")
