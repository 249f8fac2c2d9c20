"""Check-ins by comment: which comment said it, how comments were taken, and when they were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("check_in", sa.Column("comment_id", sa.Text()))
    op.add_column("check_in", sa.Column("comment_updated", sa.BigInteger()))
    op.add_column("check_in", sa.Column("clears", sa.BigInteger()))
    op.create_index(op.f("ix_check_in_site_comment_id"), "check_in", ["site", "comment_id"])
    op.create_table(
        "comment",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("comment_id", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.PrimaryKeyConstraint("site", "issue_id", "comment_id", name=op.f("pk_comment")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "comment_read",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "issue_id", name=op.f("pk_comment_read")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("comment_read")
    op.drop_table("comment")
    op.drop_index(op.f("ix_check_in_site_comment_id"), table_name="check_in")
    with op.batch_alter_table("check_in") as batch:
        for name in ("clears", "comment_updated", "comment_id"):
            batch.drop_column(name)
