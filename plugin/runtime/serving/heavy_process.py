"""A process that works on heavy requests, one after the other: previews, checks, exports. Neither threads nor the interpreter of the one
that serves are taken by them.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

import structlog

from connectors.store import StoreError
from connectors.store.jobs.counts import ProcessCounts
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.processes.logs import configure_logs, known_secrets
from plugin.runtime.saved_sites import open_sites
from plugin.runtime.serving.wsgi_answer import Answer, Headers, first_part, next_piece
from plugin.runtime.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

NICE = 12
"""So much later than deliveries and pages a heavy request gets the processor, where both want it."""

log = structlog.get_logger("jira_okr.server")


@dataclass(frozen=True, slots=True)
class HeavyRequest:
    """A request as WSGI has it, but for its streams; a long answer is known by its `number` from then on."""

    number: int
    environ: dict[str, object]
    body: bytes
    whole: int


@dataclass(frozen=True, slots=True)
class Continuation:
    """Asks for the next piece of a long answer, of about so many bytes."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class ReplyEnd:
    """Nobody wants more of a long answer."""

    number: int


@dataclass(frozen=True, slots=True)
class ReplyHead:
    """What is sent at once: all of the answer, unless there is more."""

    status: int
    headers: Headers
    body: bytes
    more: bool


@dataclass(frozen=True, slots=True)
class HeavyReply:
    """`value` is what was asked for (the next piece, None at the end), `failed` that it broke.

    Besides what was counted since the last one, and whether there is work for the engine, which would see it a moment later by itself.
    """

    value: ReplyHead | bytes | None = None
    failed: bool = False
    counts: ProcessCounts = field(default_factory=ProcessCounts)
    announced: bool = False


Message = HeavyRequest | Continuation | ReplyEnd


@dataclass(slots=True)
class _OpenReply:
    """A long answer, and the context that its request has whoever goes on with it."""

    context: Context
    rest: Iterator[bytes]
    answer: Answer


def work(settings: Settings, connection: Connection) -> None:
    """Answer what is asked until the connection is closed; raises EOFError then."""
    os.nice(NICE)
    configure_logs(settings.log_format, secrets=known_secrets(settings))
    connector = build_connector(settings)
    announced = threading.Event()
    connector.announce = announced.set
    open_sites(connector)
    answers = Answers(create_app(connector))
    while True:
        message = connection.recv()
        with suppress(StoreError):
            connector.look()
        reply = answers.reply(message)
        connection.send(replace(reply, counts=connector.meter.taken(), announced=announced.is_set()))
        announced.clear()


class Answers:
    """The answers of an application, and those of them that somebody still reads."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._open: dict[int, _OpenReply] = {}

    def reply(self, message: Message) -> HeavyReply:
        """What is said to a message; what breaks is logged."""
        try:
            if isinstance(message, HeavyRequest):
                return HeavyReply(self._begun(message))
            if isinstance(message, Continuation):
                known = self._open[message.number]
                return HeavyReply(known.context.run(next_piece, known.rest, message.size))
            self._closed(message.number)
        except Exception:
            log.exception("a heavy request failed")
            return HeavyReply(failed=True)
        return HeavyReply()

    def _begun(self, request: HeavyRequest) -> ReplyHead:
        context = copy_context()
        environ = {
            **request.environ,
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": io.StringIO(),
        }
        answer = context.run(first_part, self._app, environ, request.whole)
        if answer.rest is not None:
            self._open[request.number] = _OpenReply(context, answer.rest, answer)
        return ReplyHead(answer.status, answer.headers, answer.body, answer.rest is not None)

    def _closed(self, number: int) -> None:
        known = self._open.pop(number, None)
        if known is not None:
            known.context.run(known.answer.close)
