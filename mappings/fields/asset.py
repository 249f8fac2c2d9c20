"""Assets (formerly Insight): objects named by ids on Cloud, `Label (KEY-12)` or an object with label and key on Data Center."""

from __future__ import annotations

import re
from typing import ClassVar

from mappings.diagnostic import raw_text
from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue
from mappings.fields.field_type import ShapeError, is_empty
from mappings.fields.reference import ReferenceKind, list_values

CLOUD = "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"
DATA_CENTER = "com.riadalabs.jira.plugins.insight:"
LABELLED = re.compile(r"(?P<label>.*)\((?P<key>[A-Z][A-Z0-9_]*-[0-9]+)\)\s*", re.DOTALL)


class Asset(ReferenceKind):
    """`[{"workspaceId": …, "id": "ws:7", "objectId": "7"}]`, or `["Mail server (ITSM-12)"]`."""

    name: ClassVar[str] = "asset"
    schemas: ClassVar[tuple[str, ...]] = ("array", "any")

    def fits(self, field: Field) -> bool:
        return field.custom == CLOUD or field.custom.startswith(DATA_CENTER)

    def again(self, raw: object, field: Field) -> object:
        """Cloud takes the ids that it gives; what Data Center shows of an object is its label, and not what it takes."""
        return super().again(raw, field) if field.custom == CLOUD else None

    def things(self, raw: object) -> tuple[JiraValue, ...]:
        return tuple(_asset(one) for one in list_values(raw) if not is_empty(one))


def _asset(raw: object) -> JiraValue:
    if isinstance(raw, str) and (found := LABELLED.fullmatch(raw)) is not None:
        return JiraValue(found["key"], found["label"].strip())
    said = raw if isinstance(raw, dict) else {}
    id_ = next((said[name] for name in ("objectKey", "key", "objectId", "id") if said.get(name)), None)
    label = said.get("label", said.get("name"))
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise ShapeError(f"{raw_text(raw)} is no asset that this version knows")
    return JiraValue(str(id_), label if isinstance(label, str) else "")
