"""Letting somebody in by a one-time link: what an operator does where the provider is down and passwords are off, or forgotten."""

from __future__ import annotations

import secrets
from datetime import timedelta

from connectors.store.people import accounts, audit, sign_in_links
from connectors.store.people.accounts import Account
from connectors.store.people.sign_in_links import SignInLink
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.next_steps import LET_IN, OPEN_ACCOUNT
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, PUBLIC, act, question

VALID = timedelta(minutes=15)
GONE = "This link was used or has run out."


@act(ADMIN)
def make_link(connector: Connector, actor: Actor, account: Account) -> str:
    """An address that signs in as this account, once and within a quarter of an hour, in the place of any before."""
    if account.disabled_at is not None:
        raise AccessRefusal(f"{account.email} is closed.", step=OPEN_ACCOUNT)
    text, now = secrets.token_urlsafe(32), connector.clock()
    with connector.store.write() as conn:
        sign_in_links.put(conn, SignInLink(hash_of(text), account.id, now + VALID), now)
        audit.note(conn, actor.label, "entry link made", now, {"account": account.email})
    return f"{connector.settings.public_url}/let-in/{text}"


@question(PUBLIC)
def opens(connector: Connector, _actor: Actor, text: str) -> bool:
    """Whether the link is unused and in time."""
    with connector.store.read() as conn:
        kept = sign_in_links.get(conn, hash_of(text))
    return kept is not None and connector.clock() < kept.until


@act(PUBLIC)
def enter(connector: Connector, _actor: Actor, text: str, address: str) -> Account:
    """Use the link up: the account that is signed in. Refused where it opens nothing any more."""
    now = connector.clock()
    with connector.store.write() as conn:
        kept = sign_in_links.take(conn, hash_of(text))
        account = None if kept is None or now >= kept.until else accounts.get(conn, kept.account_id)
        if account is None or account.disabled_at is not None:
            raise AccessRefusal(GONE, step=LET_IN)
        audit.note(conn, account.email, "signed in", now, {"from": address, "by": "link of an operator"})
    return account
