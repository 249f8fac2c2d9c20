"""What a list shows of each objective, beside its whole state: lists read thousands and need a tenth of what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT_ONCE = 500
SHOWN = (
    "id",
    "title",
    "health",
    "key",
    "owner",
    "project_key",
    "cycle_id",
    "commitment",
    "progress",
    "delivery",
    "outcome",
    "expected",
    "flags",
    "aligned_to",
)


def upgrade() -> None:
    # SQLite reads a row from its start, so what is read without the content has to stand before it: the table is made anew.
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("objective", recreate="always") as batch:
            batch.add_column(sa.Column("headline", sa.Text()), insert_before="content")
    else:
        op.add_column("objective", sa.Column("headline", sa.Text()))
    _fill(op.get_bind())
    with op.batch_alter_table("objective") as batch:
        batch.alter_column("headline", existing_type=sa.Text(), nullable=False)


def _fill(conn: sa.Connection) -> None:
    table = sa.table("objective", sa.column("site"), sa.column("id"), sa.column("headline"))
    mine = (table.c.site == sa.bindparam("its_site"), table.c.id == sa.bindparam("its_id"))
    statement = sa.update(table).where(*mine).values(headline=sa.bindparam("its_headline"))
    for rows in _parts(conn):
        conn.execute(
            statement,
            [{"its_site": site, "its_id": id_, "its_headline": _headline(text)} for site, id_, text in rows],
        )


def _parts(conn: sa.Connection) -> Iterator[list[Any]]:
    """All rows, some hundreds at a time, for a state may be large."""
    table = sa.table("objective", sa.column("site"), sa.column("id"), sa.column("content"))
    place = sa.tuple_(table.c.site, table.c.id)
    statement = sa.select(table.c.site, table.c.id, table.c.content).order_by(table.c.site, table.c.id)
    rows = list(conn.execute(statement.limit(AT_ONCE)))
    while rows:
        yield rows
        last = sa.tuple_(sa.literal(rows[-1].site), sa.literal(rows[-1].id))
        rows = list(conn.execute(statement.where(place > last).limit(AT_ONCE)))


def _headline(content: str) -> str:
    state = json.loads(content)
    shown = {name: state[name] for name in sorted(SHOWN) if name in state}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
