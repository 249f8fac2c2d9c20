"""Opening, checking, locking, copying: what an operator meets."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import URL, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from connectors.store import Store, StoreError, backup, hurry, open_store, upgrade
from connectors.store.database import engine, watched_connection
from connectors.store.database.fault import explain_fault, lock_fault
from connectors.store.schema import batch_size
from connectors.store.work import batch_sizes
from tests.immutable_files import immutable


def _refusal(url: str) -> StoreError:
    with pytest.raises(StoreError) as refused:
        open_store(url).check()
    assert str(refused.value).count("To do: ") == 1
    return refused.value


def test_a_new_file_and_its_directory_are_made(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/data/deep/okr.sqlite3")
    upgrade(store)
    upgrade(store)
    store.check()
    store.close()


def test_sqlite_runs_in_wal_mode_with_waiting_and_foreign_keys(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        pragmas = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 5_000, "foreign_keys": 1}


def test_a_file_that_does_not_change_is_read_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "of 50 % #1?.sqlite3"
    whole = Store(create_engine(URL.create("sqlite", database=str(file))), None)
    with whole.write() as conn:
        conn.exec_driver_sql("CREATE TABLE told AS SELECT 7 AS number")
    whole.close()
    store = engine._open_unchanging(file, "the file")
    with store.read() as conn:
        assert conn.exec_driver_sql("SELECT number FROM told").scalar() == 7
    with pytest.raises(StoreError, match=r"readonly.*\(the file\)"), store.write() as conn:
        conn.exec_driver_sql("DELETE FROM told")
    store.close()


def test_full_synchronous_is_a_setting(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/okr.sqlite3", synchronous="full")
    with store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


@pytest.mark.parametrize(
    ("url", "what", "remedy"),
    [
        ("mysql://host/name", "mysql is no database", "postgresql://"),
        ("not a url", "cannot be read", "sqlite:///path"),
        ("sqlite://", "in memory", "sqlite:///path"),
        ("sqlite:///:memory:", "in memory", "sqlite:///path"),
        ("sqlite://data/okr.sqlite3", "three slashes", "sqlite:///path"),
        ("postgresql://okr:hush@127.0.0.1:1/okr", "cannot be reached", "start PostgreSQL"),
        ("postgres://okr:hush@127.0.0.1:1/okr", "cannot be reached", "start PostgreSQL"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(url: str, what: str, remedy: str) -> None:
    refusal = _refusal(url)
    assert what in refusal.what
    assert remedy in refusal.remedy
    assert "hush" not in str(refusal)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    refusal = _refusal(f"sqlite:///{tmp_path}/file/okr.sqlite3")
    assert "cannot be made" in refusal.what
    assert "writable" in refusal.remedy


def test_a_directory_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    refusal = _refusal(f"sqlite:///{tmp_path}")
    assert "cannot be read or written" in refusal.what


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "okr.sqlite3").write_text("once upon a time " * 99)
    assert "no SQLite database" in _refusal(f"sqlite:///{tmp_path}/okr.sqlite3").what


def test_an_empty_database_says_what_to_run(tmp_path: Path, postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path}/okr.sqlite3", postgres_url):
        store = open_store(url)
        with pytest.raises(StoreError, match="jira-okr db upgrade"):
            store.check()
        with pytest.raises(StoreError, match=r"lacks a table.*jira-okr db upgrade"), store.read() as conn:
            batch_sizes.get(conn, "main")
        store.close()


def test_a_database_newer_than_the_code_is_refused(store: Store) -> None:
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999.*install the newer release"):
        upgrade(store)
    url = store.engine.url.render_as_string(hide_password=False)
    assert "9999" in _refusal(url).what


def test_an_exception_undoes_the_transaction(store: Store) -> None:
    def half_way() -> None:
        with store.write() as conn:
            batch_sizes.put(conn, "main", 1)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half_way()
    with store.read() as conn:
        assert batch_sizes.get(conn, "main") is None


def test_faults_of_the_program_are_no_store_errors(store: Store) -> None:
    row = {"site": "main", "deliveries": 1}
    with pytest.raises(IntegrityError), store.write() as conn:
        conn.execute(batch_size.insert(), [row, row])


@pytest.mark.parametrize("statement", ["SELECT locked FROM batch_size", "SELEKT 1", "SELECT disk"])
def test_wrong_sql_is_no_outage_whatever_words_are_in_it(store: Store, statement: str) -> None:
    with pytest.raises(DBAPIError) as fault, store.read() as conn:
        conn.execute(text(statement))
    assert statement in str(fault.value)


def test_a_write_inside_a_write_fails_at_once_instead_of_waiting_for_ever(sqlite_store: Store) -> None:
    with sqlite_store.write(), pytest.raises(RuntimeError, match="inside another"), sqlite_store.write():
        pass


def test_two_stores_on_one_file_take_turns(sqlite_store: Store) -> None:
    second = open_store(sqlite_store.where)

    def count_up(store: Store) -> None:
        for _ in range(25):
            with store.write() as conn:
                batch_sizes.put(conn, "main", (batch_sizes.get(conn, "main") or 0) + 1)

    threads = [threading.Thread(target=count_up, args=(store,)) for store in (sqlite_store, second) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with second.read() as conn:
        assert batch_sizes.get(conn, "main") == 100
    second.close()


def test_a_reader_sees_one_state_while_others_write(sqlite_store: Store) -> None:
    with sqlite_store.read() as reading:
        assert batch_sizes.get(reading, "main") is None
        with sqlite_store.write() as writing:
            batch_sizes.put(writing, "main", 1)
        assert batch_sizes.get(reading, "main") is None
    with sqlite_store.read() as reading:
        assert batch_sizes.get(reading, "main") == 1


def test_a_lock_of_another_process_is_told_as_passing(sqlite_store: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "okr.sqlite3", isolation_level=None)
    with sqlite_store.read() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout=10")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="holds the write lock") as refused, sqlite_store.write():
        pass
    assert refused.value.passing
    other.close()


def test_nobody_queues_behind_whoever_tries_a_file_that_another_process_holds(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else forty deliveries keep every thread waiting, each for its five seconds, and whoever reads waits behind them."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setattr(engine, "TRIAL_MS", 10)
    lock = engine._lock_of(tmp_path / "okr.sqlite3")
    with closing(sqlite3.connect(tmp_path / "okr.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError), sqlite_store.write(patience=0.001):
            pass
        assert not lock.held_elsewhere, "who gave up early learnt little"
        with pytest.raises(StoreError), sqlite_store.write():
            pass
        assert lock.held_elsewhere
        tries, ended = threading.Event(), threading.Event()

        def try_it() -> None:
            assert lock.acquire(None)
            tries.set()
            ended.wait()
            lock.release()

        one = threading.Thread(target=try_it)
        one.start()
        tries.wait()
        with pytest.raises(StoreError, match="holds the write lock") as refused, sqlite_store.write():
            pass
        assert refused.value.passing
        ended.set()
        one.join()
        other.execute("ROLLBACK")
    with sqlite_store.write() as conn:
        batch_sizes.put(conn, "main", 1)
    assert not lock.held_elsewhere


READ_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"


def test_a_server_that_takes_no_writes_is_told_as_such_and_read(postgres_store: Store) -> None:
    with postgres_store.read() as conn:
        conn.exec_driver_sql(READ_ONLY)
        conn.commit()
    try:
        with pytest.raises(StoreError, match="the database takes no writes: cannot execute") as fault:
            write_a_size(postgres_store)
        assert not fault.value.passing
        assert "INSERT INTO" not in str(fault.value)
        postgres_store.check()
    finally:
        postgres_store.engine.dispose()


def test_a_statement_that_asks_a_server_for_too_much_is_a_fault_of_the_program(postgres_store: Store) -> None:
    with pytest.raises(OperationalError, match="1664"), postgres_store.read() as conn:
        conn.exec_driver_sql(f"SELECT {', '.join(['1'] * 1665)}")
    postgres_store.check()


def write_a_size(store: Store) -> None:
    with store.write() as conn:
        batch_sizes.put(conn, "main", 1)


def test_a_table_that_another_transaction_holds_is_not_waited_for_without_end(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 20)
    store = open_store(postgres_url)
    upgrade(store)
    with closing(psycopg.connect(postgres_url.replace("+psycopg", ""))) as other:
        other.execute("LOCK TABLE batch_size IN ACCESS EXCLUSIVE MODE")
        for ask in (lambda: write_a_size(store), lambda: read_a_size(store)):
            with pytest.raises(StoreError, match="another transaction holds") as fault:
                ask()
            assert fault.value.passing
    write_a_size(store)
    store.close()


def read_a_size(store: Store) -> None:
    with store.read() as conn:
        batch_sizes.get(conn, "main")


@pytest.mark.parametrize(
    ("state", "what", "passing"),
    [
        ("08006", "the database cannot be reached", True),
        ("25006", "the database takes no writes", False),
        ("25P03", "the database closed a connection that rested", True),
        ("25P04", "the database ended a statement that took too long", True),
        ("28P01", "the database does not let in the user", False),
        ("40001", "the database undid what was written", True),
        ("40P01", "the database undid what was written", True),
        ("42501", "the database does not allow it", False),
        ("53000", "the database has no room for more", True),
        ("53100", "the disk of the database is full", False),
        ("53200", "the database has no room for more", True),
        ("53300", "the database has no room for more", True),
        ("55P03", "another transaction holds", True),
        ("57014", "the database ended a statement that took too long", True),
        ("57P01", "the database cannot be reached", True),
        ("57P03", "the database cannot be reached", True),
        ("57P05", "the database closed a connection that rested", True),
        ("58030", "the database cannot read or write its files", False),
        ("58P01", "the database cannot read or write its files", False),
        ("72000", "the database undid what was written", True),
        ("F0000", "the settings of the database cannot be used", False),
        ("XX000", "the database failed inside", False),
        ("XX001", "the database is damaged", False),
    ],
)
def test_what_a_server_cannot_do_is_a_fault_of_the_store(
    postgres_store: Store, state: str, what: str, passing: bool
) -> None:
    with pytest.raises(StoreError, match=f"^{what}.*: said so") as fault, postgres_store.write() as conn:
        conn.exec_driver_sql(saying(state))
    assert fault.value.passing is passing


@pytest.mark.parametrize("state", ["0A000", "22003", "25P02", "42601", "54001", "55000", "P0001"])
def test_what_a_program_asks_wrongly_of_a_server_is_none(postgres_store: Store, state: str) -> None:
    with pytest.raises(DBAPIError, match="said so"), postgres_store.write() as conn:
        conn.exec_driver_sql(saying(state))


def saying(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'said so' USING ERRCODE = '{state}'; END $$"


MANY = 70_000


def test_more_values_than_a_statement_may_have_are_a_fault_of_the_program(store: Store) -> None:
    """PostgreSQL takes 65,535 and its driver gives no code for it; that nobody answers would be the wrong thing to say."""
    wanted = select(batch_size).where(batch_size.c.site.in_([str(one) for one in range(MANY * 5)]))
    with pytest.raises(DBAPIError, match=r"parameters|variables"), store.read() as conn:
        conn.execute(wanted)
    store.check()


def test_a_statement_that_the_server_ends_is_told_as_that(postgres_store: Store) -> None:
    def slow() -> None:
        with postgres_store.read() as conn:
            conn.exec_driver_sql("SET LOCAL statement_timeout = 20")
            conn.exec_driver_sql("SELECT pg_sleep(20)")

    with pytest.raises(StoreError, match="ended a statement that took too long") as fault:
        slow()
    assert fault.value.passing


def test_a_server_that_takes_no_more_connections_has_no_room(postgres_url: str) -> None:
    """Before anybody is connected nothing is said but a sentence."""
    address = make_url(postgres_url)
    with closing(psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True)) as admin:
        admin.execute("DROP ROLE IF EXISTS okr_few")
        admin.execute("CREATE ROLE okr_few LOGIN CONNECTION LIMIT 0")
        try:
            found = _refusal(address.set(username="okr_few").render_as_string(hide_password=False))
        finally:
            admin.execute("DROP ROLE okr_few")
    assert found.what.startswith("the database has no room for more")
    assert found.passing


def test_a_server_whose_disk_is_full_says_so_before_anybody_is_connected() -> None:
    """In a sentence without a code (seen of PostgreSQL 16 with its data on a full file system)."""
    said = "connection failed: FATAL:  could not write init file: No space left on device"
    found = explain_fault(OperationalError(None, None, psycopg.OperationalError(said)), "okr")  # type: ignore[arg-type]
    assert found is not None
    assert found.what.startswith("the disk of the database is full")
    assert not found.passing


STARVED = """
import sys
from connectors.store.database.fault import StoreError
from connectors.store import open_store

