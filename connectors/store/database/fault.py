"""What went wrong with the database, said so that an operator can mend it. Holds the one error of the store; raises nothing itself."""

from __future__ import annotations

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


def explain_fault(error: DBAPIError, where: str) -> StoreError | None:
    """The error as an operator should read it, or None where it is a fault of the program (a broken constraint, bad SQL)."""
    text = _first_line(error)
    state = getattr(error.orig, "sqlstate", None) or ""
    if _is_wrong_sql(error.orig) or state.startswith(TOO_MUCH_ASKED):
        return None
    of_file = isinstance(error.orig, sqlite3.Error)
    found = _of_file(text, where) if of_file else _of_server(state, text, where)
    if found is None and isinstance(error, OperationalError | InterfaceError):
        return unreachable(text, where)
    return found


TOO_MUCH_ASKED = "54"
"""The class of what PostgreSQL says of a statement that asks for too much: too many columns, too deep. It calls that an error of operation, too."""


def _is_wrong_sql(error: BaseException | None) -> bool:
    """SQLite says of wrong SQL, too, that it is an error of operation; by its code it is told (https://sqlite.org/rescode.html#error). A table that is lacking has the same."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_ERROR and "no such table" not in str(error)


def _of_file(text: str, where: str) -> StoreError | None:
    lowered = text.lower()
    if "no such table" in lowered:
        return StoreError(f"the database lacks a table: {text}", where, UPGRADE)
    if "not a database" in lowered or "malformed" in lowered:
        return not_a_database(where)
    if "locked" in lowered:
        return lock_fault(where)
    if "readonly" in lowered or "unable to open" in lowered or "disk" in lowered:
        return StoreError(f"the database file cannot be written: {text}", where, _FILE_REMEDY)
    return None


def _of_server(state: str, text: str, where: str) -> StoreError | None:
    """By the code that PostgreSQL gives (https://www.postgresql.org/docs/current/errcodes-appendix.html); None where it gives none."""
    if state == "42P01":
        return StoreError(f"the database lacks a table: {text}", where, UPGRADE)
    for known, (what, remedy, passing) in _SERVER_FAULTS.items():
        if state.startswith(known):
            return StoreError(f"{what}: {text}", where, remedy, passing=passing)
    return None


_SERVER_FAULTS = {
    "55P03": (
        "another transaction holds what the database was asked for",
        "look into pg_stat_activity for one that does not end, and end it",
        True,
    ),
    "25006": (
        "the database takes no writes",
        "set default_transaction_read_only off, or name the primary in JIRA_OKR_DATABASE_URL: a standby takes no writes",
        False,
    ),
    "42501": (
        "the database does not allow it to the user that it is asked as",
        "give the user in JIRA_OKR_DATABASE_URL its rights on the tables back",
        False,
    ),
    "53100": ("the disk of the database is full", "free disk space where PostgreSQL runs", False),
    "53": (
        "the database has no room for more",
        "raise max_connections or the memory of PostgreSQL, or start fewer processes",
        True,
    ),
    "40": ("the database undid what was written, for others wrote at once", "do it again", True),
    "58": (
        "the database cannot read or write its files",
        "look at the log and the disk of PostgreSQL",
        False,
    ),
    "XX001": ("the database is damaged", "look at the log of PostgreSQL, or put back a backup", False),
    "XX002": ("the database is damaged", "look at the log of PostgreSQL, or put back a backup", False),
}
"""Faults of a server by the beginning of their codes, the longest first; what else breaks a connection means that it cannot be reached."""
_FILE_REMEDY = "make the directory writable for the user that runs jira-okr, free disk space, or set JIRA_OKR_DATABASE_URL to another place"


def lock_fault(where: str) -> StoreError:
    """Somebody else writes, and for longer than we wait."""
    return StoreError(
        "another process holds the write lock of the database",
        where,
        "stop the other process, or use PostgreSQL where several processes write",
        passing=True,
    )


def unreachable(text: str, where: str) -> StoreError:
    """No connection, or one that broke."""
    return StoreError(
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
