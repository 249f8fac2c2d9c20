"""What administrators do to a site while it is used: rename, delete a field and bring it back, close a project to us, archive issues.

As in Jira none of it touches `updated`, leaves a changelog entry, or is told by a webhook of an issue. So it is with sprints that begin and
end and versions that are released: a webhook tells of the sprint or the version alone.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.scheme import FieldDef, ProjectDef
from connectors.sandbox.site_state.state import Event, Json, Record, Sandbox
from mappings.facts.issue import JiraValue, User


def rename_status(sandbox: Sandbox, status_id: str, name: str) -> None:
    """A status takes another name; its id stays."""
    sandbox.statuses = tuple(
        replace(one, name=name) if one.id == status_id else one for one in sandbox.statuses
    )
    known = {one.id: one for one in sandbox.statuses}
    for key, project in sandbox.projects.items():
        sandbox.projects[key] = replace(project, statuses=tuple(known[one.id] for one in project.statuses))
    sandbox.name_anew()


def rename_type(sandbox: Sandbox, type_id: str, name: str) -> None:
    """An issue type takes another name."""
    sandbox.types = tuple(replace(one, name=name) if one.id == type_id else one for one in sandbox.types)
    sandbox.name_anew()


def remake_type(sandbox: Sandbox, type_id: str, name: str, new_id: str) -> None:
    """An issue type is deleted and made anew under another id; its issues are given the new one, as Jira asks for it before a type can go."""
    old = next(one for one in sandbox.types if one.id == type_id)
    made = replace(old, id=new_id, name=name)
    sandbox.types = (*sandbox.types, made)
    for kept in (sandbox.records, sandbox.index):
        for issue_id, record in kept.items():
            if record.type.id == type_id:
                kept[issue_id] = replace(record, type=made, cache={})
    sandbox.types = tuple(one for one in sandbox.types if one.id != type_id)
    sandbox.name_anew()


def rename_resolution(sandbox: Sandbox, resolution_id: str, name: str) -> None:
    """A resolution takes another name."""
    sandbox.resolutions = tuple(
        replace(one, name=name) if one.id == resolution_id else one for one in sandbox.resolutions
    )
    sandbox.name_anew()


def rename_field(sandbox: Sandbox, field_id: str, name: str) -> None:
    """A custom field takes another name, in JQL too; `cf[…]` goes on naming it."""
    old = sandbox.fields[field_id]
    clauses = tuple(name if one == old.name else one for one in old.clauses)
    sandbox.fields[field_id] = replace(old, name=name, clauses=clauses)
    sandbox.name_anew()


def rename_project(sandbox: Sandbox, key: str, new_key: str) -> None:
    """A project takes another key, and every issue in it; the old keys go on finding them."""
    old = sandbox.projects[key]
    fresh = replace(old, project=replace(old.project, key=new_key))
    sandbox.projects = {
        new_key if one == key else one: fresh if one == key else definition
        for one, definition in sandbox.projects.items()
    }
    sandbox.move_counters(key, new_key)
    for record in list(sandbox.records.values()):
        if record.project.id == old.project.id:
            sandbox.rename_key(record, fresh.project, f"{new_key}-{record.key.rpartition('-')[2]}")
    sandbox.name_anew()


def delete_field(sandbox: Sandbox, field_id: str) -> FieldDef:
    """A custom field goes into the trash: no list, no issue and no JQL knows it; what it held is kept for `restore_field`."""
    found = sandbox.fields.pop(field_id)
    sandbox.name_anew()
    return found


def restore_field(sandbox: Sandbox, field: FieldDef) -> None:
    """A field comes back from the trash with all its values."""
    sandbox.fields[field.id] = field
    sandbox.name_anew()


def remake_field(sandbox: Sandbox, field_id: str, new_id: str) -> FieldDef:
    """A custom field goes for good, and one of the same name is made in its place, on the same screens; the former one. Nobody has a value in it."""
    old = delete_field(sandbox, field_id)
    clauses = tuple(
        f"cf[{new_id.removeprefix('customfield_')}]" if one.startswith("cf[") else one for one in old.clauses
    )
    sandbox.fields[new_id] = replace(old, id=new_id, clauses=clauses)
    sandbox.name_anew()
    return old


def create_field(sandbox: Sandbox, field: FieldDef) -> None:
    """A custom field is made; it stands on no screen yet."""
    sandbox.fields[field.id] = field
    for key, project in sandbox.projects.items():
        hidden = project.off_screen.get("*", frozenset()) | {field.id}
        sandbox.projects[key] = replace(project, off_screen={**project.off_screen, "*": hidden})
    sandbox.name_anew()


def put_on_screen(sandbox: Sandbox, screen: str, field_id: str) -> bool:
    """A field is put on a screen; False where it stands on it already."""
    without = [
        key
        for key, project in sandbox.projects.items()
        if project.screen == screen and field_id in project.off_screen.get("*", frozenset())
    ]
    for key in without:
        project = sandbox.projects[key]
        hidden = project.off_screen["*"] - {field_id}
        sandbox.projects[key] = replace(project, off_screen={**project.off_screen, "*": hidden})
    sandbox.name_anew()
    return bool(without)


def close_project(sandbox: Sandbox, key: str) -> ProjectDef:
    """Nobody may browse the project any more: it is in no list, no search shows its issues, and by id they do not exist."""
    sandbox.closed.add(sandbox.projects[key].project.id)
    sandbox.name_anew()
    return sandbox.projects[key]


def open_project(sandbox: Sandbox, key: str) -> None:
    """The permission comes back."""
    sandbox.closed.discard(sandbox.projects[key].project.id)
    sandbox.name_anew()


def archive(sandbox: Sandbox, record: Record) -> None:
    """An issue leaves every search and can be edited no more; by id it is still read."""
    sandbox.archived.add(record.id)
    sandbox.name_anew()


def restore(sandbox: Sandbox, record: Record) -> None:
    """An archived issue comes back."""
    sandbox.archived.discard(record.id)
    sandbox.name_anew()


def change_sprint(sandbox: Sandbox, sprint: Json, actor: User, event: str = "sprint_updated") -> None:
    """A sprint is another one, as one that began or ended (`sprint_started`, `sprint_closed`): every issue that has it shows that."""
    for record in list(sandbox.records.values()):
        held = record.customs.get(scheme.SPRINT) or []
        fresh = [sprint if one["id"] == sprint["id"] else one for one in held]
        if fresh != held:
            sandbox.hold(replace(record, customs={**record.customs, scheme.SPRINT: fresh}))
    sandbox.announce(Event(event, sandbox.clock(), actor, extra={"sprint": sprint}))


def release(sandbox: Sandbox, version: JiraValue, actor: User, *, released: bool = True) -> None:
    """A version is released, or is so no more: every issue that has it shows that."""
    change, name = (
        (sandbox.released.add, "released") if released else (sandbox.released.discard, "unreleased")
    )
    change(version.id)
    for record in list(sandbox.records.values()):
        if version.id in {one.id for one in (*record.fix_versions, *record.affects_versions)}:
            sandbox.hold(record)
    told = {"id": version.id, "name": version.name, "archived": False, "released": released}
    sandbox.announce(Event(f"jira:version_{name}", sandbox.clock(), actor, extra={"version": told}))
