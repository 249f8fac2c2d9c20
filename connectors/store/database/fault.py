"""What went wrong with the database, said so that an operator can mend it. Holds the one error of the store; raises nothing itself."""

from __future__ import annotations

import errno
import os
import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

UPGRADE = "run `jira-okr db upgrade`"


class StoreError(Exception):
    """The store cannot do its work. `what` happened, `where` (the database without its password), `remedy`: what to do next.

    `passing` says that the same call may succeed later without anybody's help: the server restarts, another process holds the lock.
    """

    def __init__(self, what: str, where: str, remedy: str, *, passing: bool = False) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        self.passing = passing
        super().__init__(f"{what} ({where}). To do: {remedy}.")

    @property
    def retry_after(self) -> int:
        """Seconds after which it makes sense to ask again: soon where it passes by itself, later where a person has to help first."""
        return 2 if self.passing else 30


class StoreOutage(StoreError):
    """Nobody answers at the address of the database, or the connection to it broke."""


class LockedStore(StoreError):
    """Another process or transaction holds what was asked for, and for longer than we wait."""


def explain_fault(error: DBAPIError, where: str) -> StoreError | None:
    """The error as an operator should read it, or None where it is a fault of the program (a broken constraint, bad SQL, too many values)."""
    text = _first_line(error)
    if isinstance(error.orig, sqlite3.Error):
        return _of_file(error.orig, text, where)
    state = getattr(error.orig, "sqlstate", None) or ""
    return _of_server(state, text, where) if state else _of_connection(error, text, where)


def _of_file(error: sqlite3.Error, text: str, where: str) -> StoreError | None:
    """By SQLite's result code (https://sqlite.org/rescode.html); None where it tells a fault of the program."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    kind = code & 0xFF
    if kind == sqlite3.SQLITE_ERROR and "no such table" in text:
        return StoreError(f"the database lacks a table: {text}", where, UPGRADE)
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or code == sqlite3.SQLITE_IOERR_CORRUPTFS:
        return not_a_database(where)
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return lock_fault(where)
    if kind == sqlite3.SQLITE_NOMEM or code == sqlite3.SQLITE_IOERR_NOMEM:
        return memory_fault(where)
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY):
        return StoreError(f"the database file cannot be written: {text}", where, _FILE_REMEDY)
    if tells_of_file(error):
        return StoreError(f"the database file cannot be read or written: {text}", where, _FILE_REMEDY)
    return None


def tells_of_file(error: BaseException | None) -> bool:
    """Whether SQLite says that the file under a connection cannot be used as it was opened."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in _FILE_CODES


_FILE_CODES = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOLFS,
}


def _of_server(state: str, text: str, where: str) -> StoreError | None:
    """By the code that PostgreSQL gives (https://www.postgresql.org/docs/current/errcodes-appendix.html); None where it tells a fault of the program."""
    if state == "42P01":
        return StoreError(f"the database lacks a table: {text}", where, UPGRADE)
    if state == "55P03":
        return LockedStore(
            f"another transaction holds what the database was asked for: {text}",
            where,
            "look into pg_stat_activity for one that does not end, and end it",
            passing=True,
        )
    known = _SERVER_FAULTS.get(state) or _SERVER_FAULTS.get(state[:2])
    if known is not None:
        what, remedy, passing = known
        return StoreError(f"{what}: {text}", where, remedy, passing=passing)
    return unreachable(text, where) if state[:2] in _BROKEN else None


def _of_connection(error: DBAPIError, text: str, where: str) -> StoreError | None:
    """Without a code the server has said nothing of it: a connection that cannot be made, one that broke, or a statement that was never sent."""
    if any(word in text for word in ("too many clients", "connection slots", "too many connections")):
        what, remedy, passing = _NO_ROOM
        return StoreError(f"{what}: {text}", where, remedy, passing=passing)
    if os.strerror(errno.ENOSPC) in text:  # a server that has no room for what it keeps of a connection
        what, remedy, passing = _SERVER_FAULTS[_FULL]
        return StoreError(f"{what}: {text}", where, remedy, passing=passing)
    sent = error.statement is None or error.connection_invalidated
    if sent and isinstance(error, OperationalError | InterfaceError):
        return unreachable(text, where)
    return None


