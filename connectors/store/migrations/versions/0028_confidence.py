"""How confident people are, and check-ins that say no value."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("check_in") as batch:
        batch.alter_column("value", existing_type=sa.Text(), nullable=True)
        batch.add_column(sa.Column("confidence", sa.Text()))


def downgrade() -> None:
    op.execute("DELETE FROM check_in WHERE value IS NULL")
    with op.batch_alter_table("check_in") as batch:
        batch.drop_column("confidence")
        batch.alter_column("value", existing_type=sa.Text(), nullable=False)
