"""What a cell says: numbers and days that have one reading, words for cycles and statuses. What has two is no value but a fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from mappings.numbers import LONGEST_NUMBER, exact

Decimal = Literal[",", "."]
DayOrder = Literal["dmy", "mdy"]
NOTHING = frozenset({"", "n/a", "tbd", "-", "\N{EN DASH}", "?"})
"""What stands for no value, in any case."""
BLANKS = re.compile(r"[\s\u00a0\u202f'\N{RIGHT SINGLE QUOTATION MARK}]")
WHOLE_NUMBER = re.compile(r"[+-]?\d+")
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
DOTTED_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
SIGNED_DAY = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
QUARTER = re.compile(r"(?:quarter\s*|q)([1-4])[\s,/-]*y?(\d{4})|y?(\d{4})[\s,/-]*q([1-4])", re.IGNORECASE)
HALF = re.compile(r"h([12])[\s,/-]*y?(\d{4})|y?(\d{4})[\s,/-]*h([12])", re.IGNORECASE)
YEAR = re.compile(r"(?:annual|year)?\s*y?(\d{4})", re.IGNORECASE)
MOST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class CellFault:
    """Why a cell has no value: its stable code, what is wrong, and what would be right."""

    code: str
    message: str
    valid: tuple[str, ...] = ()


def is_nothing(text: str) -> bool:
    """Whether a cell says that nothing is known."""
    return text.strip().casefold() in NOTHING


def number(cell: str | Fraction, decimal: Decimal | None) -> Fraction | CellFault | None:
    """The number of a cell, None where it says none. A percentage counts by its number: `45%` is 45."""
    if isinstance(cell, Fraction):
        return Fraction(cell)
    if is_nothing(cell):
        return None
    text = BLANKS.sub("", cell).replace("\N{MINUS SIGN}", "-").removesuffix("%")
    readings = _readings(text)
    if len(readings) > 1 and decimal is not None:
        readings = {sign: value for sign, value in readings.items() if sign == decimal}
    if len(set(readings.values())) == 1:
        return next(iter(readings.values()))
    if readings:
        first, second = (f"{float(one):g}" for one in readings.values())
        return CellFault(
            "number_ambiguous",
            f"“{cell.strip()}” may be {first} or {second}: say which sign is the decimal one (decimal: “,” or “.”).",
            (",", "."),
        )
    return CellFault(
        "number_unreadable",
        f"“{cell.strip()}” is no number: write one like 1234.5, or leave the cell empty.",
    )


def _readings(text: str) -> dict[Decimal | None, Fraction]:
    """By the decimal sign what a text may mean; None where it needs none."""
    if len(text) > LONGEST_NUMBER:
        return {}
    if WHOLE_NUMBER.fullmatch(text):
        return {None: Fraction(int(text))}
    found: dict[Decimal | None, Fraction] = {}
    signs: tuple[tuple[Decimal, str], ...] = ((".", ","), (",", "."))
    for sign, thousands in signs:
        part = rf"[+-]?(?:\d+|\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+)(?:{re.escape(sign)}\d+)?"
        if re.fullmatch(part, text):
            value = exact(text.replace(thousands, "").replace(sign, "."))
            if value is not None:
                found[sign] = value
    if re.fullmatch(r"[+-]?0[.,]\d{3}", text):  # no thousands begin with a zero
        return {sign: value for sign, value in found.items() if value.denominator != 1 or value == 0}
    return found


def decimal_sign(cells: Iterable[str | Fraction]) -> Decimal | None:
    """The decimal sign of a file, told by those of its numbers that have one reading; None where they tell none, or both."""
    signs: set[Decimal] = set()
    for cell in cells:
        if isinstance(cell, str) and not is_nothing(cell):
            readings = _readings(BLANKS.sub("", cell).replace("\N{MINUS SIGN}", "-").removesuffix("%"))
            if len(readings) == 1:
                signs.update(sign for sign in readings if sign is not None)
    return next(iter(signs)) if len(signs) == 1 else None


def day(text: str, order: DayOrder | None) -> date | CellFault | None:
    """The day of a cell, None where it says none. Dots mean that the day comes first."""
    if is_nothing(text):
        return None
    said = text.strip()
    if found := ISO_DAY.fullmatch(said):
        return _day(said, int(found[1]), int(found[2]), int(found[3]))
    if found := DOTTED_DAY.fullmatch(said):
        return _day(said, int(found[3]), int(found[2]), int(found[1]))
    if found := SIGNED_DAY.fullmatch(said):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first == second or second > MOST_MONTHS or order == "mdy":
            return _day(said, year, first, second)
        if first > MOST_MONTHS or order == "dmy":
            return _day(said, year, second, first)
        return CellFault(
            "date_ambiguous",
            f"“{said}” may be {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}: say which comes first (dates: dmy or mdy).",
            ("dmy", "mdy"),
        )
    return CellFault("date_unreadable", f"“{said}” is no day: write one like 2026-01-31.")


def _day(said: str, year: int, month: int, day_: int) -> date | CellFault:
    try:
        return date(year, month, day_)
    except ValueError:
        return CellFault("date_impossible", f"“{said}” is no day of any year: write one like 2026-01-31.")


def day_order(texts: Iterable[str]) -> DayOrder | None:
    """Which comes first in the days of a file, told by those above twelve; None where they tell neither, or both."""
    orders: set[DayOrder] = set()
    for text in texts:
        if found := SIGNED_DAY.fullmatch(text.strip()):
            if int(found[1]) > MOST_MONTHS:
                orders.add("dmy")
            if int(found[2]) > MOST_MONTHS:
                orders.add("mdy")
    return next(iter(orders)) if len(orders) == 1 else None


def cycle(text: str, known: Mapping[str, str]) -> str | CellFault | None:
    """The cycle of ours that a cell means, None where it says none; `known` are the words that somebody explained."""
    if is_nothing(text):
        return None
    said = " ".join(text.split())
    folded = {word.casefold(): id_ for word, id_ in known.items()}
    if said.casefold() in folded:
        return folded[said.casefold()]
    if found := QUARTER.fullmatch(said):
        return f"{found[2] or found[3]}-Q{found[1] or found[4]}"
    if found := HALF.fullmatch(said):
        return f"{found[2] or found[3]}-H{found[1] or found[4]}"
    if found := YEAR.fullmatch(said):
        return found[1]
    fiscal = re.search(r"fy|fiscal|\d{1,2}q\d{2}", said, re.IGNORECASE) is not None
    why = "when a fiscal year begins is not known" if fiscal else "it is no quarter, half or year"
    return CellFault(
        "cycle_fiscal" if fiscal else "cycle_unknown",
        f"“{said}”: {why}; say which cycle of yours it is (cycles: {{“{said}”: 2026-Q1}}).",
        ("Q1 2026", "2026-Q1", "H1 2026", "Annual 2026"),
    )
