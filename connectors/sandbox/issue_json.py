"""Issues as Jira's JSON, in the form of each API version. What was rendered is kept with the record, so that large reads are fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.documents import text_of
from connectors.sandbox.site_state.scheme import FieldDef
from connectors.sandbox.site_state.state import History, Json, LinkRow, Record, Sandbox
from mappings.facts.issue import IssueType, JiraValue, Project, Status, User

NOT_NAVIGABLE = frozenset({"comment", "description", "issuelinks", "subtasks", "timeoriginalestimate"})
Fields = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """How to render: API version ("2" or "3"), the base address in `self` links, and whether people and epics are in Data Center form."""

    version: str
    base_url: str
    datacenter: bool = False

    def link(self, path: str) -> str:
        """The `self` address of something."""
        return f"{self.base_url}/rest/api/{self.version}/{path}"


def stamp(moment: datetime) -> str:
    """A moment as Jira writes it: milliseconds, and an offset without a colon."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"


def user_json(view: View, sandbox: Sandbox, user: User | None) -> Json | None:
    """A person: accountId on Cloud, name and key on Data Center."""
    if user is None:
        return None
    account = sandbox.accounts.get(user.id)
    zone = account.time_zone if account else "UTC"
    shared = {"displayName": user.name, "active": True, "timeZone": zone, "avatarUrls": _avatars(view)}
    if user.email:
        shared["emailAddress"] = user.email
    if view.datacenter:
        name = (user.email or user.name).split("@")[0]
        key = account.user_key if account else name
        return {"self": view.link(f"user?username={name}"), "name": name, "key": key, **shared}
    return {
        "self": view.link(f"user?accountId={user.id}"),
        "accountId": user.id,
        "accountType": "atlassian",
        **shared,
    }


def _avatars(view: View) -> Json:
    return {f"{size}x{size}": f"{view.base_url}/static/avatar-{size}.png" for size in (48, 24, 16, 32)}


def sprint_text(sprint: Json) -> str:
    """A sprint as Data Center shows it: the text of a Java object, in which nothing is escaped."""
    parts = {
        "id": sprint["id"],
        "rapidViewId": sprint["boardId"],
        "state": str(sprint["state"]).upper(),
        "name": sprint["name"],
        "startDate": sprint.get("startDate") or "<null>",
        "endDate": sprint.get("endDate") or "<null>",
        "completeDate": sprint.get("completeDate") or "<null>",
        "activatedDate": "<null>",
        "sequence": sprint["id"],
        "goal": sprint.get("goal") or "",
        "autoStartStop": "false",
    }
    inside = ",".join(f"{name}={value}" for name, value in parts.items())
    return f"com.atlassian.greenhopper.service.sprint.Sprint@{sprint['id']:x}[{inside}]"


def category_json(view: View, key: str | None) -> Json:
    """A status category."""
    known = key or "undefined"
    number, name, colour = scheme.CATEGORIES[known]
    return {
        "self": view.link(f"statuscategory/{number}"),
        "id": number,
        "key": known,
        "colorName": colour,
        "name": name,
    }


def status_json(view: View, status: Status) -> Json:
    """A status with its category."""
    return {
        "self": view.link(f"status/{status.id}"),
        "description": "",
        "iconUrl": f"{view.base_url}/",
        "name": status.name,
        "id": status.id,
        "statusCategory": category_json(view, status.category),
    }


def type_json(view: View, kind: IssueType) -> Json:
    """An issue type; Data Center knows no hierarchy level."""
    found: Json = {
        "self": view.link(f"issuetype/{kind.id}"),
        "id": kind.id,
        "description": "",
        "iconUrl": f"{view.base_url}/static/type-{kind.id}.svg",
        "name": kind.name,
        "subtask": kind.level < 0,
        "avatarId": 10300,
    }
    if not view.datacenter:
        found["hierarchyLevel"] = kind.level
    return found


def project_json(view: View, project: Project, category: JiraValue | None) -> Json:
    """A project, as an issue shows it; without a category the key is left out."""
    of_category = named_json(view, "projectCategory", category)
    return {
        "self": view.link(f"project/{project.id}"),
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "projectTypeKey": "software",
        "simplified": False,
        "avatarUrls": _avatars(view),
        **({"projectCategory": {**of_category, "description": ""}} if of_category is not None else {}),
    }


def named_json(view: View, path: str, value: JiraValue | None) -> Json | None:
    """A resolution, priority, version or component."""
    if value is None:
        return None
    return {"self": view.link(f"{path}/{value.id}"), "id": value.id, "name": value.name}


def version_json(view: View, sandbox: Sandbox, version: JiraValue) -> Json:
    """A version, as an issue that has it and its project show it."""
    found = named_json(view, "version", version) or {}
    return {**found, "archived": False, "released": version.id in sandbox.released}


