"""Settled deliveries are counted by status as it happens: nobody goes through all of them to know how many there are."""

from __future__ import annotations

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0065"
branch_labels = None
depends_on = None

HAS_DICTIONARY = 0x20


def upgrade() -> None:
    op.create_table(
        "delivery_count",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_count")),
    )
    op.create_index(op.f("ix_delivery_count_site"), "delivery_count", ["site"])
    op.execute(
        "INSERT INTO delivery_count (site, status, number) SELECT site, status, count(*) FROM delivery "
        "WHERE status <> 'pending' GROUP BY site, status"
    )


def downgrade() -> None:
    op.drop_table("delivery_count")
    # What was compressed with a base as dictionary is not read by former releases.
    snapshot = sa.table("snapshot", sa.column("id"), sa.column("base_id"), sa.column("content"))
    base = sa.table("snapshot_base", sa.column("id"), sa.column("content"))
    conn = op.get_bind()
    for base_id, kept in conn.execute(sa.select(base.c.id, base.c.content)).all():
        whole = zlib.decompress(kept)
        mine = sa.select(snapshot.c.id, snapshot.c.content).where(snapshot.c.base_id == base_id)
        for id_, content in conn.execute(mine).all():
            if content[1] & HAS_DICTIONARY:
                text = zlib.decompressobj(zdict=whole).decompress(content)
                news = sa.update(snapshot).where(snapshot.c.id == id_)
                conn.execute(news.values(content=zlib.compress(text), base_id=None))
