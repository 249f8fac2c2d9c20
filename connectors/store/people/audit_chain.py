"""The audit log as a chain: each entry is bound to the one before it, and a seal says now and then how far it went.

What is bound of an entry is a commitment to who did it and how, not the words themselves: those of a person can be erased, and
the chain holds. Entries are bound a moment after they were noted, by one process at a time, so that nobody who acts waits for another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, hold
from connectors.store.schema import audit as table
from connectors.store.schema import audit_push, audit_seal

BEGINNING = ""
BATCH = 500
"""Entries that are bound or read at once: whoever writes waits no longer than that takes."""
DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class BoundEntry:
    """One bound entry. `nonce` is None where a person was erased from it: what it said can no longer be held against `commitment`."""

    id: int
    position: int
    at: datetime
    site: str
    what: str
    who: str
    detail: str
    nonce: str | None
    commitment: str
    chain: str


@dataclass(frozen=True, slots=True)
class Seal:
    """That the chain stood so at this position; `signature` is by a key of the operator."""

    position: int
    chain: str
    at: datetime
    signature: str


def commitment(nonce: str, who: str, detail: str) -> str:
    """What is bound of who and how. Without the nonce nobody can find out by trying what it was made of."""
    return _digest(nonce, who, detail)


def chain_entry(before: str, position: int, at: datetime, site: str, what: str, commitment: str) -> str:
    """What an entry adds to the chain."""
    return _digest(before, position, to_ms(at), site, what, commitment)


def bind(conn: Connection, nonce: Callable[[], str], most: int = BATCH) -> int:
    """Bind what was noted since, the oldest first and at most so many; how many entries. Of two processes one does it at a time."""
    hold(conn, "audit chain")
    end = _end(conn)
    position, chain = (0, BEGINNING) if end is None else (end.position, end.chain)
    waiting = select(table).where(table.c.position.is_(None)).order_by(table.c.id).limit(most)
    links: list[dict[str, object]] = []
    for row in conn.execute(waiting).all():
        position, salt = position + 1, nonce()
        promise = commitment(salt, row.who, row.detail)
        chain = chain_entry(chain, position, from_ms(row.at), row.site, row.what, promise)
        links.append(
            {"entry": row.id, "position": position, "nonce": salt, "commitment": promise, "chain": chain}
        )
    if links:
        conn.execute(update(table).where(table.c.id == bindparam("entry")), links)
    return len(links)


def end(conn: Connection) -> tuple[int, str] | None:
    """Position and chain of the last bound entry; None where nothing is bound."""
    found = _end(conn)
    return None if found is None else (found.position, found.chain)


def put_seal(conn: Connection, seal: Seal) -> None:
    """Keep a seal, in the place of those of the same day before it, but for the one that the chain begins at."""
    first = conn.execute(select(func.min(table.c.position))).scalar() or 0
    day = to_ms(seal.at) // DAY_MS * DAY_MS
    that_day = (audit_seal.c.at >= day, audit_seal.c.at < day + DAY_MS)
    stale = (*that_day, audit_seal.c.position < seal.position, audit_seal.c.position >= first)
    conn.execute(delete(audit_seal).where(*stale))
    conn.execute(delete(audit_seal).where(audit_seal.c.position == seal.position))
    row = {"position": seal.position, "chain": seal.chain, "at": to_ms(seal.at), "signature": seal.signature}
    conn.execute(insert(audit_seal), row)


def seals(conn: Connection) -> list[Seal]:
    """All seals, by position."""
    rows = conn.execute(select(audit_seal).order_by(audit_seal.c.position))
    return [
        Seal(position=row.position, chain=row.chain, at=from_ms(row.at), signature=row.signature)
        for row in rows
    ]


def links(conn: Connection, after: int = 0) -> Iterator[BoundEntry]:
    """Every bound entry behind this position, in the order in which they were bound."""
    while rows := conn.execute(
        select(table).where(table.c.position > after).order_by(table.c.position).limit(BATCH)
    ).all():
        yield from (_link(row) for row in rows)
        after = rows[-1].position


def load_where(conn: Connection, condition: ColumnElement[bool]) -> list[BoundEntry]:
    """The bound entries of which this holds, in the order in which they were bound."""
    rows = conn.execute(
        select(table).where(table.c.position.is_not(None), condition).order_by(table.c.position)
    )
    return [_link(row) for row in rows]


def unbound(conn: Connection) -> int:
    """How many entries are not bound yet."""
    return conn.execute(
        select(func.count()).select_from(table).where(table.c.position.is_(None))
    ).scalar_one()


def older(conn: Connection, before: datetime) -> BoundEntry | None:
    """The last entry of the beginning of the chain that is older than this throughout; None where there is none."""
    kept = select(func.min(table.c.position)).where(
        table.c.at >= to_ms(before), table.c.position.is_not(None)
    )
    first_kept = conn.execute(kept).scalar()
    old = table.c.position.is_not(None) if first_kept is None else table.c.position < first_kept
    row = conn.execute(
        select(table).where(old, table.c.at < to_ms(before)).order_by(table.c.position.desc()).limit(1)
    ).one_or_none()
    return None if row is None else _link(row)


def with_words(
    conn: Connection, acts: Iterable[str], before: datetime, most: int = BATCH
) -> list[BoundEntry]:
    """The oldest bound entries of these acts from before an instant that have their words still."""
    old = (table.c.at < to_ms(before), table.c.what.in_(list(acts)))
    bound = (table.c.position.is_not(None), table.c.nonce.is_not(None))
    rows = conn.execute(select(table).where(*old, *bound).order_by(table.c.position).limit(most))
    return [_link(row) for row in rows]


def pushed_position(conn: Connection, receiver: str) -> int:
    """How far the record was sent to a receiver: the position of the last entry it has, 0 where it has none."""
    return conn.execute(select(audit_push.c.position).where(audit_push.c.receiver == receiver)).scalar() or 0


def put_pushed(conn: Connection, receiver: str, position: int) -> None:
    """It has all entries up to this one; what was kept of other receivers is forgotten."""
    conn.execute(delete(audit_push))
    conn.execute(insert(audit_push), {"receiver": receiver, "position": position})


def unsent(conn: Connection, receiver: str) -> tuple[int, datetime] | None:
    """How many bound entries a receiver has not got, and of when the oldest is; None where it has all."""
    after = pushed_position(conn, receiver)
    behind = (table.c.position > after,)
    first = conn.execute(select(table.c.at).where(*behind).order_by(table.c.position).limit(1)).scalar()
    if first is None:
        return None
    lacking = select(func.count()).select_from(table).where(*behind)
    return conn.execute(lacking).scalar_one(), from_ms(first)


def forget_until(conn: Connection, position: int) -> int:
    """Take away the beginning of the chain, up to a position that is sealed; how many entries."""
    conn.execute(delete(audit_seal).where(audit_seal.c.position < position))
    return conn.execute(delete(table).where(table.c.position <= position)).rowcount


def reword(conn: Connection, entry: BoundEntry, who: str, detail: str) -> None:
    """Put other words in the place of those of an entry: from now on nothing holds them against its commitment."""
    values = {"who": who, "detail": detail, "nonce": None}
    conn.execute(update(table).where(table.c.id == entry.id).values(values))


def _end(conn: Connection) -> BoundEntry | Seal | None:
    row = conn.execute(
        select(table).where(table.c.position.is_not(None)).order_by(table.c.position.desc()).limit(1)
    ).one_or_none()
    if row is not None:
        return _link(row)
    kept = seals(conn)
    return kept[-1] if kept else None


def _link(row: StoredRow) -> BoundEntry:
    return BoundEntry(
        id=row.id,
        position=row.position,
        at=from_ms(row.at),
        site=row.site,
        what=row.what,
        who=row.who,
        detail=row.detail,
        nonce=row.nonce,
        commitment=row.commitment or "",
        chain=row.chain or "",
    )


def _digest(*parts: str | int) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()