_BROKEN = ("08", "57")
"""The classes of what ends a connection: those of the connection itself, and an operator's."""
_NO_ROOM = (
    "the database has no room for more",
    "raise max_connections or the memory of PostgreSQL, or start fewer processes",
    True,
)
_ENDED = (
    "the database ended a statement that took too long",
    "do it again; if it stays, look into pg_stat_activity for what keeps the database busy, and at statement_timeout",
    True,
)
_RESTED = (
    "the database closed a connection that rested",
    "do it again; if it stays, raise idle_session_timeout and idle_in_transaction_session_timeout",
    True,
)
_UNDONE = ("the database undid what was written, for others wrote at once", "do it again", True)
_DAMAGED = ("the database is damaged", "look at the log of PostgreSQL, or put back a backup", False)
_FULL = "53100"
_SERVER_FAULTS = {
    "25006": (
        "the database takes no writes",
        "set default_transaction_read_only off, or name the primary in JIRA_OKR_DATABASE_URL: a standby takes no writes",
        False,
    ),
    "25P03": _RESTED,
    "25P04": _ENDED,
    "28": (
        "the database does not let in the user that it is asked as",
        "check user and password in JIRA_OKR_DATABASE_URL",
        False,
    ),
    "40": _UNDONE,
    "42501": (
        "the database does not allow it to the user that it is asked as",
        "give the user in JIRA_OKR_DATABASE_URL its rights on the tables back",
        False,
    ),
    "53": _NO_ROOM,
    _FULL: ("the disk of the database is full", "free disk space where PostgreSQL runs", False),
    "57014": _ENDED,
    "57P05": _RESTED,
    "58": (
        "the database cannot read or write its files",
        "look at the log and the disk of PostgreSQL",
        False,
    ),
    "72": _UNDONE,
    "F0": ("the settings of the database cannot be used", "look at the log of PostgreSQL", False),
    "XX": ("the database failed inside", "look at the log of PostgreSQL", False),
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""Faults of a server by their code, or by its class where all of it means the same. What is in neither, and breaks no connection, is a fault of the program."""
_FILE_REMEDY = "make the directory writable for the user that runs jira-okr, free disk space, or set JIRA_OKR_DATABASE_URL to another place"


def lock_fault(where: str) -> LockedStore:
    """Somebody else writes, and for longer than we wait."""
    return LockedStore(
        "another process holds the write lock of the database",
        where,
        "stop the other process, or use PostgreSQL where several processes write",
        passing=True,
    )


def memory_fault(where: str) -> StoreError:
    """There was no memory for what was asked."""
    return StoreError(
        "there is not enough memory for what the database was asked",
        where,
        "give the process more memory, or start fewer workers",
        passing=True,
    )


def unreachable(text: str, where: str) -> StoreOutage:
    """No connection, or one that broke."""
    return StoreOutage(
        f"the database cannot be reached: {text}",
        where,
        "start PostgreSQL, and check host, port, user, password and database name in JIRA_OKR_DATABASE_URL",
        passing=True,
    )


def pool_fault(where: str) -> StoreError:
    """Every connection of this process is in use, and none came back for long."""
    return StoreError(
        "all connections to the database are in use",
        where,
        "look whether the database answers slowly, or start more processes",
        passing=True,
    )


def unwritable(text: str, where: str) -> StoreError:
    """The directory of a SQLite file cannot be made or written."""
    return StoreError(f"the database file cannot be made: {text}", where, _FILE_REMEDY)


def read_only_file(where: str) -> StoreError:
    """A file that is there, and that nobody can write for now; in SQLite's words."""
    return StoreError(
        "the database file cannot be written: attempt to write a readonly database", where, _FILE_REMEDY
    )


def not_a_database(where: str) -> StoreError:
    """A file is there, and it is something else."""
    return StoreError(
        "the file is no SQLite database, or is damaged",
        where,
        "name another file in JIRA_OKR_DATABASE_URL, or put a backup in its place",
    )


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
