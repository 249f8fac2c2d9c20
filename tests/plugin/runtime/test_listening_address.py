"""Whether an address can be listened on, and what to do where it cannot."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress

import pytest

from plugin.runtime.connector import Refusal
from plugin.runtime.serving import listening_address
from plugin.runtime.serving.listening_address import free_port

WORDS = {
    errno.EADDRINUSE: (
        "Port 8080 on 127.0.0.1 is in use, perhaps by another jira-okr. "
        "Stop that program, or choose another port with --port or JIRA_OKR_PORT (0 takes a free one)."
    ),
    errno.EACCES: (
        "Port 8080 is reserved for the system. Choose one above 1023 with --port or JIRA_OKR_PORT, and a proxy before it."
    ),
    errno.EADDRNOTAVAIL: (
        "Nothing can listen on 127.0.0.1, port 8080: Cannot assign requested address. "
        "Choose another with --port or JIRA_OKR_PORT or JIRA_OKR_HOST."
    ),
}


@pytest.mark.parametrize("number", WORDS)
def test_why_nothing_can_listen_is_said_with_what_to_do(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_words: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(listening_address.socket, "socket", refused)
    with pytest.raises(Refusal) as told:
        free_port("127.0.0.1", 8080)
    assert str(told.value) == WORDS[number]
    with pytest.raises(Refusal, match="JIRA_OKR_HEALTH_PORT"):
        free_port("127.0.0.1", 8080, "JIRA_OKR_HEALTH_PORT")


def test_what_an_ended_process_left_behind_does_not_count_and_a_server_that_listens_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        with pytest.raises(Refusal, match="is in use"):
            free_port("127.0.0.1", port)
        client = socket.create_connection(("127.0.0.1", port), 5)
        accepted, _ = server.accept()
        accepted.close()  # the side of the server waits for a while, and keeps its port
        with suppress(OSError):
            client.recv(1)
        client.close()
    assert free_port("127.0.0.1", port) == port
    assert free_port("127.0.0.1", 0) not in (0, port)
