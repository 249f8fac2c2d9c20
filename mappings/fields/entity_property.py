"""Entity properties of issues: a small JSON value that no screen shows and automation reads. Kept among an issue's fields.

In Jira a property is no field: it is read and written by its own calls. Under the id `property:<key>` it is compared, planned and
recorded like one. No field of Jira has a colon in its id, and no JQL name leads to one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import FieldType, FieldValueError, is_empty
from mappings.fields.number import TOLERANCE

PREFIX = "property:"
LARGEST = 32_768
"""Bytes of JSON that Jira keeps in one property."""


def property_id(key: str) -> str:
    """The id under which the property of this key stands among the fields of an issue."""
    return PREFIX + key


def property_key(field_id: str) -> str | None:
    """The key of the property that stands under this id; None where it is the id of a field."""
    return field_id.removeprefix(PREFIX) if field_id.startswith(PREFIX) else None


def property_field(key: str) -> Field:
    """The property of this key in the shape of a field."""
    return Field(id=property_id(key), name=f"entity property {key}", type="property")


class EntityProperty(FieldType):
    """`{"progress_percent": 62, "health": "at_risk"}`; any other JSON that somebody put there is read as it is."""

    name: ClassVar[str] = "property"

    def fits(self, field: Field) -> bool:
        return property_key(field.id) is not None

    def decode(self, raw: object) -> str | None:
        return None if is_empty(raw) else words(raw)

    def make(self, value: object, field: Field) -> object:
        """A JSON object of texts, numbers and nulls by name."""
        if not isinstance(value, Mapping):
            raise FieldValueError(f"{field.name or field.id} holds named values; {value!r} has no names")
        made = {str(name): _plain(inner, field) for name, inner in value.items()}
        if len(json.dumps(made, ensure_ascii=False).encode()) > LARGEST:
            raise FieldValueError(f"{field.name or field.id} holds at most {LARGEST} bytes of JSON")
        return made

    def equal(self, left: object, right: object) -> bool:
        """Same names with the same values; numbers as number fields compare them, null only to null."""
        if is_empty(left) or is_empty(right):
            return is_empty(left) and is_empty(right)
        return _alike(left, right)

    def text(self, raw: object) -> str:
        return "empty" if is_empty(raw) else words(raw)

    def step(self, before: object, after: object) -> str:
        """`progress_percent 50 → 62`: of two objects with the same names only what differs is said."""
        if not (isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys()):
            return super().step(before, after)
        moved = (name for name in after if not _alike(before[name], after[name]))
        return ", ".join(f"{name} {_word(before[name])} → {_word(after[name])}" for name in moved)


def words(raw: object) -> str:
    """`progress_percent 62, health at_risk`; what is no object, as JSON."""
    return ", ".join(_members(raw)) if isinstance(raw, dict) else _word(raw)


def _members(raw: dict[str, object]) -> Iterator[str]:
    return (f"{name} {_word(value)}" for name, value in raw.items())


def _word(value: object) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(value: object, field: Field) -> object:
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, str | int):
        return value
    raise FieldValueError(f"{field.name or field.id} holds texts and numbers; {value!r} is neither")


def _alike(left: object, right: object) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_alike(*pair) for pair in zip(left, right, strict=True))
    one, other = _number(left), _number(right)
    if one is not None and other is not None:
        return abs(one - other) <= TOLERANCE
    return type(left) is type(right) and left == right


def _number(value: object) -> Fraction | None:
    """A text of digits is no number here, and `true` is not 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return Fraction(value)
