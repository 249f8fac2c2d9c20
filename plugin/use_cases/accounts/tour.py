"""The tour of the demo: whether a person still takes it."""

from __future__ import annotations

from connectors.store.people import accounts
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.permission import VIEWER, act, question


@question(VIEWER)
def has_left(connector: Connector, actor: Actor) -> bool:
    """Whether one has seen enough of it; so has nobody who is not signed in."""
    with connector.store.read() as conn:
        account = accounts.get(conn, actor.account_id)
    return account is not None and account.tour_left_at is not None


@act(VIEWER)
def leave(connector: Connector, actor: Actor) -> None:
    """One has seen enough: pages show it no more unless it is asked for."""
    account = own_account(connector, actor)
    with connector.store.write() as conn:
        accounts.leave_tour(conn, account.id, connector.clock())
