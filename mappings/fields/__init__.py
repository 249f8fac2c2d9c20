"""Jira field types, one file each. A new type is one new file, one line in `FIELD_TYPES`, one row in the docs, one table of tests."""

from __future__ import annotations

from collections.abc import Collection

from mappings.facts.catalogue import Field
from mappings.fields.asset import Asset
from mappings.fields.day import Day
from mappings.fields.field_type import (
    CUSTOM,
    Api,
    FieldPurpose,
    FieldType,
    FieldValueError,
    JqlView,
    ReadingKind,
    Value,
    is_empty,
    view_of,
)
from mappings.fields.fixed_text import FixedText
from mappings.fields.goals import LinkedGoals
from mappings.fields.instant import Instant
from mappings.fields.labels import Labels
from mappings.fields.multi_select import MultiSelect
from mappings.fields.number import Number
from mappings.fields.paragraph import Paragraph
from mappings.fields.parent_link import ParentLink
from mappings.fields.person import Person
from mappings.fields.request_type import RequestType
from mappings.fields.select import Select
from mappings.fields.sprint import Sprint
from mappings.fields.text import Text

__all__ = [
    "CUSTOM",
    "FIELD_TYPES",
    "Api",
    "FieldPurpose",
    "FieldType",
    "FieldValueError",
    "JqlView",
    "ReadingKind",
    "Value",
    "field_type",
    "is_empty",
    "jql_view",
    "schemas_holding",
    "schemas_reading",
]

FIELD_TYPES: tuple[FieldType, ...] = (
    Number(),
    Text(),
    Paragraph(),
    Select(),
    MultiSelect(),
    Day(),
    Instant(),
    Labels(),
    Person(),
    ParentLink(),
    Sprint(),
    RequestType(),
    Asset(),
    LinkedGoals(),
    FixedText(),
)


def field_type(field: Field) -> FieldType | None:
    """The type of a field, or None for a type this version neither reads nor writes."""
    return next((type_ for type_ in FIELD_TYPES if type_.fits(field)), None)


def jql_view(field: Field) -> JqlView:
    """How JQL sees a field, of a type that is known or not."""
    type_ = field_type(field)
    return view_of(field) if type_ is None else type_.jql_view(field)


def schemas_reading(reading: ReadingKind) -> tuple[str, ...]:
    """Jira's names of the types that can be read so."""
    return tuple(
        dict.fromkeys(name for type_ in FIELD_TYPES if type_.reading is reading for name in type_.schemas)
    )


def schemas_holding(held_by: Collection[FieldPurpose]) -> tuple[str, ...]:
    """Jira's names of the types that can hold such values, in the order of `held_by`."""
    fitting = (type_ for holding in held_by for type_ in FIELD_TYPES if type_.holding is holding)
    return tuple(dict.fromkeys(name for type_ in fitting for name in type_.schemas))
