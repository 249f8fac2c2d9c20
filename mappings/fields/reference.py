"""Fields that point at things with an id and a name: sprints, request types, assets. Only read; JQL compares ids and names."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from mappings.facts.issue import JiraValue
from mappings.fields.field_type import FieldType, ShapeError, is_empty


class ReferenceKind(FieldType):
    """One type of such a field: how it is told from others, and what it points at."""

    writable: ClassVar[bool] = False
    refuses: ClassVar[bool] = True

    @abstractmethod
    def things(self, raw: object) -> tuple[JiraValue, ...]:
        """What a raw value that is there points at; raises ShapeError for a shape that nobody knows."""

    def decode(self, raw: object) -> tuple[JiraValue, ...] | None:
        try:
            return None if is_empty(raw) else self.things(raw) or None
        except ShapeError:
            return None

    def refusal(self, raw: object) -> str:
        try:
            if not is_empty(raw):
                self.things(raw)
        except ShapeError as error:
            return str(error)
        return ""

    def identities(self, raw: object) -> tuple[str, ...]:
        found = self.decode(raw) or ()
        return tuple(word for one in found for word in (one.id, one.name) if word)

    def choices(self, raw: object) -> tuple[JiraValue, ...]:
        return self.decode(raw) or ()

    def text(self, raw: object) -> str:
        return ", ".join(one.name or one.id for one in self.decode(raw) or ()) or "empty"


def list_values(raw: object) -> list[object]:
    """The values of a field that holds one or several."""
    return [one for one in raw if one is not None] if isinstance(raw, list) else [raw]
