"""Exact numbers: what Jira sends as JSON numbers becomes fractions, and fractions are rounded once, at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

LONGEST_NUMBER = 64
WHOLE = Fraction(1)
WRITTEN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""How a number is written in text: digits of this script alone, and nothing between them."""


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
    text = text.strip()
    return _fraction(Decimal(text)) if WRITTEN.fullmatch(text) else None


def _fraction(number: Decimal) -> Fraction | None:
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) < LONGEST_NUMBER else None


def json_number(value: Fraction | None) -> int | float | None:
    """As Jira writes a number: an integer where it is whole. What a number field held is exact so, for Jira keeps a double."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def number_in(value: object) -> Fraction | None:
    """The number a field value holds: a JSON number, numeric text, or a select option that reads as a number."""
    if isinstance(value, Mapping):
        return exact(value.get("value"))
    return exact(value)


def first_filled(fields: Mapping[str, object], ids: Sequence[str]) -> object:
    """What the first of these fields that is filled holds; None where all are empty. Blank text fills nothing."""
    for id_ in ids:
        raw = fields.get(id_)
        if raw is not None and not (isinstance(raw, str) and not raw.strip()):
            return raw
    return None


class KnownNumbers:
    """`number_in`, remembering what it has seen: equal JSON numbers give one and the same Fraction object.

    Reading a weight costs microseconds the first time and next to nothing after that; being the same object lets
    sums be grouped by identity, for hashing a Fraction is dear. What is no JSON number, text or option the `decoders` read: those of
    the field types that hold numbers.
    """

    __slots__ = ("_decoders", "_known")

    def __init__(self, decoders: Iterable[Callable[[object], object]] = ()) -> None:
        self._known: dict[float, Fraction | None] = {}
        self._decoders = tuple(decoders)

    def read(self, value: object) -> Fraction | None:
        """The number in a field value, or None."""
        if value is None:
            return None
        if value.__class__ is not float and value.__class__ is not int:
            return self._decoded(value)
        try:
            return self._known[value]
        except KeyError:
            self._known[value] = number = exact(value)
            return number

    def _decoded(self, value: object) -> Fraction | None:
        found: object = number_in(value)
        for decode in self._decoders:
            if isinstance(found, Fraction):
                return found
            found = decode(value)
        return found if isinstance(found, Fraction) else None


def rounded(value: Fraction, digits: int = 0) -> Decimal:
    """Round half away from zero: 62.5 becomes 63 and -62.5 becomes -63."""
    return Decimal(_scaled(value, digits)).scaleb(-digits)


def _scaled(value: Fraction, digits: int) -> int:
    """The rounded value in units of its last digit."""
    unit: int = 10**digits
    numerator, denominator = value.numerator * unit, value.denominator
    whole = (abs(numerator) * 2 + denominator) // (denominator * 2)
    return whole if numerator >= 0 else -whole


def percent(value: Fraction | None, digits: int = 0, achieved_at: Fraction = WHOLE) -> Decimal | None:
    """A share of 1 as a percentage, rounded as `rounded_share` does; None stays None, for unknown is never 0."""
    return None if value is None else Decimal(_up_to(value, digits + 2, (WHOLE, achieved_at))).scaleb(-digits)


def rounded_share(value: Fraction, digits: int = 0, achieved_at: Fraction = WHOLE) -> Decimal:
    """A share of 1, rounded; where that would carry it over 1, or over what counts as achieved, it is cut instead.

    199 of 200 are 99 %, and 0.6996 of what is achieved at 0.7 are 69 %.
    """
    return Decimal(_up_to(value, digits, (WHOLE, achieved_at))).scaleb(-digits)


def _up_to(value: Fraction, digits: int, bounds: tuple[Fraction, ...]) -> int:
    """The rounded value in units of its last digit, cut where it would reach a bound that the value itself has not reached."""
    scaled, numerator, denominator = _scaled(value, digits), value.numerator, value.denominator
    unit: int = 10**digits
    for (
        bound
    ) in bounds:  # in whole numbers, for fractions are dear and every number that is shown comes by here
        above, below = bound.numerator, bound.denominator
        if numerator * below < above * denominator and scaled * below >= above * unit:
            return numerator * unit // denominator
    return scaled


def format_fixed(value: Fraction, digits: int) -> str:
    """A rounded number with exactly so many digits (`0.70`)."""
    return _with_digits(_scaled(value, digits), digits)


def _with_digits(scaled: int, digits: int) -> str:
    """So many units of the last digit, written out."""
    if not digits:
        return str(scaled)
    text = str(abs(scaled)).rjust(digits + 1, "0")
    return f"{'-' if scaled < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def count_of(number: int, one: str, many: str = "") -> str:
    """A count before what is counted: `1 entry`, `1,200 entries`. `many` where it is more than `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def figure_of(figure: str, one: str) -> str:
    """A figure as people read it before what it counts: `1 point`, `+12.5 points`."""
    return f"{figure} {one if figure.lstrip('+-−±') == '1' else f'{one}s'}"


def plain(value: Fraction, digits: int = 6) -> str:
    """A number for a sentence: rounded, without trailing zeros (`12.5`, `3`, `0.333333`)."""
    if value.denominator == 1:
        return str(value.numerator)
    text = format_fixed(value, digits).rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def digits_of_rate(value: Fraction, least: int = 2) -> int:
    """With how many decimals a rate is shown: at least so many, and as many more as it takes for two figures that say something (0.0055, not 0.01)."""
    digits = least
    while 0 < abs(value) * 10**digits < 10 and digits < 8:
        digits += 1
    return digits


def beside_bound(value: Fraction, bounds: tuple[Fraction, ...], digits: int = 2) -> str:
    """A number with as many digits as it takes not to look equal to a bound it is not equal to (0.698 beside 0.7)."""
    while digits < 8 and any(_looks_like(value, bound, digits) for bound in bounds):
        digits += 1
    return _with_digits(_up_to(value, digits, bounds), digits)


def _looks_like(value: Fraction, bound: Fraction, digits: int) -> bool:
    return _scaled(value, digits) * bound.denominator == bound.numerator * 10**digits and value != bound
