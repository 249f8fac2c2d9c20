"""Readings written in a file: `at,value` or `kpi,at,value`, one a line. All faults at once with their lines; a file with a fault is not taken."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from fractions import Fraction

from mappings.facts.local_time import day_start, exists, instant_of, whole_ms
from mappings.kpi.cadence import Cadence, period_of
from mappings.numbers import count_of, exact
from mappings.progress.options import FIRST_DAY, LARGEST, LAST_DAY

MOST_LINES = 100_000
HEADERS = (("at", "value"), ("kpi", "at", "value"))
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)(Z|[+-][0-9]{2}:[0-9]{2})?"
)
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong in a line."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class FileReading:
    """One line: None is an empty value, which retracts what stood there."""

    line: int
    kpi: str
    at: datetime
    value: Fraction | None


class LineFault(Exception):
    """A line that cannot be read; the message says why and what would be right."""


def read_file(
    text: str, kpi: str | None, known: Collection[str], zone: tzinfo
) -> tuple[tuple[FileReading, ...], tuple[FileFault, ...]]:
    """The readings of a file, or everything that is wrong with it.

    `kpi` is the one that a file without that column is for, `known` those that take readings, `zone` that of days and local times.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    readings: list[FileReading] = []
    faults: list[FileFault] = []
    try:
        header = tuple(cell.strip() for cell in next(rows, []))
        if (wrong := _header_fault(header, kpi)) is not None:
            return (), (FileFault(1, wrong),)
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if rows.line_num > MOST_LINES:
                faults.append(FileFault(rows.line_num, f"a file has at most {MOST_LINES} lines: split it"))
                break
            try:
                readings.append(_reading(rows.line_num, cells, header, kpi, known, zone))
            except LineFault as fault:
                faults.append(FileFault(rows.line_num, str(fault)))
    except csv.Error as error:
        faults.append(FileFault(max(rows.line_num, 1), f"this is no CSV: {error}"))
    faults += _contradictions(readings)
    if faults:
        return (), tuple(sorted(faults, key=lambda fault: fault.line))
    return tuple(readings), ()


def instant_in(text: str, zone: tzinfo) -> datetime:
    """The instant a text says: a time with its offset, a local time, or a day, which means its last millisecond. Raises LineFault."""
    text = text.strip()
    if DAY.fullmatch(text):
        return period_of(Cadence.DAILY, day_start(_day(text), zone), zone).last
    found = TIME.fullmatch(text)
    if found is None:
        raise LineFault(
            f"“{text}” is no time: write 2026-10-31T14:00+01:00, 2026-10-31T14:00 (local), or 2026-10-31 (its end)"
        )
    _day(found[1])
    try:
        at = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ''}")
    except ValueError:
        raise LineFault(f"“{text}” is no time of any day") from None
    if at.tzinfo is not None:
        return whole_ms(at)
    if not exists(at, zone):
        raise LineFault(f"clocks never showed “{text}”: they were put forward over it; write the offset, too")
    return whole_ms(instant_of(at, zone))


def number_in(text: str) -> Fraction | None:
    """The number a text says, None where it is empty. Raises LineFault."""
    text = text.strip()
    if not text:
        return None
    value = exact(text) if DECIMAL.fullmatch(text) else None
    if value is None:
        raise LineFault(f"“{text}” is no number: write one like 1234.5, without separators of thousands")
    if abs(value) > LARGEST:
        raise LineFault(f"“{text}” is beyond what is reckoned with")
    return value


def _header_fault(header: tuple[str, ...], kpi: str | None) -> str | None:
    if header not in HEADERS:
        return f"the first line is “{','.join(header)}”: write at,value or kpi,at,value"
    if header == HEADERS[0] and kpi is None:
        return "the file does not say which KPI it is for: name one, or write a column kpi"
    if header == HEADERS[1] and kpi is not None:
        return "the file says itself which KPIs it is for: name none beside it"
    return None


def _reading(
    line: int,
    cells: Sequence[str],
    header: tuple[str, ...],
    kpi: str | None,
    known: Collection[str],
    zone: tzinfo,
) -> FileReading:
    if len(cells) != len(header):
        raise LineFault(
            f"{count_of(len(cells), 'cell')} where {len(header)} are wanted ({','.join(header)}); `.` is the decimal point"
        )
    named = cells[0].strip() if kpi is None else kpi
    if named not in known:
        raise LineFault(
            f"“{named}” is no KPI that takes readings; those that do: {', '.join(known) or 'none'}"
        )
    return FileReading(line, named, instant_in(cells[-2], zone), number_in(cells[-1]))


def _contradictions(readings: Sequence[FileReading]) -> Iterator[FileFault]:
    first: dict[tuple[str, datetime], FileReading] = {}
    for one in readings:
        other = first.setdefault((one.kpi, one.at), one)
        if other.value != one.value:
            yield FileFault(one.line, f"line {other.line} says another value for the same instant: keep one")


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise LineFault(f"“{text}” is no day of the calendar") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise LineFault(f"“{text}” lies outside {FIRST_DAY} to {LAST_DAY}")
    return day
