"""Sprints that began or ended and versions that were released, by the issues that they changed without an edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

KEY = ("site", "issue_id", "at", "kind", "thing_id")


def upgrade() -> None:
    op.create_table(
        "state_change",
        *(sa.Column(part, sa.BigInteger() if part == "at" else sa.Text(), nullable=False) for part in KEY),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "was", "now")),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_state_change")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_state_change_site_at"), "state_change", ["site", "at"])


def downgrade() -> None:
    op.drop_table("state_change")
