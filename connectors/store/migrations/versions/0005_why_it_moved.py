"""Why it moved: the ledgers of past moments, and which points of history were reconstructed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history", _backfilled())
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "snapshot",
        sa.Column("id", serial, nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mapping_revision", sa.Text(), nullable=False),
        _backfilled(),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
    )
    op.create_index(op.f("ix_snapshot_site_objective_id_at"), "snapshot", ["site", "objective_id", "at"])


def _backfilled() -> sa.Column[int]:
    return sa.Column("backfilled", sa.BigInteger(), nullable=False, server_default="0")