def priority_json(view: View, priority: JiraValue) -> Json:
    """A priority."""
    found = named_json(view, "priority", priority) or {}
    return {**found, "iconUrl": f"{view.base_url}/static/priority-{priority.id}.svg"}


def brief_json(view: View, record: Record) -> Json:
    """Another issue as its parent, sub-task or linked issue shows it."""
    return {
        "id": record.id,
        "key": record.key,
        "self": view.link(f"issue/{record.id}"),
        "fields": {
            "summary": record.summary,
            "status": status_json(view, record.status),
            "priority": priority_json(view, record.priority),
            "issuetype": type_json(view, record.type),
        },
    }


def link_type_json(view: View, kind: scheme.LinkTypeDef) -> Json:
    """An issue link type."""
    return {
        "id": kind.id,
        "name": kind.name,
        "inward": kind.inward,
        "outward": kind.outward,
        "self": view.link(f"issueLinkType/{kind.id}"),
    }


class IssueWriter:
    """Renders the issues of one sandbox."""

    def __init__(self, sandbox: Sandbox, view: View) -> None:
        self.sandbox = sandbox
        self.view = view

    # -- which fields -----------------------------------------------------------------------------------------

    def chosen(self, asked: Iterable[str], default: str) -> Fields:
        """The field ids an asked list names (`*all`, `*navigable`, `-field`, names of nothing are ignored); `default` if it is empty."""
        names = [name for entry in asked for name in entry.split(",") if name] or [default]
        found: dict[str, None] = {}
        if all(name.startswith("-") for name in names):
            names = [default, *names]
        for name in names:
            if name.startswith("-"):
                found.pop(name[1:], None)
            else:
                found.update(dict.fromkeys(self._meant(name)))
        return tuple(found)

    def _meant(self, name: str) -> Iterable[str]:
        everything = self.sandbox.fields
        if name == "*all":
            return everything
        if name == "*navigable":
            return [one for one in everything if one not in NOT_NAVIGABLE]
        return [name] if name in everything else []

    # -- one issue --------------------------------------------------------------------------------------------

    def encoded(self, record: Record, fields: Fields) -> bytes:
        """The issue with these fields as JSON text. No field named `id` exists, so an empty tuple means the bare reference."""
        key = (self.view, fields)
        found: bytes | None = record.cache.get(key)
        if found is None:
            found = record.cache[key] = msgspec.json.encode(self.issue(record, fields))
        return found

    def with_properties(self, record: Record, text: bytes, asked: Sequence[str]) -> bytes:
        """The JSON text of an issue with those of the asked entity properties that it has."""
        if not asked:
            return text
        there = self.sandbox.properties.get(record.id, {})
        found = {name: there[name] for name in asked if name in there}
        return text[:-1] + b',"properties":' + msgspec.json.encode(found) + b"}"

    def reference(self, record: Record) -> Json:
        """The issue without fields."""
        return {"id": record.id, "self": self.view.link(f"issue/{record.id}"), "key": record.key}

    def issue(self, record: Record, fields: Fields) -> Json:
        """The issue with these fields."""
        return (
            {"expand": "renderedFields,names,schema,operations,editmeta,changelog,transitions"}
            | self.reference(record)
            | {"fields": self.fields(record, fields)}
        )

    def fields(self, record: Record, fields: Fields) -> Json:
        """The values of these fields; those whose context leaves the project out are absent."""
        found: Json = {}
        for field_id in fields:
            definition = self.sandbox.fields[field_id]
            if definition.is_custom:
                if definition.covers(record.project.key):
                    found[field_id] = self._custom(record, definition)
            elif field_id != "parent" or self._shows_parent(record):
                found[field_id] = _SYSTEM[field_id](self, record)
        garbage = self.sandbox.garbage.get(record.id, {})
        return found | {name: garbage[name] for name in found.keys() & garbage.keys()}

    def _shows_parent(self, record: Record) -> bool:
        if record.parent_id not in self.sandbox.records:
            return False
        return not self.view.datacenter or record.type.level < 0

    def _custom(self, record: Record, definition: FieldDef) -> Any:
        if definition.id == scheme.EPIC_LINK:
            return self._parent_key(record, 0)
        if definition.id == scheme.PARENT_LINK:
            return self._parent_key(record, 1)
        value = record.customs.get(definition.id)
        if isinstance(value, JiraValue):
            return {
                "self": self.view.link(f"customFieldOption/{value.id}"),
                "value": value.name,
                "id": value.id,
            }
        if definition.id == scheme.SPRINT and value is not None and self.view.datacenter:
            return [sprint_text(one) for one in value]
        if definition.id == scheme.GOALS and value is not None:
            return [{"id": one.id} for one in value]
        if definition.custom.endswith(":textarea") and self.view.version == "2":
            return text_of(value) if value else None
        return value

    def _parent_key(self, record: Record, level: int) -> str | None:
        parent = self.sandbox.records.get(record.parent_id or "")
        return parent.key if parent and record.type.level == level else None

    def parent(self, record: Record) -> Json | None:
        parent = self.sandbox.records.get(record.parent_id or "")
        return brief_json(self.view, parent) if parent else None

    def project(self, record: Record) -> Json:
        return project_json(self.view, record.project, self.sandbox.category_of(record.project))

    def subtasks(self, record: Record) -> list[Json]:
        ids = sorted(self.sandbox.children.get(record.id, ()), key=int)
        found = [self.sandbox.records[one] for one in ids]
        return [brief_json(self.view, one) for one in found if one.type.level < 0]

    def links(self, record: Record) -> list[Json]:
        return [self._link(record, row) for row in self.sandbox.links_on(record.id)]

    def _link(self, record: Record, row: LinkRow) -> Json:
        outward = row.source == record.id
        other = self.sandbox.records[row.destination if outward else row.source]
        return {
            "id": row.id,
            "self": self.view.link(f"issueLink/{row.id}"),
            "type": link_type_json(self.view, row.type),
            "outwardIssue" if outward else "inwardIssue": brief_json(self.view, other),
        }

    def comments(self, record: Record) -> Json:
        kept = self.sandbox.comments.get(record.id, [])
        older = self.view.version == "2"
        found = [{**one, "body": text_of(one["body"])} for one in kept] if older else kept
        return {
            "comments": found,
            "self": self.view.link(f"issue/{record.id}/comment"),
            "maxResults": len(found),
            "total": len(found),
            "startAt": 0,
        }

    def history(self, history: History) -> Json:
        """One changelog entry; Data Center gives no fieldId."""
        return {
            "id": history.id,
            "author": user_json(self.view, self.sandbox, history.author),
            "created": stamp(history.created),
            "items": change_items(history, self.view),
        }


