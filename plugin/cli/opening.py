"""Opens the connector for a command, from the settings of the environment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from plugin.composition import build_connector
from plugin.connector import Connector
from plugin.logs import configure_logs, known_secrets
from plugin.saved_sites import open_sites
from plugin.settings import Settings, read_settings


@contextmanager
def open_connector(settings: Settings | None = None, level: int = logging.WARNING) -> Iterator[Connector]:
    """A connector for the length of a command; its store is closed at the end. `level` says how much is logged."""
    chosen = settings or read_settings()
    configure_logs(chosen.log_format, level, known_secrets(chosen))
    connector = build_connector(chosen)
    open_sites(connector)
    try:
        yield connector
    finally:
        connector.store.close()
