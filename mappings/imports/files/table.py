"""A table as a tool exports it: the encoding and the delimiter are told from its bytes, rows are counted as records with the header as the first."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from mappings.numbers import count_of

MOST_ROWS = 20_000
LONGEST_SAMPLE = 60
LARGEST_FILE = 20_000_000
DELIMITERS = (",", ";", "\t", "|")
BOM_16 = (b"\xff\xfe", b"\xfe\xff")


class UnusableFile(Exception):
    """A file of which nothing can be planned; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One record: `cells` by column, typed numbers as such; `rest` is what stands in columns without a header."""

    number: int
    cells: Mapping[str, str | Fraction]
    rest: tuple[str, ...] = ()

    def text(self, column: str) -> str:
        """What a cell says, with the blanks around it; empty where there is none."""
        found = self.cells.get(column, "")
        return found if isinstance(found, str) else plain_number(found)


@dataclass(frozen=True, slots=True)
class FileTable:
    """A header and its records; `encoding` and `delimiter` as they were told."""

    columns: tuple[str, ...]
    rows: tuple[TableRecord, ...]
    encoding: str
    delimiter: str | None = None
    others: Mapping[str, tuple[TableRecord, ...]] = field(default_factory=dict)
    """Further lists of the same file, such as its check-ins, by name."""


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file: what the map, or its name, says that it is, and some of what stands in it."""

    name: str
    word: str | None
    samples: tuple[str, ...]


def sample_column(table: FileTable, column: str, most: int = 3) -> tuple[str, ...]:
    """Some of what stands in a column, each value once and not longer than a line."""
    said = (" ".join(row.text(column).split())[:LONGEST_SAMPLE] for row in table.rows)
    return tuple(islice((one for one in dict.fromkeys(said) if one), most))


class PercentNumber(Fraction):
    """A typed number that its workbook shows with a percent sign: 45 where it shows 45%."""

    __slots__ = ()


def plain_number(value: Fraction) -> str:
    """A typed number as text."""
    sign = "%" if isinstance(value, PercentNumber) else ""
    return (str(value.numerator) if value.denominator == 1 else repr(float(value))) + sign


def csv_table(data: bytes, encoding: str | None = None, delimiter: str | None = None) -> FileTable:
    """The table of a CSV file. Raises UnusableFile."""
    if len(data) > LARGEST_FILE:
        raise UnusableFile(
            f"The file has {count_of(len(data), 'byte')}: at most {LARGEST_FILE:,} are read. Split it by objectives."
        )
    text, told = _decoded(data, encoding)
    sign = delimiter or _delimiter(text)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True))
    except csv.Error as error:
        raise UnusableFile(f"This is no CSV: {error}. Export it again, or name its delimiter.") from None
    if not records:
        raise UnusableFile("The file is empty: its first line names the columns.")
    return of_records(records, told, sign)


def of_records(
    records: Sequence[Sequence[str | Fraction]], encoding: str, delimiter: str | None
) -> FileTable:
    """A table of its lines, the first of which names the columns. Raises UnusableFile."""
    header = tuple(str(cell).strip() for cell in records[0])
    named = [one for one in header if one]
    if twice := sorted({one for one in named if named.count(one) > 1}):
        raise UnusableFile(f"Several columns are called {', '.join(twice)}: give each another name.")
    rows = []
    for number, record in enumerate(records[1:], 2):
        if not any(not isinstance(cell, str) or cell.strip() for cell in record):
            continue
        named_cells = {name: cell for name, cell in zip(header, record, strict=False) if name}
        bare = [cell for name, cell in zip(header, record, strict=False) if not name]
        rest = [one for one in (*bare, *record[len(header) :]) if isinstance(one, str) and one.strip()]
        rows.append(TableRecord(number, named_cells, tuple(rest)))
    return FileTable(tuple(named), limit_rows(rows), encoding, delimiter)


def limit_rows(rows: Iterable[TableRecord]) -> tuple[TableRecord, ...]:
    """The rows, where they are not too many. Raises UnusableFile."""
    found = tuple(rows)
    if len(found) > MOST_ROWS:
        raise UnusableFile(
            f"The file has {count_of(len(found), 'row')}: at most {MOST_ROWS:,} are read. Split it by objectives."
        )
    return found


def _decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is None:
        encoding = "utf-16" if data.startswith(BOM_16) else "utf-8"
        if data.startswith(b"\xef\xbb\xbf"):
            encoding = "utf-8-sig"
        elif encoding == "utf-8":
            try:
                return data.decode("utf-8"), "utf-8"
            except UnicodeDecodeError:
                encoding = "cp1252"
    try:
        return data.decode(encoding), encoding
    except (UnicodeDecodeError, LookupError):
        raise UnusableFile(
            f"The file cannot be read as {encoding}: save it as UTF-8, or name its encoding (utf-8, utf-16, cp1252)."
        ) from None


def _delimiter(text: str) -> str:
    """The sign that stands most often in the first line, outside of quotes."""
    line = text.partition("\n")[0]
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=lambda sign: (bare.count(sign), -DELIMITERS.index(sign)))
