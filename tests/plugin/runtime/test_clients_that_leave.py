"""A client that leaves in the middle of an answer: what the answer holds is let go."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest
from werkzeug.serving import make_server

from plugin.runtime.serving.server import QuietHandler, keep_answer


class Held:
    """An answer of one part that ends when it is let, and counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0
        self.let = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield b"some"
        self.let.wait(10)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("leaves", [True, False])
def test_an_answer_is_closed_once_whether_its_client_stays_or_leaves(leaves: bool, version: str) -> None:
    """Whichever HTTP is spoken: Werkzeug sets that at the class of a handler, by whether a server has threads."""
    held = Held()
    handler = type("Handler", (QuietHandler,), {"protocol_version": version})

    def application(_environ: Any, start_response: Any) -> Held:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return held

    server = make_server("127.0.0.1", 0, keep_answer(application), request_handler=handler)
    serving = threading.Thread(target=server.handle_request)
    serving.start()
    with socket.create_connection(("127.0.0.1", server.server_port), 10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: okr\r\nConnection: close\r\n\r\n")
        told = b""
        while (
            b"some" not in told
        ):  # all that is said is read: else that fails, and reading what the client sent does not
            told += client.recv(1000)
        assert told.startswith(f"{version} 200".encode())
        if leaves:  # with a reset, as a browser does that is closed
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        held.let.set()
        while not leaves and client.recv(1000):
            pass
    serving.join(10)
    server.server_close()
    assert held.closed == 1


def test_a_client_that_leaves_before_it_may_go_on_asking_is_one_that_has_gone() -> None:
    """There is no answer to close yet, and nothing else is said of it than that it went."""
    mine, theirs = socket.socketpair()
    theirs.close()
    handler = QuietHandler.__new__(QuietHandler)
    handler.headers = Message()
    handler.headers["Expect"] = "100-continue"
    with mine, mine.makefile("wb", 0) as handler.wfile, pytest.raises(BrokenPipeError):
        handler.run_wsgi()
