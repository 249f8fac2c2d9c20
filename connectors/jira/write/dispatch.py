"""Sends what a write target asks and tells (`mappings.write_back.target.Request`). Knows no target."""

from __future__ import annotations

from urllib.parse import quote

from connectors.jira.http.errors import BETWEEN, IncompleteRead, JiraError, JiraOutage, JiraRefusal
from connectors.jira.http.transport import JiraReply, Transport
from connectors.jira.sign_in.scopes import MissingWriteScope
from mappings.write_back.target import Request

CREATED, NO_CONTENT = 201, 204
WRITTEN = (200, 201)


def ask(transport: Transport, api: str, request: Request) -> object:
    """What Jira answers; None where it says that there is no such thing. Raises JiraRefusal where it forbids to read it, and IncompleteRead
    where the answer is empty: neither is an absence."""
    try:
        reply = transport.get(f"{api}{quote(request.path)}", request.params)
    except JiraRefusal as error:
        if error.gone:
            return None
        raise
    if not reply.body.strip():
        raise IncompleteRead(f"Jira's answer about {request.path} is empty.")
    return reply.json()


def tell(transport: Transport, api: str, request: Request, *, notify: bool) -> None:
    """Write, once; silently unless `notify`, where Jira can keep silent. Raises JiraRefusal with `.fields` for refused ones, JiraOutage for an answer
    that is not Jira's: a gateway that says in JSON of its own that it forbids something refuses no field."""
    path = f"{api}{quote(request.path)}"
    try:
        reply = _sent(transport, path, request, notify=notify)
    except JiraRefusal as error:
        if error.told or request.to == "app" or isinstance(error, MissingWriteScope):
            raise
        raise JiraOutage(error.message, BETWEEN, error.status) from None
    if not _is_jiras(transport, path, request, reply):
        raise JiraOutage(
            f"The answer to an edit is not one of Jira's ({reply.status}).",
            "What became of it is looked up. If it lasts, look at the proxy before Jira's API.",
            reply.status,
        )


def _sent(transport: Transport, path: str, request: Request, *, notify: bool) -> JiraReply:
    params = dict(request.params)
    silence = {"notifyUsers": False} if request.notifies and not notify else {}
    if request.method == "DELETE":
        return transport.delete(path, params)
    if request.method == "PUT":
        return transport.put(path, request.body, {**params, **silence})
    return transport.post(path, request.body, {**params, **silence})


def _is_jiras(transport: Transport, path: str, request: Request, reply: JiraReply) -> bool:
    """Whether this is what Jira says where it did it. Nothing may stand in its place: a proxy answers 200 with JSON of its own as well."""
    if request.answer == "any":
        return True
    empty = not reply.body.strip()
    if request.answer == "made":
        # The contract leaves open what stands in the answer: nothing, or what was made by its id.
        made = None if empty else reply.json()
        return reply.status == CREATED and (not made or (isinstance(made, dict) and "id" in made))
    if empty and reply.status == NO_CONTENT:
        return request.answer in ("nothing", "edit")
    if reply.status not in WRITTEN:
        return False
    if empty:
        return request.answer == "property"
    said, named = reply.json(), request.path.rpartition("/")[2]
    about = said if isinstance(said, dict) else {}
    if request.answer == "property":
        return about.get("key") == named or _holds(transport, path, request.body)
    if request.answer == "edit":
        return named in (about.get("id"), about.get("key"))
    return request.answer == "link" and "id" in about


def _holds(transport: Transport, path: str, value: object) -> bool:
    """Whether Jira holds this value of a property: the contract leaves open what stands in the answer to its write."""
    try:
        held = transport.get(path).json()
    except JiraError:
        return False
    return isinstance(held, dict) and held.get("value") == value
