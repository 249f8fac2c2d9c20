"""Reads dates as JQL writes them: minute-precise literals in the caller's zone, milliseconds since 1970, and times relative to now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mappings.diagnostic import quote
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation
from mappings.jql.text.tree import JqlValue

Instant = Callable[[Moment], datetime]

LITERAL = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?: +(\d{1,2}):(\d{2}))?", re.ASCII)
RELATIVE = re.compile(r"([+-]?)((?:\d{1,6}[wdhm]\s*)+)", re.ASCII)
PART = re.compile(r"(\d+)([wdhm])", re.ASCII)
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
EPOCH_MS = re.compile(r"\d{11,14}", re.ASCII)
"""A bare number is an instant in Jira, whatever the zone; fewer digits are a forgotten unit, not the first days of 1970."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=36_525)
FIRST_YEAR, LAST_YEAR = 1000, 9998
FORMS = ('"2026-10-01"', '"2026/10/01 12:30"', "-2w", "5d", '"-4h 30m"', "now()", "startOfMonth()")


def literal_instant(compilation: Compilation, value: JqlValue) -> Instant | None:
    """The instant a literal stands for; None, with a finding, where it is no date."""
    text = value.text.strip()
    if value.number and EPOCH_MS.fullmatch(text):
        since_1970 = EPOCH + timedelta(milliseconds=int(text))
        return lambda _moment: since_1970
    absolute = None if value.number else LITERAL.fullmatch(text)
    relative = None if value.number else RELATIVE.fullmatch(text)
    if absolute:
        return _absolute(compilation, value, absolute)
    if relative:
        return _relative(compilation, value, relative)
    remedy = f'write a unit, as in "{text}d" or "{text}m"' if value.number else "write one of the valid forms"
    compilation.refuse("not-a-date", f"{quote(value.text)} is no date", value, FORMS, remedy)
    return None


def _absolute(compilation: Compilation, value: JqlValue, found: re.Match[str]) -> Instant | None:
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    try:
        wall = datetime(year, month, day, int(found[5] or 0), int(found[6] or 0))  # noqa: DTZ001
    except ValueError:
        wall = None
    if wall is None or not FIRST_YEAR <= year <= LAST_YEAR:
        compilation.refuse(
            "not-a-date",
            f"{quote(value.text)} is no day and time of the years {FIRST_YEAR} to {LAST_YEAR}",
            value,
            FORMS,
        )
        return None
    return lambda moment: wall.replace(tzinfo=moment.zone).astimezone(UTC)


def _relative(compilation: Compilation, value: JqlValue, found: re.Match[str]) -> Instant | None:
    parts = PART.findall(found[2])
    distance = sum((int(count) * UNITS[unit] for count, unit in parts), timedelta())
    if distance > FARTHEST:
        compilation.refuse(
            "not-a-date", f"{quote(value.text)} is more than a hundred years away", value, FORMS
        )
        return None
    compilation.timed = True
    signed = -distance if found[1] == "-" else distance
    return lambda moment: moment.now.astimezone(UTC) + signed


def remember_instant(instant: Instant) -> Instant:
    """The same, computed once for each moment: one moment is asked of many issues."""
    last: tuple[Moment, datetime] | None = None

    def at(moment: Moment) -> datetime:
        nonlocal last
        seen = last
        if seen is not None and seen[0] is moment:
            return seen[1]
        value = instant(moment)
        last = (moment, value)
        return value

    return at
