"""Favourites lead to an objective by its id, which stays when its issue is moved; and who has left the tour of the demo."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, unquote

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0041"  # there is no 0042
branch_labels = None
depends_on = None

START = "/objectives/"
PATH = "!$&'()*+,:;=@"


def upgrade() -> None:
    op.add_column("account", sa.Column("tour_left_at", sa.BigInteger(), nullable=True))
    conn = op.get_bind()
    view = sa.table("saved_view", sa.column("account_id"), sa.column("name"), sa.column("address"))
    kept = conn.execute(sa.select(view).where(view.c.address.like(f"{START}%"))).all()
    for row in kept:
        path, mark, query = row.address.partition("?")
        sites = parse_qs(query).get("site", [])
        id_ = _id_of(conn, unquote(path.removeprefix(START)), sites[0] if sites else None)
        if id_ is not None:
            address = f"{START}{quote(id_, safe=PATH)}{mark}{query}"
            mine = (view.c.account_id == row.account_id, view.c.name == row.name)
            conn.execute(sa.update(view).where(*mine).values(address=address))


def _id_of(conn: sa.Connection, name: str, site: str | None) -> str | None:
    """The only objective of this id, key or former key, of that site where one is named; None where there is none, or several."""
    objective = sa.table("objective", sa.column("site"), sa.column("id"))
    found: set[tuple[str, str]] = set()
    for table, id_ in (("issue", "id"), ("alias", "issue_id")):
        named = sa.table(table, sa.column("site"), sa.column("key"), sa.column(id_))
        holders = sa.select(named.c.site, named.c[id_]).where(named.c.key == name.upper())
        found = {(one[0], one[1]) for one in conn.execute(holders)} or found
        if found:
            break
    known = sa.select(objective.c.site, objective.c.id)
    wanted = sa.or_(objective.c.id.in_([name, f"@{name}"]), objective.c.id.in_([one[1] for one in found]))
    ids = [
        one.id
        for one in conn.execute(known.where(wanted))
        if site in (None, one.site) and (one.id in (name, f"@{name}") or (one.site, one.id) in found)
    ]
    return ids[0] if len(ids) == 1 else None


def downgrade() -> None:
    op.drop_column("account", "tour_left_at")
