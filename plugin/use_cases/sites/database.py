"""The database as operators look after it: schema, health, a copy, and the way back. These work where no connector can be opened yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.store import Store, StoreError, backup, current_revision, open_store, open_to_read, upgrade
from connectors.store.database import table_copy
from connectors.store.database.engine import database_address, tool_address
from connectors.store.database.row_counts import row_counts
from connectors.store.jobs import schedules
from connectors.store.jobs.processes import put_and_take
from connectors.store.people import accounts, open_sessions, sign_in_links, tokens
from connectors.store.people.audit import note
from plugin.access.authorization.actor import Actor
from plugin.runtime.composition import announcer_for
from plugin.runtime.moving_clock import clock_of
from plugin.runtime.settings import Settings
from plugin.use_cases.accounts.tokens import AccountToken
from plugin.use_cases.health.status import BACKUP
from plugin.use_cases.permission import ADMIN, act, question


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """Where the database is, its revision, what keeps it from working, and what does not but ought to be mended."""

    where: str
    revision: str | None
    findings: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SchemaUpgrade:
    """From which revision the schema came, and at which it is."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DatabaseBackup:
    """A backup was written; `unnoted` says why the audit log of the database does not know of it, empty where it does."""

    unnoted: str = ""


@dataclass(frozen=True, slots=True)
class RestoreTrial:
    """What came of restoring a backup for trial: its revision, the one it was brought to, its rows by table, and what was wrong."""

    revision: str
    reached: str | None
    rows: Mapping[str, int]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoredBackup:
    """The revision that a backup had, and the API tokens that open again, though they were revoked since it was made.

    Where the database that it took the place of cannot be read, nobody knows which those are: `all_told`, these are all that open.
    """

    revision: str
    revived: tuple[AccountToken, ...]
    all_told: bool


@act(ADMIN)
def upgrade_schema(settings: Settings, actor: Actor) -> SchemaUpgrade:
    """Bring the schema up to date, the tables of the engine too; doing it again changes nothing."""
    with _store(settings) as store:
        before = current_revision(store)
        upgrade(store)
        announcer_for(store, settings)
        done = SchemaUpgrade(before, current_revision(store))
        if done.before != done.after:
            with store.write() as conn:
                detail = {"from": done.before, "to": done.after}
                note(conn, actor.label, "database upgraded", clock_of(settings)(), detail)
        return done


@question(ADMIN)
def health(settings: Settings, _actor: Actor) -> DatabaseHealth:
    """Whether it can be reached, has the right tables, is undamaged and takes writes."""
    with _store(settings, open_to_read) as store:
        return DatabaseHealth(
            store.where, current_revision(store), _findings(store, clock_of(settings)()), _advice(store)
        )


@act(ADMIN)
def back_up(settings: Settings, actor: Actor, path: Path) -> DatabaseBackup:
    """Copy all of it into a file while the connector goes on working; done as well where the database itself takes no writes any more."""
    with _store(settings, open_to_read) as store:
        backup(store, path)
        if _findings_of_tables(store):
            return DatabaseBackup(unnoted="its tables are not those of this release")
        try:
            with store.write() as conn:
                now = clock_of(settings)()
                note(conn, actor.label, "database backed up", now, {"file": path.name})
                schedules.ran(conn, *BACKUP, now)
        except StoreError as error:
            return DatabaseBackup(unnoted=error.what)
    return DatabaseBackup()


@act(ADMIN)
def note_backup(settings: Settings, actor: Actor, file: str) -> None:
    """Keep that another tool backed the database up just now: its age is told from then on."""
    now = clock_of(settings)()
    with _store(settings) as store, store.write() as conn:
        note(conn, actor.label, "database backed up", now, {"file": file})
        schedules.ran(conn, *BACKUP, now)


