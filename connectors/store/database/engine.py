"""One database behind two doors: `read` and `write`. SQLite or PostgreSQL is decided by the URL and matters nowhere else.

SQLite takes one writer at a time, and its own waiting is a sleep: within the process writers queue on a lock instead, which
keeps the slowest of eight at tens of milliseconds instead of hundreds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect, ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from connectors.name_lookup import libpq_hosts
from connectors.store.database import schema_upgrade
from connectors.store.database.fault import (
    LockedStore,
    StoreError,
    StoreOutage,
    explain_fault,
    lock_fault,
    memory_fault,
    pool_fault,
    read_only_file,
    tells_of_file,
    unreachable,
    unwritable,
)
from connectors.store.database.hurry import statement_limit

BUSY_TIMEOUT_MS = 5_000
TRIAL_MS = 250
"""How long a writer waits where the one before it found the file locked by another process."""
CONNECT_TIMEOUT_S = 5
VANISHED_MS = 20_000
"""After so long a server that acknowledges nothing is gone; what the network swallows would be waited for a quarter of an hour."""
POOL_WAIT_S = 5.0
"""How long a thread waits for a connection where all are in use."""
LONG_WAIT_S = 1.0
"""Who waited in vain for so long has held a thread that others wait for."""
HELD_S = 10.0
"""So long after one waited in vain for what another transaction holds, those in a hurry only try."""
CACHE_KIB = 16_384
_WRITE = "store_write"
_PATIENCE = "store_patience_ms"
_SEEN = "store_seen"
_READ_ONLY = "store_read_only"
"""The file of a connection that was opened, or broke, while nobody could write it: SQLite only reads it then, as long as the connection lives."""


PASSWORD_PARTS = frozenset(
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
)
"""What may stand in the query of a PostgreSQL address and opens something (libpq's parameters)."""


class Store:
    """An open database. Threads may share it; close it when done."""

    def __init__(self, engine: Engine, lock: _WriteLock | None, where: str = "") -> None:
        self.engine = engine
        self.where = where or show_address(engine.url)
        """The address of the database without its password."""
        self._writing = engine.execution_options(**{_WRITE: True})
        self._lock = lock
        self._closed = False
        self._trial = _Trial(self.where)
        if self.dialect == "postgresql":
            _wait_in_time(engine, self._trial)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads. On SQLite it sees one state from its first statement to its end."""
        with self._transaction(self.engine) as conn:
            yield conn

    @contextmanager
    def write(self, patience: float = BUSY_TIMEOUT_MS / 1000) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, undone by an exception. Not to be nested in one thread.

        `patience` is how many seconds it waits for others that write; StoreError where these take longer. Within one process
        writers of a SQLite file queue for as long as it takes, unless less than the usual patience was asked for; but once
        another process was found to hold the file, nobody queues behind whoever tries whether it still does.
        """
        milliseconds = round(patience * 1000)
        self._require_writable()
        hurried = milliseconds < BUSY_TIMEOUT_MS
        writing = self._writing.execution_options(**{_PATIENCE: milliseconds}) if hurried else self._writing
        with self._queued(patience if hurried else None), self._transaction(writing) as conn:
            yield conn

    def _require_writable(self) -> None:
        """Before SQLite writes into the memory that it shares beside the file: where nobody can, the system ends a process that does (SIGBUS)."""
        file = self.engine.url.database
        if self._lock is not None and file and os.access(file, os.F_OK) and not os.access(file, os.W_OK):
            raise read_only_file(self.where)

    @contextmanager
    def _queued(self, patience: float | None) -> Iterator[None]:
        """Among the writers of this process, who take turns on a SQLite file."""
        if self._lock is None:
            yield
            return
        if not self._lock.acquire(patience):
            raise lock_fault(self.where)
        try:
            yield
        finally:
            self._lock.release()

    def check(self) -> None:
        """StoreError unless the database answers and has exactly the tables this code needs."""
        with self.read() as conn:
            schema_upgrade.refuse_newer(conn, self.where)
            schema_upgrade.refuse_older(conn, self.where)

    def close(self) -> None:
        """Close every connection of the pool; one that a thread still works with is closed once it has done."""
        self._closed = True
        self.engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        begun = time.monotonic()
        try:
            with self._connected(engine) as conn:
                try:
                    with conn.begin():
                        yield conn
                finally:
                    if self._closed and not conn.closed and not conn.invalidated:
                        conn.detach()  # given back to a pool that is gone it would stay open
        except DBAPIError as error:
            fault = explain_fault(error, self.where)
            if fault is None:
                raise
            self._trial.note(fault, time.monotonic() - begun)
            raise fault from error
        except PoolTimeout as error:
            raise pool_fault(self.where) from error
        except MemoryError as error:  # what SQLite finds no memory for comes as this
            raise memory_fault(self.where) from error

    def _connected(self, engine: Engine) -> Connection:
        """A connection; one that was opened, or broke, while its file took no writes is exchanged for one that is opened now."""
        while True:
            with self._trial.of_server():
                conn = engine.connect()
            path = conn.info.get(_READ_ONLY)
            if path is None or not os.access(path, os.W_OK):
                return conn
            conn.invalidate()
            conn.close()


def read_memory(conn: Connection) -> dict[Hashable, object] | None:
    """What a transaction that only reads has found out and need not ask again, for it ends with it; None for one that may write."""
    options = conn.get_execution_options()
    if options.get(_WRITE):
        return None
    known: dict[Hashable, object] | None = options.get(_SEEN)
    if known is None:
        known = {}
        conn.execution_options(**{_SEEN: known})
    return known


def open_store(url: str, *, synchronous: str = "NORMAL", pool_size: int = 16) -> Store:
    """Open the database of a URL; StoreError where that cannot be. Makes no tables: that is `upgrade`.

    `synchronous=FULL` makes SQLite outlast a power cut without losing the last commits, at five times the cost of a commit.
    """
    address = database_address(url)
    if address.get_backend_name() == "sqlite":
        return _looked_at(_open_sqlite(address, synchronous, pool_size))
    return _looked_at(_open_postgres(address, pool_size))


def open_to_read(url: str) -> Store:
    """Open a database to look at it, even where its disk is full or takes no writes; to `write` is refused then. StoreError where it cannot be.

    SQLite reads a file in WAL mode only where it may put two files beside it. Where it may not and none is there, nobody else
    writes either: the file is then read as one that does not change (https://www.sqlite.org/wal.html, "Read-Only Databases").
    """
    address = database_address(url)
    path = Path(address.database or "")
    if address.get_backend_name() != "sqlite" or not path.is_file():
        return open_store(url)
    try:
        return open_store(url)
    except StoreError as fault:
        if fault.passing or not _rests(path):
            raise
    return _looked_at(_open_unchanging(path, address.render_as_string()))


def _looked_at(store: Store) -> Store:
    """The store, which can be read; closed where it cannot be, or where a newer release made its tables. Raises StoreError then."""
    try:
        with store.read() as conn:
            schema_upgrade.refuse_newer(conn, store.where)
    except StoreError:
        store.close()
        raise
    return store


def _rests(path: Path) -> bool:
    """Whether nothing waits beside the file that would have to be read with it."""
    log = path.with_name(path.name + "-wal")
    return not log.exists() or log.stat().st_size == 0


def _open_unchanging(path: Path, where: str) -> Store:
    file = path.resolve()
    address = URL.create("sqlite", database=file.as_uri(), query={"immutable": "1", "uri": "true"})
    engine = create_engine(address, connect_args={"isolation_level": None})
    lock = _lock_of(file)
    _begin_ourselves(engine, lock)
    return Store(engine, lock, where)


def upgrade(store: Store) -> None:
    """Bring the tables to the shape this code needs; nothing happens where they have it, and nothing is written then."""
    with store.read() as conn:
        if schema_upgrade.current(conn) == schema_upgrade.head():
            return
    with store.write() as conn:
        schema_upgrade.refuse_newer(conn, store.where)
        schema_upgrade.to_head(conn)


def current_revision(store: Store) -> str | None:
    """The revision of the tables, None for an empty database."""
    with store.read() as conn:
        return schema_upgrade.current(conn)


def show_address(address: URL) -> str:
    """The address of a database for people: no password, in whichever place it stands, and no other value of its query."""
    hidden = dict.fromkeys(address.query, "***")
    return address.set(query=hidden).render_as_string(hide_password=True)


def engine_version(store: Store) -> str:
    """The database's own version: `sqlite 3.45.1`."""
    with store.read() as conn:
        numbers = conn.dialect.server_version_info or ()
    return f"{store.dialect} {'.'.join(map(str, numbers))}"


def tool_address(url: str) -> str | None:
    """By which PostgreSQL's own tools find the database, without what opens it, in whichever place that stands; None where it is SQLite's. StoreError where it is none."""
    address = database_address(url)
    if address.get_backend_name() != "postgresql":
        return None
    plain = address.difference_update_query(PASSWORD_PARTS)
    return URL.create(
        "postgresql", plain.username, None, plain.host, plain.port, plain.database, plain.query
    ).render_as_string(hide_password=False)


def database_address(url: str) -> URL:
    """The address that a URL writes, whose driver is ours; StoreError says what is wrong with it, and shows no password."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise _wrong_url("the database URL cannot be read", "JIRA_OKR_DATABASE_URL") from None
    if "@" in (address.host or ""):
        raise _wrong_url(
            "the password in the database URL holds an @, which has to be written as %40",
            "JIRA_OKR_DATABASE_URL",
        )
    if address.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise _wrong_url(f"{address.drivername} is no database for jira-okr", show_address(address))
    if address.host:
        raise _wrong_url(
            "a SQLite address has three slashes before the path of its file", show_address(address)
        )
    if address.database in (None, "", ":memory:"):
        raise _wrong_url("a SQLite database in memory cannot be shared by threads", show_address(address))
    return address


def _wrong_url(what: str, where: str) -> StoreError:
    return StoreError(
        what, where, "write sqlite:///path/to/file.sqlite3 or postgresql://user:password@host:5432/name"
    )


def _open_sqlite(address: URL, synchronous: str, pool_size: int) -> Store:
    path = Path(address.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
    except OSError as error:
        raise unwritable(str(error), show_address(address)) from error
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_WAIT_S,
        connect_args={"isolation_level": None},
    )
    _set_pragmas(engine, path, synchronous)
    _drop_broken(engine, path)
    lock = _lock_of(path.resolve())
    _begin_ourselves(engine, lock)
    return Store(engine, lock)


def make_private(path: Path) -> None:
    """Make the file for its owner alone where there is none: it holds password hashes and sealed credentials.

    SQLite gives what it puts beside it (`-wal`, `-shm`) the same permissions. A file that is there keeps those it has.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _open_postgres(address: URL, pool_size: int) -> Store:
    _require_known_options(address)
    limits = {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": VANISHED_MS}
    connect_args = {name: value for name, value in limits.items() if name not in address.query}
    engine = create_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_WAIT_S,
        pool_pre_ping=True,
        connect_args=connect_args,
    )
    _watch(engine)
    return Store(engine, None)


def _require_known_options(address: URL) -> None:
    """StoreError where the query of the address says what no server knows: its driver would say so at each connection, as a fault of ours."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    try:
        make_conninfo(**dict.fromkeys(address.query, ""))
    except ProgrammingError as error:
        raise _wrong_url(f"the database URL cannot be used: {error}", show_address(address)) from None


def _watch(engine: Engine) -> None:
    """Connections that notice when the server is silent. Its driver is loaded where there is a server, and nowhere else."""
    import psycopg

    from connectors.store.database.watched_connection import WatchedConnection

    def connecting(
        _dialect: Dialect, _record: object, given: list[Any], named: dict[str, Any]
    ) -> WatchedConnection:
        try:
            places = libpq_hosts(named, CONNECT_TIMEOUT_S)
        except OSError as error:
            raise psycopg.OperationalError(f"{named['host']} has no address: {error}") from None
        return WatchedConnection.connect(*given, **{**named, **places})

    event.listen(engine, "do_connect", connecting)


def _set_pragmas(engine: Engine, path: Path, synchronous: str) -> None:
    pragmas = (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        f"synchronous={'FULL' if synchronous.upper() == 'FULL' else 'NORMAL'}",
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KIB}",
        "temp_store=MEMORY",
    )

    def connected(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        if not os.access(path, os.W_OK):
            record.info[_READ_ONLY] = path
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", connected)


def _drop_broken(engine: Engine, path: Path) -> None:
    """A connection whose file was not as it had been opened is not used again once it can be written; the others may be what keeps the file readable.

    While it cannot be written it stays open: whoever closes the last one clears the memory that SQLite shares beside the file, and the
    system ends a process that writes there (SIGBUS).
    """

    def broke(context: ExceptionContext) -> None:
        if not tells_of_file(context.original_exception):
            return
        context.invalidate_pool_on_disconnect = False
        if os.access(path, os.W_OK) or context.connection is None:
            context.is_disconnect = True
        else:
            context.connection.info[_READ_ONLY] = path

    event.listen(engine, "handle_error", broke)


def _begin_ourselves(engine: Engine, lock: _WriteLock) -> None:
    """The driver's own BEGIN comes late and is never IMMEDIATE: a read that turns into a write could then fail half way."""

    def begun(conn: Connection) -> None:
        options = conn.get_execution_options()
        if not options.get(_WRITE):
            conn.exec_driver_sql("BEGIN")
            return
        patience = options.get(_PATIENCE, BUSY_TIMEOUT_MS)
        with lock.taken_from_others(patience):
            _begin_to_write(conn, min(patience, TRIAL_MS) if lock.held_elsewhere else patience)

    event.listen(engine, "begin", begun)


def _begin_to_write(conn: Connection, patience: int) -> None:
    if patience >= BUSY_TIMEOUT_MS:
        conn.exec_driver_sql("BEGIN IMMEDIATE")
        return
    conn.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
    try:
        conn.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        conn.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _wait_in_time(engine: Engine, trial: _Trial) -> None:
    """PostgreSQL waits for what another transaction holds without end, unless told how long."""

    def connected(connection: DBAPIConnection, _record: object) -> None:
        connection.cursor().execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    def begun(conn: Connection) -> None:
        patience = conn.get_execution_options().get(_PATIENCE, BUSY_TIMEOUT_MS)
        if statement_limit() is not None and trial.held_lately:
            patience = min(patience, TRIAL_MS)
        if patience < BUSY_TIMEOUT_MS:
            conn.exec_driver_sql(f"SET LOCAL lock_timeout = {patience}")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


class _Trial:
    """What waiting in vain has told of a server: not every thread has to find it out by waiting as long. Safe for threads."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._silent = False
        self._trying = threading.Lock()
        self._held_at = float("-inf")

    @contextmanager
    def of_server(self) -> Iterator[None]:
        """While a connection is taken. One tries whether a silent server is back; the others are told at once: StoreError."""
        if not self._silent:
            yield
            return
        if not self._trying.acquire(blocking=False):
            raise unreachable("it did not answer a moment ago", self._where)
        try:
            yield
            self._silent = False
        finally:
            self._trying.release()

    @property
    def held_lately(self) -> bool:
        """Whether somebody waited in vain, a moment ago, for what another transaction holds."""
        return time.monotonic() - self._held_at < HELD_S

    def note(self, fault: StoreError, seconds: float) -> None:
        """What a transaction ended with, and after how long. Who only tries learns little: a busy table is not held."""
        if isinstance(fault, LockedStore) and seconds >= LONG_WAIT_S:
            self._held_at = time.monotonic()
        if isinstance(fault, StoreOutage) and seconds >= LONG_WAIT_S:
            self._silent = True


class _WriteLock:
    """One writer of a SQLite file at a time within this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self.held_elsewhere = False
        """Whether the last who waited to the end found that another process holds the file."""

    def acquire(self, patience: float | None) -> bool:
        """Whether it is ours, after so many seconds at most; None waits until it is, as long as no other process holds the file.

        While one does, threads that answer requests must not queue for one trial after another: those that read would wait behind them.
        """
        if self._owner == threading.get_ident():
            raise RuntimeError("a write transaction was opened inside another one of the same thread")
        wait = -1 if patience is None else max(patience, 0)
        if not self._lock.acquire(timeout=0 if self.held_elsewhere else wait):
            return False
        self._owner = threading.get_ident()
        return True

    @contextmanager
    def taken_from_others(self, patience: int) -> Iterator[None]:
        """While the file is asked for; keeps what that told, unless somebody in a hurry (milliseconds) gave up early."""
        try:
            yield
        except OperationalError:
            self.held_elsewhere = self.held_elsewhere or patience >= BUSY_TIMEOUT_MS
            raise
        self.held_elsewhere = False

    def release(self) -> None:
        """The next one may write."""
        self._owner = None
        self._lock.release()


_locks: WeakValueDictionary[Path, _WriteLock] = WeakValueDictionary()
_locks_guard = threading.Lock()


def _lock_of(path: Path) -> _WriteLock:
    """Two stores on one file share their lock."""
    with _locks_guard:
        lock = _locks.get(path)
        if lock is None:
            lock = _locks[path] = _WriteLock()
        return lock
