"""Whether an objective is due because of what somebody did, or in bulk with all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("due", sa.Column("bulk", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_index(op.f("ix_due_run_after"), table_name="due")
    op.create_index(op.f("ix_due_bulk_run_after"), "due", ["bulk", "run_after"])


def downgrade() -> None:
    op.drop_index(op.f("ix_due_bulk_run_after"), table_name="due")
    op.create_index(op.f("ix_due_run_after"), "due", ["run_after"])
    with op.batch_alter_table("due") as batch:
        batch.drop_column("bulk")
