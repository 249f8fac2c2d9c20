"""User pickers: one person. Only read: who an account is differs between Cloud (`accountId`) and Data Center (`name`)."""

from __future__ import annotations

from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.facts.issue import User
from mappings.fields.field_type import FieldType


class Person(FieldType):
    """`{"accountId": …, "displayName": …}` or `{"name": …, "displayName": …}`."""

    name: ClassVar[str] = "user"
    schemas: ClassVar[tuple[str, ...]] = ("user",)
    writable: ClassVar[bool] = False

    def fits(self, field: Field) -> bool:
        return field.type == "user"

    def decode(self, raw: object) -> User | None:
        said = raw if isinstance(raw, dict) else {}
        id_, shown, email = (word(said, *names) for names in (("accountId", "name", "key"), SHOWN, EMAIL))
        return None if id_ is None else User(id_, shown or id_, email)

    def equal(self, left: object, right: object) -> bool:
        """Same account, whatever it is called today."""
        one, other = self.decode(left), self.decode(right)
        return (one and one.id) == (other and other.id)

    def text(self, raw: object) -> str:
        found = self.decode(raw)
        return "empty" if found is None else found.name


SHOWN = ("displayName",)
EMAIL = ("emailAddress",)


def word(said: dict[str, object], *names: str) -> str | None:
    """The first of these entries that is text."""
    found = (said.get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), None)
