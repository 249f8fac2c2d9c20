"""Processes that ended without a word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_crash",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("role", "host")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("pid", "last", "found")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_crash")),
    )
    op.create_index("ix_process_crash_found", "process_crash", ["found"])


def downgrade() -> None:
    op.drop_table("process_crash")
