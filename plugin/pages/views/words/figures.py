"""Numbers as people read them. Rounded here and nowhere before; unknown stays a word, never 0."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from mappings.numbers import digits_of_rate, percent, rounded, rounded_share

UNKNOWN = "unknown"
THIN = "\u202f"
MINUS = "\u2212"
MOST_DECIMALS = 4
NOTHING, WHOLE = Fraction(0), Fraction(1)


def percent_text(value: Fraction | None, digits: int = 0, achieved_at: Fraction = WHOLE) -> str:
    """`62 %`, or the word for unknown."""
    shown = percent(value, digits, achieved_at)
    return UNKNOWN if shown is None else f"{group_thousands(shown)}{THIN}%"


def number_text(value: Fraction | None, unknown: str = "—") -> str:
    """The number with as few decimals as it has, at most two where it never ends: `1 234.5`, `0.33`."""
    if value is None:
        return unknown
    for digits in range(MOST_DECIMALS + 1):
        if rounded(value, digits) == value:
            return group_thousands(rounded(value, digits))
    return group_thousands(rounded(value, 2))


def rate_text(value: Fraction) -> str:
    """How much something changes a day, with at least two figures that say something: `0.0055`."""
    digits = digits_of_rate(value)
    return number_text(value) if digits == 2 else group_thousands(rounded(value, digits))


def group_thousands(value: Decimal) -> str:
    """A decimal with thin spaces between thousands and a true minus sign."""
    return f"{value:,f}".replace(",", THIN).replace("-", MINUS)


def fraction_text(value: Fraction | None) -> str:
    """The exact value, as `5/8`."""
    return "—" if value is None else str(value).replace("-", MINUS)


def length(value: Fraction | None) -> str:
    """A share of the whole as an SVG length, clamped to what a bar can show."""
    if value is None:
        return "0%"
    return f"{percent(min(max(value, NOTHING), WHOLE), 2)}%"


def points(shares: Sequence[Fraction], total: Fraction, achieved_at: Fraction = WHOLE) -> list[Decimal]:
    """Percentage points by row, at two decimals, that sum to the total as displayed (largest remainder).

    Rows that end on a whole hundredth by themselves, so every row that adds nothing, are never touched.
    """
    scaled = [share * 10_000 for share in shares]
    units = [share.numerator // share.denominator for share in scaled]
    missing = int(rounded_share(total, 4, achieved_at).scaleb(4)) - sum(units)
    remainders = [share - unit for share, unit in zip(scaled, units, strict=True)]
    by_remainder = sorted(
        (i for i, rest in enumerate(remainders) if rest), key=lambda i: remainders[i], reverse=True
    )
    for i in by_remainder[: max(missing, 0)]:
        units[i] += 1
    return [Decimal(unit).scaleb(-2) for unit in units]


def points_text(value: Decimal) -> str:
    """`12.35`, or a dash for a row that adds nothing."""
    return group_thousands(value) if value else "—"
