"""The connector's own file of OKRs, as JSON: what is written is read again as it was, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mappings.imports.files.table import LARGEST_FILE, MOST_ROWS, UnusableFile
from mappings.imports.row import (
    ImportedCheckIn,
    ImportKind,
    ImportMetric,
    ImportProblem,
    ImportRow,
    ParentWord,
    ReadRows,
)
from mappings.json_value import PlainValues
from mappings.numbers import count_of, exact

FORMAT = 1
Status = Literal["pending", "on_track", "at_risk", "off_track", "closed", "cancelled"]
Exact = int | float | str
"""A number; what no decimal says is a text like `1/3`."""


class OkrFilePart(BaseModel):
    """Whatever is written in such a file: unknown names are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MetricPart(OkrFilePart):
    """How a key result is measured."""

    kind: str | None = None
    start: Exact | None = None
    target: Exact | None = None
    current: Exact | None = None
    unit: str | None = None
    at_least: Exact | None = None
    at_most: Exact | None = None


class CheckInPart(OkrFilePart):
    """What somebody said of a key result on a day."""

    on: date
    value: Exact | None = None
    status: Status | None = None
    note: str = ""
    by: str | None = None


class OkrPart(OkrFilePart):
    """An objective or a key result; `parent` and `aligned_to` are ids of this file."""

    id: str = Field(min_length=1, max_length=255)
    kind: ImportKind
    title: str = Field(min_length=1, max_length=255)
    parent: str | None = None
    aligned_to: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    cycle: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    description: str = ""
    weight: Exact | None = None
    status: Status | None = None
    commitment: Literal["committed", "aspirational"] | None = None
    metric: MetricPart | None = None
    check_ins: tuple[CheckInPart, ...] = ()


def read_okr_file(data: bytes) -> ReadRows:
    """The rows of such a file; what is wrong with one is named with its number, counted from 1. Raises UnusableFile where it is none."""
    if len(data) > LARGEST_FILE:
        raise UnusableFile(f"The file has {count_of(len(data), 'byte')}: at most {LARGEST_FILE:,} are read.")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnusableFile(f"This is no JSON: {error}.") from None
    okrs = document.get("okrs") if isinstance(document, dict) else None
    if not isinstance(okrs, list) or document.get("format") != FORMAT:
        raise UnusableFile(f'The file is to be {{"format": {FORMAT}, "okrs": [ … ]}}.')
    if len(okrs) > MOST_ROWS:
        raise UnusableFile(f"The file has {count_of(len(okrs), 'row')}: at most {MOST_ROWS:,} are read.")
    rows, problems = [], []
    for number, raw in enumerate(okrs, 1):
        try:
            rows.append(_row(number, OkrPart.model_validate(raw)))
        except ValidationError as error:
            problems += [
                ImportProblem(
                    row=number,
                    code="value_unfit",
                    message=str(one["msg"]),
                    column=".".join(str(step) for step in one["loc"]),
                    value=json.dumps(one.get("input"), default=str)[:80],
                )
                for one in error.errors()
            ]
    return ReadRows(tuple(rows), len(okrs), "utf-8", problems=tuple(problems))


def okr_file(rows: Sequence[ImportRow]) -> PlainValues:
    """Such a file of rows that have ids; reading it gives them again."""
    return {"format": FORMAT, "okrs": [_values(one) for one in rows]}


def _row(number: int, part: OkrPart) -> ImportRow:
    metric = part.metric
    weight = _number(part.weight, "weight")
    above = (part.parent,) if part.parent is not None else ()
    return ImportRow(
        row=number,
        title=part.title,
        kind=part.kind,
        external_id=part.id,
        parents=tuple(
            ParentWord(id=id_, weight=weight if place == 0 else None)
            for place, id_ in enumerate((*above, *part.aligned_to))
        ),
        owners=part.owners,
        cycle=part.cycle,
        start_date=part.start_date,
        end_date=part.end_date,
        description=part.description,
        weight=weight,
        status=part.status,
        commitment=part.commitment,
        metric=None
        if metric is None
        else ImportMetric(
            start=_number(metric.start, "start"),
            target=_number(metric.target, "target"),
            current=_number(metric.current, "current"),
            unit=metric.unit,
            kind=metric.kind,
            at_least=_number(metric.at_least, "at_least"),
            at_most=_number(metric.at_most, "at_most"),
        ),
        check_ins=tuple(
            ImportedCheckIn(
                on=one.on, value=_number(one.value, "value"), status=one.status, note=one.note, by=one.by
            )
            for one in part.check_ins
        ),
    )


def _number(value: Exact | None, name: str) -> Fraction | None:
    if value is None:
        return None
    above, slash, below = str(value).partition("/")
    found = exact(above) if slash else exact(value)
    under = exact(below) if slash else Fraction(1)
    if found is None or not under:
        line = {
            "type": "value_error",
            "loc": (name,),
            "input": value,
            "ctx": {"error": ValueError("no number")},
        }
        raise ValidationError.from_exception_data("OkrPart", [line])  # type: ignore[list-item]
    return found / under


def _values(one: ImportRow) -> PlainValues:
    parents = [parent.id for parent in one.parents if parent.id is not None]
    found: PlainValues = {
        "id": one.external_id,
        "kind": one.kind,
        "title": one.title,
        "parent": parents[0] if parents else None,
        "aligned_to": list(parents[1:]),
        "owners": list(one.owners),
        "cycle": one.cycle,
        "start_date": one.start_date,
        "end_date": one.end_date,
        "description": one.description,
        "weight": _said(one.weight),
        "status": one.status,
        "commitment": one.commitment,
        "metric": None
        if one.metric is None
        else {
            "kind": one.metric.kind,
            "start": _said(one.metric.start),
            "target": _said(one.metric.target),
            "current": _said(one.metric.current),
            "unit": one.metric.unit,
            "at_least": _said(one.metric.at_least),
            "at_most": _said(one.metric.at_most),
        },
        "check_ins": [
            {
                "on": said.on,
                "value": _said(said.value),
                "status": said.status,
                "note": said.note,
                "by": said.by,
            }
            for said in one.check_ins
        ],
    }
    return found


def _said(value: Fraction | None) -> int | float | str | None:
    """A number that JSON says exactly; else as a text."""
    if value is None:
        return None
    if value.denominator == 1 and abs(value) < 2**53:
        return value.numerator
    near = float(value)
    return near if exact(near) == value else f"{value.numerator}/{value.denominator}"
