"""Sends what a write target asks and tells (`mappings.write_back.target.Request`). Knows no target."""

from __future__ import annotations

from urllib.parse import quote

from connectors.jira.http.errors import Permanent, Transient
from connectors.jira.http.transport import Transport
from mappings.write_back.target import Request


def ask(transport: Transport, api: str, request: Request) -> object:
    """What Jira answers; None where it shows no such thing. Raises Permanent where it forbids to read it: that is no absence."""
    try:
        answer: object = transport.get(f"{api}{quote(request.path)}", request.params).json()
    except Permanent as error:
        if error.gone:
            return None
        raise
    return answer


def tell(transport: Transport, api: str, request: Request, *, notify: bool) -> None:
    """Write, once; silently unless `notify`, where Jira can keep silent. Raises Permanent with `.fields` for refused ones."""
    path, params = f"{api}{quote(request.path)}", dict(request.params)
    silence = {"notifyUsers": False} if request.notifies and not notify else {}
    if request.method == "DELETE":
        reply = transport.delete(path, params)
    elif request.method == "PUT":
        reply = transport.put(path, request.body, {**params, **silence})
    else:
        reply = transport.post(path, request.body, {**params, **silence})
    if request.answered and reply.status != 204 and not isinstance(reply.json(), dict):
        raise Transient(
            f"The answer to an edit is not one of Jira's ({reply.status}).",
            "What became of it is looked up. If it lasts, look at the proxy before Jira's API.",
            reply.status,
        )
