"""The titles that issues had before: stored sentences call them so still, and whoever may not see an issue may not see these either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import Connection, delete, select

from connectors.store.database.sql import among, insert_into
from connectors.store.schema import former_title as table

KEPT = 50
"""So many of an issue are kept, the newest: what renames an issue by the minute fills no database."""


def keep(conn: Connection, site: str, former: Mapping[str, str], at: int) -> None:
    """These issues (by id) were called so until `at` (epoch milliseconds)."""
    rows = [
        {"site": site, "issue_id": id_, "digest": _digest(title), "title": title, "at": at}
        for id_, title in former.items()
        if title.strip()
    ]
    if not rows:
        return
    statement = insert_into(conn, table)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.issue_id, table.c.digest],
            set_={"at": statement.excluded["at"]},
        ),
        rows,
    )
    _thin_out(conn, site, [str(row["issue_id"]) for row in rows])


def load_titles(conn: Connection, site: str, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By id; issues that were never called otherwise are left out."""
    mine = (table.c.site == site, among(conn, table.c.issue_id, list(ids)))
    found: dict[str, list[str]] = {}
    for row in conn.execute(select(table.c.issue_id, table.c.title).where(*mine)):
        found.setdefault(row.issue_id, []).append(row.title)
    return {id_: tuple(sorted(titles)) for id_, titles in found.items()}


def _thin_out(conn: Connection, site: str, ids: list[str]) -> None:
    mine = (table.c.site == site, among(conn, table.c.issue_id, ids))
    columns = select(table.c.issue_id, table.c.digest).where(*mine)
    seen: dict[str, int] = {}
    for row in conn.execute(columns.order_by(table.c.at.desc(), table.c.digest)).all():
        seen[row.issue_id] = seen.get(row.issue_id, 0) + 1
        if seen[row.issue_id] > KEPT:
            conn.execute(
                delete(table).where(
                    table.c.site == site, table.c.issue_id == row.issue_id, table.c.digest == row.digest
                )
            )


def _digest(title: str) -> str:
    return sha256(title.encode(errors="surrogatepass")).hexdigest()[:32]
