"""Who reads for an activation that is under way, so that it is gone on with as soon as that process is gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activation_run", sa.Column("worker", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("activation_run", "worker")
