"""What was forecast on each day, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecast",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("key_result_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Text()),
        sa.Column("judged_on", sa.Text()),
        sa.Column("came_true", sa.BigInteger()),
        sa.PrimaryKeyConstraint("site", "objective_id", "key_result_id", "day", name=op.f("pk_forecast")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_forecast_site_cycle_judged_on", "forecast", ["site", "cycle", "judged_on"])
