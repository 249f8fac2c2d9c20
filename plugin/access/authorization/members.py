"""Accounts: adding, roles, passwords, closing, removing. Every change is in the audit log, in the transaction of the change."""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.store.people import accounts, audit
from connectors.store.people.accounts import Account
from plugin.access.authentication import passwords
from plugin.access.authorization.permission import ROLES, Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.next_steps import PEOPLE
from plugin.runtime.connector import Connector

LONGEST_NAME = 200


def add(
    connector: Connector,
    email: str,
    name: str,
    role: str,
    password: str | None,
    by: str,
    *,
    given: bool = False,
) -> Account:
    """Add an account; without a password it can sign in by OIDC alone. `given`: somebody else chose it, so they have to change it."""
    password_hash = None if password is None else good_hash(connector, password, email)
    with connector.store.write() as conn:
        account = insert(connector, conn, email, name, role, password_hash)
        if given and password_hash is not None:
            accounts.set_password(conn, account.id, password_hash, connector.clock())
        audit.note(
            conn, by, "account added", connector.clock(), {"account": account.email, "role": account.role}
        )
    return account


def require_new(connector: Connector, email: str) -> None:
    """Refused where nobody can be added by this address: it is none, or has an account. Asked before a password is typed."""
    address = good_email(email)
    with connector.store.read() as conn:
        if accounts.by_email(conn, address) is not None:
            raise _taken(address)


def insert(
    connector: Connector, conn: Connection, email: str, name: str, role: str, password_hash: str | None
) -> Account:
    """Add an account in a transaction of the caller, who notes it; Refused where the address is taken or is none."""
    address = good_email(email)
    given = name.strip()[:LONGEST_NAME] or address
    account_id = accounts.add(conn, address, given, known_role(role), password_hash, connector.clock())
    account = None if account_id is None else accounts.get(conn, account_id)
    if account is None:
        raise _taken(address)
    return account


def _taken(address: str) -> AccessRefusal:
    return AccessRefusal(f"{address} has an account already.", "email", PEOPLE)


def find(connector: Connector, email: str) -> Account:
    """The account of an address; Refused where there is none."""
    with connector.store.read() as conn:
        account = accounts.by_email(conn, email)
    if account is None:
        raise AccessRefusal(f"There is no account {email}.", step=PEOPLE)
    return account


def change_role(connector: Connector, account: Account, role: str, by: str) -> None:
    """Give another role; it counts from the next request on."""
    with connector.store.write() as conn:
        if known_role(role) != Permission.ADMIN:
            require_other_admin(conn, account)
        accounts.set_role(conn, account.id, role)
        _note(connector, conn, by, "role changed", account, {"from": account.role, "to": role})


def disable(connector: Connector, account: Account, by: str) -> None:
    """Let the account in no more: its sessions end and its tokens stop working at once."""
    with connector.store.write() as conn:
        require_other_admin(conn, account)
        accounts.disable(conn, account.id, connector.clock())
        accounts.end_sessions(conn, account.id)
        _note(connector, conn, by, "account disabled", account)


def enable(connector: Connector, account: Account, by: str) -> None:
    """Let the account in again."""
    with connector.store.write() as conn:
        accounts.enable(conn, account.id)
        _note(connector, conn, by, "account enabled", account)


def set_password(
    connector: Connector, account: Account, password: str, by: str, *, given: bool = False
) -> None:
    """Another password; whoever is signed in as this account has to sign in anew. `given`: as for `add`."""
    password_hash = good_hash(connector, password, account.email)
    with connector.store.write() as conn:
        accounts.set_password(conn, account.id, password_hash, connector.clock() if given else None)
        accounts.end_sessions(conn, account.id)
        _note(connector, conn, by, "password changed", account)


def end_sessions(connector: Connector, account: Account, by: str) -> None:
    """Sign the account out everywhere."""
    with connector.store.write() as conn:
        accounts.end_sessions(conn, account.id)
        _note(connector, conn, by, "signed out everywhere", account)


def remove(connector: Connector, account: Account, by: str) -> None:
    """Take the account away with its tokens; what it did stays in the audit log under its address."""
    with connector.store.write() as conn:
        require_other_admin(conn, account)
        accounts.remove(conn, account.id)
        _note(connector, conn, by, "account removed", account)


def ways_in(account: Account) -> list[str]:
    """By what the account signs in: `password`, `oidc`, both or not yet anything."""
    ways = [("password", account.password_hash is not None), ("oidc", account.identity is not None)]
    return [way for way, has in ways if has]


def require_local(connector: Connector) -> None:
    """Refused where people sign in by the provider alone."""
    if connector.settings.local_accounts == "off":
        raise AccessRefusal(
            "Passwords are off here (JIRA_OKR_LOCAL_ACCOUNTS): people sign in by single sign-on. "
            "Where it fails, an operator lets somebody in by jira-okr user let-in."
        )


def good_hash(connector: Connector, password: str, email: str) -> str:
    """The hash of a password that is good enough; Refused with the reason where it is not, or passwords are off."""
    require_local(connector)
    weakness = passwords.weakness(password, email)
    if weakness:
        raise AccessRefusal(weakness, "password")
    return passwords.hash_password(password)


def good_email(email: str) -> str:
    """The address without spaces around it; Refused where it is no e-mail address."""
    address = email.strip()
    local, at, host = address.rpartition("@")
    if not (local and at and host) or len(address) > 254 or not address.isprintable() or " " in address:
        raise AccessRefusal("Write an e-mail address, for example lee@acme.example.", "email")
    return address


def known_role(role: str) -> str:
    """The role; Refused where it is none."""
    if role not in {str(one) for one in ROLES}:
        raise AccessRefusal(f"{role!r} is no role. Roles: {', '.join(ROLES)}.", "role")
    return role


def is_only_admin(conn: Connection, account: Account) -> bool:
    """Whether nobody else is an admin. Those who act on each other at once take turns here: the second one sees what the first one did."""
    return [one.id for one in accounts.open_with_role(conn, Permission.ADMIN)] == [account.id]


def require_other_admin(conn: Connection, account: Account) -> None:
    """Refused where nobody else is an admin."""
    if is_only_admin(conn, account):
        raise AccessRefusal(f"{account.email} is the only admin. Make somebody else an admin first.")


def _note(
    connector: Connector,
    conn: Connection,
    by: str,
    what: str,
    account: Account,
    more: dict[str, str] | None = None,
) -> None:
    audit.note(conn, by, what, connector.clock(), {"account": account.email, **(more or {})})
