"""What a killed process held is given back at once; what a living one holds is never taken, on every engine and database."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.store import Store
from connectors.store.jobs import schedules
from connectors.store.work import due, inbox
from plugin.jobs.orphans import free_orphans
from plugin.runtime.processes.process import this_process, worker_name

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)

HOLDS = """
import sys, time
from datetime import timedelta
from connectors.clock import system_clock
from connectors.store import open_store
from connectors.store.jobs import schedules
from connectors.store.work import due, inbox
from plugin.runtime.processes.process import worker_name

store = open_store(sys.argv[1])
now, lease = system_clock(), timedelta(minutes=5)
with store.write() as conn:
    held = due.claim(conn, worker_name("job-123456789"), now, lease, 99, "main")
    taken = inbox.claim(conn, "main", worker_name("reader"), now, lease, 99)
    schedules.take(conn, "main", "prune", worker_name("clock"), now, now + lease, lease)
print(len(held), len(taken), flush=True)
time.sleep(120)
"""


def test_what_the_dead_held_can_be_taken_at_once_and_what_the_living_hold_cannot(store: Store) -> None:
    dead = replace(this_process(), began="0").name
    elsewhere = replace(this_process(), place="another machine", began="0").name
    living = worker_name("work-0")
    holders = [f"{dead}/work-0", f"{dead}/work-1", f"{elsewhere}/work-0", living]
    with store.write() as conn:
        for place, holder in enumerate(holders):
            due.mark(conn, "main", [str(place)], NOW, "a test")
            inbox.store(conn, "main", str(place), b"{}", NOW)
            assert len(due.claim(conn, holder, NOW, LEASE, 9, "main")) == 1
            assert len(inbox.claim(conn, "main", holder, NOW, LEASE, 9)) == 1
            assert schedules.take(conn, "main", str(place), holder, NOW, NOW + LEASE, LEASE)
    assert free_orphans(store) == holders[:2]
    kept = set(holders[2:])
    with store.write() as conn:
        assert (due.holders(conn), inbox.holders(conn), schedules.holders(conn)) == (kept, kept, kept)
        assert {one.objective_id for one in due.claim(conn, living, NOW, LEASE, 9, "main")} == {"0", "1"}
        assert len(inbox.claim(conn, "main", living, NOW, LEASE, 9)) == 2
    assert free_orphans(store) == []


@pytest.mark.slow
def test_the_living_keep_what_they_hold_and_the_dead_do_not(works: Any, eventually: Any) -> None:
    objective_id, rows = next(iter(works.measured().items()))
    works.spoil(objective_id)
    works.mark([objective_id])
    works.delivers(rows[0])
    url = works.connector.store.engine.url.render_as_string(hide_password=False)
    child = subprocess.Popen([sys.executable, "-c", HOLDS, url], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().split() == ["1", "1"]
        assert free_orphans(works.connector.store) == []
        works.engine()
        time.sleep(7)
        with works.connector.store.read() as conn:
            assert len(due.holders(conn)) == 1
        assert not works.idle()
        assert works.in_jira(objective_id) == 1
    finally:
        child.kill()
        child.wait(10)
        child.stdout.close()

    assert eventually(works.idle, 30) < 20, "their leases of five minutes are not waited for"
    assert works.in_jira(objective_id) == works.wanted(objective_id)
    with works.connector.store.read() as conn:
        left = schedules.holders(conn)
    assert not [one for one in left if "/clock" in one]
