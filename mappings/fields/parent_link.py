"""Epic Link and Parent Link fields: the key of an issue. Only read; Cloud has deprecated both in favour of `parent`.

A Parent Link on Cloud is an object of display hints even where there is no parent, so it is never enough to ask for null.
"""

from __future__ import annotations

from typing import ClassVar

from mappings.catalogue import Field
from mappings.fields.field_type import FieldType

CUSTOM_KEYS = ("com.pyxis.greenhopper.jira:gh-epic-link", "com.atlassian.jpo:jpo-custom-field-parent")


class ParentLink(FieldType):
    """`"PLAT-1"` (Epic Link, Data Center), or an object with the parent under `data`."""

    name: ClassVar[str] = "parent_link"
    writable: ClassVar[bool] = False

    def fits(self, field: Field) -> bool:
        return field.custom in CUSTOM_KEYS

    def decode(self, raw: object) -> str | None:
        if isinstance(raw, dict):
            data = raw.get("data", raw)
            raw = data.get("key") if isinstance(data, dict) else None
        return (raw.strip() or None) if isinstance(raw, str) else None
