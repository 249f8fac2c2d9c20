"""The first account: made by whoever holds the one-time link that `serve` prints. There is no default password."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from connectors.store.people import accounts, audit, set_up_links
from connectors.store.people.accounts import Account
from connectors.store.people.set_up_links import SetUpLink
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, PUBLIC, act, question

VALID = timedelta(hours=24)


@question(PUBLIC)
def is_needed(connector: Connector, _actor: Actor) -> bool:
    """Whether there is no admin yet."""
    with connector.store.read() as conn:
        return not accounts.has_open(conn, Permission.ADMIN)


@act(ADMIN)
def make_link(connector: Connector, actor: Actor, base: str) -> str | None:
    """A new one-time link, in the place of any before; None once there is an admin. Only its hash is kept."""
    text = secrets.token_urlsafe(32)
    with connector.store.write() as conn:
        if accounts.has_open(conn, Permission.ADMIN):
            return None
        now = connector.clock()
        set_up_links.put(conn, SetUpLink(hash_of(text), now + VALID))
        audit.note(conn, actor.label, "set-up link made", now, {})
    return f"{base.rstrip('/')}/set-up/{text}"


@act(ADMIN)
def invite(connector: Connector, actor: Actor, served: str) -> str | None:
    """What `serve` says where nobody can sign in yet."""
    if connector.settings.local_accounts == "off":
        return _by_provider() if is_needed(connector, actor) else None
    base = connector.settings.public_url if connector.settings.base_url else served
    address = make_link(connector, actor, base)
    if address is None:
        return None
    return (
        "Nobody administers this connector yet. Make the first account, an admin, here (once, within 24 hours; "
        f"a restart prints a new link):\n\n  {address}\n"
    )


@question(PUBLIC)
def is_valid(connector: Connector, _actor: Actor, text: str) -> bool:
    """Whether this is the link that was printed last, in time and unused."""
    with connector.store.read() as conn:
        kept = set_up_links.get(conn)
        needed = not accounts.has_open(conn, Permission.ADMIN)
        return needed and connector.settings.local_accounts == "on" and _opens(connector, kept, text)


@act(PUBLIC)
def make_first_account(
    connector: Connector, _actor: Actor, text: str, email: str, name: str, password: str
) -> Account:
    """Use the link up for an admin account; Refused, and the link unused, where anything is wrong."""
    address = members.good_email(email)
    password_hash = members.good_hash(connector, password, address)
    with connector.store.write() as conn:
        kept = set_up_links.take(conn)
        if not _opens(connector, kept, text) or accounts.has_open(conn, Permission.ADMIN):
            raise AccessRefusal(
                "This link was used or has run out. Start jira-okr serve again for a new one."
            )
        account = members.insert(connector, conn, address, name, Permission.ADMIN, password_hash)
        audit.note(conn, account.email, "first account made", connector.clock(), {"account": account.email})
    return account


def _by_provider() -> str:
    return (
        "Nobody administers this connector yet, and passwords are off. Name the first admin, who then signs in at the provider:\n\n"
        "  jira-okr user add you@example.com --role admin --no-password\n"
    )


def _opens(connector: Connector, kept: SetUpLink | None, text: str) -> bool:
    if kept is None or connector.clock() >= kept.until:
        return False
    return hmac.compare_digest(kept.hash, hash_of(text))
