"""People who may sign in. Passwords come as hashes and leave as hashes; an e-mail address is compared without case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from connectors.store.database.instant import from_ms, maybe_from_ms, maybe_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.people import open_sessions
from connectors.store.schema import account as table
from connectors.store.schema import draft, idempotency_answer


@dataclass(frozen=True, slots=True)
class Account:
    """One person. `password_hash` is None for those who sign in elsewhere (OIDC); `disabled_at` None for the active.

    `generation` counts how often all sessions of the account were ended; `identity` is issuer and subject at a provider. `tour_left_at`
    is when they had seen enough of the tour of the demo, None where they have not. `password_given_at` is when somebody else chose their
    password; None where they chose it themselves.
    """

    id: int
    email: str
    name: str
    password_hash: str | None
    role: str
    created_at: datetime
    disabled_at: datetime | None
    generation: int = 0
    identity: tuple[str, str] | None = None
    tour_left_at: datetime | None = None
    password_given_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Account(id={self.id}, email={self.email!r}, role={self.role!r})"


def add(
    conn: Connection, email: str, name: str, role: str, password_hash: str | None, now: datetime
) -> int | None:
    """Add an account; its id, or None where the address is taken."""
    row = {
        "email": _folded(email),
        "name": name,
        "role": role,
        "password_hash": password_hash,
        "created_at": to_ms(now),
    }
    statement = insert_into(conn, table).on_conflict_do_nothing().returning(table.c.id)
    return conn.execute(statement, row).scalar_one_or_none()


def get(conn: Connection, account_id: int) -> Account | None:
    """The account of this id, disabled or not."""
    row = conn.execute(select(table).where(table.c.id == account_id)).one_or_none()
    return None if row is None else _account(row)


def by_email(conn: Connection, email: str) -> Account | None:
    """The account of this address, disabled or not. People type anything, also what PostgreSQL takes for no text."""
    if "\0" in email:
        return None
    row = conn.execute(select(table).where(table.c.email == _folded(email))).one_or_none()
    return None if row is None else _account(row)


def by_identity(conn: Connection, issuer: str, subject: str) -> Account | None:
    """The account that signs in as this subject of this provider, disabled or not."""
    found = select(table).where(table.c.issuer == issuer, table.c.subject == subject)
    row = conn.execute(found).one_or_none()
    return None if row is None else _account(row)


def load_all(conn: Connection) -> list[Account]:
    """Every account, by address."""
    return [_account(row) for row in conn.execute(select(table).order_by(table.c.email))]


def open_with_role(conn: Connection, role: str) -> list[Account]:
    """The accounts of a role that may sign in, by id. Until the transaction ends no other changes them, nor reads them so."""
    found = select(table).where(table.c.role == role, table.c.disabled_at.is_(None)).order_by(table.c.id)
    return [_account(row) for row in conn.execute(found.with_for_update())]


def has_open(conn: Connection, role: str) -> bool:
    """Whether somebody of a role may sign in; without an admin the first one is still to be made."""
    of_role = select(table.c.id).where(table.c.role == role, table.c.disabled_at.is_(None))
    return conn.execute(of_role.limit(1)).first() is not None


def set_password(
    conn: Connection, account_id: int, password_hash: str, given_at: datetime | None = None
) -> None:
    """Put another hash in the place of the old one; `given_at` where somebody else chose the password."""
    _change(conn, account_id, password_hash=password_hash, password_given_at=maybe_ms(given_at))


def renew_hash(conn: Connection, account_id: int, password_hash: str) -> None:
    """A better hash of the same password."""
    _change(conn, account_id, password_hash=password_hash)


def set_identity(conn: Connection, account_id: int, issuer: str, subject: str) -> None:
    """Let the account sign in as this subject of this provider."""
    _change(conn, account_id, issuer=issuer, subject=subject)


def leave_tour(conn: Connection, account_id: int, now: datetime) -> None:
    """They have seen enough of the tour."""
    _change(conn, account_id, tour_left_at=to_ms(now))


def end_sessions(conn: Connection, account_id: int) -> None:
    """Begin another generation of sessions: whoever is signed in as this account is so no longer."""
    open_sessions.end_of(conn, account_id)
    conn.execute(update(table).where(table.c.id == account_id).values(generation=table.c.generation + 1))


def set_role(conn: Connection, account_id: int, role: str) -> None:
    """Give another role."""
    _change(conn, account_id, role=role)


def disable(conn: Connection, account_id: int, now: datetime) -> None:
    """Let the account sign in no more; it stays, for the audit log names it."""
    _change(conn, account_id, disabled_at=to_ms(now))


def enable(conn: Connection, account_id: int) -> None:
    """Let the account sign in again."""
    _change(conn, account_id, disabled_at=None)


def remove(conn: Connection, account_id: int) -> None:
    """Take the account away with its tokens, drafts and kept answers; the audit log, which names addresses, stays.

    SQLite may give its id to the next account: nothing that goes by the id may be left.
    """
    conn.execute(delete(draft).where(draft.c.account_id == account_id))
    conn.execute(delete(idempotency_answer).where(idempotency_answer.c.who == str(account_id)))
    conn.execute(delete(table).where(table.c.id == account_id))


def _change(conn: Connection, account_id: int, **values: object) -> None:
    conn.execute(update(table).where(table.c.id == account_id).values(values))


def _folded(email: str) -> str:
    return email.strip().casefold()


def _account(row: StoredRow) -> Account:
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        role=row.role,
        created_at=from_ms(row.created_at),
        disabled_at=maybe_from_ms(row.disabled_at),
        generation=row.generation,
        identity=None if row.issuer is None else (row.issuer, row.subject),
        tour_left_at=maybe_from_ms(row.tour_left_at),
        password_given_at=maybe_from_ms(row.password_given_at),
    )
