"""A row of an import as it was understood: an objective or a key result, with everything that its tool says of it. Unknown is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from mappings.diagnostic import Severity

ImportKind = Literal["objective", "key_result"]


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """What is wrong with a row, or worth knowing: an error blocks it. `value` is what stands there, `valid` what could."""

    row: int
    code: str
    message: str
    column: str | None = None
    severity: Severity = Severity.ERROR
    value: str | None = None
    valid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportMetric:
    """How a key result is measured: from `start` to `target`, or a bound; `kind` None is a transition."""

    start: Fraction | None = None
    target: Fraction | None = None
    current: Fraction | None = None
    unit: str | None = None
    kind: str | None = None
    at_least: Fraction | None = None
    at_most: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ImportedCheckIn:
    """What somebody said of a key result on a day; `by` is their name or address, later their id in Jira."""

    on: date
    value: Fraction | None = None
    status: str | None = None
    note: str = ""
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ParentWord:
    """What a row says of the one above it."""

    id: str | None = None
    title: str | None = None
    weight: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One objective or key result of a file. `part` counts key results that are further columns of a row.

    `kind` is None where its place decides. `place` is what says where it stands: its number in the file, its path, its indentation.
    """

    row: int
    title: str
    kind: ImportKind | None = None
    part: int | None = None
    external_id: str | None = None
    place: str | None = None
    parents: tuple[ParentWord, ...] = ()
    owners: tuple[str, ...] = ()
    cycle: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    description: str = ""
    weight: Fraction | None = None
    status: str | None = None
    commitment: str | None = None
    metric: ImportMetric | None = None
    check_ins: tuple[ImportedCheckIn, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What a file holds, in its order: rows, those that are passed over with why, and what is wrong. `unread` are columns that nothing was made of."""

    rows: tuple[ImportRow, ...]
    count: int
    encoding: str
    delimiter: str | None = None
    skipped: tuple[tuple[int, str], ...] = ()
    problems: tuple[ImportProblem, ...] = field(default=())
    unread: tuple[str, ...] = ()
