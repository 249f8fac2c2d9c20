"""How far the audit log was pushed to what collects it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_push",
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receiver", name=op.f("pk_audit_push")),
    )


def downgrade() -> None:
    op.drop_table("audit_push")
