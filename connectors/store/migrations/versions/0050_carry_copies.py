"""Objectives that are carried forward as copies: the copy of each, and how far the making of all its issues has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("carry", sa.Column("copy_id", sa.Text()))
    op.add_column("carry", sa.Column("made", sa.Text()))
    op.create_index(op.f("ix_carry_site_copy_id"), "carry", ["site", "copy_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_carry_site_copy_id"), table_name="carry")
    op.drop_column("carry", "made")
    op.drop_column("carry", "copy_id")
