"""Multi-selects and checkboxes: a set of options. Order means nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import FieldType, FieldValueError
from mappings.fields.select import choice, option


class MultiSelect(FieldType):
    """A list of options, decoded in the order Jira gives; empty is None."""

    name: ClassVar[str] = "multi_select"
    schemas: ClassVar[tuple[str, ...]] = ("array",)

    def fits(self, field: Field) -> bool:
        return field.type == "array" and field.items == "option"

    def decode(self, raw: object) -> tuple[JiraValue, ...] | None:
        found = (option(item) for item in raw) if isinstance(raw, list) else ()
        return tuple(item for item in found if item is not None) or None

    def make(self, value: object, field: Field) -> object:
        """A list of choices; a single option stands for a list of one."""
        items = [value] if isinstance(value, str | JiraValue) else value
        if not isinstance(items, Iterable):
            raise FieldValueError(f"{field.name or field.id} holds a list of options; {value!r} is none")
        return [choice(item, field) for item in items] or None

    def equal(self, left: object, right: object) -> bool:
        """Same ids where both sides know all of theirs, else same values."""
        one, other = self.decode(left) or (), self.decode(right) or ()
        if all(item.id for item in one + other):
            return {item.id for item in one} == {item.id for item in other}
        return {item.name for item in one} == {item.name for item in other}

    def text(self, raw: object) -> str:
        found = self.decode(raw)
        return ", ".join(item.name or item.id for item in found) if found else "empty"
