"""Keeps threads free for those who only read: a client that begins a body and never ends it holds a thread as long as it likes.

The server has no time limit for bodies, and a few such clients would stop all of it. A proxy that reads bodies whole before it
passes them on keeps them away altogether.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ServiceUnavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

KEPT_FREE = 2
PATIENCE_S = 1.0
"""How long a body waits for its turn to be read. Jira delivers again what is answered 503."""


class BodiesInTurn:
    """A WSGI application whose request bodies are read in all threads but a few."""

    def __init__(self, app: WSGIApplication, threads: int, patience: float = PATIENCE_S) -> None:
        self._app = app
        self._turns = threading.BoundedSemaphore(max(1, threads - KEPT_FREE))
        self._patience = patience

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"] = _InTurn(environ["wsgi.input"], self._turns, self._patience)
        return self._app(environ, start_response)


class _InTurn:
    """What Werkzeug asks of a body: it only ever calls `read`."""

    def __init__(self, body: InputStream, turns: threading.BoundedSemaphore, patience: float) -> None:
        self._body = body
        self._turns = turns
        self._patience = patience

    def read(self, *size: Any) -> bytes:
        """The next bytes; 503 where too many others are waited for."""
        if not self._turns.acquire(timeout=self._patience):
            raise ServiceUnavailable("Too many requests are being sent slowly. Send it again.", retry_after=5)
        try:
            return self._body.read(*size)
        finally:
            self._turns.release()
