"""Serves one operation: takes what the library read of the request, runs the handler, and writes the answer. Decides nothing of substance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from flask import Request, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current, current_actor
from plugin.api.protocol.failures import failure, of_validation
from plugin.api.protocol.keys import HEADER, Key, answered_once, key_of
from plugin.api.protocol.operation import JSON, Caller, Operation, Reply
from plugin.doors.model import JsonShape, Query, RequestPart
from plugin.doors.problem import MEDIA
from plugin.doors.refusal import RequestRefusal, invalid
from plugin.next_steps import Door, said_at
from plugin.runtime.connector import Connector

View = Callable[..., Response]


class TextRequest(Request):
    """A request whose JSON stays text until a shape reads it: strictly, dates too, and able to say where it is broken."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> str:  # noqa: ARG002
        """The text of the body; none at all is `{}`."""
        body = self.get_data()
        if body.strip() and not force and self.mimetype != JSON:
            raise UnsupportedMediaType
        try:
            return body.decode() if body.strip() else "{}"
        except UnicodeDecodeError as error:
            detail = f"The body is not UTF-8: {error.reason} at byte {error.start}."
            raise invalid("", detail, "Send the JSON in UTF-8.") from None


def view_of(operation: Operation, connector: Connector) -> View:
    """The Flask view of an operation: its permission declared on it, and what the library has to read for it.

    What an operation does not ask for is read too, for there nothing at all may stand.
    """

    def view(**read: RequestPart) -> Response:
        return serve_operation(operation, connector, read)

    nothing = {"query": Query, "body": RequestPart} if operation.changes else {"query": Query}
    view.__annotations__ = {**nothing, **operation.shapes}
    declared = needs(
        operation.permission,
        in_person=operation.in_person,
        scope=operation.scope,
        unsettled=operation.unsettled,
        for_factor=operation.for_factor,
        lane="heavy" if operation.heavy else "quick",
    )
    return declared(view)


def ill_formed(operations: Iterable[Operation]) -> Callable[[ValidationError], Response]:
    """What the library answers with where a request does not fit its shape."""
    shapes = {shape for one in operations for shape in one.shapes.values()} | {Query, RequestPart}
    places = {shape.__name__: shape.place for shape in shapes}
    return lambda error: failure(of_validation(error, places[error.title]))


def serve_operation(operation: Operation, connector: Connector, read: Mapping[str, RequestPart]) -> Response:
    """The answer of an operation to the request of this moment."""
    once_each(read["query"])
    seen = {name: value for name, value in request.headers.items() if name.startswith("If-")}
    caller = Caller(connector, current_actor(), seen)

    def serve() -> tuple[Response, Response]:
        reply = operation.handler(caller, **{part: read[part] for part in operation.shapes})
        answer = write_response(operation, reply)
        return answer, answer if reply.again is None else write_response(
            operation, replace(reply, value=reply.again)
        )

    return answered_once(connector, current_actor(), _key(operation), serve)


def once_each(query: RequestPart) -> None:
    """Refuses a parameter that stands twice where one is meant; of those the library takes the first."""
    for name, texts in request.args.lists():
        if len(texts) > 1 and not isinstance(getattr(query, name), list):
            raise invalid(f"?{name}", f"{name} stands {len(texts)} times; once is meant.")


def write_response(operation: Operation, reply: Reply[JsonShape]) -> Response:
    """The response of a reply; what is read gets an ETag, and 304 where the reader has it already."""
    status = reply.status or operation.status
    if reply.value is None:
        answer = Response(reply.body, status=status, content_type=_content_type(reply.media))
    else:
        text = said_at(reply.value.model_dump_json(by_alias=True), Door.API)
        answer = Response(text, status=status, content_type=JSON)
    answer.headers.update(dict(reply.headers))
    if (
        operation.method == "GET"
        and status == 200
        and (reply.value is not None or isinstance(reply.body, str))
    ):
        if "ETag" not in answer.headers:
            answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
        answer.make_conditional(request.environ)
    return answer


def problems_everywhere(response: Response) -> Response:
    """Errors that no view of ours answered (no such address, no such method, the guard's) become problem documents too."""
    if response.status_code < 400 or not _shapeless(response):
        return response
    from werkzeug.exceptions import default_exceptions

    kind = default_exceptions.get(response.status_code)
    made = failure(
        kind() if kind is not None else RequestRefusal(response.status_code, "Error", response.status)
    )
    response.set_data(made.get_data())
    response.content_type = MEDIA
    return response


def _shapeless(response: Response) -> bool:
    """The API answers in problem documents alone; at the tools the protocol has errors of its own, none of them HTML."""
    if request.path.startswith("/api/"):
        return response.mimetype != MEDIA
    return request.path.startswith("/mcp") and response.mimetype == "text/html"


def _content_type(media: str) -> str:
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


def _key(operation: Operation) -> Key | None:
    if not operation.changes:
        return None
    person = current()
    who = "nobody" if person is None else str(person.account_id)
    return key_of(who, request.headers.get(HEADER), request.method, request.full_path, request.get_data())
