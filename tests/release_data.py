"""The database of a made-up company as a release left it: written once for each release, read by every later one.

Write one on the commit of the release: `python -m tests.release_data tests/connectors/store/release_0.1.0.jsonl.gz`. It says which revision
its tables had and what was read in it then; a later release has to read the same after it has brought them up to date.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, select

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import Sandbox, person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store import Store
from connectors.store.database import schema_upgrade
from connectors.store.numbers import objectives
from connectors.store.people import accounts
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import demo_world
from plugin.use_cases.accounts import saved_views, tokens
from plugin.use_cases.check_ins import check_ins
from plugin.use_cases.cycles import cycles, locks
from plugin.use_cases.cycles.cycles import CycleState
from plugin.use_cases.mappings import drafts
from plugin.use_cases.objectives import backfill
from plugin.use_cases.record import chain

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
SECRET_KEY = "the key of a made-up company"
SITE = "main"
LEFT_OUT = {"alembic_version", "process", "call_minute", "caller"}
"""What a process keeps of itself while it runs."""


def readings(connector: Connector) -> dict[str, Any]:
    """What people read: every objective with its exact numbers, check-ins, and whether the record holds."""
    with connector.store.read() as conn:
        states = [saved.state for saved in objectives.load_all(conn, SITE)]
    told = {
        one.id: {
            "title": one.title,
            "progress": _text(one.progress),
            "health": one.health.level,
            "key results": {part.id: _text(part.measurement.progress) for part in one.key_results},
            "ledger": _text(one.ledger.total),
        }
        for one in states
    }
    said = {
        one.id: [
            _text(each.check_in.value)
            for each in check_ins.list_check_ins(connector, COMMAND_LINE, SITE, one.id)
        ]
        for one in states
    }
    shown = cycles.list_cycles(connector, COMMAND_LINE, SITE)
    with connector.store.read() as conn:
        past = {one.id: len(objectives.history(conn, SITE, one.id)) for one in states}
    return {
        "objectives": told,
        "check-ins": {id_: each for id_, each in said.items() if each},
        "history": past,
        "cycles": [one.cycle.id for one in shown],
        "locked": [one.cycle.id for one in shown if one.state is CycleState.LOCKED],
        "record": [chain.verify(connector, COMMAND_LINE).findings == ()],
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def write(file: Path) -> None:
    """Let people live with the company for some days, and keep every row of its database."""
    now = NOW
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_world(
            Path(folder),
            clock=lambda: now,
            quiet_seconds=0,
            resync_minutes=0,
            secret_key=SECRET_KEY,
            base_url="http://okr.acme.example",
        ) as demo,
    ):
        connector = demo.connector
        sync_site(connector, SITE)
        backfill.reconstruct(
            connector, COMMAND_LINE, SITE, backfill.foresee(connector, COMMAND_LINE, SITE, 8)
        )
        _people(connector)
        now = LATER
        _finish_work(demo.sandbox.sandbox)
        sync_site(connector, SITE)
        chain.seal(connector)
        told = readings(connector)
        with connector.store.read() as conn, gzip.GzipFile(file, "wb", mtime=0) as out:
            head = {"revision": schema_upgrade.head(), "read": told}
            out.write(json.dumps(head).encode() + b"\n")
            for table, row in _rows(conn):
                out.write(json.dumps({"table": table, "row": row}).encode() + b"\n")


def _people(connector: Connector) -> None:
    """An admin and an editor with what they keep: a token, a view, a draft, check-ins, and a locked cycle."""
    now = connector.clock()
    with connector.store.write() as conn:
        ids = [
            accounts.add(conn, f"{role}@acme.example", role.title(), role, None, now)
            for role in ("admin", "editor")
        ]
        owner = accounts.get(conn, ids[0] or 0)
    assert owner is not None
    admin = Actor("admin@acme.example", Permission.ADMIN, owner.id)
    editor = Actor("editor@acme.example", Permission.EDITOR, ids[1])
    tokens.make(connector, admin, owner, "nightly", ("read",), 1)
    saved_views.keep(connector, admin, "This quarter", "/?cycle=all")
    drafts.keep(connector, admin, SITE, "version: 1\n")
    with connector.store.read() as conn:
        states = [saved.state for saved in objectives.load_all(conn, SITE)]
    parts = [(one.id, part.id) for one in states for part in one.key_results if part.issue_id]
    for number, (objective_id, part_id) in enumerate(parts[:6]):
        said = check_ins.Statement(part_id, Fraction(number, 7), f"It goes on ({number})")
        check_ins.check_in(connector, editor, SITE, objective_id, said)
    locks.lock_cycle(connector, admin, SITE, "2026-Q4", "the quarter is agreed")


def _finish_work(sandbox: Sandbox) -> None:
    """Four of the stories that are open are done."""
    stories = [one for one in sandbox.records.values() if one.type.name == "Story"]
    for record in [one for one in stories if one.status.category != "done"][:4]:
        to_status(
            sandbox, record, next(one for one in scheme.STATUSES if one.name == "Done"), person(PEOPLE[0])
        )


def load(store: Store, file: Path) -> dict[str, Any]:
    """Fill an empty database with what the release left; what was read in it then."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        head: dict[str, Any] = json.loads(next(lines))
        with store.write() as conn:
            schema_upgrade.to_head(conn, head["revision"])
            tables = MetaData()
            tables.reflect(conn)
            rows: dict[str, list[dict[str, Any]]] = {}
            for one in map(json.loads, lines):
                rows.setdefault(one["table"], []).append(
                    {name: _back(value) for name, value in one["row"].items()}
                )
            for table in tables.sorted_tables:
                if given := rows.get(table.name):
                    conn.execute(table.delete())  # a revision may have made a row of its own
                    conn.execute(table.insert(), given)
                    _go_on_counting(conn, table)
    told: dict[str, Any] = head["read"]
    return told


def _rows(conn: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = MetaData()
    tables.reflect(conn)
    for table in tables.sorted_tables:
        if table.name not in LEFT_OUT:
            order = [*table.primary_key.columns] or [*table.columns]
            for row in conn.execute(select(table).order_by(*order)).mappings():
                yield table.name, {name: _kept(value) for name, value in row.items()}


def _kept(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _back(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _go_on_counting(conn: Connection, table: Table) -> None:
    """PostgreSQL counts ids by itself: behind those that were there."""
    if conn.dialect.name != "postgresql" or "id" not in table.c:
        return
    sequence = conn.execute(select(func.pg_get_serial_sequence(table.name, "id"))).scalar()
    if sequence is not None:
        conn.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
