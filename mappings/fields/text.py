"""Single-line text fields. Jira trims them, keeps 255 characters and does not tell empty from missing."""

from __future__ import annotations

from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import (
    CUSTOM,
    FieldPurpose,
    FieldType,
    FieldValueError,
    JqlView,
    ReadingKind,
    view_of,
)

LONGEST = 255
PARAGRAPHS = ("description", "environment", f"{CUSTOM}textarea")
READ_ONLY = f"{CUSTOM}readonlyfield"
OTHER_STRINGS = (f"{CUSTOM}url", READ_ONLY, "com.pyxis.greenhopper.jira:gh-epic-status")


FREE_TEXT = ("textfield", "textarea", "readonlyfield")


def searched_by_words(field: Field) -> bool:
    """Whether Jira searches a text field by words; others it compares whole."""
    return field.custom.rpartition(":")[2] in FREE_TEXT


class Text(FieldType):
    """A JSON string of one line."""

    name: ClassVar[str] = "text"
    schemas: ClassVar[tuple[str, ...]] = ("string",)
    reading: ClassVar[ReadingKind | None] = ReadingKind.TEXT
    holding: ClassVar[FieldPurpose | None] = FieldPurpose.WORDS

    def fits(self, field: Field) -> bool:
        kind = field.custom or field.id
        return field.type == "string" and kind not in PARAGRAPHS + OTHER_STRINGS

    def decode(self, raw: object) -> str | None:
        return (raw.strip() or None) if isinstance(raw, str) else None

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        return text or None

    def jql_view(self, field: Field) -> JqlView:
        return JqlView.WORDS if searched_by_words(field) else view_of(field)

    def make(self, value: object, field: Field) -> object:
        """One line of at most 255 characters; what is longer ends in an ellipsis, since Jira would refuse it whole."""
        if not isinstance(value, str):
            raise FieldValueError(f"{field.name or field.id} holds text; {value!r} is none")
        line = " ".join(value.split())
        return (line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…") or None
