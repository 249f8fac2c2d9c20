"""Finds out, before anything starts, whether an address can be listened on."""

from __future__ import annotations

import errno
import socket

from plugin.runtime.connector import Refusal


def free_port(host: str, port: int, setting: str = "--port or JIRA_OKR_PORT") -> int:
    """The port, or a free one for 0; raises Refusal where it cannot be had, saying what to do."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(found[0], found[1]) as probe:
            # as servers do: what an ended process left behind does not count, a server that listens does
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
            return int(probe.getsockname()[1])
    except OSError as error:
        raise Refusal(_why(error, host, port, setting)) from None


def _why(error: OSError, host: str, port: int, setting: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use, perhaps by another jira-okr. "
            f"Stop that program, or choose another port with {setting} (0 takes a free one)."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system. Choose one above 1023 with {setting}, and a proxy before it."
    return f"Nothing can listen on {host}, port {port}: {error.strerror}. Choose another with {setting} or JIRA_OKR_HOST."
