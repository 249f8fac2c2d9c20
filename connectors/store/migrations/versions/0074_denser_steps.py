"""What a year leaves behind takes less: bases of snapshots that are kept as what differs from others, bodies of deliveries that are
compressed (`size`: as they came) with another as dictionary, forecasts of several days in one row; and indexes of what is asked for alone.
"""

from __future__ import annotations

import re
import zlib
from datetime import date, timedelta
from math import gcd

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

BASED = sa.text("base_id IS NOT NULL")
WAITING = sa.text("key_result_id = '' AND judged_on IS NULL")
JUDGED = sa.text("came_true IS NOT NULL")
BETWEEN_ROWS, DICTIONARY = "},{", 32_768
PACKED = b"\x01"
NO_SHARE = re.compile(r'("weight":"(\d+)/(\d+)","progress":"(-?\d+)/(\d+)","share":")(?:\*|:(-?\d+)/(\d+))"')


def upgrade() -> None:
    op.add_column("snapshot_base", sa.Column("base_id", sa.BigInteger()))
    op.drop_index("ix_snapshot_base_id", "snapshot")
    op.create_table(
        "delivery_base",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_base")),
    )
    op.add_column("delivery", sa.Column("size", sa.BigInteger()))
    op.add_column("delivery", sa.Column("base_id", sa.BigInteger()))
    op.add_column("forecast", sa.Column("days", sa.BigInteger(), nullable=False, server_default="1"))
    op.drop_index(op.f("ix_forecast_site_cycle_judged_on"), "forecast")
    op.create_index(
        "ix_forecast_waiting",
        "forecast",
        ["site", "cycle", "objective_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_forecast_judged", "forecast", ["site", "cycle"], sqlite_where=JUDGED, postgresql_where=JUDGED
    )


def downgrade() -> None:
    op.drop_index("ix_forecast_judged", "forecast")
    op.drop_index("ix_forecast_waiting", "forecast")
    op.create_index(op.f("ix_forecast_site_cycle_judged_on"), "forecast", ["site", "cycle", "judged_on"])
    _split_forecasts(op.get_bind())
    op.drop_column("forecast", "days")
    delivery = sa.table("delivery", sa.column("id"), sa.column("base_id"), sa.column("body"))
    beside = sa.table("delivery_base", sa.column("id"), sa.column("body"))
    conn = op.get_bind()
    for base_id, kept in conn.execute(sa.select(beside.c.id, beside.c.body)).all():
        mine = sa.select(delivery.c.id).where(delivery.c.base_id == base_id)
        for id_ in conn.execute(mine).scalars().all():
            its = delivery.c.id == id_
            body = conn.execute(sa.select(delivery.c.body).where(its)).scalar_one()
            whole = zlib.decompressobj(zdict=zlib.decompress(kept)).decompress(body)
            conn.execute(sa.update(delivery).where(its).values(body=whole))
    op.drop_column("delivery", "base_id")
    op.drop_column("delivery", "size")
    op.drop_table("delivery_base")
    # What is told from a base in this way, and shares that are left out, are not read by former releases.
    snapshot = sa.table("snapshot", sa.column("id"), sa.column("base_id"), sa.column("content"))
    base = sa.table("snapshot_base", sa.column("id"), sa.column("base_id"), sa.column("content"))
    for id_ in conn.execute(sa.select(snapshot.c.id)).scalars().all():
        mine = snapshot.c.id == id_
        found = conn.execute(sa.select(snapshot.c.content, snapshot.c.base_id).where(mine)).one()
        if found.base_id is None:
            text = zlib.decompress(found.content).decode()
        elif found.content[:1] == PACKED:
            text = _read(_whole(conn, base, found.base_id), found.content)
        else:
            continue
        whole = zlib.compress(NO_SHARE.sub(_Shares(), text).encode())
        conn.execute(sa.update(snapshot).where(mine).values(content=whole, base_id=None))
    told = (base.c.base_id.is_not(None), sa.not_(sa.exists().where(snapshot.c.base_id == base.c.id)))
    conn.execute(sa.delete(base).where(*told))
    op.create_index(
        "ix_snapshot_base_id", "snapshot", ["base_id"], sqlite_where=BASED, postgresql_where=BASED
    )
    op.drop_column("snapshot_base", "base_id")


def _split_forecasts(conn: sa.Connection) -> None:
    """A row for each day again. Which days they were is not kept, only the last and how many: they are the latest before it that no other row has."""
    key, others = (
        ("site", "objective_id", "key_result_id"),
        ("cycle", "reached", "probability", "judged_on", "came_true"),
    )
    names = (*key, "day", *others, "days")
    forecast = sa.table("forecast", *(sa.column(name) for name in names))
    joined = (
        sa.select(forecast).where(forecast.c.days > 1).order_by(*(forecast.c[name] for name in (*key, "day")))
    )
    for row in conn.execute(joined).mappings().all():
        its = [forecast.c[name] == row[name] for name in key]
        taken = set(conn.execute(sa.select(forecast.c.day).where(*its)).scalars())
        day, rows = date.fromisoformat(row["day"]), list[dict[str, object]]()
        while len(rows) < row["days"] - 1:
            day -= timedelta(1)
            if day.isoformat() not in taken:
                rows.append({**row, "day": day.isoformat(), "days": 1})
        conn.execute(sa.insert(forecast), rows)


class _Shares:
    """Puts the shares of a text back."""

    whole, part = 1, 1

    def __call__(self, row: re.Match[str]) -> str:
        before, weight, of_weight, progress, of_progress, news, of_news = row.groups()
        if news:
            self.whole, self.part = int(news), int(of_news)
        above, below = int(weight) * int(progress) * self.part, int(of_weight) * int(of_progress) * self.whole
        common = gcd(above, below)
        return f'{before}{above // common}/{below // common}"'


def _whole(conn: sa.Connection, base: sa.TableClause, base_id: int) -> str:
    """The text of a base."""
    found = conn.execute(sa.select(base.c.content, base.c.base_id).where(base.c.id == base_id)).one()
    if found.base_id is None:
        return zlib.decompress(found.content).decode()
    return _read(_whole(conn, base, found.base_id), found.content)


def _read(base: str, content: bytes) -> str:
    """The text that differs so from the base."""
    tail = base[-DICTIONARY:].encode()[-DICTIONARY:]
    steps = zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=tail).decompress(content[1:]).decode()
    known, pieces = base.split(BETWEEN_ROWS), list[str]()
    for step in steps.split("\n"):
        if step.startswith("+"):
            pieces.append(step[1:])
        else:
            begun, number = map(int, step[1:].split(" "))
            pieces += known[begun : begun + number]
    return BETWEEN_ROWS.join(pieces)
