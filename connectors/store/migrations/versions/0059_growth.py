"""What grows: writes are counted by outcome as they happen and those that wait are found without going through all; of long snapshots the difference is kept."""

from __future__ import annotations

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

WAITING = sa.text("outcome IS NULL OR outcome = 'held'")
BASED = sa.text("base_id IS NOT NULL")


def upgrade() -> None:
    _table(
        "write_count",
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.create_index(op.f("ix_write_count_site"), "write_count", ["site"])
    op.execute(
        "INSERT INTO write_count (site, outcome, number) SELECT site, outcome, count(*) FROM write "
        "WHERE outcome IN ('written', 'confirmed', 'refused', 'failed') GROUP BY site, outcome"
    )
    op.create_index(
        "ix_write_waiting", "write", ["site", "outcome"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    _table(
        "snapshot_base",
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_index(op.f("ix_snapshot_base_site_objective_id"), "snapshot_base", ["site", "objective_id"])
    op.add_column("snapshot", sa.Column("base_id", sa.BigInteger()))
    op.create_index(
        "ix_snapshot_base_id", "snapshot", ["base_id"], sqlite_where=BASED, postgresql_where=BASED
    )


def _table(name: str, about: sa.Column[str], what: sa.Column[int] | sa.Column[bytes]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        about,
        what,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def downgrade() -> None:
    snapshot = sa.table("snapshot", sa.column("id"), sa.column("base_id"), sa.column("content"))
    base = sa.table("snapshot_base", sa.column("id"), sa.column("content"))
    conn = op.get_bind()
    for base_id, kept in conn.execute(sa.select(base.c.id, base.c.content)).all():
        whole = zlib.decompress(kept).decode()
        mine = sa.select(snapshot.c.id, snapshot.c.content).where(snapshot.c.base_id == base_id)
        for id_, content in conn.execute(mine).all():
            text = _applied(whole, zlib.decompress(content).decode())
            news = sa.update(snapshot).where(snapshot.c.id == id_)
            conn.execute(news.values(content=zlib.compress(text.encode())))
    op.drop_index("ix_snapshot_base_id", "snapshot")
    op.drop_column("snapshot", "base_id")
    op.drop_table("snapshot_base")
    op.drop_index("ix_write_waiting", "write")
    op.drop_table("write_count")


def _applied(base: str, steps: str) -> str:
    """The text that differs so from the base, as this release kept it."""
    known = base.split("},{")
    pieces: list[str] = []
    for step in json.loads(steps):
        pieces += [step] if isinstance(step, str) else known[step[0] : step[0] + step[1]]
    return "},{".join(pieces)
