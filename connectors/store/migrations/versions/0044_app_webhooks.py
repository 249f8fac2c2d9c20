"""Webhooks that an OAuth 2.0 app keeps alive, until when the webhook of a site lives, and as whom an app works."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_webhook",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_app_webhook")),
    )
    op.add_column("webhook_state", sa.Column("expires_at", sa.BigInteger()))
    for name in ("account", "account_name"):
        op.add_column("oauth_grant", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("account_name", "account"):
        op.drop_column("oauth_grant", name)
    op.drop_column("webhook_state", "expires_at")
    op.drop_table("app_webhook")
