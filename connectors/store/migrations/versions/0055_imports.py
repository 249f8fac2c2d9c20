"""What is imported from other tools: the plans, and which issue stands for which of their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_plan",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_plan")),
    )
    op.create_index(op.f("ix_import_plan_site_at"), "import_plan", ["site", "at"])
    op.create_table(
        "import_row",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("issue_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("site", "tool", "identity", name=op.f("pk_import_row")),
    )
    op.create_index(op.f("ix_import_row_site_plan_id"), "import_row", ["site", "plan_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_import_row_site_plan_id"), table_name="import_row")
    op.drop_table("import_row")
    op.drop_index(op.f("ix_import_plan_site_at"), table_name="import_plan")
    op.drop_table("import_plan")
