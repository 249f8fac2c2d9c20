"""How long and how many, of engines and processes: the numbers that other tests only compare with, or shorten for themselves."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest

DAY, HOUR, MINUTE, SECOND = (timedelta(seconds=one) for one in (86_400, 3_600, 60, 1))
SPANS: dict[str, object] = {
    "jobs.port.STOP_SECONDS": 10.0,
    "jobs.queue.FURTHEST": 5 * SECOND,
    "jobs.queue.MOST_SWEPT": 2_000,
    "jobs.queue.SHARE": 5,
    "jobs.distributed_engine.POLLING_SECONDS": 0.2,
    "jobs.distributed_engine.SWEEP_SECONDS": 1.0,
    "jobs.distributed_engine.MISSED_HEARTBEATS": 3,
    "jobs.distributed_engine.FORGET_HOURS": 24,
    "jobs.schedules.LEASE": 5 * MINUTE,
    "jobs.schedules.CATALOGUE_REST": 50 * SECOND,
    "jobs.embedded_engine.REST_SECONDS": 10.0,
    "jobs.embedded_engine.LOOK_AT_CLOCK": 1.0,
    "jobs.embedded_engine.TOLD_AFTER": 60,
    "runtime.granted_tokens.MARGIN": 5 * MINUTE,
    "runtime.granted_tokens.LEASE": MINUTE,
    "runtime.granted_tokens.PATIENCE_S": 20.0,
    "runtime.granted_tokens.KEPT_TRIES": 5,
    "runtime.saved_sites.LOOK_SECONDS": 2.0,
    "runtime.processes.governors.SHARE": 0.8,
    "runtime.processes.heartbeat.EVERY_SECONDS": 10.0,
    "runtime.processes.heartbeat.SILENT_AFTER": MINUTE,
    "runtime.processes.heartbeat.FORGET_AFTER": HOUR,
    "runtime.processes.logs.MOST_PASSING": 200,
    "runtime.processes.logs.SHORTEST_SECRET": 6,
    "runtime.sites.credential_expiry.SOON_DAYS": 14,
    "runtime.figures.DAYS": 120,
    "runtime.serving.production_server.HEADER_MS": 10_000,
    "runtime.serving.production_server.WAITING": 1024,
    "runtime.serving.production_server.LAST_S": 5.0,
    "runtime.serving.restarts.LONG_LIFE_S": 60.0,
    "runtime.serving.restarts.MOST_SHORT_LIVES": 6,
    "runtime.serving.asgi_application.RETRY_AFTER_S": 2,
    "runtime.application.LARGEST_REQUEST": 2_097_152,
}


@pytest.mark.parametrize("name", SPANS)
def test_the_numbers_of_engines_and_processes(name: str) -> None:
    module, _, constant = name.rpartition(".")
    assert getattr(import_module(f"plugin.{module}"), constant) == SPANS[name]
