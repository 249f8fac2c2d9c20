"""The sandbox as a real HTTP server in a thread, or as a process of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from connectors.clock import system_clock
from connectors.sandbox.application import create_app
from connectors.sandbox.company.company import seed_company
from connectors.sandbox.site import Site
from connectors.sandbox.site_state.state import Clock, Sandbox
from connectors.sandbox.traffic.deliveries import Sender
from connectors.sandbox.traffic.limits import CallGrant

LOOPBACK = "127.0.0.1"
CUT = "X-Sandbox-Cut"


class _Handler(WSGIRequestHandler):
    """Keeps connections open, as Jira does, says nothing, and cuts an answer short where a fault asks for it.

    Werkzeug's own handler closes every connection, as it cannot know that the body was read; here it always was.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        _connections(self.server).add(self.connection)

    def finish(self) -> None:
        _connections(self.server).discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def run_wsgi(self) -> None:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _problem: Any = None
        ) -> Callable[[bytes], None]:
            begun[:] = [(status, headers)]
            return lambda _data: None

        self.environ = self.make_environ()
        chunks = self.server.app(self.environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        self._send(*begun[0], body)

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Head and body in one write; X-Sandbox-Cut says after how many bytes of the body the connection breaks."""
        cut = next((int(value) for name, value in headers if name == CUT), None)
        if cut is not None or self.command == "HEAD":
            self.close_connection = self.close_connection or cut is not None
            body = body[:cut] if cut is not None else b""
        if cut == 0:
            return
        lines = [
            f"{self.protocol_version} {status}",
            *(f"{name}: {value}" for name, value in headers if name != CUT),
        ]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the sandbox counts its calls instead."""


_OPEN: dict[int, set[socket.socket]] = {}


def _connections(server: object) -> set[socket.socket]:
    return _OPEN.setdefault(id(server), set())


class SandboxServer:
    """A sandbox Jira on loopback; use it as a context manager, or `start` and `stop` it.

    `clock` says what time it is on the site; without one it runs from `now` (default: the real time). `seed=None` leaves the site
    empty; `like` is a sandbox to start from instead. `webhook_backoff` is the middle of the random wait before a retry, in seconds (Jira's own is 600).
    """

    def __init__(
        self,
        seed: int | None = 1,
        now: datetime | None = None,
        port: int = 0,
        webhook_backoff: float = 600.0,
        *,
        clock: Clock | None = None,
        like: Sandbox | None = None,
        deployment: str = "cloud",
        host: str = LOOPBACK,
        public: bool = False,
        unknown_jql: str = "refuse",
        bursts: bool = False,
        granted: CallGrant | None = None,
        webhook_timeout: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
        context: str = "",
        version: tuple[int, int, int] = (10, 3, 24),
    ) -> None:
        self.sandbox = Sandbox(clock or _running_from(now), deployment)
        if like is not None:
            self.sandbox.adopt(like)
        elif seed is not None:
            seed_company(self.sandbox, seed, self.sandbox.clock())
        self.sender = Sender(webhook_backoff, webhook_timeout, seed or 0)
        self._listening = socket.create_server((host, port), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://{host}:{self.port}{context}"
        self.site = Site(
            self.sandbox,
            self.url,
            self.sender,
            public=public,
            unknown_jql=unknown_jql,
            bursts=bursts,
            granted=granted,
            monotonic=monotonic,
            version=version,
        )
        self.app = create_app(self.site)
        self._context = context
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def faults(self) -> Any:
        """The faults that are planned."""
        return self.site.faults

    def start(self) -> Self:
        """Serve in a thread of its own."""
        host = self.url.removeprefix("http://").partition(":")[0]
        served = DispatcherMiddleware(NotFound(), {self._context: self.app}) if self._context else self.app
        self._server = make_server(
            host, self.port, served, threaded=True, request_handler=_Handler, fd=self._listening.fileno()
        )
        self.sender.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            name="sandbox-http",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, and drop every open connection: a client must notice."""
        self.sender.stop()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join(5)
            self._server.server_close()
            for connection in list(_OPEN.pop(id(self._server), ())):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._server = None
        self._listening.close()

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until every webhook is delivered; False if that took too long."""
        return self.sender.settle(timeout)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def _running_from(now: datetime | None) -> Clock:
    if now is None:
        return system_clock
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def serve(host: str = LOOPBACK, port: int = 2990, seed: int = 1, webhook_backoff: float = 5.0) -> None:
    """Serve a seeded sandbox until interrupted."""
    with SandboxServer(seed, None, port, webhook_backoff, host=host), contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
