"""From an edit to the objective's field at 50 events per second, as multiples of the bare round trips that it needs.

Those are three: the delivery, the read by id, the write. The sandbox and the stream of edits are one process, the served connector is
another. An objective gets its next event only when the last one has been answered, so that every latency belongs to one event.
The quiet period, which lets a storm come together, is part of the latency.
"""

from __future__ import annotations

import contextlib
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from benchmarks.ratio import Ratio

PER_SECOND = 50
SECONDS, QUICK_SECONDS = 30, 8
EPICS = 120
OPEN_POINTS = 100
SECRET = "bench"


def main(quick: bool = False) -> list[Ratio]:
    """p50 and p99 of the latency against the sum of the median bare round trips."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with tempfile.TemporaryDirectory() as folder, _sandbox(seconds) as (url, process):
        bare, found = _served(url, folder, process)
    waits = sorted(found["waits"])
    if not waits:
        raise RuntimeError(f"none of {found['events']} events reached its field")
    p50, p99 = (waits[min(len(waits) - 1, int(len(waits) * share))] for share in (0.5, 0.99))
    rate = f"{found['events'] / seconds:.0f} events/s, {len(waits)} answered"
    return [
        Ratio(f"event to field, p50 at {rate}", p50, bare, "s", theirs_name="round trips"),
        Ratio(f"event to field, p99 at {rate}", p99, bare, "s", theirs_name="round trips"),
    ]


@contextlib.contextmanager
def _sandbox(seconds: int) -> Iterator[tuple[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.event_latency", "sandbox", str(seconds)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.terminate()


def _served(url: str, folder: str, process: Any) -> tuple[float, dict[str, Any]]:
    from connectors.sandbox import CONNECTOR
    from mappings import presets
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.cli.work.sync import sync_site
    from plugin.runtime.composition import build_connector
    from plugin.runtime.demonstration import register_webhook
    from plugin.runtime.serving.server import serve
    from plugin.runtime.settings import read_settings
    from plugin.use_cases.mappings.mapping_life import activate

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    jira = {"url": url, "email": CONNECTOR.email, "token": CONNECTOR.token, "webhook_secret": SECRET}
    database = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
    connector = build_connector(read_settings(env_file=None, database_url=database, jira=jira))
    activate(
        connector,
        COMMAND_LINE,
        "main",
        presets.text("epics-as-objectives"),
        file="bench.yaml",
    )
    sync_site(connector, "main")
    with serve(connector, "127.0.0.1", 0, workers=2) as served:
        bare = _round_trips(connector, served.url)
        register_webhook(url, f"{served.url}/webhooks/jira/main", SECRET)
        process.stdin.write("go\n")
        process.stdin.flush()
        found: dict[str, Any] = json.loads(process.stdout.readline())
    return bare, found


def _round_trips(connector: Any, url: str) -> float:
    """The sum of the medians of one delivery, one read by id and one write, in seconds."""
    import requests

    from connectors.sandbox.traffic.webhooks import signature

    context, session = connector.context("main"), requests.Session()
    epic = next(iter(next(iter(context.jira.search("issuetype = Epic", context.fields))).issues))
    body = b'{"webhookEvent": "nothing"}'
    headers = {"X-Hub-Signature": signature(SECRET, body)}
    calls = (
        lambda: session.post(f"{url}/webhooks/jira/main", data=body, headers=headers, timeout=10),
        lambda: context.jira.read([epic.id], context.fields),
        lambda: context.jira.edit(epic.id, {"summary": epic.summary}),
    )
    return sum(statistics.median(_timed(call) for _ in range(15)) for call in calls)


def _timed(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


# -- the sandbox's process


class _Stream:
    """Edits one story of an objective that waits for nothing, and notes when our account writes to that objective."""

    def __init__(self, sandbox: Any, finished: list[str]) -> None:
        from connectors.sandbox import CONNECTOR

        self.sandbox = sandbox
        self.account = CONNECTOR.id
        self.begun: dict[str, float] = {}
        self.waits: list[float] = []
        self.events = 0
        self.finished = finished
        sandbox.listeners.append(self._hear)

    def _hear(self, event: Any) -> None:
        if event.record is not None and event.actor.id == self.account:
            begun = self.begun.pop(event.record.id, None)
            if begun is not None:
                self.waits.append(time.perf_counter() - begun)

    def edit(self, number: int) -> None:
        """Gives the finished story so many points that the objective shows a number it never showed: what repeats is held."""
        from connectors.sandbox import PEOPLE
        from connectors.sandbox.site_state import scheme
        from connectors.sandbox.site_state.edits import edit
        from connectors.sandbox.site_state.state import person

        with self.sandbox.lock:
            story = self.sandbox.records[self.finished[number % len(self.finished)]]
            if story.parent_id in self.begun:
                return
            percent = 2 + number // len(self.finished)
            points = OPEN_POINTS * percent / (100 - percent)
            self.begun[story.parent_id] = time.perf_counter()
            self.events += 1
            edit(self.sandbox, story, {"fields": {scheme.POINTS: points}}, "3", person(PEOPLE[0]))


def _divide(sandbox: Any) -> list[str]:
    """Below each epic one finished story and one of so many points that is not begun; the finished ones."""
    from connectors.sandbox import PEOPLE
    from connectors.sandbox.site_state import scheme
    from connectors.sandbox.site_state.edits import edit
    from connectors.sandbox.site_state.state import person
    from connectors.sandbox.site_state.transitions import to_status

    stories = [one.id for one in sandbox.records.values() if one.type.name == "Story"]
    for number, story_id in enumerate(stories):
        status = scheme.DONE if number % 2 else scheme.TO_DO
        points = {"fields": {scheme.POINTS: 1 if number % 2 else OPEN_POINTS}}
        edit(sandbox, sandbox.records[story_id], points, "3", person(PEOPLE[0]))
        to_status(sandbox, sandbox.records[story_id], status, person(PEOPLE[0]))
    return stories[1::2]


def _serve(seconds: int) -> None:
    from connectors.sandbox import SandboxServer, seed_many

    server = SandboxServer(seed=None)
    seed_many(server.sandbox, EPICS * 3, per_epic=3)
    finished = _divide(server.sandbox)
    with server:
        print(server.url, flush=True)
        sys.stdin.readline()
        stream, pause = _Stream(server.sandbox, finished), threading.Event()
        started = time.perf_counter()
        for number in range(seconds * PER_SECOND):
            pause.wait(max(0.0, started + number / PER_SECOND - time.perf_counter()))
            stream.edit(number)
        pause.wait(10)
        print(json.dumps({"waits": stream.waits, "events": stream.events}), flush=True)


if __name__ == "__main__":
    _serve(int(sys.argv[2]))
