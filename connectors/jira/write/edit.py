"""The edit screen of an issue: what Jira would let be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import Transport, issue_path
from mappings.facts.issue import JiraValue


@dataclass(frozen=True, slots=True)
class EditField:
    """A field on the edit screen of an issue; `options` are the values it allows, empty where it allows any."""

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    options: tuple[JiraValue, ...] = ()
    operations: tuple[str, ...] = ()


def edit_fields(transport: Transport, api: str, issue_id: str) -> dict[str, EditField]:
    """The fields that can be written on this issue, by id; what is not here is on no edit screen."""
    answer = transport.get(f"{issue_path(api, issue_id)}/editmeta").json()
    fields = answer.get("fields") if isinstance(answer, dict) else None
    if not isinstance(fields, dict):
        raise IncompleteRead(f"Jira's answer about the edit screen of issue {issue_id} holds no fields.")
    return {name: _edit_field(name, meta) for name, meta in fields.items() if isinstance(meta, dict)}


def _edit_field(field_id: str, meta: Mapping[str, object]) -> EditField:
    said, allowed, operations = meta.get("schema"), meta.get("allowedValues"), meta.get("operations")
    schema = said if isinstance(said, dict) else {}
    return EditField(
        id=field_id,
        name=str(meta.get("name", field_id)),
        type=str(schema.get("type", "")),
        items=str(schema.get("items", "")),
        custom=str(schema.get("custom", "")),
        options=tuple(_option(value) for value in _list(allowed) if isinstance(value, dict)),
        operations=tuple(str(operation) for operation in _list(operations)),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _option(value: Mapping[str, object]) -> JiraValue:
    """Options carry their text as `value`, versions and priorities as `name`."""
    return JiraValue(str(value.get("id", "")), str(value.get("value", value.get("name", ""))))
