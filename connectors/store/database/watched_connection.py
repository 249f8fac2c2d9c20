"""A connection to PostgreSQL that notices when nobody answers any more: a server that is stopped would be waited for without end.

The network tells of what is lost on the way, and the server ends what its own limits forbid. A server that has come to a stop, its
disk with it, does neither: the system acknowledges for it whatever is sent.
"""

from __future__ import annotations

import os
import socket
import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import Ready

from connectors.store.database.hurry import statement_limit

SILENT_S = 6.0
"""After so long without a word the server is asked whether it is there; a statement may take as long as it likes where it is."""
ANSWER_S = 4.0
"""How long it may take to say so."""
SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
"""What a server answers at the least cost, with one byte (https://www.postgresql.org/docs/current/protocol-message-formats.html)."""
INTERVAL_S = 0.1
RV = TypeVar("RV")


class WatchedConnection(psycopg.Connection[Any]):
    """Raises OperationalError, and is closed, where the server is silent; a statement that takes longer than it may is cancelled."""

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL_S, timeout: float | None = None) -> RV:
        """As psycopg waits, with a look at the server while it says nothing."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[RV]) -> PQGen[RV]:
        limit = statement_limit()
        begun = heard = time.monotonic()
        cancelled: float | None = None
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                now = time.monotonic()
                if ready != Ready.NONE:
                    heard = now
                elif cancelled is not None and now - cancelled >= ANSWER_S:
                    raise self._lost()
                elif limit is not None and cancelled is None and now - begun >= limit:
                    self._cancel()
                    cancelled = time.monotonic()
                elif now - heard >= SILENT_S:
                    if not self._answers():
                        raise self._lost()
                    heard = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result

    def _cancel(self) -> None:
        """Ask the server to end the statement: what waits for it is told so by the server itself."""
        try:
            self.cancel_safe(timeout=ANSWER_S)
        except psycopg.Error:
            raise self._lost() from None

    def _answers(self) -> bool:
        """Whether anybody takes a new connection at the address of this one, and says something."""
        try:
            with socket.socket(fileno=os.dup(self.pgconn.socket)) as ours:
                kind, address = ours.family, ours.getpeername()
            with socket.socket(kind) as another:
                another.settimeout(ANSWER_S)
                another.connect(address)
                another.sendall(SSL_REQUEST)
                return bool(another.recv(1))
        except OSError:
            return False

    def _lost(self) -> psycopg.OperationalError:
        self.pgconn.finish()
        return psycopg.OperationalError("the server does not answer")
