"""What objectives stood at, and were measured from, at the end of their cycles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cycle_end",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.Column("mapping_revision", sa.Text(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site", "objective_id", "cycle_id", name=op.f("pk_cycle_end")),
    )
    op.create_index(op.f("ix_cycle_end_site_cycle_id"), "cycle_end", ["site", "cycle_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cycle_end_site_cycle_id"), table_name="cycle_end")
    op.drop_table("cycle_end")
