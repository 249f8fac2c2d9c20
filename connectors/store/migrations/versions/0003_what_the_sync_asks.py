"""What the sync asks of the store: leases on deliveries, standing refusals, alignment, what was expected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("worker", sa.Text()))
    op.add_column("delivery", sa.Column("lease_until", sa.BigInteger()))
    op.add_column("history", sa.Column("expected", sa.Text()))
    _refusal()
    _alignment()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _refusal() -> None:
    op.create_table(
        "refusal",
        _text("site"),
        _text("objective_id"),
        _text("issue_id"),
        _text("field_id"),
        _text("issue_key"),
        _text("field_name"),
        _text("message"),
        _text("remedy"),
        _text("mapping_revision"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "objective_id", "issue_id", "field_id", name=op.f("pk_refusal")),
    )


def _alignment() -> None:
    op.create_table(
        "alignment",
        _text("site"),
        _text("objective_id"),
        _text("target_id"),
        sa.PrimaryKeyConstraint("site", "objective_id", "target_id", name=op.f("pk_alignment")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_alignment_site_target_id"), "alignment", ["site", "target_id"])
