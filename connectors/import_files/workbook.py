"""A sheet of a workbook (XLSX) as a table: values as they are shown, formulas never computed, nothing fetched from outside.

Only what a table needs is read of the format (ECMA-376): shared and inline texts, numbers, whether a cell is shown as a percentage or a day.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from xml.etree import ElementTree

from connectors.import_files.parts import BROKEN, zip_parts
from mappings.imports.files.table import MOST_ROWS, FileTable, PercentNumber, UnusableFile, of_records
from mappings.numbers import exact

LARGEST_PART = 5_000_000
"""Of the parts that are read as a whole: what sheets there are, and how cells look."""
LARGEST_ELEMENT = 20_000
"""Elements within one row or one text."""
ENTITIES = "The workbook declares entities of its own: it is not read."
CHUNK = 65_536
MOST_COLUMNS = 500
LAST_ROW = 5 * MOST_ROWS
"""Blank lines count for nothing, but each costs memory."""
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
PERCENT_FORMATS = frozenset({9, 10})
DAY_FORMATS = frozenset({14, 15, 16, 17, 22})
DAY_ZERO, DAY_ZERO_OF_MACS = date(1899, 12, 30), date(1904, 1, 1)
"""From which day days are counted; workbooks that began on old Macs say so (`date1904`)."""
LINK = re.compile(r'HYPERLINK\("[^"]*"\s*[,;]\s*"([^"]*)"\)', re.IGNORECASE)
REFERENCE = re.compile(r"([A-Z]{1,3})\d+")


@dataclass(frozen=True, slots=True)
class Workbook:
    """What of a workbook says how its cells are read."""

    texts: tuple[str, ...]
    formats: tuple[str, ...]
    """By the number of a style: `percent`, `day` or nothing."""
    day_zero: date = DAY_ZERO


def workbook_table(data: bytes, sheet: str | None = None) -> FileTable:
    """The table of a sheet, the first unless one is named. Raises UnusableFile for macros, formulas and what is no workbook."""
    try:
        with zip_parts(data) as parts:
            _guard(parts)
            book = Workbook(tuple(_texts(parts)), tuple(_formats(parts)), _day_zero(parts))
            return of_records(list(_lines(_each(parts, _place(parts, sheet), "row"), book)), "xlsx", None)
    except (
        *BROKEN,
        ElementTree.ParseError,
        KeyError,
        IndexError,
        ValueError,
        OverflowError,
    ) as error:
        raise UnusableFile(
            f"This is no workbook that can be read ({error}). Save it as CSV in UTF-8."
        ) from None


def _guard(parts: zipfile.ZipFile) -> None:
    names = {one.filename for one in parts.infolist()}
    if any("vbaProject" in one for one in names):
        raise UnusableFile("The workbook has macros: save it without them, as XLSX or CSV.")
    if any(one.startswith("xl/externalLinks/") for one in names):
        raise UnusableFile("The workbook reads from other files: save its values alone, as CSV.")


class _PartBuilder(ElementTree.TreeBuilder):
    """Builds a part as a whole."""

    def doctype(self, *_said: object) -> None:
        """Where entities would be declared: without them there is nothing to expand."""
        raise UnusableFile(ENTITIES)


class _Elements:
    """Builds the elements of one name, each by itself: of what stands around them nothing is kept."""

    def __init__(self, name: str) -> None:
        self.name, self.depth, self.size = name, 0, 0
        self.builder = ElementTree.TreeBuilder()
        self.found: list[ElementTree.Element] = []

    def doctype(self, *_said: object) -> None:
        """As with a part as a whole."""
        raise UnusableFile(ENTITIES)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self.depth or tag == self.name:
            self.builder.start(tag, attributes)
            self.depth += 1
            self.size += 1
            if self.size > LARGEST_ELEMENT:
                raise UnusableFile(
                    "A row or text of the workbook has too many parts: save its values alone, as CSV."
                )

    def data(self, text: str) -> None:
        """Text goes on."""
        if self.depth:
            self.builder.data(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self.depth:
            self.builder.end(tag)
            self.depth -= 1
            if not self.depth:
                self.found.append(self.builder.close())
                self.builder, self.size = ElementTree.TreeBuilder(), 0


def _each(parts: zipfile.ZipFile, name: str, element: str) -> Iterator[ElementTree.Element]:
    """The elements of a name, one after the other: a sheet as a whole takes twenty times its size in memory."""
    target = _Elements(f"{MAIN}{element}")
    parser = ElementTree.XMLParser(target=target)  # noqa: S314 - it refuses entities
    with parts.open(name) as part:
        while chunk := part.read(CHUNK):
            parser.feed(chunk)
            yield from target.found
            target.found.clear()
    parser.close()


def _xml(parts: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if parts.getinfo(name).file_size > LARGEST_PART:
        raise UnusableFile(f"{name} of the workbook is too large to be read: save its values alone, as CSV.")
    return ElementTree.fromstring(parts.read(name), ElementTree.XMLParser(target=_PartBuilder()))  # noqa: S314 - it refuses entities


def _place(parts: zipfile.ZipFile, sheet: str | None) -> str:
    sheets = {
        str(one.get("name")): str(one.get(RELATION))
        for one in _xml(parts, "xl/workbook.xml").iter(f"{MAIN}sheet")
    }
    if sheet is not None and sheet not in sheets:
        raise UnusableFile(f"There is no sheet “{sheet}”. Those are: {', '.join(sheets)}.")
    wanted = sheets[sheet] if sheet is not None else next(iter(sheets.values()))
    for one in _xml(parts, "xl/_rels/workbook.xml.rels"):
        if one.get("Id") == wanted:
            target = str(one.get("Target"))
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    raise UnusableFile("The workbook does not say where its sheet is.")


def _texts(parts: zipfile.ZipFile) -> Iterator[str]:
    if "xl/sharedStrings.xml" in parts.namelist():
        yield from map(_text, _each(parts, "xl/sharedStrings.xml", "si"))


def _text(of: ElementTree.Element) -> str:
    """The text of a cell, in runs of several looks or in one; how it is pronounced (`rPh`) is none of it."""
    return "".join(one.text or "" for one in (*of.findall(f"{MAIN}t"), *of.findall(f"{MAIN}r/{MAIN}t")))


def _day_zero(parts: zipfile.ZipFile) -> date:
    found = _xml(parts, "xl/workbook.xml").find(f"{MAIN}workbookPr")
    of_macs = found is not None and found.get("date1904") in ("1", "true")
    return DAY_ZERO_OF_MACS if of_macs else DAY_ZERO


def _formats(parts: zipfile.ZipFile) -> Iterator[str]:
    if "xl/styles.xml" not in parts.namelist():
        return
    styles = _xml(parts, "xl/styles.xml")
    own = {str(one.get("numFmtId")): str(one.get("formatCode")) for one in styles.iter(f"{MAIN}numFmt")}
    for styled in styles.iter(f"{MAIN}cellXfs"):
        for one in styled:
            id_ = str(one.get("numFmtId", "0"))
            code = re.sub(r'"[^"]*"|\[[^\]]*\]', "", own.get(id_, ""))
            number = int(id_)
            if number in PERCENT_FORMATS or "%" in code:
                yield "percent"
            elif number in DAY_FORMATS or re.search(r"[dy]", code, re.IGNORECASE):
                yield "day"
            else:
                yield ""


def _lines(rows: Iterator[ElementTree.Element], book: Workbook) -> Iterator[list[str | Fraction]]:
    """The lines from the first on; blank ones stand for themselves, so that rows keep their numbers."""
    last = 0
    for row in rows:
        number = int(row.get("r") or last + 1)
        if number > LAST_ROW:
            raise UnusableFile(f"Something stands in row {number}: at most {LAST_ROW:,} are read.")
        for _ in range(number - last - 1):
            yield []
        last = number
        cells: dict[int, str | Fraction] = {}
        for place, cell in enumerate(row.iter(f"{MAIN}c")):
            found = REFERENCE.fullmatch(cell.get("r") or "")
            cells[_column(found[1]) if found else place] = _value(cell, book)
        if max(cells, default=0) >= MOST_COLUMNS:
            raise UnusableFile(f"Row {number} has more than {MOST_COLUMNS} columns.")
        yield [cells.get(place, "") for place in range(max(cells, default=-1) + 1)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ElementTree.Element, book: Workbook) -> str | Fraction:
    formula, kind = cell.find(f"{MAIN}f"), cell.get("t", "n")
    if formula is not None:
        linked = LINK.fullmatch((formula.text or "").strip())
        if linked is None:
            raise UnusableFile(f"The cell {cell.get('r')} is a formula: save the values alone, as CSV.")
        return linked[1]
    if kind == "inlineStr":
        return "".join(map(_text, cell.findall(f"{MAIN}is")))
    said = cell.findtext(f"{MAIN}v") or ""
    if kind == "s":
        return book.texts[int(said)]
    number = exact(said) if kind == "n" else None
    if number is None:
        return said
    return _shown(number, book, cell.attrib)


def _shown(number: Fraction, book: Workbook, attributes: Mapping[str, str]) -> str | Fraction:
    style = int(attributes.get("s", "0"))
    shown = book.formats[style] if style < len(book.formats) else ""
    if shown == "percent":
        return PercentNumber(number * 100)
    if shown == "day":
        return (book.day_zero + timedelta(days=int(number))).isoformat()
    return number