store = open_store(sys.argv[1])
try:
    with store.read() as conn:
        conn.exec_driver_sql("PRAGMA hard_heap_limit = 4000000").fetchall()
        conn.exec_driver_sql("SELECT length(group_concat(hex(randomblob(1000000)))) FROM sqlite_master")
except StoreError as fault:
    print(fault.passing, fault)
"""


def test_memory_that_sqlite_does_not_get_is_told_as_that(sqlite_store: Store) -> None:
    """In a process of its own: no statement lifts the limit again, and all connections of a process share it."""
    url = sqlite_store.engine.url.render_as_string()
    told = subprocess.run(
        [sys.executable, "-c", STARVED, url], capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith("True there is not enough memory")
    assert "PostgreSQL" not in told
    sqlite_store.check()


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (sqlite3.SQLITE_BUSY, "holds the write lock"),
        (sqlite3.SQLITE_PROTOCOL, "holds the write lock"),
        (sqlite3.SQLITE_NOMEM, "not enough memory"),
        (sqlite3.SQLITE_IOERR_NOMEM, "not enough memory"),
        (sqlite3.SQLITE_IOERR_READ, "cannot be read or written"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "cannot be written"),
        (sqlite3.SQLITE_FULL, "cannot be written"),
        (sqlite3.SQLITE_PERM, "cannot be read or written"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "is damaged"),
        (sqlite3.SQLITE_TOOBIG, ""),
        (sqlite3.SQLITE_MISUSE, ""),
        (sqlite3.SQLITE_OK, ""),
    ],
)
def test_what_a_file_cannot_do_is_told_by_its_code(code: int, what: str) -> None:
    """The words that SQLite says would be of another language, or of another thing: "out of memory" is said of a server, too."""
    said = sqlite3.OperationalError("it said so")
    said.sqlite_errorcode = code
    found = explain_fault(OperationalError("SELECT 1", None, said), "a file")
    assert (what in str(found)) if what else (found is None)


def test_a_pool_that_is_used_up_is_a_fault_that_passes(sqlite_store: Store) -> None:
    small = open_store(sqlite_store.where, pool_size=1)
    small.engine.pool._timeout = 0.01  # type: ignore[attr-defined]
    with (
        small.read(),
        small.read(),
        pytest.raises(StoreError, match="all connections") as fault,
        small.read(),
    ):
        pass
    assert fault.value.passing
    small.close()


def test_opening_what_is_up_to_date_writes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "okr.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        upgrade(sqlite_store)


def test_a_file_that_could_not_be_written_is_written_again_afterwards(
    sqlite_store: Store, tmp_path: Path
) -> None:
    """What was opened meanwhile only reads for as long as it lives, and the pool gave it to whoever came."""
    file = tmp_path / "okr.sqlite3"
    sqlite_store.engine.dispose()
    with immutable([file]):
        read_a_size(sqlite_store)
        with pytest.raises(StoreError, match="cannot be written: attempt to write a readonly database"):
            write_a_size(sqlite_store)
        read_a_size(sqlite_store)
    write_a_size(sqlite_store)


LAST_CONNECTION = """
import subprocess, sys
from pathlib import Path
from connectors.store import StoreError, open_store, upgrade
from connectors.store.work import batch_sizes

