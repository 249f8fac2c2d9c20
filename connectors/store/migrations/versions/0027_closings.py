"""The records of closed cycles, and which objectives had their last write."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closing",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "number", name=op.f("pk_closing")),
    )
    op.create_index(op.f("ix_closing_site_cycle_id_version"), "closing", ["site", "cycle_id", "version"])
    op.create_index(op.f("ix_closing_site_objective_id"), "closing", ["site", "objective_id"])
    op.create_table(
        "last_write",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "objective_id", name=op.f("pk_last_write")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("last_write")
    op.drop_index(op.f("ix_closing_site_objective_id"), table_name="closing")
    op.drop_index(op.f("ix_closing_site_cycle_id_version"), table_name="closing")
    op.drop_table("closing")
