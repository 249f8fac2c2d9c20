"""Date fields: a calendar day, without time or zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import FieldPurpose, FieldType, FieldValueError, JqlView, ReadingKind

ISO_DAY = 10


class Day(FieldType):
    """`"2026-11-22"`."""

    name: ClassVar[str] = "date"
    schemas: ClassVar[tuple[str, ...]] = ("date",)
    reading: ClassVar[ReadingKind | None] = ReadingKind.DATE
    holding: ClassVar[FieldPurpose | None] = FieldPurpose.DAY

    def fits(self, field: Field) -> bool:
        return field.type == "date"

    def decode(self, raw: object) -> date | None:
        try:
            return date.fromisoformat(raw.strip()[:ISO_DAY]) if isinstance(raw, str) else None
        except ValueError:
            return None

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        return text or None

    def jql_view(self, field: Field) -> JqlView:  # noqa: ARG002
        return JqlView.DAY

    def make(self, value: object, field: Field) -> object:
        """A day; an instant is refused, since the day it falls on depends on a zone that is not known here."""
        if isinstance(value, datetime) or not isinstance(value, date):
            raise FieldValueError(f"{field.name or field.id} holds a date; {value!r} is none")
        return value.isoformat()
