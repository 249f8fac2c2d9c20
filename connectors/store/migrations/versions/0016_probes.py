"""What is refused is tried again: which refusals are a probe, what Jira has there, and what it should have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("before", sa.Text(), nullable=False, server_default="null"),
        sa.Column("after", sa.Text(), nullable=False, server_default="null"),
        sa.Column("probing", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("refusal", column)
