"""An activation that cannot go on by itself, however often it is tried, is said to be refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("activation_run", sa.Column("refused", sa.BigInteger(), nullable=False, server_default="0"))
