"""What stands in Jira because we wrote it, so that it can be cleared when an issue or a field leaves the mapping."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

THERE = ("written", "confirmed")
TEXTS = ("issue_key", "field_name", "objective_id", "after")


def upgrade() -> None:
    op.add_column("write", sa.Column("stays", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("write", sa.Column("until", sa.Text()))
    op.create_table(
        "written",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("field_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("stays", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("until", sa.Text()),
        sa.PrimaryKeyConstraint("site", "issue_id", "field_id", name=op.f("pk_written")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_written_site_objective_id"), "written", ["site", "objective_id"])
    _take_over()


def _take_over() -> None:
    """Of each field the latest write that is there."""
    names = ("site", "issue_id", "field_id", "issue_key", "field_name", "after")
    write = sa.table("write", *(sa.column(name) for name in ("id", "plan_id", "outcome", *names)))
    plan = sa.table("plan", sa.column("id"), sa.column("objective_id"))
    written = sa.table("written", *(sa.column(name) for name in (*names, "objective_id")))
    later = write.alias("later")
    same = (later.c[name] == write.c[name] for name in ("site", "issue_id", "field_id"))
    superseded = (
        sa.select(later.c.id).where(*same, later.c.outcome.in_(THERE), later.c.id > write.c.id).exists()
    )
    latest = (
        sa.select(*(write.c[name] for name in names), plan.c.objective_id)
        .join(plan, plan.c.id == write.c.plan_id)
        .where(write.c.outcome.in_(THERE), ~superseded)
    )
    op.execute(written.insert().from_select([*names, "objective_id"], latest))
