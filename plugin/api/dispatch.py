"""Serves one operation: reads the request by its shapes, runs the handler, and writes the answer. Decides nothing of substance."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Response, request
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from plugin.access.permission import needs
from plugin.access.person import acting, current
from plugin.api.failures import Refusal, failure, invalid, of_validation
from plugin.api.keys import HEADER, Key, answered_once, key_of
from plugin.api.model import Asked
from plugin.api.operation import JSON, Call, Operation, Reply
from plugin.api.parameters import PATH_TYPES
from plugin.api.problem import MEDIA
from plugin.runtime.connector import Connector

HEAVY_AT_ONCE = 2
PATIENCE_S = 20.0
"""How long a heavy request waits for its turn before it is sent away."""

View = Callable[..., Response]


class Turns:
    """Lets a few heavy operations run at a time, so that previews cannot starve the reading of a page."""

    def __init__(self, at_once: int = HEAVY_AT_ONCE, patience: float = PATIENCE_S) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._patience = patience

    @contextmanager
    def taken(self, heavy: bool) -> Iterator[None]:
        """A turn, where the operation needs one; Refusal where none comes free in time."""
        if not heavy:
            yield
            return
        if not self._free.acquire(timeout=self._patience):
            detail = "Too many previews, checks or plans are being worked out at the moment."
            raise Refusal(503, "Busy", detail, "Ask again in a moment.", headers={"Retry-After": "5"})
        try:
            yield
        finally:
            self._free.release()


def view_of(operation: Operation, connector: Connector, turns: Turns) -> View:
    """The Flask view of an operation, with its permission declared on it."""

    def view(**path: str) -> Response:
        try:
            return served(operation, connector, turns, path)
        except Exception as error:  # every fault becomes a problem document
            return failure(error)

    return needs(operation.permission, in_person=operation.in_person, scope=operation.scope)(view)


def served(operation: Operation, connector: Connector, turns: Turns, path: Mapping[str, str]) -> Response:
    """The answer of an operation to the request of this moment."""
    body = request.get_data(cache=False) if operation.changes else b""
    call = Call(
        connector,
        read_path(path),
        read_query(operation.query),
        read_body(operation.body, body),
        acting(),
        {name: value for name, value in request.headers.items() if name.startswith("If-")},
    )

    def serve() -> tuple[Response, Response]:
        with turns.taken(operation.heavy):
            reply = operation.handler(call)
        answer = written(operation, reply)
        return answer, answer if reply.again is None else written(
            operation, replace(reply, value=reply.again)
        )

    return answered_once(connector, _key(operation, body), serve)


def read_path(path: Mapping[str, str]) -> dict[str, Any]:
    """The parts of the address, each by the type of its name."""
    found: dict[str, Any] = {}
    for name, text in path.items():
        try:
            found[name] = adapter(name).validate_strings(text)
        except ValidationError as error:
            raise of_validation(error, "path") from None
    return found


@cache
def adapter(name: str) -> TypeAdapter[Any]:
    """What reads the part of an address that has this name."""
    kind: Any = PATH_TYPES[name]
    return TypeAdapter(kind)


def read_query(shape: type[Asked] | None) -> Any:
    """The query by its shape; a parameter that stands twice where one is meant is an error."""
    values: dict[str, Any] = {}
    for name, texts in request.args.lists():
        values[name] = texts if shape is not None and _is_list(shape, name) else texts[0]
        if isinstance(values[name], str) and len(texts) > 1:
            raise invalid(f"?{name}", f"{name} stands {len(texts)} times; once is meant.")
    try:
        return (shape or Asked).model_validate(values, strict=False)
    except ValidationError as error:
        raise of_validation(error, "query") from None


def read_body(shape: type[Asked] | None, body: bytes) -> Any:
    """The body by its shape; none at all is `{}`."""
    if body.strip() and request.mimetype != JSON:
        raise UnsupportedMediaType
    if shape is None and not body.strip():
        return None
    try:
        return (shape or Asked).model_validate_json(body if body.strip() else b"{}")
    except ValidationError as error:
        raise of_validation(error, "") from None


def written(operation: Operation, reply: Reply) -> Response:
    """The response of a reply; what is read gets an ETag, and 304 where the reader has it already."""
    status = reply.status or operation.status
    if reply.value is None:
        answer = Response(reply.body, status=status, content_type=_content_type(reply.media))
    else:
        answer = Response(reply.value.model_dump_json(by_alias=True), status=status, content_type=JSON)
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
    if not request.path.startswith("/api/") or response.status_code < 400 or response.mimetype == MEDIA:
        return response
    from werkzeug.exceptions import default_exceptions

    kind = default_exceptions.get(response.status_code)
    made = failure(kind() if kind is not None else Refusal(response.status_code, "Error", response.status))
    response.set_data(made.get_data())
    response.content_type = MEDIA
    return response


def _content_type(media: str) -> str:
    return f"{media}; charset=utf-8" if media.startswith("text/") else media


def _is_list(shape: type[Asked], name: str) -> bool:
    known = shape.model_fields.get(name)
    return known is not None and "list[" in str(known.annotation)


def _key(operation: Operation, body: bytes) -> Key | None:
    if not operation.changes:
        return None
    person = current()
    who = "nobody" if person is None else str(person.account_id)
    return key_of(who, request.headers.get(HEADER), request.method, request.full_path, body)
