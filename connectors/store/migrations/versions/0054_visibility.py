"""Who may see what: the mode of a site, which Jira person an account is, and what Jira said each may see.

Every site goes on showing everybody everything, and no account is tied to anybody.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_visibility",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_visibility")),
    )
    op.create_table(
        "account_person",
        sa.Column("account_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_person_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "site", name=op.f("pk_account_person")),
    )
    op.create_table(
        "issue_sight",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("may", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "person", "issue_id", name=op.f("pk_issue_sight")),
    )
    op.create_index(op.f("ix_issue_sight_site_issue_id"), "issue_sight", ["site", "issue_id"])
    op.create_index(op.f("ix_issue_sight_asked_at"), "issue_sight", ["asked_at"])


def downgrade() -> None:
    for table in ("issue_sight", "account_person", "site_visibility"):
        op.drop_table(table)