def write(size):
    with store.write() as conn:
        batch_sizes.put(conn, "main", size)

store = open_store(f"sqlite:///{sys.argv[1]}")
upgrade(store)
write(1)
with store.read() as conn:  # the first who reads what was written notes there how far they read
    batch_sizes.get(conn, "main")
files = sorted(Path(sys.argv[1]).parent.glob("okr.sqlite3*"))
subprocess.run(["chattr", "+i", *files], check=True)
try:
    for size in (2, 3):
        try:
            write(size)
        except StoreError as fault:
            print(fault)
        with store.read() as conn:
            print(batch_sizes.get(conn, "main"))
finally:
    subprocess.run(["chattr", "-i", *files], check=True)
write(4)
with store.read() as conn:
    print(batch_sizes.get(conn, "main"))
store.close()
"""
"""A process with one connection, whose files nobody can write for a while."""


def test_the_last_connection_to_files_that_nobody_writes_stays_open(tmp_path: Path) -> None:
    """Closing it clears the memory shared beside them, and the system ends who writes there: the whole process was gone."""
    (tmp_path / "probe").touch()
    with immutable([tmp_path / "probe"]):
        pass
    try:
        done = subprocess.run(
            [sys.executable, "-c", LAST_CONNECTION, tmp_path / "okr.sqlite3"],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(["chattr", "-i", *tmp_path.glob("okr.sqlite3*")], check=True)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert [line for line in told if "the database file cannot be" not in line] == ["1", "1", "4"]
    assert len(told) == 5


def test_whoever_only_tries_a_held_table_does_not_prolong_the_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one wait in vain would leave a busy database with a quarter of a second for everybody, for good."""
    now = 100.0
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: now))
    trial, held = engine._Trial("somewhere"), lock_fault("somewhere")
    trial.note(held, engine.TRIAL_MS / 1000)
    assert not trial.held_lately
    trial.note(held, engine.BUSY_TIMEOUT_MS / 1000)
    now += engine.HELD_S - 1
    assert trial.held_lately
    trial.note(held, engine.TRIAL_MS / 1000)
    now += 2
    assert not trial.held_lately


