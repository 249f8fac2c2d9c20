"""What processes share of Jira's limits, of outages and of attempts to sign in gets columns of its own; it was JSON by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OLD = sa.table(
    "rate_limit", sa.column("site"), sa.column("key"), sa.column("content"), sa.column("updated_at")
)


def upgrade() -> None:
    _table("pause", ["site", "what"], ("reason",), ("until", "strikes"))
    _table("caller", ["site", "id"], (), ("at",))
    _table("quota", ["site"], (), ("remaining", "most?", "until?", "at"))
    op.create_table(
        "call_minute",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "minute", name=op.f("pk_call_minute")),
    )
    _table("outage", ["site"], ("kind?", "error", "remedy"), ("since?", "tries", "next_try?", "whole"))
    _table("sign_in_attempt", ["key"], (), ("count", "since"))
    _move()
    op.drop_table("rate_limit")


def _table(name: str, key: list[str], texts: tuple[str, ...], numbers: tuple[str, ...]) -> None:
    """Columns whose name ends with a question mark may be empty."""
    typed = [(column, sa.Text()) for column in texts] + [(column, sa.BigInteger()) for column in numbers]
    op.create_table(
        name,
        *(sa.Column(column, sa.Text(), nullable=False) for column in key),
        *(sa.Column(column.rstrip("?"), type_, nullable=column.endswith("?")) for column, type_ in typed),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )


def _move() -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    for site, key, content in op.get_bind().execute(sa.select(OLD.c.site, OLD.c.key, OLD.c.content)):
        value = json.loads(content)
        if value is not None:
            for table, row in _rows(site, key, value):
                rows.setdefault(table, []).append(row)
    for table, found in rows.items():
        op.bulk_insert(sa.table(table, *(sa.column(name) for name in found[0])), found)


def _rows(site: str, key: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if key == "pauses":
        for what, one in value.items():
            until = round(one["until"] * 1000)
            more = {"until": until, "strikes": one["strikes"], "reason": one["reason"]}
            yield "pause", {"site": site, "what": what, **more}
    elif key == "callers":
        for id_, at in value.items():
            yield "caller", {"site": site, "id": id_, "at": round(at * 1000)}
    elif key == "spent":
        for minute, calls in value.items():
            yield "call_minute", {"site": site, "minute": int(minute), "calls": calls}
    elif key == "left":
        until = value["until"] and _ms(value["until"])
        more = {"most": value["most"], "until": until, "at": _ms(value["at"])}
        yield "quota", {"site": site, "remaining": value["remaining"], **more}
    elif key == "outage":
        times = {"since": _ms(value["since"]), "next_try": _ms(value["next_try"])}
        told = {name: value[name] for name in ("kind", "tries", "error", "remedy")}
        yield "outage", {"site": site, **told, **times, "whole": int(value["whole"])}
    else:
        yield "sign_in_attempt", {"key": key, "count": value["count"], "since": value["since"]}


def _ms(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def downgrade() -> None:
    op.create_table(
        "rate_limit",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "key", name=op.f("pk_rate_limit")),
    )
    for table in ("sign_in_attempt", "outage", "call_minute", "quota", "caller", "pause"):
        op.drop_table(table)
