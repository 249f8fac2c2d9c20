"""What was noted of the ends of cycles holds numbers: of a metric that was edited after the end, and whose history was not known, the value
of then was kept as `5/1`, which is no number, so that a later look took it for unknown.
"""

from __future__ import annotations

import json
import re
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

VALUE = re.compile(r'\\"(\w+)\\":\\"(-?\d+)/([1-9]\d*)\\"')
"""A field of an issue, which is text within the text, that holds a fraction."""


def upgrade() -> None:
    end = sa.table(
        "cycle_end",
        sa.column("site"),
        sa.column("objective_id"),
        sa.column("cycle_id"),
        sa.column("content"),
    )
    conn = op.get_bind()
    key = (end.c.site, end.c.objective_id, end.c.cycle_id)
    for site, objective_id, cycle_id in conn.execute(sa.select(*key)).all():
        mine = sa.and_(end.c.site == site, end.c.objective_id == objective_id, end.c.cycle_id == cycle_id)
        kept = zlib.decompress(conn.execute(sa.select(end.c.content).where(mine)).scalar_one()).decode()
        mended = in_numbers(kept)
        if mended != kept:
            content = zlib.compress(mended.encode())
            conn.execute(sa.update(end).where(mine).values(content=content))


def downgrade() -> None:
    """Nothing: former releases read numbers, too."""


def in_numbers(content: str) -> str:
    """The same, where fields that have readings hold numbers."""
    if VALUE.search(content) is None:
        return content
    issues = [json.loads(text) for text in json.loads(content)["issues"]]
    metrics = {name for issue in issues for name in issue.get("readings") or {}}

    def number(found: re.Match[str]) -> str:
        if found[1] not in metrics:
            return found[0]
        above, below = int(found[2]), int(found[3])
        return f'\\"{found[1]}\\":{above if below == 1 else above / below}'

    return VALUE.sub(number, content)
