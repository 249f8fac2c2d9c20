"""One issue: read, create, edit, delete, transitions, changelog, properties, comments; and issue links."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, g, request

from connectors.sandbox.issue_json import brief_json, link_type_json, stamp, status_json, user_json
from connectors.sandbox.routes.search import changelog_page, split_members
from connectors.sandbox.site import (
    actor,
    answer,
    caller,
    flag,
    issue_or_404,
    json_body,
    need,
    no_content,
    page_of,
    raw,
    site,
    spend_write,
    view,
    whole_parameter,
    writer,
)
from connectors.sandbox.site_state import edits
from connectors.sandbox.site_state import transitions as workflow
from connectors.sandbox.site_state.documents import document, is_document, text_of
from connectors.sandbox.site_state.screens import edit_meta
from connectors.sandbox.site_state.state import Event, Json, LinkRow, Record
from connectors.sandbox.traffic.access import JiraAnswerError, bad_request

routes = Blueprint("issue", __name__)

NO_NOTIFY = "To discard the user notification either admin or project admin permissions are required."
NO_OVERRIDE = (
    "Only Connect and Forge app users with the Administer Jira permission can override screen security."
)
ARCHIVED = "You cannot edit this issue: it is archived."
PROPERTY_LIMIT = 32_768


@routes.get("/issue/<key>")
def read(key: str) -> Response:
    record = issue_or_404(key)
    render = writer()
    fields = render.chosen(request.args.getlist("fields"), "*all")
    expand = request.args.get("expand", "")
    if not expand and "properties" not in request.args:
        return raw(render.encoded(record, fields))
    found = render.issue(record, fields)
    if "changelog" in expand:
        found["changelog"] = changelog_page(render, record)
    if "names" in expand:
        found["names"] = {one: site().sandbox.fields[one].name for one in fields}
    if "transitions" in expand:
        found["transitions"] = _transitions(record)
    if "editmeta" in expand:
        found["editmeta"] = edit_meta(site().sandbox, view(), record)
    text = msgspec.json.encode(found)
    return raw(render.with_properties(record, text, split_members(request.args.getlist("properties"))))


@routes.post("/issue")
def create() -> Response:
    body = json_body()
    fields = body.get("fields") or {}
    asked = fields.get("project") or {}
    key = next(
        (one for one, project in site().sandbox.projects.items() if asked.get("id") == project.project.id),
        str(asked.get("key")),
    )
    if not caller().may("CREATE_ISSUES", key):
        raise bad_request("You do not have permission to create issues in this project.")
    record = edits.create(site().sandbox, body, g.version, actor())
    return answer({"id": record.id, "key": record.key, "self": view().link(f"issue/{record.id}")}, 201)


@routes.put("/issue/<key>")
def edit(key: str) -> Response:
    record = issue_or_404(key)
    body = json_body()
    need("EDIT_ISSUES", record)
    if record.id in site().sandbox.archived:
        raise JiraAnswerError(403, (ARCHIVED,))
    if not flag("notifyUsers", True):
        need("ADMINISTER_PROJECTS", record, NO_NOTIFY)
    if flag("overrideScreenSecurity", False) or flag("overrideEditableFlag", False):
        raise JiraAnswerError(403, (NO_OVERRIDE,))
    spend_write(record)
    fresh = edits.edit(site().sandbox, record, body, g.version, actor())
    site().calls.wrote(record.id, [*(body.get("fields") or {}), *(body.get("update") or {})])
    if flag("returnIssue", False):
        render = writer()
        return raw(render.encoded(fresh, render.chosen((), "*all")))
    return no_content()


@routes.delete("/issue/<key>")
def delete(key: str) -> Response:
    record = issue_or_404(key)
    need("DELETE_ISSUES", record, "You do not have permission to delete issues in this project.")
    edits.delete(site().sandbox, record, actor(), with_subtasks=flag("deleteSubtasks", False))
    return no_content()


@routes.get("/issue/<key>/editmeta")
def editmeta(key: str) -> Response:
    record = issue_or_404(key)
    if not caller().may("EDIT_ISSUES", record.project.key):
        return answer({"fields": {}})
    return answer(edit_meta(site().sandbox, view(), record))


# -- workflow ---------------------------------------------------------------------------------------------------


def _transitions(record: Record) -> list[Json]:
    return [
        {
            "id": one.id,
            "name": one.status.name,
            "to": status_json(view(), one.status),
            "hasScreen": one.closes,
            "isGlobal": True,
            "isInitial": False,
            "isAvailable": True,
            "isConditional": False,
            "isLooped": False,
        }
        for one in workflow.transitions(site().sandbox, record)
    ]


@routes.get("/issue/<key>/transitions")
def transitions(key: str) -> Response:
    record = issue_or_404(key)
    may = caller().may("TRANSITION_ISSUES", record.project.key)
    return answer({"expand": "transitions", "transitions": _transitions(record) if may else []})


@routes.post("/issue/<key>/transitions")
def transition(key: str) -> Response:
    record = issue_or_404(key)
    body = json_body()
    if not caller().may("TRANSITION_ISSUES", record.project.key):
        raise bad_request("It seems that you do not have permission to perform this transition.")
    spend_write(record)
    workflow.transition(site().sandbox, record, body, g.version, actor())
    return no_content()


@routes.get("/issue/<key>/changelog")
def changelog(key: str) -> Response:
    record = issue_or_404(key)
    render = writer()
    found = [render.history(one) for one in site().sandbox.histories.get(record.id, ())]
    return answer(page_of(found, 100, f"issue/{record.id}/changelog"))


# -- links ------------------------------------------------------------------------------------------------------


@routes.post("/issueLink")
def link() -> Response:
    body = json_body()
    kind = edits.link_type(site().sandbox, body.get("type") or {})
    # Jira's POST names the issue the phrase is read from the wrong way round: the link goes from `inwardIssue`
    # ("blocks") to `outwardIssue` ("is blocked by").
    source, destination = (_end(body, name) for name in ("inwardIssue", "outwardIssue"))
    if source.id == destination.id:
        raise bad_request("You cannot link an issue to itself.")
    need("LINK_ISSUES", source, "No Link Issue Permission for issue '" + source.key + "'")
    site().sandbox.link(kind, source.id, destination.id, actor())
    return Response(status=201)


def _end(body: Json, name: str) -> Record:
    end = body.get(name) or {}
    return issue_or_404(str(end.get("id") or end.get("key")))


def _row(link_id: str) -> LinkRow:
    row = site().sandbox.links.get(link_id)
    if row is None:
        raise JiraAnswerError(404, (f"No issue link with id '{link_id}' exists.",))
    return row


@routes.get("/issueLink/<link_id>")
def read_link(link_id: str) -> Response:
    row, records = _row(link_id), site().sandbox.records
    return answer(
        {
            "id": row.id,
            "self": view().link(f"issueLink/{row.id}"),
            "type": link_type_json(view(), row.type),
            "inwardIssue": brief_json(view(), records[row.source]),
            "outwardIssue": brief_json(view(), records[row.destination]),
        }
    )


@routes.delete("/issueLink/<link_id>")
def unlink(link_id: str) -> Response:
    row = _row(link_id)
    need("LINK_ISSUES", site().sandbox.records[row.source])
    site().sandbox.unlink(link_id, actor())
    return no_content()


# -- properties -------------------------------------------------------------------------------------------------


@routes.get("/issue/<key>/properties")
def property_keys(key: str) -> Response:
    record = issue_or_404(key)
    names = site().sandbox.properties.get(record.id, {})
    return answer({"keys": [{"key": name, "self": _property_link(record, name)} for name in names]})


def _property_link(record: Record, name: str) -> str:
    return view().link(f"issue/{record.id}/properties/{name}")


@routes.get("/issue/<key>/properties/<name>")
def read_property(key: str, name: str) -> Response:
    record = issue_or_404(key)
    found = site().sandbox.properties.get(record.id, {})
    if name not in found:
        raise JiraAnswerError(404, (f"The property with key '{name}' does not exist.",))
    return answer({"key": name, "value": found[name]})


@routes.put("/issue/<key>/properties/<name>")
def write_property(key: str, name: str) -> Response:
    record = issue_or_404(key)
    need("EDIT_ISSUES", record)
    if len(request.get_data()) > PROPERTY_LIMIT or len(name) > 255:
        raise bad_request(f"The property value cannot be longer than {PROPERTY_LIMIT} characters.")
    spend_write(record)
    kept, value = site().sandbox.properties[record.id], _any_json()
    new = name not in kept
    kept[name] = value
    site().calls.wrote(record.id, [f"property:{name}"])
    _tell_property(record, "issue_property_set", {"key": name, "value": value})
    return answer({"key": name}, 201) if new else answer({"key": name})


def _any_json() -> Any:
    value = request.get_json(silent=True, force=True)
    if value is None and request.get_data().strip() != b"null":
        raise bad_request("The property value must be valid, non-empty JSON.")
    return value


@routes.delete("/issue/<key>/properties/<name>")
def delete_property(key: str, name: str) -> Response:
    record = issue_or_404(key)
    need("EDIT_ISSUES", record)
    if name not in site().sandbox.properties[record.id]:
        raise JiraAnswerError(404, (f"The property with key '{name}' does not exist.",))
    spend_write(record)
    del site().sandbox.properties[record.id][name]
    site().calls.wrote(record.id, [f"property:{name}"])
    _tell_property(record, "issue_property_deleted", {"key": name})
    return no_content()


def _tell_property(record: Record, event: str, about: Json) -> None:
    sandbox = site().sandbox
    sandbox.announce(Event(event, sandbox.clock(), actor(), record, extra={"property": about}))


# -- comments ----------------------------------------------------------------------------------------------------


MOST_COMMENTS = 100
NO_COMMENT = "Can not find a comment for the id: {id}."


@routes.get("/issue/<key>/comment")
def comments(key: str) -> Response:
    """A page of them, as the caller may see them, the oldest first unless `orderBy=-created`."""
    record = issue_or_404(key)
    found = [one for one in site().sandbox.comments.get(record.id, []) if _may_read(one)]
    if request.args.get("orderBy") == "-created":
        found.reverse()
    start, size = whole_parameter("startAt", 0), min(whole_parameter("maxResults", 5000), MOST_COMMENTS)
    shown = [_shown(one) for one in found[start : start + size]]
    return answer({"startAt": start, "maxResults": size, "total": len(found), "comments": shown})


def _may_read(comment: Json) -> bool:
    """A comment for a group is shown to its author and to administrators alone: the sandbox has no groups."""
    return "visibility" not in comment or caller().may("ADMINISTER", None) or _is_own(comment)


def _is_own(comment: Json) -> bool:
    return bool(comment["author"] == user_json(view(), site().sandbox, actor()))


def _shown(comment: Json) -> Json:
    return {**comment, "body": comment["body"] if g.version == "3" else text_of(comment["body"])}


@routes.post("/issue/<key>/comment")
def comment(key: str) -> Response:
    record, said = issue_or_404(key), json_body()
    need("ADD_COMMENTS", record)
    sandbox, who = site().sandbox, user_json(view(), site().sandbox, actor())
    at, number = stamp(sandbox.clock()), sandbox.next_id("comment")
    made = {
        "self": view().link(f"issue/{record.id}/comment/{number}"),
        "id": number,
        "author": who,
        "updateAuthor": who,
        "body": _comment_body(said),
        "created": at,
        "updated": at,
        "jsdPublic": said.get("properties", []) != [INTERNAL],
        **_visibility(said),
    }
    sandbox.comments[record.id].append(made)
    _tell_comment(record, "comment_created", made)
    return answer(_shown(made), 201)


INTERNAL: Json = {"key": "sd.public.comment", "value": {"internal": True}}
"""How a comment of Jira Service Management is said to be internal."""


def _comment_body(said: Json) -> Json:
    body = said.get("body")
    fine = isinstance(body, str) if g.version == "2" else is_document(body)
    if not body or not fine:
        raise JiraAnswerError(400, (), {"comment": "Comment body is not valid!"})
    return document(body) if isinstance(body, str) else dict(body)


def _visibility(said: Json) -> Json:
    return {"visibility": said["visibility"]} if "visibility" in said else {}


def _comment_of(record: Record, number: str) -> Json:
    found = site().sandbox.comments.get(record.id, [])
    known = next((one for one in found if one["id"] == number and _may_read(one)), None)
    if known is None:
        raise JiraAnswerError(404, (NO_COMMENT.format(id=number),))
    return known


@routes.get("/issue/<key>/comment/<number>")
def read_comment(key: str, number: str) -> Response:
    return answer(_shown(_comment_of(issue_or_404(key), number)))


@routes.put("/issue/<key>/comment/<number>")
def edit_comment(key: str, number: str) -> Response:
    record, said = issue_or_404(key), json_body()
    known = _comment_of(record, number)
    if not _is_own(known):
        need("EDIT_ALL_COMMENTS", record, "You do not have the permission to edit this comment.")
    sandbox = site().sandbox
    who = user_json(view(), sandbox, actor())
    known |= {"body": _comment_body(said), "updateAuthor": who, "updated": stamp(sandbox.clock())}
    known |= _visibility(said)
    _tell_comment(record, "comment_updated", known)
    return answer(_shown(known))


@routes.delete("/issue/<key>/comment/<number>")
def delete_comment(key: str, number: str) -> Response:
    record = issue_or_404(key)
    known = _comment_of(record, number)
    if not _is_own(known):
        need("DELETE_ALL_COMMENTS", record, "You do not have the permission to delete this comment.")
    site().sandbox.comments[record.id].remove(known)
    _tell_comment(record, "comment_deleted", known)
    return no_content()


def _tell_comment(record: Record, event: str, comment: Json) -> None:
    """Every one of them moves the issue's `updated`; webhooks have the body as text."""
    sandbox = site().sandbox
    sandbox.touch(record.id)
    told = {**comment, "body": text_of(comment["body"])}
    sandbox.announce(Event(event, sandbox.clock(), actor(), record, extra={"comment": told}))
