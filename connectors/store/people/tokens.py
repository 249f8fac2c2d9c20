"""API tokens by their hash: whose they are, what they may do, until when. The token itself never comes here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, maybe_ms, to_ms
from connectors.store.database.sql import StoredRow
from connectors.store.schema import account
from connectors.store.schema import api_token as table

USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """One API token of an account. `expires_at` None: never."""

    id: int
    account_id: int
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def add(
    conn: Connection,
    account_id: int,
    name: str,
    token_hash: str,
    scopes: Iterable[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> int:
    """Add a token; its id."""
    row = {
        "account_id": account_id,
        "name": name,
        "token_hash": token_hash,
        "scopes": json_text.encode(sorted(set(scopes))),
        "created_at": to_ms(now),
        "expires_at": maybe_ms(expires_at),
    }
    token_id: int = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return token_id


def valid(conn: Connection, token_hash: str, now: datetime) -> ApiToken | None:
    """The token of this hash, unless it has expired or its account is disabled."""
    alive = or_(table.c.expires_at.is_(None), table.c.expires_at > to_ms(now))
    row = conn.execute(
        select(table)
        .join(account, account.c.id == table.c.account_id)
        .where(table.c.token_hash == token_hash, alive, account.c.disabled_at.is_(None))
    ).one_or_none()
    return None if row is None else _token(row)


def note_use(conn: Connection, token: ApiToken, now: datetime) -> None:
    """Remember the use, at most once a minute: a busy client must not turn every read into a write."""
    if token.last_used_at is None or now - token.last_used_at >= USE_IS_NOTED_EVERY:
        conn.execute(update(table).where(table.c.id == token.id).values(last_used_at=to_ms(now)))


def load_all(conn: Connection, account_id: int | None = None) -> list[ApiToken]:
    """Every token, or those of one account, by id."""
    statement = select(table).order_by(table.c.id)
    if account_id is not None:
        statement = statement.where(table.c.account_id == account_id)
    return [_token(row) for row in conn.execute(statement)]


def all_valid(conn: Connection, now: datetime) -> dict[str, ApiToken]:
    """Every token that has not expired, by its hash."""
    alive = or_(table.c.expires_at.is_(None), table.c.expires_at > to_ms(now))
    rows = conn.execute(select(table).where(alive).order_by(table.c.id))
    return {row.token_hash: _token(row) for row in rows}


def revoke(conn: Connection, token_id: int) -> bool:
    """Take a token away; False where there is none."""
    return conn.execute(delete(table).where(table.c.id == token_id)).rowcount == 1


def _token(row: StoredRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        scopes=frozenset(json_text.decode(row.scopes, list[str])),
        created_at=from_ms(row.created_at),
        expires_at=maybe_from_ms(row.expires_at),
        last_used_at=maybe_from_ms(row.last_used_at),
    )
