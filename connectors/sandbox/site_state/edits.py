"""Editing, creating, moving and deleting issues: everything is checked first, and one bad field refuses the whole edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from connectors.sandbox.site_state import scheme, values
from connectors.sandbox.site_state.documents import text_of
from connectors.sandbox.site_state.scheme import FieldDef
from connectors.sandbox.site_state.state import ChangeItem, Json, Record, Sandbox
from connectors.sandbox.site_state.values import RefusedValueError, Writing
from connectors.sandbox.traffic.access import JiraAnswerError
from mappings.facts.issue import IssueType, JiraValue, User

ATTRIBUTES = {
    "summary": "summary",
    "description": "description",
    "labels": "labels",
    "duedate": "due",
    "assignee": "assignee",
    "reporter": "reporter",
    "priority": "priority",
    "resolution": "resolution",
    "fixVersions": "fix_versions",
    "versions": "affects_versions",
    "components": "components",
    "parent": "parent_id",
    scheme.EPIC_LINK: "parent_id",
    scheme.PARENT_LINK: "parent_id",
}
PARENTS = ("parent", scheme.EPIC_LINK, scheme.PARENT_LINK)
CHANGELOG_NAMES = {
    "duedate": "duedate",
    "parent": "IssueParentAssociation",
    "fixVersions": "Fix Version",
    "versions": "Version",
    "components": "Component",
}

HAS_SUBTASKS = (
    "The issue '{}' has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue and all its"
    " subtasks."
)


def not_on_screen(field_id: str) -> str:
    """What Jira says of a field that is unknown, hidden, or on no screen."""
    return f"Field '{field_id}' cannot be set. It is not on the appropriate screen, or unknown."


def put_in_sprint(sandbox: Sandbox, record: Record, sprint: Json | None, actor: User) -> Record:
    """Plan an issue into a sprint, or into none; sprints that are over stay with it (https://support.atlassian.com/jira-software-cloud/docs/advanced-search-reference-jql-fields, Sprint)."""
    kept = [one for one in record.customs.get(scheme.SPRINT) or [] if one["state"] == "closed"]
    planned = [*kept, *([sprint] if sprint is not None and sprint not in kept else [])]
    fresh = put(record, scheme.SPRINT, planned or None)
    return sandbox.commit(fresh, changes(sandbox, record, fresh), actor, "issue_updated")


def editable(sandbox: Sandbox, record: Record) -> dict[str, FieldDef]:
    """The fields on the edit screen of this issue: context covers the project, and the screen holds it."""
    project = sandbox.projects[record.project.key]
    cloud = sandbox.deployment == "cloud"
    return {
        field.id: field
        for field in sandbox.fields.values()
        if field.writable
        and field.covers(record.project.key)
        and not project.hides(field.id, record.type.name)
        and field.id != "issuetype"
        and (cloud or field.id != "parent" or record.type.level < 0)
    }


def current(record: Record, field_id: str) -> Any:
    """The kept value of a field."""
    attribute = ATTRIBUTES.get(field_id)
    return getattr(record, attribute) if attribute else record.customs.get(field_id)


def put(record: Record, field_id: str, value: Any) -> Record:
    """The record with another value in a field."""
    attribute = ATTRIBUTES.get(field_id)
    if attribute:
        return replace(record, **{attribute: value}, cache={})
    customs = {**record.customs, field_id: value}
    if value is None:
        del customs[field_id]
    return replace(record, customs=customs, cache={})


def edit(sandbox: Sandbox, record: Record, body: Mapping[str, Any], version: str, actor: User) -> Record:
    """Apply a PUT body. Nothing is written unless every field is good; an edit that changes nothing leaves no trace."""
    if "fields" not in body and "update" not in body:
        raise JiraAnswerError(400, ("one of 'fields' or 'update' required",))
    given = _operations(body)
    fresh = _applied(sandbox, record, given, version, editable(sandbox, record))
    links = [one["add"] for one in body.get("update", {}).get("issuelinks", ()) if "add" in one]
    done = sandbox.commit(fresh, changes(sandbox, record, fresh), actor, _kind(record, fresh))
    if current(record, scheme.GOALS) != current(done, scheme.GOALS):
        sandbox.goals.link_by_field(done.id, (one.id for one in current(done, scheme.GOALS) or ()))
    for link in links:
        _link(sandbox, record, link, actor)
    return done


def _kind(old: Record, new: Record) -> str:
    return "issue_assigned" if old.assignee != new.assignee else "issue_updated"


def _operations(body: Mapping[str, Any]) -> dict[str, list[tuple[str, Any]]]:
    """Per field id, the operations in order; `fields` is a single `set` each."""
    fields, update = body.get("fields") or {}, body.get("update") or {}
    if not isinstance(fields, dict) or not isinstance(update, dict):
        raise JiraAnswerError(400, ("INVALID_INPUT",))
    both = {
        name: f"Field '{name}' cannot appear in both 'fields' and 'update'"
        for name in fields
        if name in update
    }
    if both:
        raise JiraAnswerError(400, (), both)
    found: dict[str, list[tuple[str, Any]]] = {name: [("set", value)] for name, value in fields.items()}
    for name, steps in update.items():
        if name != "issuelinks":
            found[name] = [(verb, value) for step in steps for verb, value in step.items()]
    return found


def _applied(
    sandbox: Sandbox,
    record: Record,
    given: Mapping[str, list[tuple[str, Any]]],
    version: str,
    allowed: Mapping[str, FieldDef],
) -> Record:
    errors: dict[str, str] = {}
    fresh = record
    for field_id, steps in given.items():
        field = allowed.get(field_id)
        if field is None:
            errors[field_id] = not_on_screen(field_id)
            continue
        try:
            for verb, value in steps:
                fresh = put(fresh, field_id, _step(sandbox, fresh, field, verb, value, version))
        except RefusedValueError as problem:
            errors[field_id] = str(problem)
    if errors:
        raise JiraAnswerError(400, (), errors)
    return fresh


def _step(sandbox: Sandbox, record: Record, field: FieldDef, verb: str, value: Any, version: str) -> Any:
    writing, read = Writing(sandbox, version, record), values.reader_of(field)
    if verb == "set":
        if field.id == "parent" and isinstance(value, dict) and value.get("none"):
            value = None
        return read(value, field, writing)
    if verb in ("add", "remove") and field.type == "array":
        (one,) = read([value], field, writing)
        kept = tuple(old for old in current(record, field.id) if old != one)
        return (*kept, one) if verb == "add" else kept
    raise RefusedValueError(f"Operation '{verb}' is not supported for field '{field.name}'")


def _link(sandbox: Sandbox, record: Record, asked: Json, actor: User) -> None:
    kind = link_type(sandbox, asked.get("type", {}))
    outward = "outwardIssue" in asked
    other = sandbox.find(str((asked.get("outwardIssue") or asked.get("inwardIssue") or {}).get("key")))
    if other is None:
        raise JiraAnswerError(404, ("Could not find issue by id or key.",))
    source, destination = (record.id, other.id) if outward else (other.id, record.id)
    sandbox.link(kind, source, destination, actor)


def link_type(_sandbox: Sandbox, asked: Mapping[str, Any]) -> scheme.LinkTypeDef:
    """The link type named by id or name; 404 if there is none."""
    for kind in scheme.LINK_TYPES:
        if asked.get("id") == kind.id or str(asked.get("name", "")).lower() == kind.name.lower():
            return kind
    raise JiraAnswerError(404, (f"No issue link type with name '{asked.get('name')}' found.",))


def changes(sandbox: Sandbox, old: Record, new: Record) -> list[ChangeItem]:
    """What differs between two versions of an issue, as changelog lines."""
    named = [name for name in sandbox.fields if current(old, name) != current(new, name)]
    named = [name for name in named if name not in PARENTS or name == _parent_field(sandbox, old)]
    return [
        _parent_item(sandbox, old, new, sandbox.fields[name])
        if name in PARENTS
        else _item(sandbox, sandbox.fields[name], current(old, name), current(new, name))
        for name in named
    ]


def change_of(sandbox: Sandbox, field_id: str, old: Record, new: Record) -> ChangeItem:
    """What became of one field, as a line of the changelog."""
    return _item(sandbox, sandbox.fields[field_id], current(old, field_id), current(new, field_id))


def _parent_field(sandbox: Sandbox, record: Record) -> str:
    """The field by which an issue names what it stands below."""
    if sandbox.deployment == "cloud" or record.type.level < 0:
        return "parent"
    return scheme.EPIC_LINK if record.type.level == 0 else scheme.PARENT_LINK


def _parent_item(sandbox: Sandbox, old: Record, new: Record, field: FieldDef) -> ChangeItem:
    """A change of the parent as Jira tells it: by no field id, above the epics as Parent Link, whose keys are text alone, and of sub-tasks on Data Center as Parent Issue."""
    told = _item(sandbox, field, old.parent_id, new.parent_id)
    if sandbox.deployment != "cloud" and old.type.level < 0:
        told = replace(told, field="Parent Issue")
    if old.type.level > 0:
        return replace(told, field="Parent Link", field_id=None, old=None, new=None, custom=True)
    return replace(told, field_id=None)


def _item(sandbox: Sandbox, field: FieldDef, old: Any, new: Any) -> ChangeItem:
    name = CHANGELOG_NAMES.get(field.id, field.name if field.is_custom else field.id)
    (old_id, old_text), (new_id, new_text) = _told(sandbox, field, old), _told(sandbox, field, new)
    return ChangeItem(
        field=name,
        field_id=field.id,
        old=old_id,
        old_text=old_text,
        new=new_id,
        new_text=new_text,
        custom=field.is_custom,
    )


def _told(sandbox: Sandbox, field: FieldDef, value: Any) -> tuple[str | None, str | None]:
    """A value as a changelog tells it: id (where it has one) and text."""
    if value is None:
        return None, None
    if field.id in PARENTS:
        parent = sandbox.records.get(value)
        return value, parent.key if parent else None
    for kind, tell in _TELLERS:
        if isinstance(value, kind):
            return tell(value)
    return None, str(value)


def plain_number(value: float) -> str:
    """A number as Jira's changelog writes it: no trailing zeros."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


_TELLERS: tuple[tuple[type | tuple[type, ...], Callable[[Any], tuple[str | None, str | None]]], ...] = (
    (JiraValue, lambda value: (value.id, value.name)),
    (User, lambda value: (value.id, value.name)),
    (dict, lambda value: (None, text_of(value))),
    (
        list,
        lambda value: (
            ", ".join(str(one["id"]) for one in value),
            ", ".join(one["name"] for one in value),
        ),
    ),
    (date, lambda value: (value.isoformat(), value.isoformat())),
    ((int, float), lambda value: (None, plain_number(value))),
    (
        tuple,
        lambda value: (
            ", ".join(one.id for one in value if isinstance(one, JiraValue)) or None,
            " ".join(one.name if isinstance(one, JiraValue) else one for one in value),
        ),
    ),
)


def create(sandbox: Sandbox, body: Mapping[str, Any], version: str, actor: User) -> Record:
    """Make an issue from a POST body."""
    given = dict(body.get("fields") or {})
    project = _project(sandbox, given.pop("project", None))
    kind = _issue_type(sandbox, given.pop("issuetype", None))
    if kind.name in project.without:
        raise JiraAnswerError(400, (), {"issuetype": "The issue type selected is invalid."})
    properties = _properties(body.get("properties"))
    now = sandbox.clock()
    status = project.statuses[0]
    blank = Record(
        id="0",
        key="",
        project=project.project,
        type=kind,
        status=status,
        summary="",
        created=now,
        updated=now,
        status_changed=now,
        creator=actor,
        reporter=actor,
    )
    given.setdefault("summary", None)
    if kind.level < 0:
        given.setdefault("parent", None)
    operations = _operations({"fields": given, "update": body.get("update")})
    filled = _applied(sandbox, blank, operations, version, editable(sandbox, blank))
    _complete(sandbox, project, filled)
    fresh = replace(filled, id=sandbox.next_id("issue"), key=sandbox.next_key(project.project.key), cache={})
    made = sandbox.add(fresh, actor)
    if properties:
        sandbox.properties[made.id].update(properties)
    return made


def _complete(sandbox: Sandbox, project: scheme.ProjectDef, filled: Record) -> None:
    """Refuse what lacks a field that its project requires."""
    missing = {
        name: f"{sandbox.fields[name].name} is required."
        for name in sorted(project.required.get(filled.type.name, ()))
        if current(filled, name) in (None, (), "")
    }
    if missing:
        raise JiraAnswerError(400, (), missing)


def _properties(asked: Any) -> dict[str, Any]:
    """The entity properties an issue is made with."""
    given = [] if asked is None else asked
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise JiraAnswerError(400, ("INVALID_INPUT",))
    for one in given:
        if not isinstance(one.get("key"), str) or "value" not in one or not 1 <= len(one["key"]) <= 255:
            raise JiraAnswerError(400, ("The property key and value must be specified.",))
    return {one["key"]: one["value"] for one in given}


def _project(sandbox: Sandbox, asked: Any) -> scheme.ProjectDef:
    for project in sandbox.projects.values():
        if isinstance(asked, dict) and (
            asked.get("key") == project.project.key or str(asked.get("id")) == project.project.id
        ):
            return project
    raise JiraAnswerError(400, (), {"project": "Specify a valid project ID or key"})


def _issue_type(sandbox: Sandbox, asked: Any) -> IssueType:
    for kind in sandbox.types:
        if isinstance(asked, dict) and (str(asked.get("id")) == kind.id or asked.get("name") == kind.name):
            return kind
    raise JiraAnswerError(400, (), {"issuetype": "Specify an issue type"})


def delete(sandbox: Sandbox, record: Record, actor: User, *, with_subtasks: bool = False) -> None:
    """Delete an issue; sub-tasks only when that was asked for."""
    below = [one for one in sandbox.children.get(record.id, ()) if sandbox.records[one].type.level < 0]
    if below and not with_subtasks:
        raise JiraAnswerError(400, (HAS_SUBTASKS.format(record.key),))
    for issue_id in sorted(below, key=int):
        sandbox.remove(issue_id, actor)
    sandbox.remove(record.id, actor)


def move(sandbox: Sandbox, record: Record, project_key: str, actor: User) -> Record:
    """Move an issue to another project: the id stays, the key changes, the old key still finds it."""
    target = sandbox.projects[project_key]
    known = {one.id for one in target.statuses}
    status = record.status if record.status.id in known else target.statuses[0]
    fresh = replace(
        record, project=target.project, key=sandbox.next_key(project_key), status=status, cache={}
    )
    items = [
        ChangeItem(
            field="project",
            field_id="project",
            old=record.project.id,
            old_text=record.project.name,
            new=target.project.id,
            new_text=target.project.name,
        ),
        ChangeItem(field="Key", field_id=None, old=None, old_text=record.key, new=None, new_text=fresh.key),
    ]
    if status != record.status:
        items.insert(
            1,
            ChangeItem(
                field="status",
                field_id="status",
                old=record.status.id,
                old_text=record.status.name,
                new=status.id,
                new_text=status.name,
            ),
        )
    return sandbox.commit(fresh, items, actor, "issue_moved")
