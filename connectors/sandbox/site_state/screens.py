"""What the edit and create screens of an issue hold, as Jira's metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.sandbox.issue_json import View, named_json, priority_json, type_json
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import editable
from connectors.sandbox.site_state.scheme import FieldDef
from connectors.sandbox.site_state.state import Json, Record, Sandbox
from mappings.facts.issue import IssueType


def schema_json(field: FieldDef) -> Json:
    """The schema of a field."""
    found: Json = {"type": field.type}
    if field.items:
        found["items"] = field.items
    if not field.is_custom:
        return found | {"system": field.id}
    return found | {"custom": field.custom, "customId": int(field.id.removeprefix("customfield_"))}


def field_json(field: FieldDef) -> Json:
    """A field as the unpaged list shows it."""
    return {
        "id": field.id,
        "key": field.id,
        "name": field.name,
        "custom": field.is_custom,
        "orderable": field.writable,
        "navigable": True,
        "searchable": True,
        "clauseNames": list(field.clauses),
        "schema": schema_json(field),
    }


def edit_meta(sandbox: Sandbox, view: View, record: Record) -> Json:
    """The metadata of an issue's edit screen."""
    fields = editable(sandbox, record).values()
    return {"fields": {one.id: _meta(sandbox, view, one, record.project.key, record.type) for one in fields}}


def _meta(sandbox: Sandbox, view: View, field: FieldDef, project_key: str, kind: IssueType) -> Json:
    found: Json = {
        "required": field.id == "summary",
        "schema": schema_json(field),
        "name": field.name,
        "key": field.id,
        "operations": ["add", "set", "remove"] if field.type == "array" else ["set"],
    }
    allowed = _allowed(sandbox, view, field, project_key, kind)
    return found if allowed is None else found | {"allowedValues": list(allowed)}


def _allowed(
    sandbox: Sandbox, view: View, field: FieldDef, project_key: str, kind: IssueType
) -> Iterable[Any] | None:
    if field.every_option:
        return [
            {"self": view.link(f"customFieldOption/{one.id}"), "value": one.name, "id": one.id}
            for one in field.options_of(project_key, kind.name)
        ]
    if field.id == "priority":
        return [priority_json(view, one) for one in scheme.PRIORITIES]
    if field.id in ("fixVersions", "versions"):
        return [named_json(view, "version", one) for one in sandbox.versions[project_key]]
    if field.id == "components":
        return [named_json(view, "component", one) for one in sandbox.components[project_key]]
    return None


def create_fields(sandbox: Sandbox, view: View, project_key: str, kind: IssueType) -> list[Json]:
    """The metadata of a create screen."""
    project = sandbox.projects[project_key]
    fields = [
        one
        for one in sandbox.fields.values()
        if one.writable
        and one.covers(project_key)
        and not project.hides(one.id, kind.name)
        and one.id != "issuetype"
    ]
    return [
        {
            **_meta(sandbox, view, one, project_key, kind),
            "required": one.id == "summary" or one.id in project.required.get(kind.name, frozenset()),
            "fieldId": one.id,
            "hasDefaultValue": one.id in ("priority", "reporter"),
        }
        for one in fields
    ]


def create_types(sandbox: Sandbox, view: View, project_key: str) -> list[Json]:
    """The issue types one may create in a project."""
    without = sandbox.projects[project_key].without
    return [type_json(view, one) for one in sandbox.types if one.name not in without]
