"""One's own account: who one is, another password, signing out everywhere."""

from __future__ import annotations

from connectors.store.people import accounts
from connectors.store.people.accounts import Account
from plugin.access.authentication import own_password
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import NotPermitted
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import VIEWER, act, question

__all__ = ["Account", "change_password", "own_account", "sign_out_everywhere"]


@question(VIEWER)
def own_account(connector: Connector, actor: Actor) -> Account:
    """The account of who asks; raises Refused where it went meanwhile."""
    with connector.store.read() as conn:
        account = accounts.get(conn, actor.account_id)
    if account is None:
        raise NotPermitted("This account is gone.")
    return account


@act(VIEWER)
def change_password(connector: Connector, actor: Actor, current: str, new: str, address: str) -> None:
    """Another password for who knows the present one; all sessions end. Raises Refused where it is not right, or asked too often."""
    own_password.change(connector, own_account(connector, actor), current, new, address)


@act(VIEWER)
def sign_out_everywhere(connector: Connector, actor: Actor) -> None:
    """End all one's sessions; tokens go on working."""
    members.end_sessions(connector, own_account(connector, actor), actor.label)
