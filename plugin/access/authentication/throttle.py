"""Slows down those who guess: how often somebody may try to sign in. Counted in the store, so that all processes count together.

An attempt is counted before the password is looked at; a hundred at once are no way around the limit.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from sqlalchemy import Connection

from connectors.store import Store
from connectors.store.database.sql import plain
from connectors.store.people import sign_in_attempts
from connectors.store.people.sign_in_attempts import Attempts

WINDOW = timedelta(minutes=15)
PER_ACCOUNT_AND_ADDRESS = 5
PER_ADDRESS = 50
"""Whole offices sit behind one address."""
PER_ACCOUNT = 100
"""From everywhere together: who has many addresses, or a proxy that lets one choose them, must not guess without end.
It takes twenty addresses to hold somebody else's account with it."""


def wait(attempts: Attempts, allowed: int, now: datetime) -> timedelta:
    """How long until another attempt is heard; nothing where this one is."""
    if attempts.count <= allowed:
        return timedelta(0)
    return max(attempts.since + WINDOW - now, timedelta(seconds=1))


def attempt(store: Store, email: str, address: str, now: datetime) -> timedelta:
    """Count an attempt to sign in as `email` from `address`; how long they have to wait, nothing where they may go on."""
    with store.write() as conn:
        held = wait(_count(conn, _place(address), now), PER_ADDRESS, now)
        if held:
            return held
        held = wait(_count(conn, _pair(email, address), now), PER_ACCOUNT_AND_ADDRESS, now)
        return held or wait(_count(conn, _pair(email), now), PER_ACCOUNT, now)


def noteworthy(
    store: Store, address: str, now: datetime, kind: str = "refused", most: int = PER_ADDRESS
) -> bool:
    """Whether one more refusal of a kind is put into the audit log: anybody can make them up, as many as they like."""
    with store.write() as conn:
        return not wait(_count(conn, f"{kind}-{_place(address)}", now), most, now)


def pause_of(store: Store, what: str, most: int, now: datetime) -> timedelta:
    """Count once more something that is done so often at most in a quarter of an hour; how long it has to wait, nothing where it may be."""
    with store.write() as conn:
        return wait(_count(conn, what, now), most, now)


def note_success(conn: Connection, email: str, address: str) -> None:
    """Forget the attempts of somebody who then knew the password; against their office and their account this one does not count."""
    sign_in_attempts.forget(conn, _pair(email, address))
    sign_in_attempts.take_back(conn, _pair(email))
    sign_in_attempts.take_back(conn, _place(address))


def _count(conn: Connection, key: str, now: datetime) -> Attempts:
    return sign_in_attempts.count(conn, key, now, WINDOW)


def _pair(email: str, address: str = "") -> str:
    """An account and an address, or all addresses where none is given."""
    typed = f"{email.strip().casefold()}\n{neighbourhood(address)}".encode("utf-8", "replace")
    return "sign-in:" + hashlib.sha256(typed).hexdigest()


def _place(address: str) -> str:
    return f"sign-in-from:{neighbourhood(address)}"


def neighbourhood(address: str) -> str:
    """The address; of IPv6 the network that one customer gets, for there nobody runs out of addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return plain(address, 100)
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
