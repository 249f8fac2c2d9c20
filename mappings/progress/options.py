"""What every progress rule's options have in common, and the marks by which an option says what it holds.

The options of one kind live in the file of that kind. `Annotated[str, FieldAlias(history=True)]` is all that the reading of
fields, the checks, the history that is fetched, completion and the form need to know of an option: nothing else names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from mappings.fields import ReadingKind

LARGEST = Decimal(10) ** 15
DECIMALS = 30
MOST_WEIGHTS = 10
"""Fields that may hold one weight: a team has one, a site with a history a few."""
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Number = Annotated[Decimal, Field(ge=-LARGEST, le=LARGEST, decimal_places=DECIMALS)]
"""A number written in a mapping: whatever people measure, and few enough digits to reckon with exactly."""


@dataclass(frozen=True, slots=True)
class FieldAlias:
    """Marks an option that names a field of the mapping.

    `history`: every change of the field is a reading of the key result, and a check-in stands in for what it holds. `words` may
    stand for an alias: each with the id of the field that it means, None where nothing is read. `meaning` says to people what is
    read, where the name of the option does not.
    """

    wanted: ReadingKind | None = ReadingKind.NUMBER
    history: bool = False
    words: Mapping[str, str | None] = field(default_factory=dict, hash=False)
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Jql:
    """Marks an option that holds JQL. It is checked and compiled; the rule finds it under the option's name (`Subject.conditions`)."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Marks an option of several shapes with what else can be written there, in words."""

    words: tuple[str, ...]


Operand = Annotated[str, FieldAlias()] | Number
"""A field alias of the mapping, or a number written in the mapping itself."""
ReadingAlias = Annotated[
    str, FieldAlias(history=True), Field(description="Alias of the field that holds the reading.")
]
"""The alias of the field that holds the reading: what a metric stands at, measured or checked in."""


def written_day(value: object) -> object:
    """A day as it is written; refuses numbers (pydantic would read them as seconds since 1970) and days that no calendar of work reaches.

    Raises PydanticCustomError: `date_form`, `date_range`.
    """
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise PydanticCustomError("date_form", "a date like 2026-10-01 is wanted here")
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise PydanticCustomError("date_form", "a date like 2026-10-01 is wanted here") from None
    if not isinstance(day, date):
        raise PydanticCustomError("date_form", "a date like 2026-10-01 is wanted here")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise PydanticCustomError(
            "date_range",
            "a date from {first} to {last} is wanted here",
            {"first": str(FIRST_DAY), "last": str(LAST_DAY)},
        )
    return day


Day = Annotated[date, BeforeValidator(written_day)]


class RuleOptions(BaseModel):
    """Base of all options: closed (an unknown key is an error) and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str

    @cached_property
    def aliases(self) -> tuple[AliasOption, ...]:
        """What `aliases` finds: every objective that is measured asks for it."""
        return _aliases(self)


class TargetDistance(BaseModel):
    """How far from the start the target lies: exactly one of an amount and a percentage of the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Annotated[Operand | None, Field(description="A distance from the start.")] = None
    percent: Annotated[Operand | None, Field(description="A distance in percent of the start.")] = None


class KpiCurrent(BaseModel):
    """A KPI of the mapping in the place of a field: what it was worth in the last period that settled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kpi: Annotated[str, Field(description="Id of a KPI of this mapping.")]

    @property
    def field_id(self) -> str:
        """What stands for it among the fields of a key result while that is measured; no field of Jira is called so."""
        return f"kpi:{self.kpi}"


ReadingOperand = Annotated[
    ReadingAlias | KpiCurrent,
    Field(
        description="Alias of the field that holds the reading, or {kpi: id} for what a KPI was worth last."
    ),
]
"""Where a reading comes from: the history of a field, or the settled periods of a KPI."""

Way = Annotated[
    TargetDistance | None,
    Field(description="How far from the start the target lies: {amount: n} or {percent: n}."),
]

Place = tuple[str | int, ...]
"""The way to a value among options: `by`, `percent`."""


class AliasOption(NamedTuple):
    """One value among the options of a rule that may be a field alias."""

    place: Place
    text: str
    mark: FieldAlias

    @property
    def is_word(self) -> bool:
        """Whether it is one of the words that may stand for an alias."""
        return self.text in self.mark.words


def aliases(options: BaseModel) -> Iterator[AliasOption]:
    """Every field alias among options, and the words that stand for one, in the order of the options."""
    yield from options.aliases if isinstance(options, RuleOptions) else _aliases(options)


def _aliases(options: BaseModel) -> tuple[AliasOption, ...]:
    return tuple(AliasOption(*found) for found in _marked_texts(options, FieldAlias))


def reading_alias(options: BaseModel) -> str | None:
    """The alias of the field whose history counts; None where the rule reads no such field."""
    return next((one.text for one in aliases(options) if one.mark.history and not one.is_word), None)


def current_kpi(options: BaseModel) -> KpiCurrent | None:
    """The KPI whose settled periods are the readings; None where the rule reads none."""
    found = (getattr(options, name) for name in type(options).model_fields)
    return next((one for one in found if isinstance(one, KpiCurrent)), None)


def has_reading(options: type[BaseModel]) -> bool:
    """Whether options of this kind name a field whose history counts."""
    return any(mark.history for _, mark in list_marks(options, FieldAlias))


def jql_options(options: BaseModel) -> Mapping[str, str]:
    """The JQL among options, by name of the option."""
    return {str(place[0]): text for place, text, _ in _marked_texts(options, Jql)}


Mark = TypeVar("Mark")


def list_marks(options: type[BaseModel], kind: type[Mark]) -> Iterator[tuple[str, Mark]]:
    """Every mark of a kind with the name of its option, those of nested options too."""
    for name, info in options.model_fields.items():
        for part in _parts(info):
            if isinstance(part, kind):
                yield name, part
            elif isinstance(part, type) and issubclass(part, BaseModel):
                yield from list_marks(part, kind)


def _parts(info: FieldInfo) -> Iterator[object]:
    """Marks and types of an option, wherever in its annotation they stand."""
    yield from info.metadata
    yield from _within(info.annotation)


def _within(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is None:
        yield annotation
    for one in get_args(annotation):
        yield from _within(one)


def marked_texts(options: BaseModel, kind: type[Mark]) -> Iterator[tuple[Place, str]]:
    """Every text among options that has a mark of this kind, with the way to it."""
    for place, text, _ in _marked_texts(options, kind):
        yield place, text


def _marked_texts(options: BaseModel, kind: type[Mark]) -> Iterator[tuple[Place, str, Mark]]:
    for name, info in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, BaseModel):
            for found in _marked_texts(value, kind):
                yield (name, *found[0]), found[1], found[2]
            continue
        marks = [one for one in info.metadata if isinstance(one, kind)]
        yield from _texts((name,), value, info.annotation, marks, kind)


def _texts(
    place: Place, value: object, annotation: object, marks: list[Mark], kind: type[Mark]
) -> Iterator[tuple[Place, str, Mark]]:
    """The marked texts of a value: marks hold for what is annotated, through unions and for every entry of a list."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from _texts(
            place, value, inner, [*marks, *(one for one in more if isinstance(one, kind))], kind
        )
    elif isinstance(value, str) and annotation is str:
        yield from ((place, value, mark) for mark in marks[-1:])
    elif isinstance(value, tuple) and get_origin(annotation) is tuple:
        for index, one in enumerate(value):
            yield from _texts((*place, index), one, get_args(annotation)[0], marks, kind)
    elif get_origin(annotation) is not tuple:
        for one in get_args(annotation):
            yield from _texts(place, value, one, marks, kind)
