"""Changing one's own password: a session that somebody left open must not be a way to guess it, or to change it."""

from __future__ import annotations

from connectors.store.people import audit
from connectors.store.people.accounts import Account
from plugin.access.authentication import passwords, throttle
from plugin.access.authorization import members
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector


def require(connector: Connector, account: Account, current: str, address: str, refused: str) -> None:
    """Refused unless this is their present password, or where it is asked too often; `refused` is what the audit log calls it."""
    members.require_local(connector)
    if account.password_hash is None:
        raise AccessRefusal("You sign in at your provider; you have no password here.")
    now = connector.clock()
    if throttle.attempt(connector.store, account.email, address, now):
        raise AccessRefusal("Too many attempts. Wait a quarter of an hour, then try again.")
    right = passwords.matches(account.password_hash, current)
    with connector.store.write() as conn:
        if right:
            throttle.note_success(conn, account.email, address)
        else:
            audit.note(conn, account.email, refused, now, {"from": address})
    if not right:
        raise AccessRefusal("The current password is not right.", "current")


def change(connector: Connector, account: Account, current: str, new: str, address: str) -> None:
    """Another password for who knows the present one; all sessions end. Refused where it is not right, or asked too often."""
    if account.password_hash is None:
        raise AccessRefusal("You sign in at your provider; your password is changed there.")
    require(connector, account, current, address, "password change refused")
    if new == current:
        raise AccessRefusal("Choose another password than the present one.", "password")
    members.set_password(connector, account, new, account.email)
