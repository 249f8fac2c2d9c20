"""Which person of a Jira an account is, and by what that was proved. Nothing is kept of who proved nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, hold, insert_into
from connectors.store.schema import account_person as table


class PersonProof(StrEnum):
    """By what it was proved: they signed in at Atlassian, their provider vouches for their address, or an admin said so."""

    JIRA = "jira"
    PROVIDER = "provider"
    ADMIN = "admin"


HOLDS = timedelta(days=90)
"""So long a proof counts: people leave, and addresses are given to others."""


@dataclass(frozen=True, slots=True)
class AccountPerson:
    """An account is this person of a site: `person` is the account id on Cloud, the user name on Data Center."""

    account_id: int
    site: str
    person: str
    name: str
    proof: PersonProof
    proven_at: datetime

    @property
    def ends(self) -> datetime | None:
        """From when on it counts no more; None where an admin said it, who takes it back."""
        return None if self.proof is PersonProof.ADMIN else self.proven_at + HOLDS

    def holds(self, now: datetime) -> bool:
        """Whether it counts still."""
        return self.ends is None or now < self.ends


def put(conn: Connection, tie: AccountPerson) -> None:
    """The account is this person from now on, and no other of the same site."""
    values = {
        "person": tie.person,
        "name": tie.name,
        "proof": tie.proof.value,
        "proven_at": to_ms(tie.proven_at),
    }
    statement = insert_into(conn, table).values(account_id=tie.account_id, site=tie.site, **values)
    kept = statement.on_conflict_do_update(index_elements=[table.c.account_id, table.c.site], set_=values)
    conn.execute(kept)


def get(conn: Connection, account_id: int, site: str) -> AccountPerson | None:
    """Who an account is in a site; None where nobody proved it."""
    mine = (table.c.account_id == account_id, table.c.site == site)
    row = conn.execute(select(table).where(*mine)).one_or_none()
    return None if row is None else _tie(row)


def lock_people(conn: Connection, site: str) -> None:
    """Others who say who somebody is in this site wait here until the transaction ends."""
    hold(conn, f"{site}:account people")


def accounts_of(conn: Connection, site: str, person: str) -> list[AccountPerson]:
    """The accounts that are this person of a site."""
    found = select(table).where(table.c.site == site, table.c.person == person)
    return [_tie(row) for row in conn.execute(found.order_by(table.c.account_id))]


def load_people(conn: Connection, account_id: int) -> list[AccountPerson]:
    """Who an account is, by site."""
    found = select(table).where(table.c.account_id == account_id).order_by(table.c.site)
    return [_tie(row) for row in conn.execute(found)]


def load_all(conn: Connection) -> list[AccountPerson]:
    """Who all accounts are, by account and site."""
    found = select(table).order_by(table.c.account_id, table.c.site)
    return [_tie(row) for row in conn.execute(found)]


def remove(conn: Connection, account_id: int, site: str) -> bool:
    """The account is nobody in the site any more; whether it was somebody."""
    mine = (table.c.account_id == account_id, table.c.site == site)
    return conn.execute(delete(table).where(*mine)).rowcount > 0


def forget(conn: Connection, site: str) -> None:
    """Nobody is anybody in a site that went, or that is of another Jira now."""
    conn.execute(delete(table).where(table.c.site == site))


def _tie(row: StoredRow) -> AccountPerson:
    return AccountPerson(
        account_id=row.account_id,
        site=row.site,
        person=row.person,
        name=row.name,
        proof=PersonProof(row.proof),
        proven_at=from_ms(row.proven_at),
    )
