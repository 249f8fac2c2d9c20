"""What the account may do is known by permission: links take another one than edits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "permit",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.Column("may", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "project", "permission", name=op.f("pk_permit")),
        sqlite_with_rowid=False,
    )
    known = "SELECT site, project, 'EDIT_ISSUES', may FROM edit_permit"
    op.execute(sa.text(f"INSERT INTO permit (site, project, permission, may) {known}"))
    op.drop_table("edit_permit")
