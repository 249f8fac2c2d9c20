"""Making an issue: what the create screen would let be written, and the one call that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.jira.http.errors import IncompleteRead, JiraOutage
from connectors.jira.http.transport import Transport

CREATED = 201
MOST_PAGES = 40
PAGE = 100


@dataclass(frozen=True, slots=True)
class CreateField:
    """A field of a create screen; `fills` where Jira fills it by itself."""

    id: str
    name: str
    required: bool = False
    fills: bool = False
    custom: str = ""


@dataclass(frozen=True, slots=True)
class CreatedIssue:
    """An issue that was made."""

    id: str
    key: str


def create_types(transport: Transport, api: str, project_id: str) -> tuple[str, ...]:
    """Ids of the issue types that the account may make in a project."""
    found = _pages(transport, f"{api}/issue/createmeta/{project_id}/issuetypes", "issueTypes")
    return tuple(str(one["id"]) for one in found if "id" in one)


def create_fields(transport: Transport, api: str, project_id: str, type_id: str) -> dict[str, CreateField]:
    """The fields on the create screen of a type in a project, by id; what is not here cannot be given."""
    found = _pages(transport, f"{api}/issue/createmeta/{project_id}/issuetypes/{type_id}", "fields")
    return {one.id: one for raw in found if (one := _field(raw)).id}


def create(
    transport: Transport, api: str, fields: Mapping[str, object], properties: Mapping[str, object]
) -> CreatedIssue:
    """Make an issue, once. Raises JiraRefusal with what is refused; JiraOutage where it may have been made all the same."""
    held = [{"key": key, "value": value} for key, value in properties.items()]
    body = {"fields": dict(fields), **({"properties": held} if held else {})}
    reply = transport.post(f"{api}/issue", body)
    answer = reply.json()
    made = answer if isinstance(answer, dict) else {}
    id_, key = made.get("id"), made.get("key")
    if reply.status != CREATED or not isinstance(id_, str) or not isinstance(key, str):
        raise JiraOutage(
            f"The answer to the making of an issue is not one of Jira's ({reply.status}).",
            "Whether it was made is looked up. If it lasts, look at the proxy before Jira's API.",
            reply.status,
        )
    return CreatedIssue(id_, key)


def _pages(transport: Transport, path: str, name: str) -> list[Mapping[str, object]]:
    """Cloud calls what it lists by its name, Data Center `values`."""
    found: list[Mapping[str, object]] = []
    for _ in range(MOST_PAGES):
        page = transport.get(path, {"startAt": len(found), "maxResults": PAGE}).json()
        said = page if isinstance(page, dict) else {}
        listed = said.get(name)
        if not isinstance(listed, list):
            listed = said.get("values")
        if not isinstance(listed, list):
            break
        found += _objects(listed)
        total = said.get("total")
        if said.get("isLast") is True or not listed or (isinstance(total, int) and len(found) >= total):
            return found
    raise IncompleteRead("Jira's answer about what can be made in a project is not whole.")


def _objects(listed: Iterable[object]) -> list[Mapping[str, object]]:
    return [one for one in listed if isinstance(one, dict)]


def _field(raw: Mapping[str, object]) -> CreateField:
    schema = raw.get("schema")
    return CreateField(
        id=str(raw.get("fieldId") or raw.get("key") or ""),
        name=str(raw.get("name", "")),
        required=raw.get("required") is True,
        fills=raw.get("hasDefaultValue") is True,
        custom=str(schema.get("custom", "")) if isinstance(schema, dict) else "",
    )
