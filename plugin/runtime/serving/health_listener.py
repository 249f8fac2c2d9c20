"""A listener of its own for `/healthz`, `/readyz` and `/metrics`: whatever fills the one that people and Jira use fills not this one.

It belongs to a serving process and ends with it, so that what it says of the process is true. Where several serve, each listens
on the same port, and one of them answers.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

from plugin.operations import operations_blueprint
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.serving.listening_address import free_port
from plugin.runtime.serving.server import QuietHandler
from plugin.runtime.settings import Settings

PATIENCE_S = 5.0
"""How long a client may take to say what it wants."""


class HurriedHandler(QuietHandler):
    """Lets go of whoever says nothing."""

    timeout = PATIENCE_S


@contextmanager
def health_listener(connector: Connector) -> Iterator[None]:
    """Listens on `JIRA_OKR_HEALTH_PORT` until the block ends; does nothing where that is not set."""
    settings = connector.settings
    if settings.health_port is None:
        yield
        return
    app = Flask("health", static_folder=None)
    app.register_blueprint(operations_blueprint(connector))
    with _listening(settings.host, settings.health_port) as held:
        server = make_server(
            settings.host,
            settings.health_port,
            app,
            threaded=True,
            request_handler=HurriedHandler,
            fd=held.fileno(),
        )
        thread = threading.Thread(target=server.serve_forever, name="okr-health", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


def require_free_health_port(settings: Settings, port: int) -> None:
    """Refuse a port for health that is taken, or the one that all else is served on; raises Refusal."""
    if settings.health_port == port:
        raise Refusal(
            f"JIRA_OKR_HEALTH_PORT is {port}, where all else is served. Choose another, or leave it out."
        )
    if settings.health_port is not None:
        free_port(settings.host, settings.health_port, "JIRA_OKR_HEALTH_PORT")


def _listening(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    made = socket.socket(found[0], found[1])
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(found[4])
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made
