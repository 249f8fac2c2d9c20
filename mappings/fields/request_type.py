"""Request types of service projects: an object on Cloud, `portal/type` as text on Data Center."""

from __future__ import annotations

from typing import ClassVar

from mappings.diagnostic import raw_text
from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import ShapeError
from mappings.fields.reference import ReferenceKind

KEY = "com.atlassian.servicedesk:vp-origin"


class RequestType(ReferenceKind):
    """`{"requestType": {"id": "25", "name": "Get help"}, …}`, or `it/get-help`."""

    name: ClassVar[str] = "request_type"
    schemas: ClassVar[tuple[str, ...]] = ("sd-customerrequesttype",)

    def fits(self, field: Field) -> bool:
        return field.custom == KEY

    def things(self, raw: object) -> tuple[JiraValue, ...]:
        if isinstance(raw, str):
            return (JiraValue(raw.strip(), raw.strip().rpartition("/")[2]),) if raw.strip() else ()
        found = raw.get("requestType", raw) if isinstance(raw, dict) else None
        id_, name = (found.get("id"), found.get("name")) if isinstance(found, dict) else (None, None)
        if not isinstance(id_, str | int) or isinstance(id_, bool):
            raise ShapeError(f"{raw_text(raw)} is no request type that this version knows")
        return (JiraValue(str(id_), name if isinstance(name, str) else ""),)
