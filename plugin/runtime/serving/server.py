"""Serves the application over HTTP in this process, with its engine."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from plugin.jobs import engine_for
from plugin.jobs.port import Engine
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.runtime.saved_sites import watch_sites

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANSWER = "jira_okr.answer"
"""Where the environment of a request keeps what it is answered with."""


class Answer:
    """What an application answers a request with, closed once, whoever closes it first."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    def close(self) -> None:
        """Let go of what the answer holds: a file, a place among those that are served."""
        if self._open:
            self._open = False
            getattr(self._parts, "close", lambda: None)()


def keep_answer(app: WSGIApplication) -> WSGIApplication:
    """The application, whose answers `QuietHandler` closes also where the client has gone."""

    def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[ANSWER] = Answer(app(environ, start_response))
        return environ[ANSWER]  # type: ignore[no-any-return]

    return answered


class QuietHandler(WSGIRequestHandler):
    """Writes no access log: what matters is in the structured logs. It closes every answer of `keep_answer`."""

    def run_wsgi(self) -> None:
        """Answer a request.

        Werkzeug reads what the client may still have sent before it closes the answer: where the client has gone, that
        fails, and a file of `static` would stay open until the collector finds it.
        """
        try:
            super().run_wsgi()
        finally:
            # who leaves before all of the question is read has none
            if (answer := getattr(self, "environ", {}).get(ANSWER)) is not None:
                answer.close()

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running server: where it is, and its engine."""

    url: str
    server: BaseWSGIServer
    engine: Engine


@contextmanager
def serve(connector: Connector, host: str, port: int, workers: int) -> Iterator[RunningServer]:
    """Serve in threads until the block ends; port 0 takes a free one."""
    app = keep_answer(create_app(connector))
    engine = engine_for(connector, workers)
    connector.announce = engine.announce
    server = make_server(host, port, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, name="okr-http", daemon=True)
    thread.start()
    engine.start()
    try:
        with watch_sites(connector):
            yield RunningServer(f"http://{host}:{server.server_port}", server, engine)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        engine.stop()