@question(ADMIN)
def prove(_settings: Settings, _actor: Actor, file: Path) -> RestoreTrial:
    """Restore a backup beside itself, bring it up to date and count it, and take it away again; the present database is not touched.

    StoreError where the file is no backup, or there is no room for a copy of it.
    """
    table_copy.inspect_copy(file)
    try:
        folder = TemporaryDirectory(prefix="okr-proof-", dir=file.resolve().parent)
    except OSError as error:
        raise StoreError(
            f"it cannot be tried there: {error}", str(file), "put the backup where files can be written"
        ) from error
    with folder as place:
        url = f"sqlite:///{place}/proof.sqlite3"
        revision = table_copy.restore(file, url)
        with closing(open_store(url)) as store:
            upgrade(store)
            wrong = (*_findings_of_tables(store), *table_copy.faults(store))
            with store.read() as conn:
                return RestoreTrial(revision, current_revision(store), row_counts(conn), wrong)


@question(ADMIN)
def address_of_tools(settings: Settings, _actor: Actor) -> str | None:
    """By which PostgreSQL's own tools find the database, without its password; None where we copy it ourselves. StoreError where it is no address."""
    return tool_address(settings.database_url)


@question(ADMIN)
def require_restorable(settings: Settings, _actor: Actor, file: Path) -> Path:
    """Where the present database is or will be; StoreError where the file is no backup, or that is in use."""
    present = Path(database_address(settings.database_url).database or "")
    table_copy.inspect_copy(file)
    table_copy.refuse_busy(present)
    return present


@act(ADMIN)
def restore(settings: Settings, actor: Actor, file: Path) -> RestoredBackup:
    """Put a backup in the place of the database, which is kept beside. All sessions end."""
    revision = table_copy.restore(file, settings.database_url)
    with _store(settings) as store:
        upgrade(store)
    kept = table_copy.former_database(settings.database_url)
    known = None if kept is None else table_copy.token_hashes(kept)
    revived = settle(settings, actor, file.name, known or frozenset())
    return RestoredBackup(revision, revived, all_told=known is None)


@act(ADMIN)
def settle(
    settings: Settings, actor: Actor, file: str = "", known: frozenset[str] = frozenset()
) -> tuple[AccountToken, ...]:
    """After a database was put back: end every session and link that came back with it; the tokens that open again.

    `known` are the hashes of those that were good before, which are none of these.
    """
    now = clock_of(settings)()
    with _store(settings) as store, store.write() as conn:
        ended = open_sessions.end_all(conn)
        sign_in_links.clear(conn)
        owners = {one.id: one.email for one in accounts.load_all(conn)}
        revived = tuple(
            AccountToken(token, owners[token.account_id])
            for hash_, token in tokens.all_valid(conn, now).items()
            if hash_ not in known
        )
        told = [f"{one.token.name} of {one.owner}" for one in revived]
        detail = {"file": file, "sessions ended": ended, "tokens that open again": told}
        note(conn, actor.label, "database restored", now, detail)
    return revived


@contextmanager
def _store(settings: Settings, opened: Callable[[str], Store] = open_store) -> Iterator[Store]:
    store = opened(settings.database_url)
    try:
        yield store
    finally:
        store.close()


def _findings(store: Store, now: datetime) -> tuple[str, ...]:
    return _findings_of_tables(store) or (*table_copy.faults(store), *_findings_of_writing(store, now))


def _findings_of_writing(store: Store, now: datetime) -> tuple[str, ...]:
    """What a small write meets, which is taken back at once."""
    try:
        with store.write() as conn:
            put_and_take(conn, now)
    except StoreError as error:
        return (str(error),)
    return ()


def _findings_of_tables(store: Store) -> tuple[str, ...]:
    try:
        store.check()
    except StoreError as error:
        return (str(error),)
    return ()


def _advice(store: Store) -> tuple[str, ...]:
    path = Path(store.engine.url.database or "")
    if store.dialect != "sqlite" or not path.is_file() or not path.stat().st_mode & 0o077:
        return ()
    return (
        f"other users of this machine may open the file, which holds password hashes and sealed credentials: chmod 600 {path}*",
    )
