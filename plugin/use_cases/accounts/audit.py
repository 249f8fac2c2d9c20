"""The audit log: who changed what, when; and every row of it, or of the ledger of writes, for a file."""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from connectors.store import StoreError
from connectors.store.lists import records
from connectors.store.lists.records import RecordSearch, WriteRecord
from connectors.store.people.audit import AuditEntry, note
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, act, question

__all__ = ["AuditEntry", "RecordSearch", "WriteRecord", "export_entries", "export_writes", "list_entries"]

BATCH = 500
log = structlog.get_logger("jira_okr.access")


@question(ADMIN)
def list_entries(
    connector: Connector, _actor: Actor, search: RecordSearch, limit: int, before: int | None = None
) -> tuple[AuditEntry, ...]:
    """Acts that are looked for, the newest first from before this one on."""
    with connector.store.read() as conn:
        return tuple(records.acts(conn, search, limit, before))


@act(ADMIN)
def export_entries(connector: Connector, actor: Actor, search: RecordSearch) -> Iterator[AuditEntry]:
    """Every act that is looked for, in short transactions: an export of years must not be held in memory. That it was taken is noted."""
    _note_export(connector, actor, "changes")
    return _every_entry(connector, search)


@act(ADMIN)
def export_writes(connector: Connector, actor: Actor, search: RecordSearch) -> Iterator[WriteRecord]:
    """Every write that is looked for, in the same way."""
    _note_export(connector, actor, "writes")
    return _every_write(connector, search)


def _note_export(connector: Connector, actor: Actor, which: str) -> None:
    """Where the database takes no writes the record can be read all the same: that is when it is looked at."""
    try:
        with connector.store.write() as conn:
            note(conn, actor.label, "record exported", connector.clock(), {"which": which})
    except StoreError as error:
        log.warning("that the record was exported could not be noted", error=str(error))


def _every_entry(connector: Connector, search: RecordSearch) -> Iterator[AuditEntry]:
    before: int | None = None
    while True:
        with connector.store.read() as conn:
            batch = records.acts(conn, search, BATCH, before)
        yield from batch
        if len(batch) < BATCH:
            return
        before = batch[-1].id


def _every_write(connector: Connector, search: RecordSearch) -> Iterator[WriteRecord]:
    before: int | None = None
    while True:
        with connector.store.read() as conn:
            batch = records.load_writes(conn, search, BATCH, before)
        yield from batch
        if len(batch) < BATCH:
            return
        before = batch[-1].id
