"""Processes, their figures and what runs by the clock get tables of their own; the table of values by name is no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FACT = sa.table("fact", sa.column("site"), sa.column("name"), sa.column("content"))
LAST = "schedule:"
RUNNING = "running:"
PROCESS = "process:"


def upgrade() -> None:
    _table("schedule", ["site", "name"], ("holder?",), ("last_at?", "until?"))
    _table("pace_day", ["site"], ("day",))
    _table(
        "process",
        ["id"],
        ("host", "role", "place", "began", "counted"),
        ("pid", "at", "wanted", "workers"),
    )
    op.create_index(op.f("ix_process_at"), "process", ["at"])
    _table("former_call", ["site", "call"], numbers=("calls",))
    op.create_table(
        "former_lag",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_former_lag")),
    )
    _table("engine_version", ["engine"], ("version",))
    _move_schedules()
    _move_processes()
    engines = [{"engine": "procrastinate", "version": version} for _, version in _taken("procrastinate")]
    _fill("engine_version", engines)
    op.drop_table("fact")


def _table(name: str, key: list[str], texts: tuple[str, ...] = (), numbers: tuple[str, ...] = ()) -> None:
    """Columns whose name ends with a question mark may be empty."""
    typed = [(column, sa.Text()) for column in texts] + [(column, sa.BigInteger()) for column in numbers]
    op.create_table(
        name,
        *(sa.Column(column, sa.Text(), nullable=False) for column in key),
        *(sa.Column(column.rstrip("?"), type_, nullable=column.endswith("?")) for column, type_ in typed),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )


def _move_schedules() -> None:
    last = {(site, name.removeprefix(LAST)): at for site, name, at in _all_taken(LAST)}
    running = {(site, name.removeprefix(RUNNING)): one for site, name, one in _all_taken(RUNNING)}
    rows = []
    for site, name in sorted(last.keys() | running.keys()):
        at, one = last.get((site, name)), running.get((site, name))
        rows.append(
            {
                "site": site,
                "name": name,
                "last_at": _ms(at) if at else None,
                "holder": one["holder"] if one else None,
                "until": _ms(one["until"]) if one else None,
            }
        )
    _fill("schedule", rows)
    _fill("pace_day", [{"site": site, "day": day} for site, day in _taken("pace_day")])


def _move_processes() -> None:
    processes = [
        {
            "id": name.removeprefix(PROCESS),
            **{part: one[part] for part in ("host", "role", "pid", "wanted", "workers")},
            **{part: one.get(part, "") for part in ("place", "began")},
            "at": _ms(one["at"]),
            "counted": json.dumps(one["counted"]),
        }
        for _, name, one in _all_taken(PROCESS)
    ]
    _fill("process", processes)
    for _, counted in _taken("counted by former processes"):
        calls = [
            {"site": key.partition("|")[0], "call": key.partition("|")[2], "calls": number}
            for key, number in counted.get("calls", {}).items()
        ]
        _fill("former_call", calls)
        lags = [
            {"site": site, "classes": json.dumps(lag["classes"]), "seconds": lag["seconds"]}
            for site, lag in counted.get("lags", {}).items()
        ]
        _fill("former_lag", lags)


def _taken(name: str) -> Iterator[tuple[str, Any]]:
    """The values of this name by site, those that hold something; they leave the old table."""
    return iter([(site, value) for site, _, value in _values(FACT.c.name == name)])


def _all_taken(prefix: str) -> list[tuple[str, str, Any]]:
    """The same for all names that begin so."""
    return _values(FACT.c.name.startswith(prefix))


def _values(which: sa.ColumnElement[bool]) -> list[tuple[str, str, Any]]:
    bind = op.get_bind()
    rows = bind.execute(sa.select(FACT.c.site, FACT.c.name, FACT.c.content).where(which)).all()
    bind.execute(sa.delete(FACT).where(which))
    values = [(site, name, json.loads(content)) for site, name, content in rows]
    return [(site, name, value) for site, name, value in values if value is not None]


def _fill(name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.bulk_insert(sa.table(name, *(sa.column(column) for column in rows[0])), rows)


def _ms(text: str) -> int:
    """Epoch milliseconds of an ISO time."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)
