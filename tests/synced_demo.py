"""The demo as it stands after its first sync, read and written once and then copied for each test that needs one."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.site_state.state import Sandbox
from connectors.store.jobs import pace_days
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import Demo, demo_world
from plugin.runtime.settings import read_settings


@dataclass(frozen=True)
class SyncedDemo:
    """A Jira whose numbers were written, and the file of the database beside it (if it is one); both are only copied."""

    sandbox: Sandbox
    file: Path


def synced_demo(folder: Path, **settings: Any) -> SyncedDemo:
    """Seed, activate, read and write, as the demo does it."""
    with demo_world(folder, clock=system_clock, quiet_seconds=0, resync_minutes=0, **settings) as demo:
        sync_site(demo.connector, "main")
        know_the_day(demo.connector)
    return SyncedDemo(demo.sandbox.sandbox, folder / "demo.sqlite3")


def know_the_day(connector: Connector) -> None:
    """The numbers are of today: no engine that is started looks at every objective for that, in the midst of a test."""
    with connector.store.write() as conn:
        pace_days.turn(conn, "main", connector.context("main").moment().today)


@contextmanager
def revived(synced: SyncedDemo, folder: Path, **settings: Any) -> Iterator[Demo]:
    """A Jira on a port of its own and a connector with a database of its own, which begin where that sync ended."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "demo.sqlite3"
    if synced.file.exists():
        shutil.copyfile(synced.file, file)
    secret = secrets.token_urlsafe(24)
    with SandboxServer(seed=None, like=synced.sandbox, clock=system_clock, webhook_backoff=2.0) as sandbox:
        jira = {
            "url": sandbox.url,
            "email": CONNECTOR.email,
            "token": CONNECTOR.token,
            "webhook_secret": secret,
        }
        values = {"database_url": f"sqlite:///{file}", "secret_key": secrets.token_urlsafe(32), "jira": jira}
        connector = build_connector(read_settings(env_file=None, **{**values, **settings}), system_clock)
        try:
            yield Demo(sandbox, connector, secret)
        finally:
            connector.store.close()
