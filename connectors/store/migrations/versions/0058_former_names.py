"""What fields were called before, for Data Center's histories tell of a change by the name of then. What mappings were bound by is known of before."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_name",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("field_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("custom", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "field_id", "name", name=op.f("pk_former_name")),
    )
    conn = op.get_bind()
    catalogue = sa.table("catalogue", sa.column("site"), sa.column("content"))
    binding = sa.table("binding", sa.column("site"), sa.column("content"))
    former = sa.table(
        "former_name",
        sa.column("site"),
        sa.column("field_id"),
        sa.column("name"),
        sa.column("type"),
        sa.column("custom"),
        sa.column("serial"),
    )
    for site, content in conn.execute(sa.select(catalogue.c.site, catalogue.c.content)).all():
        today = {one["id"]: one["name"] for one in json.loads(content).get("fields", ())}
        rows: dict[tuple[str, str], dict[str, object]] = {}
        for (text,) in conn.execute(sa.select(binding.c.content).where(binding.c.site == site)).all():
            for one in json.loads(text).get("fields", ()):
                if today.get(one["id"], one["name"]) != one["name"]:
                    rows[one["id"], one["name"]] = {
                        "site": site,
                        "field_id": one["id"],
                        "name": one["name"],
                        "type": one.get("type", ""),
                        "custom": one.get("custom", ""),
                        "serial": len(rows) + 1,
                    }
        if rows:
            conn.execute(sa.insert(former), list(rows.values()))


def downgrade() -> None:
    op.drop_table("former_name")
