"""The address that a site had when the Forge app was paired with it: whoever was paired with another Jira must not see this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("forge_installation") as table:
        table.add_column(sa.Column("url", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("forge_installation") as table:
        table.drop_column("url")
