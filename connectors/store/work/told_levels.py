"""The levels that somebody was told last, by alert and recipient. What nobody was told of has no row; that somebody began to be told has one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select
from sqlalchemy import delete as delete_from

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import told_level as table
from mappings.digest.alert import ToldLevel

BEGUN = ""
"""The subject of the row that says that somebody began."""


def get(conn: Connection, site: str, alert: str, recipient: str) -> dict[str, ToldLevel] | None:
    """By subject; None where they were told nothing yet."""
    mine = (table.c.site == site, table.c.alert == alert, table.c.recipient == recipient)
    rows = conn.execute(select(table.c.subject, table.c.level, table.c.since).where(*mine)).all()
    if not rows:
        return None
    return {
        row.subject: ToldLevel(row.level, None if row.since is None else from_ms(row.since))
        for row in rows
        if row.subject != BEGUN
    }


def put(conn: Connection, site: str, alert: str, recipient: str, levels: Mapping[str, ToldLevel]) -> None:
    """Take these in the place of all that is known of them."""
    before = get(conn, site, alert, recipient)
    mine = {"site": site, "alert": alert, "recipient": recipient}
    gone = set(before or ()) - set(levels)
    for subject in gone:
        conn.execute(
            delete_from(table).where(
                *(table.c[name] == value for name, value in mine.items()), table.c.subject == subject
            )
        )
    rows = [
        {
            **mine,
            "subject": subject,
            "level": one.level,
            "since": None if one.since is None else to_ms(one.since),
        }
        for subject, one in levels.items()
        if (before or {}).get(subject) != one
    ]
    if before is None:
        rows.append({**mine, "subject": BEGUN, "level": "", "since": None})
    if rows:
        statement = insert_into(conn, table)
        key = [table.c.site, table.c.alert, table.c.recipient, table.c.subject]
        news = {"level": statement.excluded.level, "since": statement.excluded.since}
        conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), rows)


def keep_only(conn: Connection, site: str, known: Collection[tuple[str, str]]) -> None:
    """Forget whoever is none of these pairs of alert and recipient: who comes back begins anew."""
    pairs = select(table.c.alert, table.c.recipient).where(table.c.site == site).distinct()
    for alert, recipient in conn.execute(pairs).all():
        if (alert, recipient) not in known:
            mine = (table.c.site == site, table.c.alert == alert, table.c.recipient == recipient)
            conn.execute(delete_from(table).where(*mine))
