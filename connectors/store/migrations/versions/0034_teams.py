"""To which team an objective belongs. No mapping of a former release knows teams, so that nothing has to be filled in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

FORMER = ("site", "cycle", "project", "owner", "health")


def upgrade() -> None:
    op.add_column("listing", sa.Column("team", sa.Text(), nullable=False, server_default=""))
    op.drop_index(op.f("ix_listing_site_cycle_project_owner_health"), table_name="listing")
    op.create_index(op.f("ix_listing_site_cycle_project_owner_health_team"), "listing", (*FORMER, "team"))


def downgrade() -> None:
    op.drop_index(op.f("ix_listing_site_cycle_project_owner_health_team"), table_name="listing")
    op.create_index(op.f("ix_listing_site_cycle_project_owner_health"), "listing", FORMER)
    with op.batch_alter_table("listing") as batch:
        batch.drop_column("team")
