"""URL fields and read-only text fields: strings that are not ours to fill. Only read."""

from __future__ import annotations

from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import FieldType, JqlView, ReadingKind, view_of
from mappings.fields.text import OTHER_STRINGS, READ_ONLY, searched_by_words


class FixedText(FieldType):
    """A JSON string that Jira checks (an address) or shows without an editor (a read-only text field)."""

    name: ClassVar[str] = "fixed_text"
    schemas: ClassVar[tuple[str, ...]] = ("string",)
    reading: ClassVar[ReadingKind | None] = ReadingKind.TEXT
    writable: ClassVar[bool] = False

    def fits(self, field: Field) -> bool:
        return field.type == "string" and field.custom in OTHER_STRINGS

    def decode(self, raw: object) -> str | None:
        return (raw.strip() or None) if isinstance(raw, str) else None

    def again(self, raw: object, field: Field) -> object:
        return None if field.custom == READ_ONLY else super().again(raw, field)

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        return text or None

    def jql_view(self, field: Field) -> JqlView:
        return JqlView.WORDS if searched_by_words(field) else view_of(field)
