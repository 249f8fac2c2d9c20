"""Workbooks as spreadsheets write them: what stands in a cell is read as it is shown, and no file costs more than it may."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from connectors.import_files import parts
from connectors.import_files.archive import read_zip
from connectors.import_files.workbook import workbook_table
from mappings.imports import cells
from mappings.imports.files.table import UnusableFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OF_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="14"/></cellXfs></styleSheet>'


def workbook(rows: str, *, of_macs: bool = False, texts: str = "", packed: bool = False) -> bytes:
    """A workbook of one sheet; the styles 1 and 2 are a percentage and a day."""
    properties = '<workbookPr date1904="1"/>' if of_macs else ""
    texts_of = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OF_RELATIONS}">{properties}<sheets><sheet name="OKRs" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    data = BytesIO()
    with ZipFile(data, "w", ZIP_DEFLATED if packed else ZIP_STORED) as made:
        for name, text in texts_of.items():
            made.writestr(name, text)
    return data.getvalue()


def changed(data: bytes, news: dict[str, bytes]) -> bytes:
    """A workbook with other parts in the place of its own."""
    made = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(made, "w") as new:
        for one in old.namelist():
            new.writestr(one, news.get(one, old.read(one)))
    return made.getvalue()


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = f'<row r="1">{cell("A1", "Title")}{cell("B1", "Current")}{cell("C1", "Due")}</row>'


def test_a_percentage_of_three_decimals_is_the_number_that_is_shown_whatever_the_decimal_sign() -> None:
    row = f'<row r="2">{cell("A2", "On time")}<c r="B2" s="1"><v>0.12345</v></c></row>'
    (one,) = workbook_table(workbook(HEADER + row)).rows
    assert [cells.number(one.cells["Current"], sign) for sign in (None, ",", ".")] == [Fraction("12.345")] * 3
    assert one.text("Current") == "12.345%"


@pytest.mark.parametrize(("of_macs", "day"), [(False, "2026-11-29"), (True, "2030-11-30")])
def test_days_are_counted_from_where_the_workbook_says(of_macs: bool, day: str) -> None:
    row = f'<row r="2">{cell("A2", "On time")}<c r="C2" s="2"><v>46355</v></c></row>'
    (one,) = workbook_table(workbook(HEADER + row, of_macs=of_macs)).rows
    assert one.text("Due") == day


def test_how_a_title_is_pronounced_is_no_part_of_it() -> None:
    texts = '<si><r><t>東京</t></r><r><t>支店</t></r><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
    row = '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    (one,) = workbook_table(workbook(HEADER + row, texts=texts)).rows
    assert one.text("Title") == "東京支店"


@pytest.mark.parametrize(
    "row",
    [
        f'<row r="1048576">{cell("A1048576", "far below")}</row>',
        f'<row r="2">{cell("XFD2", "far to the right")}</row>',
        '<row r="2"><c r="C2" s="2"><v>1e30</v></c></row>',
        f'<row r="2">{"<c/>" * 20_000}</row>',
        '<row r="2">',
    ],
)
def test_what_would_cost_memory_or_is_no_day_is_refused_in_words(row: str) -> None:
    with pytest.raises(UnusableFile):
        workbook_table(workbook(HEADER + row))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_entities_are_refused_in_every_part_and_encoding(part: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(UnusableFile, match="entities"):
        workbook_table(changed(workbook(HEADER), {part: text.encode(encoding)}))


def test_a_sheet_is_never_held_as_a_whole_and_what_is_larger_than_is_read_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """10,000 cells: a tree of them takes three times what is allowed here."""
    cells_of_row = "".join(
        f'<c t="n" s="0"><v>{column}</v><x a="1" b="2" c="3" d="4"/></c>' for column in range(10)
    )
    data = workbook(HEADER + f"<row>{cells_of_row}</row>" * 1_000)
    workbook_table(data)
    tracemalloc.start()
    found = workbook_table(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(found.rows), peak < 3_000_000) == (1_000, True)
    monkeypatch.setattr(parts, "LARGEST_UNPACKED", 100_000)
    for read in (workbook_table, read_zip):
        with pytest.raises(UnusableFile, match=r"Unpacked, the file has .* at most 100,000 are read"):
            read(data)


def test_a_damaged_file_is_refused_in_words() -> None:
    data = bytearray(workbook(HEADER + f'<row r="2">{cell("A2", "On time" * 1000)}</row>', packed=True))
    place = data.index(b"xl/worksheets/sheet1.xml") + 60
    data[place : place + 8] = b"\xff" * 8
    with pytest.raises(UnusableFile, match="no workbook that can be read"):
        workbook_table(bytes(data))


def test_a_text_of_thousands_of_digits_is_no_number_and_zeros_are_zero() -> None:
    found = cells.number("9" * 5000, None)
    assert isinstance(found, cells.CellFault)
    assert (found.code, cells.number("0.000", None)) == ("number_unreadable", 0)
