"""Which objectives were carried from a closed cycle into another, and what that set in Jira."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carry",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("cycle_id", sa.Text(), nullable=False),
        sa.Column("from_cycle", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "objective_id", "cycle_id", name=op.f("pk_carry")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_carry_site_from_cycle"), "carry", ["site", "from_cycle"])


def downgrade() -> None:
    op.drop_index(op.f("ix_carry_site_from_cycle"), table_name="carry")
    op.drop_table("carry")
