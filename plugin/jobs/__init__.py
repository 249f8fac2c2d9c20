"""Engines run the work; the truth about what is pending is in the store. `port` says what an engine is."""

from __future__ import annotations

from plugin.jobs.embedded_engine import EmbeddedEngine
from plugin.jobs.port import Engine
from plugin.runtime.connector import Connector


def engine_for(connector: Connector, workers: int) -> Engine:
    """The engine the settings ask for."""
    if connector.settings.engine_name == "procrastinate":
        from plugin.jobs.distributed_engine import DistributedEngine  # a library that no other engine needs

        return DistributedEngine(connector, workers)
    return EmbeddedEngine(connector, workers)
