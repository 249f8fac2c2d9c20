"""The second factor of an account: its sealed secret, the last step of time whose code was used, and what is kept of recovery codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.schema import recovery_code, second_factor
from connectors.store.schema import second_factor as table

FAR = 20
"""Steps of half a minute: codes are taken one before and one behind, so nobody uses one that far ahead."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`sealed` is the secret; `confirmed_at` is None until a code of it was right once, and it is not asked for before."""

    account_id: int
    sealed: bytes
    confirmed_at: datetime | None
    last_step: int

    def __repr__(self) -> str:
        return f"SecondFactor(account_id={self.account_id}, confirmed_at={self.confirmed_at})"


def put(conn: Connection, account_id: int, sealed: bytes) -> None:
    """A new secret, in the place of any before; it waits to be confirmed."""
    remove(conn, account_id)
    conn.execute(insert(table).values(account_id=account_id, sealed=sealed, confirmed_at=None, last_step=0))


def get(conn: Connection, account_id: int) -> SecondFactor | None:
    """That of an account; None where it has none."""
    row = conn.execute(select(table).where(table.c.account_id == account_id)).one_or_none()
    if row is None:
        return None
    return SecondFactor(row.account_id, bytes(row.sealed), maybe_from_ms(row.confirmed_at), row.last_step)


def is_asked(conn: Connection, account_id: int) -> bool:
    """Whether signing in takes a code."""
    confirmed = (table.c.account_id == account_id, table.c.confirmed_at.is_not(None))
    return conn.execute(select(table.c.account_id).where(*confirmed)).first() is not None


def holders(conn: Connection) -> frozenset[int]:
    """The accounts whose sign-in takes a code."""
    return frozenset(
        conn.execute(select(table.c.account_id).where(table.c.confirmed_at.is_not(None))).scalars()
    )


def confirm(conn: Connection, account_id: int, now: datetime) -> None:
    """From now on signing in takes a code."""
    conn.execute(update(table).where(table.c.account_id == account_id).values(confirmed_at=to_ms(now)))


def use_step(conn: Connection, account_id: int, step: int) -> bool:
    """Use the code of a step of time; False where it, or a later one, was used: of two at once one succeeds.

    One that was used far behind it was used while a clock was ahead: it would lock its owner out until then.
    """
    unused = or_(table.c.last_step < step, table.c.last_step > step + FAR)
    mine = (table.c.account_id == account_id, unused)
    return conn.execute(update(table).where(*mine).values(last_step=step)).rowcount == 1


def put_codes(conn: Connection, account_id: int, hashes: Iterable[str]) -> None:
    """Recovery codes in the place of those before."""
    conn.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    conn.execute(insert(recovery_code), [{"account_id": account_id, "hash": one} for one in hashes])


def use_code(conn: Connection, account_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False where it is none, or was used."""
    mine = (recovery_code.c.account_id == account_id, recovery_code.c.hash == code_hash)
    return conn.execute(delete(recovery_code).where(*mine)).rowcount == 1


def codes_left(conn: Connection, account_id: int) -> int:
    """How many recovery codes are unused."""
    mine = recovery_code.c.account_id == account_id
    return conn.execute(select(func.count()).select_from(recovery_code).where(mine)).scalar_one()


def remove(conn: Connection, account_id: int) -> bool:
    """Take the second factor away with its recovery codes; False where there was none."""
    conn.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    return conn.execute(delete(table).where(table.c.account_id == account_id)).rowcount == 1


def reseal(conn: Connection, renewed: Callable[[bytes], bytes | None]) -> int:
    """Seal every secret with the key that rules; how many. What no key opens is left."""
    rows = conn.execute(select(second_factor.c.account_id, second_factor.c.sealed)).all()
    fresh = [(row.account_id, renewed(bytes(row.sealed))) for row in rows]
    for account_id, sealed in fresh:
        if sealed is not None:
            conn.execute(update(table).where(table.c.account_id == account_id).values(sealed=sealed))
    return sum(sealed is not None for _, sealed in fresh)
