"""Custom fields that are made for the connector: the field, its options, the screens it stands on, and its way out again.

Every call takes the permission to administer Jira. Jira Cloud tells which screens a project's issues are edited on; Data Center does not, and
has no call that adds options.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.jira.http.errors import IncompleteRead, JiraOutage
from connectors.jira.http.transport import Transport
from connectors.jira.metadata.paged_lists import read_pages
from mappings.fields import FieldPurpose

PLUGIN = "com.atlassian.jira.plugin.system.customfieldtypes:"
KINDS: Mapping[FieldPurpose, tuple[str, str]] = {
    FieldPurpose.NUMBER: ("float", "exactnumber"),
    FieldPurpose.CHOICE: ("select", "multiselectsearcher"),
    FieldPurpose.DAY: ("datepicker", "daterange"),
    FieldPurpose.WORDS: ("textfield", "textsearcher"),
}
"""Jira's type and searcher for what a field is to hold; without a searcher JQL could not find it."""
CREATED = 201


@dataclass(frozen=True, slots=True)
class FieldWish:
    """A field to make: what it is called, what it holds, its options (of a choice), and what people read below its name."""

    name: str
    kind: FieldPurpose
    options: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen by its id, with the tab on which a new field goes, and the ids of the projects whose issues it shows."""

    id: str
    tab: str
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DescribedField:
    """A custom field with what stands below its name."""

    id: str
    name: str
    description: str


def create_field(transport: Transport, api: str, wish: FieldWish) -> str:
    """Make the field for all projects, on no screen yet; its id. Raises JiraRefusal, or JiraOutage where it may have been made all the same."""
    kind, searcher = KINDS[wish.kind]
    body = {
        "name": wish.name,
        "description": wish.description,
        "type": PLUGIN + kind,
        "searcherKey": PLUGIN + searcher,
    }
    reply = transport.post(f"{api}/field", body)
    answer = reply.json()
    made = answer.get("id") if isinstance(answer, dict) else None
    if reply.status != CREATED or not isinstance(made, str):
        raise JiraOutage(
            f"The answer to the making of a field is not one of Jira's ({reply.status}).",
            f"Look in Jira whether there is a field “{wish.name}” now.",
            reply.status,
        )
    return made


def add_options(transport: Transport, api: str, field_id: str, options: Sequence[str]) -> None:
    """Give a field of choices its options, in this order, in the context that it was made with (Cloud)."""
    contexts = read_pages(transport, f"{api}/field/{field_id}/context")
    if not contexts:
        raise IncompleteRead("Jira names no context of the field, so its options have no place.")
    body = {"options": [{"value": one, "disabled": False} for one in options]}
    transport.post(f"{api}/field/{field_id}/context/{contexts[0]['id']}/option", body)


def screens(transport: Transport, api: str, project_ids: Sequence[str]) -> tuple[Screen, ...]:
    """The screens on which issues of these projects are edited and looked at (Cloud). Projects that a team manages have none."""
    shown_by: dict[str, set[str]] = {}
    for project_id in project_ids:
        for scheme in read_pages(
            transport, f"{api}/issuetypescreenscheme/project", {"projectId": project_id}
        ):
            for screen in _of_scheme(transport, api, _id_in(scheme, "issueTypeScreenScheme")):
                shown_by.setdefault(screen, set()).add(project_id)
    return tuple(
        Screen(one, _first_tab(transport, api, one), tuple(sorted(projects)))
        for one, projects in sorted(shown_by.items())
    )


def put_on(transport: Transport, api: str, screen: Screen, field_id: str) -> None:
    """Put a field on a screen. Raises JiraRefusal where Jira declines."""
    transport.post(f"{api}/screens/{screen.id}/tabs/{screen.tab}/fields", {"fieldId": field_id})


def put_on_default(transport: Transport, api: str, field_id: str) -> None:
    """Put a field on Jira's default screen, which projects have that nobody gave another."""
    transport.post(f"{api}/screens/addToDefault/{field_id}", None)


def describe_fields(transport: Transport, api: str) -> tuple[DescribedField, ...]:
    """The custom fields with what stands below their names (Cloud)."""
    return tuple(
        DescribedField(str(one["id"]), str(one.get("name", "")), str(one.get("description") or ""))
        for one in read_pages(transport, f"{api}/field/search", {"type": "custom"})
    )


def trash(transport: Transport, api: str, field_id: str) -> None:
    """Move a field to Jira's trash, where it stays with its values for 60 days (Cloud)."""
    transport.post(f"{api}/field/{field_id}/trash", None)


def _of_scheme(transport: Transport, api: str, scheme_id: str) -> Iterable[str]:
    """The screens of a scheme of issue types by which its issues are edited and looked at."""
    mapped = read_pages(
        transport, f"{api}/issuetypescreenscheme/mapping", {"issueTypeScreenSchemeId": scheme_id}
    )
    for one in dict.fromkeys(str(entry["screenSchemeId"]) for entry in mapped):
        for found in read_pages(transport, f"{api}/screenscheme", {"id": one}):
            named = found.get("screens")
            if isinstance(named, dict):
                whole = named.get("default")
                yield from {str(named.get(use) or whole) for use in ("edit", "view")} - {"None"}


def _id_in(value: Mapping[str, object], key: str) -> str:
    found = value.get(key)
    if not isinstance(found, dict) or "id" not in found:
        raise IncompleteRead("Jira's answer about the screens of a project names no scheme.")
    return str(found["id"])


def _first_tab(transport: Transport, api: str, screen_id: str) -> str:
    tabs = transport.get(f"{api}/screens/{screen_id}/tabs").json()
    first = tabs[0] if isinstance(tabs, list) and tabs else None
    if not isinstance(first, dict) or "id" not in first:
        raise IncompleteRead("Jira's answer about a screen names no tab of it.")
    return str(first["id"])
