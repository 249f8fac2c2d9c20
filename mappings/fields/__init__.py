"""Jira field types, one file each. A new type is one new file, one line in `FIELD_TYPES`, one row in the docs, one table of tests."""

from __future__ import annotations

from mappings.facts.catalogue import Field
from mappings.fields.asset import Asset
from mappings.fields.day import Day
from mappings.fields.entity_property import EntityProperty, property_field, property_id, property_key
from mappings.fields.field_type import CUSTOM, Api, FieldType, FieldValueError, Value, is_empty
from mappings.fields.fixed_text import FixedText
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
    "FieldType",
    "FieldValueError",
    "Value",
    "field_type",
    "is_empty",
    "property_field",
    "property_id",
    "property_key",
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
    FixedText(),
    EntityProperty(),
)


def field_type(field: Field) -> FieldType | None:
    """The type of a field, or None for a type this version neither reads nor writes."""
    return next((type_ for type_ in FIELD_TYPES if type_.fits(field)), None)
