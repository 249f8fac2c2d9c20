"""Which fields an answer left out, where everything else of the issue was read: only what asks for these waits for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gap", sa.Column("omitted", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("gap", "omitted")
