"""Serves the application over HTTP in this process, with its engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from plugin.jobs import engine_for
from plugin.jobs.port import Engine
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.runtime.saved_sites import watch_sites


class QuietHandler(WSGIRequestHandler):
    """Writes no access log: what matters is in the structured logs."""

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
    app = create_app(connector)
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
