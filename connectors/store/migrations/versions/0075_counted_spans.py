"""Which issues an objective counted, from when until when; and what people saw of projects, and of issues that are gone.

Of what was kept before nobody has noted it: the issue '' stands for it, until the kept states are read for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

TABLES = (
    ("counted_span", ("site", "objective_id", "issue_id")),
    ("project_sight", ("site", "person", "project_id")),
    ("departed_sight", ("site", "issue_id", "person")),
)


def upgrade() -> None:
    for name, key in TABLES:
        others = (
            [
                sa.Column("since", sa.BigInteger(), nullable=False),
                sa.Column("until", sa.BigInteger()),
            ]
            if name == "counted_span"
            else [sa.Column("at", sa.BigInteger(), nullable=False)]
        )
        op.create_table(
            name,
            *(sa.Column(part, sa.Text(), nullable=False) for part in key),
            *others,
            sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
            sqlite_with_rowid=False,
        )
    op.execute(
        "INSERT INTO counted_span (site, objective_id, issue_id, since, until) "
        "SELECT site, objective_id, '', 0, MAX(at) + 1 FROM "
        "(SELECT site, objective_id, at FROM history UNION ALL SELECT site, objective_id, at FROM snapshot) AS kept "
        "GROUP BY site, objective_id"
    )


def downgrade() -> None:
    for name, _ in reversed(TABLES):
        op.drop_table(name)
