"""The database as operators look after it: schema, health, a copy, and the way back. These work where no connector can be opened yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.store import Store, StoreError, backup, current_revision, open_store, upgrade
from connectors.store.database import table_copy
from connectors.store.people.audit import note
from plugin.access.authorization.actor import Actor
from plugin.runtime.composition import announcer_for, system_clock
from plugin.runtime.settings import Settings
from plugin.use_cases.permission import ADMIN, act, question


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """Where the database is, its revision, what keeps it from working, and what does not but ought to be mended."""

    where: str
    revision: str | None
    findings: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision the schema came, and at which it is."""

    before: str | None
    after: str | None


@act(ADMIN)
def upgrade_schema(settings: Settings, _actor: Actor) -> Upgraded:
    """Bring the schema up to date, the tables of the engine too; doing it again changes nothing."""
    with _store(settings) as store:
        before = current_revision(store)
        upgrade(store)
        announcer_for(store, settings)
        return Upgraded(before, current_revision(store))


@question(ADMIN)
def health(settings: Settings, _actor: Actor) -> DatabaseHealth:
    """Whether it can be reached, has the right tables and is undamaged."""
    with _store(settings) as store:
        return DatabaseHealth(store.where, current_revision(store), _findings(store), _advice(store))


@act(ADMIN)
def back_up(settings: Settings, actor: Actor, path: Path) -> None:
    """Copy all of it into a file while the connector goes on working."""
    with _store(settings) as store:
        backup(store, path)
        if not _findings_of_tables(store):
            with store.write() as conn:
                note(conn, actor.label, "database backed up", system_clock(), {"file": path.name})


@question(ADMIN)
def require_restorable(_settings: Settings, _actor: Actor, file: Path, present: Path) -> None:
    """StoreError where the file is no backup, or the present database is in use."""
    table_copy.inspected(file)
    table_copy.refuse_busy(present)


@act(ADMIN)
def restore(settings: Settings, actor: Actor, file: Path) -> str:
    """Put a backup in the place of the database, which is kept beside; the revision it had."""
    revision = table_copy.restore(file, settings.database_url)
    with _store(settings) as store:
        upgrade(store)
        with store.write() as conn:
            note(conn, actor.label, "database restored", system_clock(), {"file": file.name})
    return revision


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings.database_url)
    try:
        yield store
    finally:
        store.close()


def _findings(store: Store) -> tuple[str, ...]:
    return _findings_of_tables(store) or tuple(table_copy.faults(store))


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
