"""Exact numbers: what Jira sends as JSON numbers becomes fractions, and fractions are rounded once, at the end."""

from __future__ import annotations

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
    text = repr(value) if isinstance(value, float) else value if isinstance(value, str) else None
    if text is None or len(text) > LONGEST_NUMBER:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) < LONGEST_NUMBER else None


def rounded(value: Fraction, digits: int = 0) -> Decimal:
    """Round half away from zero: 62.5 becomes 63 and -62.5 becomes -63."""
    scale = 10**digits
    scaled = abs(value) * scale
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(whole if value >= 0 else -whole).scaleb(-digits)


def percent(value: Fraction | None, digits: int = 0) -> Decimal | None:
    """A share of 1 as a rounded percentage; None stays None, for unknown is never 0."""
    return None if value is None else rounded(value * 100, digits)
