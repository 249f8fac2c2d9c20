"""Epic Link and Parent Link fields: the key of an issue. Only read; Cloud has deprecated both in favour of `parent`.

A Parent Link on Cloud is an object of display hints even where there is no parent, so it is never enough to ask for null.
"""

from __future__ import annotations

from typing import ClassVar

from mappings.diagnostic import raw_text
from mappings.facts.catalogue import Field
from mappings.fields.field_type import FieldType, ShapeError, is_empty

CUSTOM_KEYS = ("com.pyxis.greenhopper.jira:gh-epic-link", "com.atlassian.jpo:jpo-custom-field-parent")


class ParentLink(FieldType):
    """`"PLAT-1"` (Epic Link, Data Center), or an object with the parent under `data`."""

    name: ClassVar[str] = "parent_link"
    schemas: ClassVar[tuple[str, ...]] = ("any",)
    writable: ClassVar[bool] = False
    refuses: ClassVar[bool] = True

    def fits(self, field: Field) -> bool:
        return field.custom in CUSTOM_KEYS

    def decode(self, raw: object) -> str | None:
        try:
            return parent_key(raw)
        except ShapeError:
            return None

    def refusal(self, raw: object) -> str:
        try:
            parent_key(raw)
        except ShapeError as error:
            return str(error)
        return ""

    def identities(self, raw: object) -> tuple[str, ...]:
        """The key, and the id where the object has one."""
        key, data = self.decode(raw), raw.get("data", raw) if isinstance(raw, dict) else {}
        id_ = data.get("id") if isinstance(data, dict) and key else None
        return tuple(str(one) for one in (key, id_) if one is not None)


def parent_key(raw: object) -> str | None:
    """The key of the parent, None where the field says that there is none; raises ShapeError for a shape that nobody knows."""
    found = raw.get("data", raw) if isinstance(raw, dict) else raw
    if is_empty(found):
        return None
    key = found.get("key") if isinstance(found, dict) else found
    if not isinstance(key, str):
        raise ShapeError(f"{raw_text(raw)} is no parent that this version knows")
    return key.strip()
