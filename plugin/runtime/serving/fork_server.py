"""A process that does nothing but fork others: begun before this one has threads, open files or a database, it has none to hand on.

What is forked from it has every module loaded and shares the memory of them: it is there in milliseconds and costs little. Whoever
lives here lives no longer than the process that began the fork server.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NoReturn

LOOK_S = 0.25
"""How often a process of the fork server looks whether its parent lives."""

Work = Callable[[Connection], None]
"""What a forked process does, with its end of a connection: until that is closed."""


@dataclass(frozen=True, slots=True)
class ForkedProcess:
    """A process that was forked, and our end of the connection to it."""

    pid: int
    connection: Connection


class ForkServer:
    """Forks processes for the one that began it. Safe for threads."""

    def __init__(self, work: Work) -> None:
        """Forks at once: to be begun while there is one thread, and nothing is open that must not be handed on."""
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _forking(theirs, work, parent)
        theirs.close()
        self._socket = ours
        self._lock = threading.Lock()

    def fork(self) -> ForkedProcess:
        """Another process; OSError where the fork server is gone."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            with self._lock:
                socket.send_fds(self._socket, [b"fork"], [theirs.fileno()])
                pid = _number(self._socket)
            return ForkedProcess(pid, Connection(ours.detach()))

    def ended(self, pid: int) -> int | None:
        """How a process that closed its connection ended: its exit code, the signal as a negative number, None where nobody knows."""
        with self._lock:
            self._socket.sendall(pid.to_bytes(4))
            code = _number(self._socket)
        return None if code == UNKNOWN else code

    def close(self) -> None:
        """End it, and with it what was forked."""
        self._socket.close()
        os.waitpid(self.pid, 0)


UNKNOWN = -(2**31)
WAIT_S = 2.0
"""How long a process may still take to end once it closed its connection."""


def _number(sender: socket.socket) -> int:
    told = sender.recv(4, socket.MSG_WAITALL)
    if len(told) < 4:
        raise ConnectionResetError("the fork server is gone")
    return int.from_bytes(told, signed=True)


def _forking(asked: socket.socket, work: Work, parent: int) -> NoReturn:
    """The fork server itself: it keeps nothing open but what it is asked by, and ends with whoever asks."""
    kept = asked.detach()
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; who asks says when to end
    asking = socket.socket(fileno=kept)
    while os.getppid() == parent:
        told, files, _, _ = socket.recv_fds(asking, 4, 1)
        if not told:
            break
        if not files:
            asking.sendall(_reaped(int.from_bytes(told)).to_bytes(4, signed=True))
            continue
        fork_server = os.getpid()
        pid = os.fork()
        if pid == 0:
            asking.close()
            _working(work, files[0], fork_server)
        os.close(files[0])
        asking.sendall(pid.to_bytes(4, signed=True))
    os._exit(0)


def _working(work: Work, given: int, fork_server: int) -> NoReturn:
    """A forked process: works until its connection is closed, or the fork server is gone."""
    code = 1
    try:
        threading.Thread(target=_end_with, args=(fork_server,), daemon=True).start()
        work(Connection(given))
        code = 0
    except (EOFError, ConnectionError):
        code = 0
    finally:
        os._exit(code)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


def _reaped(pid: int) -> int:
    over = time.monotonic() + WAIT_S
    while time.monotonic() < over:
        try:
            gone, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            break
        if gone:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return UNKNOWN
