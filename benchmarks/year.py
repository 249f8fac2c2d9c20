"""What a year leaves behind: every day of it in simulated time over a small site, and from that the growth of a large one.

    python -m benchmarks year [--quick]

Each objective of fifty issues has one event a day, as each of 20,000 objectives has on a site of 20,000 events a day: of five, four move a
story to another status and one changes its points. Objectives go on from quarter to quarter, forecasts are kept and judged, cycles
end, and each six hours what is old is forgotten, as the schedules do it. What is counted are the bytes of all tables and indexes.
"""

from __future__ import annotations

import json
import logging
import random
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from benchmarks.first_sync import connected
from benchmarks.ratio import Ratio
from connectors.sandbox import SandboxServer, seed_many
from connectors.sandbox.issue_json import View
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.transitions import to_status
from connectors.sandbox.traffic.webhooks import event_body
from connectors.store.numbers import objectives
from connectors.store.work import inbox
from plugin.jobs import schedules
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync
from plugin.sync.work import turn

DAY = timedelta(days=1)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
OBJECTIVES, QUICK_OBJECTIVES = 4, 2
ROWS = 50
DAYS, QUICK_DAYS = 365, 200
EVENTS_A_DAY = 20_000
POINTS_IN_FIVE = 5
MOST_MB = 2_000.0
SPAN = 100
LOCAL = ("pace", "forecast", "cycles", "record", "prune")
"""The schedules that ask nobody else."""


def main(quick: bool = False) -> list[Ratio]:
    """What a site of 20,000 objectives grows by in a year, beside the aim; and in its last hundred days beside the first hundred."""
    days, number = (QUICK_DAYS, QUICK_OBJECTIVES) if quick else (DAYS, OBJECTIVES)
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sizes = _lived(number, days)
    grown = {name: size - sizes[0].get(name, 0) for name, size in sizes[days].items()}
    for name, size in sorted(grown.items(), key=lambda one: -one[1]):
        if size > days * number:
            print(f"  {name}: {size / number / 1e3:.1f} KB an objective")
    scale = EVENTS_A_DAY / number / 1e6
    first, last = (sum(sizes[day + SPAN].values()) - sum(sizes[day].values()) for day in (0, days - SPAN))
    what = f"{days} days of {EVENTS_A_DAY:,} events, each of another objective"
    return [
        Ratio(what, sum(grown.values()) * scale, MOST_MB, "MB", at_most=1.0, theirs_name="aim"),
        Ratio(
            f"the last {SPAN} of {days} days",
            last * scale,
            first * scale,
            "MB",
            at_most=0.25,
            theirs_name=f"the first {SPAN}",
        ),
    ]


def _lived(number: int, days: int) -> dict[int, dict[str, float]]:
    """How many bytes tables and indexes take, at the beginning, at the end, and `SPAN` days from each."""
    now, told = [BEGAN], list[bytes]()
    server = SandboxServer(seed=None, clock=lambda: now[0], monotonic=lambda: now[0].timestamp())
    seed_many(server.sandbox, number * ROWS, per_epic=ROWS)
    view = View("2", server.url)
    with tempfile.TemporaryDirectory() as folder, server:
        connector = connected(server.url, folder)
        connector.clock = lambda: now[0]
        # Calls are paced by the clock of the wall, which hardly moves while days pass.
        connector.sites["main"].jira.transport.governor = None
        # As many daily steps as of one such objective among 20,000.
        steps = connector.settings.keep_daily_steps * number // EVENTS_A_DAY
        connector.settings = connector.settings.model_copy(update={"keep_daily_steps": steps})

        def pass_by(seconds: float) -> None:
            now[0] += timedelta(seconds=seconds)

        def at_once() -> Any:
            return replace(connector.context("main"), gather=timedelta(0), quiet=timedelta(0))

        resync(at_once())
        drain(at_once, wait=pass_by)
        server.sandbox.listeners.append(
            lambda event: told.append(json.dumps(event_body(server.sandbox, view, event)).encode())
        )
        sizes = {0: _sizes(folder)}
        for day in range(days):
            _live_a_day(connector, at_once, server.sandbox, told, now, day)
            now[0] = BEGAN + (day + 1) * DAY
            drain(at_once, wait=pass_by)
            if day + 1 in (SPAN, days - SPAN, days):
                sizes[day + 1] = _sizes(folder)
        connector.store.close()
    return sizes


def _live_a_day(
    connector: Any, at_once: Callable[[], Any], jira: Any, told: list[bytes], now: list[datetime], day: int
) -> None:
    chance = random.Random(day)
    with connector.store.read() as conn:
        saved = objectives.load_objectives(conn, "main")
    own = {one.state.id for one in saved}
    quarter = f"{now[0].year}-Q{(now[0].month + 2) // 3}"
    context = at_once()
    for place, one in enumerate(saved):
        now[0] = BEGAN + day * DAY + DAY * (place + 1) / (len(saved) + 2)
        if one.state.cycle_id != quarter:
            context.jira.edit(one.state.id, {"labels": ["okr", quarter]})
        story = chance.choice(sorted(one.state.touched - own))
        record = jira.records[story]
        if chance.randrange(POINTS_IN_FIVE) == 0:
            context.jira.edit(story, {scheme.POINTS: chance.randint(1, 13)})
        else:
            others = [each for each in jira.projects[record.project.key].statuses if each != record.status]
            to_status(jira, record, chance.choice(others), record.creator)
        _deliver(connector, told)
        turn(context, "year")
    for task in schedules.Schedules(connector).all:
        if task.name in LOCAL:
            task.run(connector, "main", lambda: None)


def _deliver(connector: Any, told: list[bytes]) -> None:
    """What Jira told of since the last time comes in, our own edits among it."""
    bodies, told[:] = list(told), []
    now = connector.clock()
    with connector.store.write() as conn:
        for place, body in enumerate(bodies):
            inbox.store(conn, "main", f"{place} at {now}", body, now, "jira:issue_updated")


def _sizes(folder: str) -> dict[str, float]:
    with closing(sqlite3.connect(Path(folder) / "bench.sqlite3")) as conn:
        return dict(conn.execute("SELECT name, sum(pgsize - unused) FROM dbstat GROUP BY name"))