def test_a_statement_of_somebody_in_a_hurry_is_ended(postgres_store: Store) -> None:
    def slow() -> None:
        with hurry(0.2), postgres_store.read() as conn:
            conn.exec_driver_sql("SELECT pg_sleep(600)")

    with pytest.raises(StoreError, match="ended a statement that took too long") as fault:
        slow()
    assert fault.value.passing
    with postgres_store.read() as conn:
        asked = (
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
        )
        assert conn.exec_driver_sql(asked).scalar() == 0, "the server works on at what nobody waits for"


def test_one_tries_a_silent_server_and_the_others_are_told_at_once(
    postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is stopped, really; the server ends statements by a signal that a stopped process does not hear."""
    monkeypatch.setattr(watched_connection, "ANSWER_S", 0.2)
    monkeypatch.setattr(engine, "LONG_WAIT_S", 0.1)

    def silent() -> None:
        with postgres_store.read() as conn:
            pid = int(conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
            os.kill(pid, signal.SIGSTOP)
            try:
                with hurry(0.1):
                    conn.exec_driver_sql("SELECT 1")
            finally:
                os.kill(pid, signal.SIGCONT)

    with pytest.raises(StoreError, match="does not answer") as fault:
        silent()
    assert fault.value.passing
    with postgres_store._trial.of_server(), pytest.raises(StoreError, match="did not answer a moment ago"):
        read_a_size(postgres_store)
    read_a_size(postgres_store)


def test_who_is_in_a_hurry_does_not_wait_for_others_that_write(store: Store) -> None:
    def hurried() -> None:
        begun = time.monotonic()
        with pytest.raises(StoreError) as fault, store.write(patience=0.05) as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = version_num"))
        told.append((fault.value.passing, time.monotonic() - begun < 2))

    told: list[tuple[bool, bool]] = []
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = version_num"))
        other = threading.Thread(target=hurried)
        other.start()
        other.join()
    assert told == [(True, True)]
    with store.write(patience=0.05) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = version_num"))


def test_who_was_in_a_hurry_once_waits_as_ever_afterwards(sqlite_store: Store) -> None:
    with sqlite_store.write(patience=0.05) as conn:
        pass
    with sqlite_store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5_000


def test_a_backup_is_whole_and_never_overwrites(sqlite_store: Store, tmp_path: Path) -> None:
    with sqlite_store.write() as conn:
        batch_sizes.put(conn, "main", 1)
    target = tmp_path / "backup.sqlite3"
    backup(sqlite_store, target)
    copied = open_store(f"sqlite:///{target}")
    copied.check()
    with copied.read() as conn:
        assert conn.execute(select(batch_size.c.site)).scalars().all() == ["main"]
    copied.close()
    with pytest.raises(StoreError, match="there already"):
        backup(sqlite_store, target)
    with pytest.raises(StoreError, match="could not be written"):
        backup(sqlite_store, tmp_path / "no such directory" / "backup.sqlite3")


def test_postgresql_is_not_backed_up_here(postgres_store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        backup(postgres_store, tmp_path / "backup.sqlite3")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_a_thread_still_works_with_is_closed_once_it_has_done(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str
) -> None:
    """A stopping process closes its store while a thread may be within a transaction."""
    url = f"sqlite:///{tmp_path / 'okr.sqlite3'}"
    store = open_store(request.getfixturevalue("postgres_url") if dialect == "postgresql" else url)
    with store.read() as conn:
        driver = conn.connection.driver_connection
        store.close()
        assert conn.execute(text("SELECT 1")).scalar_one() == 1
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        driver.execute("SELECT 1")
