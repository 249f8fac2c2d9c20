"""Which level of what somebody was told last, and since when it is another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_level",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("site", "alert", "recipient", "subject", name=op.f("pk_told_level")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("told_level")
