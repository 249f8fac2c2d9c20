"""What somebody has typed of a mapping and not activated yet: one text per account and site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database import sql
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import draft as table


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, the revision it was begun from (empty: a preset or nothing), and when it was kept."""

    text: str
    base: str
    at: datetime


def get(conn: Connection, site: str, account_id: int) -> Draft | None:
    """The draft of this account for this site, or None."""
    mine = (table.c.site == site, table.c.account_id == account_id)
    row = conn.execute(select(table).where(*mine)).first()
    return None if row is None else Draft(row.text, row.base, from_ms(row.at))


def of_account(conn: Connection, account_id: int) -> dict[str, Draft]:
    """All drafts of this account, by site, in the order of their names."""
    rows = conn.execute(select(table).where(table.c.account_id == account_id).order_by(table.c.site))
    return {row.site: Draft(row.text, row.base, from_ms(row.at)) for row in rows}


def hold(conn: Connection, site: str, account_id: int) -> None:
    """Others who want to change this draft wait here until the transaction ends."""
    sql.hold(conn, f"{site}:draft:{account_id}")


def put(
    conn: Connection, site: str, account_id: int, text: str, now: datetime, base: str | None = None
) -> Draft:
    """Keep a text; a `base` of None leaves what it was begun from."""
    kept = {"text": text, "at": to_ms(now), **({} if base is None else {"base": base})}
    statement = insert_into(conn, table).values(site=site, account_id=account_id, **{"base": "", **kept})
    held = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.account_id], set_=kept
        ).returning(table.c.base)
    ).scalar_one()
    return Draft(text, held, from_ms(to_ms(now)))


def remove(conn: Connection, site: str, account_id: int, text: str | None = None) -> bool:
    """Forget the draft, or only one of this `text`; False where there is none."""
    mine = [table.c.site == site, table.c.account_id == account_id]
    if text is not None:
        mine.append(table.c.text == text)
    return conn.execute(delete(table).where(*mine)).rowcount > 0
