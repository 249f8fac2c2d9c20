"""An end for an exchange over a socket, however steadily the other side trickles: libraries wait for each byte anew."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(slots=True)
class Deadline:
    """`over` once the exchange was cut off: whatever came of it then is none."""

    over: bool = False


@contextmanager
def cut_off(seconds: float, connected: Callable[[], socket.socket | None]) -> Iterator[Deadline]:
    """Shut the socket that is `connected` by then, if the block is not over after so many seconds; who reads from it finds its end."""
    deadline = Deadline()

    def cut() -> None:
        deadline.over = True
        sock = connected()
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0.0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()
