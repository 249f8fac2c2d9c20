"""Writing fields of one issue, and what Jira would let be written. One bad field refuses the whole edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.jira.http.errors import IncompleteRead, Transient
from connectors.jira.http.transport import Transport, issue_path
from mappings.facts.issue import Named


@dataclass(frozen=True, slots=True)
class EditField:
    """A field on the edit screen of an issue; `options` are the values it allows, empty where it allows any."""

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    options: tuple[Named, ...] = ()
    operations: tuple[str, ...] = ()


def edit(
    transport: Transport, api: str, issue_id: str, values: Mapping[str, object], *, notify: bool
) -> None:
    """Set fields by id, all or none. Raises Permanent with `.fields` for refused ones; never repeated by itself."""
    if not values:
        return
    params = {} if notify else {"notifyUsers": False}
    reply = transport.put(issue_path(api, issue_id), {"fields": dict(values)}, params)
    if reply.status != 204 and not isinstance(reply.json(), dict):
        raise Transient(
            f"The answer to an edit is not one of Jira's ({reply.status}).",
            "What became of it is looked up. If it lasts, look at the proxy before Jira's API.",
            reply.status,
        )


def edit_fields(transport: Transport, api: str, issue_id: str) -> dict[str, EditField]:
    """The fields that can be written on this issue, by id; what is not here is on no edit screen."""
    answer = transport.get(f"{issue_path(api, issue_id)}/editmeta").json()
    fields = answer.get("fields") if isinstance(answer, dict) else None
    if not isinstance(fields, dict):
        raise IncompleteRead(f"Jira's answer about the edit screen of issue {issue_id} holds no fields.")
    return {name: _edit_field(name, meta) for name, meta in fields.items() if isinstance(meta, dict)}


def _edit_field(field_id: str, meta: dict[str, Any]) -> EditField:
    schema = meta.get("schema") or {}
    return EditField(
        field_id,
        str(meta.get("name", field_id)),
        str(schema.get("type", "")),
        str(schema.get("items", "")),
        str(schema.get("custom", "")),
        tuple(_option(value) for value in meta.get("allowedValues") or () if isinstance(value, dict)),
        tuple(str(operation) for operation in meta.get("operations") or ()),
    )


def _option(value: dict[str, Any]) -> Named:
    """Options carry their text as `value`, versions and priorities as `name`."""
    return Named(str(value.get("id", "")), str(value.get("value", value.get("name", ""))))
