"""Remote links of an issue: known by a global id, written whole, told of in its history."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from connectors.sandbox.site import (
    actor,
    answer,
    issue_or_404,
    json_body,
    need,
    no_content,
    site,
    spend_write,
    view,
)
from connectors.sandbox.site_state.state import ChangeItem, Json, Record
from connectors.sandbox.traffic.access import JiraAnswerError

routes = Blueprint("remote_link", __name__)

LONGEST = 255
"""Characters of a global id, of a title and of a relationship."""
UNKNOWN = "A remote issue link with the given global id does not exist."
ARCHIVED = "You cannot edit this issue: it is archived."


@routes.get("/issue/<key>/remotelink")
def read_all(key: str) -> Response:
    kept = _kept(issue_or_404(key))
    wanted = request.args.get("globalId")
    if wanted is None:
        return answer(list(kept.values()))
    if wanted not in kept:
        raise JiraAnswerError(404, (UNKNOWN,))
    return answer(kept[wanted])


@routes.post("/issue/<key>/remotelink")
def write(key: str) -> Response:
    record, body = issue_or_404(key), json_body()
    _may_link(record)
    kept, number = _kept(record), site().sandbox.next_id("remotelink")
    name = body.get("globalId") or f"sandbox-{number}"
    new = name not in kept
    number = number if new else str(kept[name]["id"])
    link = _link(record, body, name, number)
    spend_write(record)
    _put(record, name, link)
    made = new and site().sandbox.deployment == "cloud"  # Data Center says 200 either way
    return answer({"id": link["id"], "self": link["self"]}, 201 if made else 200)


@routes.delete("/issue/<key>/remotelink")
def delete(key: str) -> Response:
    record = issue_or_404(key)
    _may_link(record)
    name = request.args.get("globalId")
    if not name:
        raise JiraAnswerError(400, ("The globalId parameter is required.",))
    return _delete(record, name)


@routes.get("/issue/<key>/remotelink/<number>")
def read(key: str, number: str) -> Response:
    record = issue_or_404(key)
    return answer(_kept(record)[_named(record, number)])


@routes.put("/issue/<key>/remotelink/<number>")
def replace(key: str, number: str) -> Response:
    record, body = issue_or_404(key), json_body()
    _may_link(record)
    name = _named(record, number)
    link = _link(record, body, str(body.get("globalId") or name), number)
    spend_write(record)
    _kept(record).pop(name)
    _put(record, link["globalId"], link)
    return no_content()


@routes.delete("/issue/<key>/remotelink/<number>")
def delete_by_id(key: str, number: str) -> Response:
    record = issue_or_404(key)
    _may_link(record)
    return _delete(record, _named(record, number))


def _kept(record: Record) -> dict[str, Json]:
    return site().sandbox.remote_links[record.id]


def _may_link(record: Record) -> None:
    need("LINK_ISSUES", record, "You do not have permission to create remote issue links.")
    if record.id in site().sandbox.archived:
        raise JiraAnswerError(403, (ARCHIVED,))


def _named(record: Record, number: str) -> str:
    found = next((name for name, link in _kept(record).items() if str(link["id"]) == number), None)
    if found is None:
        raise JiraAnswerError(404, (f"A remote issue link with id '{number}' does not exist.",))
    return found


def _link(record: Record, body: Json, name: str, number: str) -> Json:
    """The whole link: what is not said is empty. 400 for what Jira does not take."""
    about = body.get("object")
    about = about if isinstance(about, dict) else {}
    wrong = {f"object.{one}": f"'{one}' is required." for one in ("title", "url") if not about.get(one)}
    if not wrong and urlsplit(str(about["url"])).scheme not in ("http", "https"):
        wrong["object.url"] = "The URL is not valid."
    long = {"globalId": name, "object.title": about.get("title"), "relationship": body.get("relationship")}
    for place, text in long.items():
        if len(str(text or "")) > LONGEST:
            wrong[place] = f"This value cannot be longer than {LONGEST} characters."
    if wrong:
        raise JiraAnswerError(400, (), wrong)
    link: Json = {
        "id": int(number),
        "self": view().link(f"issue/{record.id}/remotelink/{number}"),
        "globalId": name,
        "application": _chosen(body.get("application"), "type", "name"),
        "object": {
            **_chosen(about, "url", "title", "summary"),
            "icon": _chosen(about.get("icon"), "url16x16", "title", "link"),
            "status": _status(about.get("status")),
        },
    }
    return {**link, **_chosen(body, "relationship")}


def _status(said: Any) -> Json:
    status = said if isinstance(said, dict) else {}
    return {**_chosen(status, "resolved"), "icon": _chosen(status.get("icon"), "url16x16", "title", "link")}


def _chosen(said: Any, *names: str) -> Json:
    return {name: said[name] for name in names if name in said} if isinstance(said, dict) else {}


def _put(record: Record, name: str, link: Json) -> None:
    old = _kept(record).get(name)
    _kept(record)[name] = link
    site().calls.wrote(record.id, [f"remotelink:{name}"])
    if old != link:
        _tell(record, old, link)


def _delete(record: Record, name: str) -> Response:
    if name not in _kept(record):
        raise JiraAnswerError(404, (UNKNOWN,))
    spend_write(record)
    old = _kept(record).pop(name)
    site().calls.wrote(record.id, [f"remotelink:{name}"])
    _tell(record, old, None)
    return no_content()


def _tell(record: Record, old: Json | None, new: Json | None) -> None:
    """The title stands in a sentence, and the field has no id."""
    sandbox = site().sandbox
    field = "RemoteWorkItemLink" if sandbox.deployment == "cloud" else "RemoteIssueLink"
    before, after = ((None, None) if one is None else (str(one["id"]), _sentence(one)) for one in (old, new))
    sandbox.commit(record, [ChangeItem(field, None, *before, *after)], actor())


def _sentence(link: Json) -> str:
    application = link["application"].get("name") or "Web Link"
    return f'This issue links to "{link["object"]["title"]} ({application})"'
