"""What an app or a service account is granted at a site (OAuth 2.0): its tokens, which are ciphertext here, and who renews them just now.

A refresh token is good for one use, whoever uses it. So one process at a time renews, under a lease, and keeps what it was given before anybody uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.schema import oauth_grant as table


@dataclass(frozen=True, slots=True)
class Grant:
    """`basis` says of what Jira and which app it is. `begun_at` is set where tokens were asked for and not kept (yet): who asked may have died.

    Until `lease_until` somebody renews it. `fault` says why nothing can be got by it any more; empty where nothing is wrong. `account` is the Jira
    account that allowed it, with its name then; empty where that was not kept.
    """

    site: str
    basis: str
    generation: int
    tokens: bytes | None = field(repr=False)
    expires_at: datetime | None
    begun_at: datetime | None
    lease_until: datetime | None
    granted_at: datetime | None
    fault: str
    account: str = ""
    account_name: str = ""


def get(conn: Connection, site: str) -> Grant | None:
    """The grant; None where there never was one."""
    row = conn.execute(select(table).where(table.c.site == site)).one_or_none()
    return None if row is None else _grant(row)


def put(
    conn: Connection,
    site: str,
    basis: str,
    tokens: bytes | None,
    expires: datetime | None,
    now: datetime,
    account: tuple[str, str] = ("", ""),
) -> None:
    """Somebody allowed it, or it needs nobody: it counts from now on in the place of whatever there was. `account`: id and name.

    The first generation is the instant, so that none comes again where a grant is forgotten and another takes its place.
    """
    values: dict[str, object] = {
        "basis": basis,
        "tokens": tokens,
        "expires_at": to_ms(expires) if expires is not None else None,
        "granted_at": to_ms(now),
        "begun_at": None,
        "holder": None,
        "lease_until": None,
        "fault": "",
        "account": account[0],
        "account_name": account[1],
    }
    statement = insert_into(conn, table).values(site=site, generation=to_ms(now), **values)
    news = {**values, "generation": table.c.generation + 1}
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=news))


def take(conn: Connection, site: str, generation: int, holder: str, now: datetime, until: datetime) -> bool:
    """Renew it: True for one alone until the lease is over or the grant is another."""
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= to_ms(now))
    statement = update(table).where(table.c.site == site, table.c.generation == generation, free)
    values = {"holder": holder, "lease_until": to_ms(until), "begun_at": to_ms(now)}
    return conn.execute(statement.values(values)).rowcount == 1


def keep(conn: Connection, site: str, generation: int, holder: str, tokens: bytes, expires: datetime) -> bool:
    """The tokens that were given; False where another took over meanwhile, or somebody allowed it anew: then these are worth nothing."""
    values = {
        "tokens": tokens,
        "expires_at": to_ms(expires),
        "generation": table.c.generation + 1,
        "begun_at": None,
        "holder": None,
        "lease_until": None,
    }
    return _change(conn, site, generation, holder, values)


def let_go(conn: Connection, site: str, generation: int, holder: str) -> bool:
    """Nothing was given, and nobody knows whether the former refresh token was used up by that: another may try."""
    return _change(conn, site, generation, holder, {"holder": None, "lease_until": None})


def end(conn: Connection, site: str, generation: int, holder: str, fault: str) -> bool:
    """Nothing is given any more, and nobody asks again until somebody allows it anew."""
    values = {"fault": fault, "begun_at": None, "holder": None, "lease_until": None, "tokens": None}
    return _change(conn, site, generation, holder, values)


def sites(conn: Connection) -> list[str]:
    """Where something is granted, by name."""
    return list(conn.execute(select(table.c.site).order_by(table.c.site)).scalars())


def reseal(conn: Connection, site: str, renew: Callable[[bytes], bytes | None]) -> bool:
    """The same tokens, sealed anew; False where there are none, or they cannot be."""
    row = conn.execute(
        select(table.c.tokens).where(table.c.site == site, table.c.tokens.is_not(None))
    ).scalar()
    sealed = renew(row) if row is not None else None
    if sealed is None:
        return False
    same = (table.c.site == site, table.c.tokens == row)
    return conn.execute(update(table).where(*same).values(tokens=sealed)).rowcount == 1


def forget(conn: Connection, site: str) -> None:
    """Nothing is granted there."""
    conn.execute(delete(table).where(table.c.site == site))


def _change(conn: Connection, site: str, generation: int, holder: str, values: Mapping[str, object]) -> bool:
    ours = (table.c.site == site, table.c.generation == generation, table.c.holder == holder)
    return conn.execute(update(table).where(*ours).values(dict(values))).rowcount == 1


def _grant(row: StoredRow) -> Grant:
    return Grant(
        site=row.site,
        basis=row.basis,
        generation=row.generation,
        tokens=row.tokens,
        expires_at=maybe_from_ms(row.expires_at),
        begun_at=maybe_from_ms(row.begun_at),
        lease_until=maybe_from_ms(row.lease_until),
        granted_at=maybe_from_ms(row.granted_at),
        fault=row.fault,
        account=row.account,
        account_name=row.account_name,
    )
