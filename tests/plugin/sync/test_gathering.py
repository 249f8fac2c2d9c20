"""Deliveries are gathered for a moment: a fast Jira is asked for many issues at once, not for each."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import system_clock
from connectors.store.work import inbox
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import demo_world
from plugin.sync.work import turn

EVENTS = 120
WORKERS = 2


@pytest.mark.parametrize("gather_seconds", [0.2])
def test_calls_stay_below_one_and_a_fifth_for_each_event(tmp_path: Path, gather_seconds: float) -> None:
    with demo_world(
        tmp_path, clock=system_clock, quiet_seconds=0, resync_minutes=0, gather_seconds=gather_seconds
    ) as demo:
        sync_site(demo.connector, "main")
        context: Any = demo.connector.context("main")
        stories = list(demo.sandbox.sandbox.records.values())[:EVENTS]
        done = threading.Event()

        def work(name: str) -> None:
            while not done.is_set():
                if turn(context, name, done.is_set).idle:
                    time.sleep(0.02)

        workers = [threading.Thread(target=work, args=(f"worker-{n}",)) for n in range(WORKERS)]
        demo.sandbox.site.calls.clear()
        for one in workers:
            one.start()
        began = time.monotonic()
        for record in stories:
            body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": record.id}}).encode()
            with demo.connector.store.write() as conn:
                inbox.store(conn, "main", f"event-{record.id}", body, context.clock(), "jira:issue_updated")
            time.sleep(0.01)
        while _waiting(context):
            time.sleep(0.02)
        took = time.monotonic() - began
        done.set()
        for one in workers:
            one.join()

        calls = sum(demo.sandbox.site.calls.by_endpoint.values())
        assert calls <= took / gather_seconds + WORKERS + 1
        assert calls <= 1.2 * EVENTS


def _waiting(context: Any) -> bool:
    with context.store.read() as conn:
        return bool(inbox.counts(conn, "main").get("pending"))
