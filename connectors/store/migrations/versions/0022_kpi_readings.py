"""When each reading of a KPI was received, what it said before it was corrected, and how settled periods were judged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("received", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("source", sa.Text(), nullable=False, server_default="push"),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
    ):
        op.add_column("kpi_reading", column)
    # Nobody knows any more when these came in; taken for timely, none of them is shown as late.
    op.execute(sa.text("UPDATE kpi_reading SET received = at"))
    op.create_table(
        "kpi_former_reading",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kpi_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kpi_former_reading")),
    )
    op.create_index(
        op.f("ix_kpi_former_reading_site_kpi_id_at"), "kpi_former_reading", ["site", "kpi_id", "at"]
    )
    op.create_table(
        "kpi_period",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kpi_id", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", "kpi_id", "last", name=op.f("pk_kpi_period")),
        sqlite_with_rowid=False,
    )
