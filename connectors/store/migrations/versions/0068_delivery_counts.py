"""Settled deliveries are counted by status as it happens: nobody goes through all of them to know how many there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0065"
branch_labels = None
depends_on = None


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
