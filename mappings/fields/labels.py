"""Label fields: a set of words. Order means nothing, case does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import Api, FieldType, FieldValueError
from mappings.fields.sprint import KEY as SPRINT

LONGEST = 255


class Labels(FieldType):
    """`["okr", "q4"]`, decoded sorted and without repetition; empty is None."""

    name: ClassVar[str] = "labels"
    schemas: ClassVar[tuple[str, ...]] = ("array",)

    def fits(self, field: Field) -> bool:
        """Data Center calls its sprints an array of strings too; they hold no words."""
        return field.type == "array" and field.items == "string" and field.custom != SPRINT

    def decode(self, raw: object) -> tuple[str, ...] | None:
        words = raw if isinstance(raw, list) else []
        return tuple(sorted({word for word in words if isinstance(word, str) and word})) or None

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        return (text or "").split() or None

    def encode(self, value: object, field: Field, api: Api = 3) -> object:
        """As ever, but an empty list clears: Jira takes no null here."""
        return super().encode(value, field, api) or []

    def make(self, value: object, field: Field) -> object:
        """A list of labels; a single word stands for a list of one. Jira takes no blanks in a label."""
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, Iterable):
            raise FieldValueError(f"{field.name or field.id} holds labels; {value!r} is none")
        return sorted({label(word, field) for word in words})

    def text(self, raw: object) -> str:
        found = self.decode(raw)
        return ", ".join(found) if found else "empty"


def label(word: object, field: Field) -> str:
    """One label, or FieldValueError: Jira refuses blanks and more than 255 characters."""
    if not isinstance(word, str) or not word or any(char.isspace() for char in word) or len(word) > LONGEST:
        raise FieldValueError(
            f"{field.name or field.id}: {word!r} is no label; a label has no blanks and 1 to {LONGEST} characters"
        )
    return word
