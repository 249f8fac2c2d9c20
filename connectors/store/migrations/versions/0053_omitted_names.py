"""The fields that an answer left out are a list: keys of entity properties may hold blanks, by which they were joined before."""

from __future__ import annotations

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rewrite(lambda text: json.dumps(text.split()))


def downgrade() -> None:
    _rewrite(lambda text: " ".join(json.loads(text)))


def _rewrite(written: Callable[[str], str]) -> None:
    conn = op.get_bind()
    gap = sa.table("gap", sa.column("site"), sa.column("issue"), sa.column("omitted"))
    for row in conn.execute(sa.select(gap).where(gap.c.omitted != "")).all():
        mine = (gap.c.site == row.site, gap.c.issue == row.issue)
        conn.execute(sa.update(gap).where(*mine).values(omitted=written(row.omitted)))
