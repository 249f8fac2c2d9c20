"""What every progress rule's options have in common. The options of one kind live in the file of that kind."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

LARGEST = Decimal(10) ** 15
DECIMALS = 30
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Number = Annotated[Decimal, Field(ge=-LARGEST, le=LARGEST, decimal_places=DECIMALS)]
"""A number written in a mapping: whatever people measure, and few enough digits to reckon with exactly."""
Operand = str | Number
"""A field alias of the mapping, or a number written in the mapping itself."""


def written_day(value: object) -> object:
    """A day as it is written; refuses numbers (pydantic would read them as seconds since 1970) and days that no calendar of work reaches.

    Raises PydanticCustomError: `date_form`, `date_range`.
    """
    if isinstance(value, str) and not _DAY.fullmatch(value):
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


class Step(BaseModel):
    """How far from the start the target lies: exactly one of an amount and a percentage of the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Operand | None = None
    percent: Operand | None = None
