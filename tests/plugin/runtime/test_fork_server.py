"""Processes that are forked: how they end is known, and nothing of them is left."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from plugin.runtime.serving.fork_server import ForkServer


def answers(connection: Any) -> None:
    """Does what it is told until nobody tells it any more; what pytest captures by is not open there."""
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    while True:
        told = connection.recv()
        if told == "leave":
            return
        if told == "reset":
            raise ConnectionResetError
        if told == "abort":
            os.abort()
        connection.send((os.getpid(), os.getppid()))


@pytest.fixture(scope="module")
def forks() -> Iterator[ForkServer]:
    begun = ForkServer(answers)
    yield begun
    begun.close()


@pytest.mark.parametrize(("told", "code"), [(None, 0), ("leave", 0), ("reset", 0), ("abort", -6)], ids=str)
def test_how_a_process_ended_is_known_once(forks: ForkServer, told: str | None, code: int) -> None:
    made = forks.fork()
    made.connection.send("who")
    assert made.connection.recv() == (made.pid, forks.pid)
    if told is not None:
        made.connection.send(told)
        with pytest.raises((EOFError, ConnectionError)):
            made.connection.recv()
    made.connection.close()
    assert forks.ended(made.pid) == code
    assert forks.ended(made.pid) is None, "it was told"


def test_a_fork_server_that_is_closed_is_gone_and_forks_no_more() -> None:
    begun = ForkServer(answers)
    made = begun.fork()
    begun.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(begun.pid, 0)
    with pytest.raises(EOFError):
        made.connection.recv()
    with pytest.raises(OSError):
        begun.fork()
