"""Who signs in where: the generation of an account's sessions, and its identity at an OIDC provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("generation", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("account", sa.Column("issuer", sa.Text()))
    op.add_column("account", sa.Column("subject", sa.Text()))
    op.create_index("uq_account_identity", "account", ["issuer", "subject"], unique=True)
