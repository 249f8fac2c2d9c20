"""From where deliveries come, and when each source was heard last. What came before is not known by its source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery_source",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("former_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("site", "source", name=op.f("pk_delivery_source")),
    )


def downgrade() -> None:
    op.drop_table("delivery_source")
