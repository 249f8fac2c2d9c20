"""The audit log as CSV or JSON, row by row as it is read: an export of years must not be held in memory."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any

SEPARATED = re.compile("((?:;|(?<!^)[\t\r\n])[ \u00a0]*)(?=[=+@\uff1d\uff0b\uff20\uff0d-])")
"""Where a spreadsheet that parts cells by something else than commas would find the beginning of a formula within a text."""
FORMULA = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, in full width too, or leaves out before one."""


def as_json(found: Iterator[dict[str, object]]) -> Iterator[str]:
    """A JSON array, a row a line."""
    opening = "[\n"
    for row in found:
        yield opening + json.dumps(row, default=_plainly, ensure_ascii=False)
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def as_lines(found: Iterator[dict[str, object]]) -> Iterator[str]:
    """A JSON object a line, as what collects logs takes it."""
    return (json.dumps(row, default=_plainly, ensure_ascii=False) + "\n" for row in found)


JSON = {"json": as_json, "jsonl": as_lines}


def as_csv(found: Iterator[dict[str, object]], shape: type[Any]) -> Iterator[str]:
    """CSV with a header line."""
    columns = [one.name for one in fields(shape)]
    yield _line(columns)
    for row in found:
        yield _line([cell(row[column]) for column in columns])


def cell(value: object) -> str:
    """One value as text that a spreadsheet takes for text, never for a formula."""
    if value is None:
        return ""
    text = _plainly(value) if isinstance(value, datetime) else value
    shown = text if isinstance(text, str) else json.dumps(text, default=_plainly, ensure_ascii=False)
    safe = SEPARATED.sub(r"\1'", shown)
    return "'" + safe if shown.startswith(FORMULA) and not _is_number(shown) else safe


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _line(values: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def _plainly(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
