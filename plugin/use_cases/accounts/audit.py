"""The audit log: who changed what, when; and every row of it, or of the ledger of writes, for a file."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.store.lists import records
from connectors.store.lists.records import RecordSearch, WriteRecord
from connectors.store.people.audit import AuditEntry
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, question

__all__ = ["AuditEntry", "RecordSearch", "WriteRecord", "every_entry", "every_write", "list_entries"]

BATCH = 500


@question(ADMIN)
def list_entries(
    connector: Connector, _actor: Actor, search: RecordSearch, limit: int, before: int | None = None
) -> tuple[AuditEntry, ...]:
    """Acts that are looked for, the newest first from before this one on."""
    with connector.store.read() as conn:
        return tuple(records.acts(conn, search, limit, before))


@question(ADMIN)
def every_entry(connector: Connector, _actor: Actor, search: RecordSearch) -> Iterator[AuditEntry]:
    """Every act that is looked for, in short transactions: an export of years must not be held in memory."""
    return _every_entry(connector, search)


@question(ADMIN)
def every_write(connector: Connector, _actor: Actor, search: RecordSearch) -> Iterator[WriteRecord]:
    """Every write that is looked for, in the same way."""
    return _every_write(connector, search)


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
            batch = records.written(conn, search, BATCH, before)
        yield from batch
        if len(batch) < BATCH:
            return
        before = batch[-1].id
