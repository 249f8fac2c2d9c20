"""The audit log as a chain: what binds each entry to the one before it, and the seals of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("position", sa.BigInteger()))
    for name in ("nonce", "commitment", "chain"):
        op.add_column("audit", sa.Column(name, sa.Text()))
    op.create_index("uq_audit_position", "audit", ["position"], unique=True)
    op.create_table(
        "audit_seal",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seal")),
    )


def downgrade() -> None:
    op.drop_table("audit_seal")
    op.drop_index("uq_audit_position", "audit")
    for name in ("chain", "commitment", "nonce", "position"):
        op.drop_column("audit", name)