def change_items(history: History, view: View) -> list[Json]:
    """The lines of a changelog entry."""
    lines = []
    for item in history.items:
        line: Json = {"field": item.field, "fieldtype": "custom" if item.custom else "jira"}
        if item.field_id and not view.datacenter:
            line["fieldId"] = item.field_id
        line |= {"from": item.old, "fromString": item.old_text, "to": item.new, "toString": item.new_text}
        lines.append(line)
    return lines


def _description(writer: IssueWriter, record: Record) -> Any:
    if writer.view.version == "3" or record.description is None:
        return record.description
    return text_of(record.description)


_SYSTEM: dict[str, Callable[[IssueWriter, Record], Any]] = {
    "summary": lambda _, record: record.summary,
    "issuetype": lambda writer, record: type_json(writer.view, record.type),
    "project": lambda writer, record: writer.project(record),
    "parent": lambda writer, record: writer.parent(record),
    "status": lambda writer, record: status_json(writer.view, record.status),
    "statusCategory": lambda writer, record: category_json(writer.view, record.status.category),
    "statuscategorychangedate": lambda _, record: stamp(record.status_changed),
    "resolution": lambda writer, record: named_json(writer.view, "resolution", record.resolution),
    "resolutiondate": lambda _, record: stamp(record.resolved) if record.resolved else None,
    "priority": lambda writer, record: priority_json(writer.view, record.priority),
    "labels": lambda _, record: list(record.labels),
    "components": lambda writer, record: [
        named_json(writer.view, "component", one) for one in record.components
    ],
    "fixVersions": lambda writer, record: [
        version_json(writer.view, writer.sandbox, one) for one in record.fix_versions
    ],
    "versions": lambda writer, record: [
        version_json(writer.view, writer.sandbox, one) for one in record.affects_versions
    ],
    "assignee": lambda writer, record: user_json(writer.view, writer.sandbox, record.assignee),
    "reporter": lambda writer, record: user_json(writer.view, writer.sandbox, record.reporter),
    "creator": lambda writer, record: user_json(writer.view, writer.sandbox, record.creator),
    "created": lambda _, record: stamp(record.created),
    "updated": lambda _, record: stamp(record.updated),
    "archiveddate": lambda writer, record: (
        stamp(record.updated) if record.id in writer.sandbox.archived else None
    ),
    "security": lambda writer, record: named_json(
        writer.view, "securitylevel", writer.sandbox.level_of(record.id)
    ),
    "duedate": lambda _, record: record.due.isoformat() if record.due else None,
    "description": _description,
    "issuelinks": lambda writer, record: writer.links(record),
    "subtasks": lambda writer, record: writer.subtasks(record),
    "comment": lambda writer, record: writer.comments(record),
    "timeoriginalestimate": lambda _writer, _record: None,
}
