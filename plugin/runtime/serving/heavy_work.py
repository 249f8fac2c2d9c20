"""The processes for heavy requests: a bounded few, begun when there is something to do, replaced where they die."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import structlog

from connectors.store.jobs.counts import ProcessCounts
from plugin.runtime.serving.asgi_application import RefusedRequest, busy
from plugin.runtime.serving.fork_server import ForkedProcess, ForkServer
from plugin.runtime.serving.heavy_process import (
    Continuation,
    HeavyReply,
    HeavyRequest,
    Message,
    ReplyEnd,
    ReplyHead,
)
from plugin.runtime.serving.restarts import LONGEST_PAUSE_S, Restarts, end_said
from plugin.runtime.serving.wsgi_answer import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

STREAMS = ("wsgi.input", "wsgi.errors")
ENDED = "The process that worked on it ended."
LONGEST_S = 600.0
"""How long a process may work on an answer, or on its next piece; nobody waits for it any more by then, and others do for the process."""

log = structlog.get_logger("jira_okr.server")


@dataclass(slots=True, eq=False)
class _Process:
    """One process: it works on one thing at a time. `alive` until its connection broke."""

    forked: ForkedProcess
    birth: float
    works: bool = True
    open_answers: int = 0
    alive: bool = True


class HeavyWork:
    """Answers heavy requests in processes of their own. Safe for threads, which only wait here."""

    def __init__(
        self,
        fork_server: ForkServer,
        most: int,
        announce: Callable[[], None],
        counted: Callable[[ProcessCounts], None],
        *,
        longest: float = LONGEST_S,
    ) -> None:
        """At `most` so many processes, each `longest` seconds at one answer; what they did for the engine, and what they counted, is passed on."""
        self._longest = longest
        self._fork_server = fork_server
        self._most = most
        self._announce = announce
        self._counted = counted
        self._processes: list[_Process] = []
        self._fared = Restarts()
        self._not_before = float("-inf")
        self._free = threading.Condition()
        self._numbers = count(1)

    def __call__(self, environ: WSGIEnvironment, body: bytes, whole: int) -> Answer:
        """What is answered, as far as it is sent at once; raises RefusedRequest where nobody can work on it now."""
        number = next(self._numbers)
        plain = {name: value for name, value in environ.items() if name not in STREAMS}
        process = self._next_free()
        begun = self._asked(process, HeavyRequest(number, plain, body, whole))
        if not isinstance(begun, ReplyHead):
            raise TypeError("a request is answered by the beginning of its answer")
        if not begun.more:
            return Answer(begun.status, begun.headers, begun.body)
        with self._free:
            process.open_answers += 1
        rest = self._pieces(process, number, whole)
        return Answer(
            status=begun.status,
            headers=begun.headers,
            body=begun.body,
            rest=rest,
            close=lambda: self._close(process, number),
        )

    def _pieces(self, process: _Process, number: int, size: int) -> Iterator[bytes]:
        while True:
            try:
                self._wait_for(process)
                piece = self._asked(process, Continuation(number, size))
            except RefusedRequest as refused:
                raise RuntimeError(refused.detail) from None  # too late to say it: the beginning is sent
            if not isinstance(piece, bytes):
                return
            yield piece

    def _close(self, process: _Process, number: int) -> None:
        with suppress(RefusedRequest):
            self._wait_for(process)
            self._asked(process, ReplyEnd(number))
        with self._free:
            process.open_answers -= 1

    def _next_free(self) -> _Process:
        """The first that has nothing to do; another where all have, and there may be one more."""
        with self._free:
            while True:
                idle = [one for one in self._processes if not one.works]
                if idle:
                    chosen = min(idle, key=lambda one: one.open_answers)
                    chosen.works = True
                    return chosen
                if len(self._processes) < self._most:
                    self._processes.append(self._another())
                    return self._processes[-1]
                self._free.wait()

    def _wait_for(self, process: _Process) -> None:
        """Until this one has nothing else to do."""
        with self._free:
            while process.alive and process.works:
                self._free.wait()
            if not process.alive:
                raise busy(ENDED)
            process.works = True

    def _another(self) -> _Process:
        now = time.monotonic()
        if now < self._not_before:
            raise busy("Processes for long work end again and again; the log says how.")
        try:
            return _Process(self._fork_server.fork(), now)
        except OSError as error:
            log.error(
                "no process for long work can start; the serving process ends and another starts",
                error=str(error),
            )
            os.kill(os.getpid(), signal.SIGTERM)
            raise busy("No process could start for it.") from None

    def _asked(self, process: _Process, message: Message) -> ReplyHead | bytes | None:
        """What it replies, after which others may ask it."""
        try:
            process.forked.connection.send(message)
            if not process.forked.connection.poll(self._longest):
                raise self._stop(process)
            reply: HeavyReply = process.forked.connection.recv()
        except (EOFError, OSError):
            self._mourn(process)
            raise busy(ENDED) from None
        with self._free:
            process.works = False
            self._free.notify_all()
        self._counted(reply.counts)
        if reply.announced:
            self._announce()
        if reply.failed:
            raise RuntimeError("a heavy request failed; its process has logged why")
        return reply.value

    def _stop(self, process: _Process) -> RefusedRequest:
        """Ended, with all that it has not written yet: a request cannot be taken from it otherwise."""
        pid = process.forked.pid
        log.error("long work took too long; its process is ended", process=pid, seconds=self._longest)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self._mourn(process)
        return RefusedRequest(
            503,
            "Too long",
            f"It took longer than {self._longest:g} seconds and was ended. Ask for less at once.",
        )

    def _mourn(self, process: _Process) -> None:
        """Its successor comes with the next request, later and later where they live but a moment."""
        now = time.monotonic()
        with self._free:
            process.alive = False
            self._processes.remove(process)
            self._fared = self._fared.after(now - process.birth)
            pause = LONGEST_PAUSE_S if self._fared.pause_s is None else self._fared.pause_s
            self._not_before = now + pause
            self._free.notify_all()
        process.forked.connection.close()
        pid = process.forked.pid
        log.error(
            "a process for long work died; another starts", process=pid, by=self._end(pid), seconds=pause
        )

    def _end(self, pid: int) -> str:
        try:
            return end_said(self._fork_server.ended(pid))
        except OSError:
            return end_said(None)
