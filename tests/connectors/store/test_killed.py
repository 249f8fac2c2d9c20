"""Workers are killed with SIGKILL at any instant; what was due is served all the same."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import system_clock
from connectors.store import Store
from connectors.store.work import batch_sizes, due

ROOT = Path(__file__).parents[3]
LEASE = timedelta(minutes=5)

HOLDS = """
import sys, time
from datetime import timedelta
from connectors.clock import system_clock
from connectors.store import open_store
from connectors.store.work import due
store = open_store(sys.argv[1])
with store.write() as conn:
    claimed = due.claim(conn, "child", system_clock(), timedelta(minutes=5), 9)
    if sys.argv[2] == "open":
        print(len(claimed), flush=True)
        time.sleep(60)
print(len(claimed), flush=True)
time.sleep(60)
"""

WORKS = """
import sys
from datetime import timedelta
from connectors.clock import system_clock
from connectors.store import open_store
from connectors.store.work import batch_sizes
from connectors.store.work import due
store = open_store(sys.argv[1])
first = True
while True:
    with store.write() as conn:
        held = due.claim(conn, sys.argv[2], system_clock(), timedelta(minutes=5), 3)
    for one in held:
        with store.write() as conn:
            if due.finish(conn, one):
                batch_sizes.put(conn, one.objective_id, 1)
        if first:
            first = print("ready", flush=True)
"""


@contextmanager
def _child(program: str, *arguments: str) -> Iterator[str]:
    """A process of ours; what it first says is handed in, and at the end it is killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()


def _url(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


@pytest.mark.parametrize("transaction", ["open", "committed"])
def test_what_a_killed_worker_held_comes_back(store: Store, transaction: str) -> None:
    now = system_clock()
    with store.write() as conn:
        due.mark(conn, "main", ["1", "2"], now - LEASE, "event")
    with _child(HOLDS, _url(store), transaction) as said:
        assert said == "2"
    with store.write() as conn:
        at_once = due.claim(conn, "parent", now, LEASE, 9)
        assert len(at_once) == (2 if transaction == "open" else 0)
        later = due.claim(conn, "parent", now + 3 * LEASE, LEASE, 9)
        assert [held.objective_id for held in later] == ["1", "2"]
        assert all(due.finish(conn, held) for held in later)


def test_workers_killed_at_random_instants_lose_nothing(store: Store) -> None:
    now = system_clock()
    ids = [str(number) for number in range(2_000)]
    with store.write() as conn:
        due.mark(conn, "main", ids, now, "event")
    chance = random.Random(7)
    for number in range(3):
        with _child(WORKS, _url(store), f"w{number}") as said:
            assert said == "ready"
            signal.sigtimedwait([], chance.uniform(0.01, 0.15))
    with store.write() as conn:
        served = {name for name in ids if batch_sizes.get(conn, name)}
        rest = due.claim(conn, "parent", now + 2 * LEASE, LEASE, len(ids))
    assert {held.objective_id for held in rest} == set(ids) - served
    assert 0 < len(served) < len(ids)
