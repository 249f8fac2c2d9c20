"""Rounds of OAuth 2.0 that somebody began and that are not finished: each by a text that only its browser knows, once, within a quarter of an hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import oauth_consent as table


@dataclass(frozen=True, slots=True)
class BegunConsent:
    """A consent to an app, or somebody on their way to prove who they are. `actor` is who may finish it, in what session where it is of one.

    `tokens` are ciphertext: what was given, where a person has yet to say for which site.
    """

    state: str
    site: str
    actor: str
    callback: str
    until: datetime
    tokens: bytes | None = field(default=None, repr=False)


def put(conn: Connection, begun: BegunConsent, now: datetime) -> None:
    """Somebody was sent to be asked; what has run out goes."""
    conn.execute(delete(table).where(table.c.until <= to_ms(now)))
    values = {
        "site": begun.site,
        "actor": begun.actor,
        "callback": begun.callback,
        "until": to_ms(begun.until),
        "tokens": begun.tokens,
    }
    statement = insert_into(conn, table).values(state=begun.state, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.state], set_=values))


def take(conn: Connection, state: str, actor: str, now: datetime) -> BegunConsent | None:
    """What this person began by this text; gone with it. None where it was another, was taken already, or has run out."""
    ours = (table.c.state == state, table.c.actor == actor)
    row = conn.execute(select(table).where(*ours)).one_or_none()
    if row is None or conn.execute(delete(table).where(*ours)).rowcount != 1 or row.until <= to_ms(now):
        return None
    return BegunConsent(
        state=row.state,
        site=row.site,
        actor=row.actor,
        callback=row.callback,
        until=from_ms(row.until),
        tokens=row.tokens,
    )


def forget_begun(conn: Connection, actor: str) -> None:
    """What this one began and did not finish."""
    conn.execute(delete(table).where(table.c.actor == actor))


def forget(conn: Connection, site: str) -> None:
    """Nobody finishes what was begun for a site that went."""
    conn.execute(delete(table).where(table.c.site == site))
