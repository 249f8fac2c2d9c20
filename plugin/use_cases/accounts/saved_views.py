"""What people keep for themselves: a filtered list, a team's page or one objective, under a name of their own."""

from __future__ import annotations

import re

from connectors.store.people import audit
from connectors.store.people import saved_views as store
from connectors.store.people.saved_views import SavedView
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.permission import VIEWER, act, question

__all__ = [
    "LONGEST_ADDRESS",
    "LONGEST_NAME",
    "MOST",
    "SavedView",
    "ViewRefused",
    "keep",
    "list_views",
    "remove",
]

LONGEST_NAME, LONGEST_ADDRESS, MOST = 200, 4000, 100
PAGES = re.compile(
    r"/(?:(?:teams|objectives|kpis|review|scorecard|practice|map|brief)"
    r"(?:/(?!(?:\.|%2[eE]){1,2}(?:[/?]|\Z))[^/?]*)*)?(?:\?.*)?"
)
"""Pages that are read; nothing that does something, nothing that leads up from them, and nothing elsewhere."""
BROKEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no line of text has."""


class ViewRefused(ValueError):  # noqa: N818
    """It cannot be kept; the message says why, `about` which part of it."""

    def __init__(self, message: str, about: str) -> None:
        super().__init__(message)
        self.about = about


@question(VIEWER)
def list_views(connector: Connector, actor: Actor) -> tuple[SavedView, ...]:
    """One's own, by name; none where nobody signed in."""
    with connector.store.read() as conn:
        return tuple(store.of(conn, actor.account_id))


@act(VIEWER)
def keep(connector: Connector, actor: Actor, name: str, address: str) -> SavedView:
    """Keep a page under a name, in the place of what was kept under it; raises ViewRefused."""
    account = own_account(connector, actor)
    name, now = name.strip(), connector.clock()
    if not 0 < len(name) <= LONGEST_NAME or BROKEN.search(name):
        raise ViewRefused(f"Give it a name of 1 to {LONGEST_NAME} characters on one line.", "name")
    strange = "\\" in address or BROKEN.search(address)
    if not PAGES.fullmatch(address) or len(address) > LONGEST_ADDRESS or strange:
        said = "Give the address of a page of objectives, KPIs or cycles as it begins behind the host, for example /?cycle=2026-Q4."
        raise ViewRefused(said, "address")
    view = SavedView(name, address)
    with connector.store.write() as conn:
        known = {one.name for one in store.of(conn, account.id)}
        if name not in known and len(known) >= MOST:
            raise ViewRefused(f"You keep {MOST} already. Remove one first.", "name")
        store.put(conn, account.id, view, now)
        audit.note(conn, actor.label, "view kept", now, {"name": name, "address": address})
    return view


@act(VIEWER)
def remove(connector: Connector, actor: Actor, name: str) -> bool:
    """Keep it no longer; False where there was none of this name."""
    account, now = own_account(connector, actor), connector.clock()
    with connector.store.write() as conn:
        gone = store.remove(conn, account.id, name)
        if gone:
            audit.note(conn, actor.label, "view removed", now, {"name": name})
    return gone
