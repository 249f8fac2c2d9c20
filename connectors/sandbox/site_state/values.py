"""What an edit may write into a field: the value as given becomes the value as kept, or the reason why it is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.documents import document, is_document
from connectors.sandbox.site_state.scheme import FieldDef
from connectors.sandbox.site_state.state import Record, Sandbox, person
from mappings.facts.issue import JiraValue, User

TEXT_LIMIT = 255


class RefusedValueError(ValueError):
    """A value Jira refuses; its text is what Jira says of the field."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What the readers below need to know: the site, the API version, and the issue that is edited."""

    sandbox: Sandbox
    version: str
    record: Record


Reader = Callable[[Any, FieldDef, Writing], Any]


def number(value: Any, _field: FieldDef, _writing: Writing) -> float | int | None:
    """A number field."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedValueError("Operation value must be a number")
    return value


def text(value: Any, field: FieldDef, _writing: Writing) -> str | None:
    """A single-line text field."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RefusedValueError("Operation value must be a string")
    if len(value) > TEXT_LIMIT:
        raise RefusedValueError(
            f"The entered text is too long. It exceeds the allowed limit of {TEXT_LIMIT} characters."
        )
    if "\n" in value or "\r" in value:
        raise RefusedValueError(f"{field.name} must not contain line breaks.")
    return value


def summary(value: Any, field: FieldDef, writing: Writing) -> str:
    """The summary; never empty."""
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise RefusedValueError("Summary can't exceed 255 characters.")
    if isinstance(value, str) and "\n" in value:
        raise RefusedValueError("The summary is invalid because it contains newline characters.")
    found = text(value, field, writing)
    if found is None or not found.strip():
        raise RefusedValueError("You must specify a summary of the issue.")
    return found


def paragraph(value: Any, _field: FieldDef, writing: Writing) -> dict[str, Any] | None:
    """A multi-line field: a document in version 3, wiki text in version 2."""
    if value is None or value == "":
        return None
    if writing.version == "2":
        if not isinstance(value, str):
            raise RefusedValueError("Operation value must be a string")
        return document(value)
    if not is_document(value):
        raise RefusedValueError(
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        )
    return dict(value)


def select(value: Any, field: FieldDef, writing: Writing) -> JiraValue | None:
    """A select field, by the id or value (exact, as Jira compares it) of an option of the issue's own context."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise RefusedValueError("Specify a valid 'id' or 'name' for " + field.name)
    if "id" in value:
        return _option(field, writing.record, "id", value["id"])
    if "value" in value:
        return _option(field, writing.record, "value", value["value"])
    raise RefusedValueError("Could not find valid 'id' or 'value' in the Parent Option object.")


def _option(field: FieldDef, record: Record, by: str, asked: Any) -> JiraValue:
    for option in field.options_of(record.project.key, record.type.name):
        if (option.id if by == "id" else option.name) == str(asked):
            return option
    what = "Option id" if by == "id" else "Option value"
    raise RefusedValueError(f"{what} '{asked}' is not valid")


def labels(value: Any, _field: FieldDef, _writing: Writing) -> tuple[str, ...]:
    """Labels: strings without spaces."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RefusedValueError("data was not an array")
    for label in value:
        if not label or any(character.isspace() for character in label):
            raise RefusedValueError(f"The label '{label}' contains spaces which is invalid.")
    return tuple(dict.fromkeys(value))


def day(value: Any, _field: FieldDef, _writing: Writing) -> date | None:
    """A date."""
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise RefusedValueError(f"Error parsing date string: {value}") from None


def user(value: Any, _field: FieldDef, writing: Writing) -> User | None:
    """A person: by accountId on Cloud, by name on Data Center."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise RefusedValueError("data was not an object")
    for account in writing.sandbox.accounts.values():
        if writing.sandbox.deployment == "datacenter":
            if value.get("name") == account.email.split("@")[0]:
                return person(account)
        elif value.get("accountId") == account.id:
            return person(account)
    asked = value.get("accountId", value.get("name"))
    raise RefusedValueError(
        f"User '{asked}' does not exist." if asked else "expected Object containing an accountId property"
    )


def _named(known: Iterable[JiraValue], value: Any, missing: str) -> JiraValue:
    if not isinstance(value, dict):
        raise RefusedValueError("data was not an object")
    for one in known:
        if one.id == str(value.get("id")) or ("id" not in value and one.name == value.get("name")):
            return one
    raise RefusedValueError(missing)


def priority(value: Any, _field: FieldDef, _writing: Writing) -> JiraValue:
    """A priority, by id or name."""
    return _named(scheme.PRIORITIES, value, "The priority selected is invalid.")


def resolution(value: Any, _field: FieldDef, writing: Writing) -> JiraValue:
    """A resolution, by id or name."""
    return _named(writing.sandbox.resolutions, value, "The resolution selected is invalid.")


def _several(known: list[JiraValue], value: Any, noun: str) -> tuple[JiraValue, ...]:
    if not isinstance(value, list):
        raise RefusedValueError("data was not an array")
    return tuple(_named(known, one, f"{noun} is not valid") for one in value)


def versions(value: Any, _field: FieldDef, writing: Writing) -> tuple[JiraValue, ...]:
    """Versions of the issue's project."""
    return _several(writing.sandbox.versions[writing.record.project.key], value, "Version")


def components(value: Any, _field: FieldDef, writing: Writing) -> tuple[JiraValue, ...]:
    """Components of the issue's project."""
    return _several(writing.sandbox.components[writing.record.project.key], value, "Component")


def goals(value: Any, _field: FieldDef, writing: Writing) -> tuple[JiraValue, ...] | None:
    """The goals that an issue is linked to, each by its id; an empty list takes all links away."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise RefusedValueError("data was not an array")
    found = [writing.sandbox.goals.find(str(one.get("id"))) for one in value]
    if None in found:
        raise RefusedValueError("The goal does not exist.")
    return tuple(JiraValue(one.ari, one.key) for one in found if one is not None) or None


def parent(value: Any, _field: FieldDef, writing: Writing) -> str | None:
    """The parent's id, one or more levels above; a sub-task must have one."""
    asked = (
        None if value is None else value.get("key") or value.get("id") if isinstance(value, dict) else value
    )
    if asked is None:
        if writing.record.type.level < 0:
            raise RefusedValueError("Issue type is a sub-task but parent issue key or id not specified.")
        return None
    found = writing.sandbox.find(str(asked))
    if found is None:
        raise RefusedValueError("Could not find issue by id or key.")
    if found.type.level <= writing.record.type.level or (
        writing.record.type.level < 0 and found.type.level != 0
    ):
        raise RefusedValueError("Given parent work item does not belong to appropriate hierarchy.")
    return found.id


READERS: dict[str, Reader] = {
    "summary": summary,
    "description": paragraph,
    "labels": labels,
    "duedate": day,
    "assignee": user,
    "reporter": user,
    "priority": priority,
    "resolution": resolution,
    "fixVersions": versions,
    "versions": versions,
    "components": components,
    "parent": parent,
    scheme.EPIC_LINK: parent,
    scheme.PARENT_LINK: parent,
    scheme.GOALS: goals,
}


def reader_of(field: FieldDef) -> Reader:
    """The function that reads values of this field."""
    found = READERS.get(field.id)
    if found is not None:
        return found
    if field.type == "number":
        return number
    if field.type == "option":
        return select
    return paragraph if field.custom.endswith(":textarea") else text
