"""What people keep for themselves: a filtered list, a team's page or one objective, under a name of their own.

An objective is kept by its id, which stays when its issue is moved and gets another key.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, unquote

from connectors.store.people import audit
from connectors.store.people import saved_views as store
from connectors.store.people.saved_views import SavedView
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.objectives.objective_lookup import find_objective
from plugin.use_cases.permission import VIEWER, act, question

__all__ = [
    "LONGEST_ADDRESS",
    "LONGEST_NAME",
    "MOST",
    "SavedView",
    "ViewRefusal",
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
OBJECTIVE = re.compile(r"(?P<way>/objectives/)(?P<name>[^/?]+)(?P<query>\?.*)?")
PATH = "!$&'()*+,:;=@"
"""What stands for itself within a path, as addresses of pages have it."""
BROKEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no line of text has."""


class ViewRefusal(ValueError):
    """It cannot be kept; the message says why, `about` which part of it."""

    def __init__(self, message: str, about: str) -> None:
        super().__init__(message)
        self.about = about


@question(VIEWER)
def list_views(connector: Connector, actor: Actor) -> tuple[SavedView, ...]:
    """One's own, by name; none where nobody signed in."""
    with connector.store.read() as conn:
        return tuple(store.load_views(conn, actor.account_id))


@act(VIEWER)
def keep(connector: Connector, actor: Actor, name: str, address: str) -> SavedView:
    """Keep a page under a name, in the place of what was kept under it; raises ViewRefusal."""
    account = own_account(connector, actor)
    name, now = name.strip(), connector.clock()
    if not 0 < len(name) <= LONGEST_NAME or BROKEN.search(name):
        raise ViewRefusal(f"Give it a name of 1 to {LONGEST_NAME} characters on one line.", "name")
    strange = "\\" in address or BROKEN.search(address)
    if not PAGES.fullmatch(address) or len(address) > LONGEST_ADDRESS or strange:
        said = "Give the address of a page of objectives, KPIs or cycles as it begins behind the host, for example /?cycle=2026-Q4."
        raise ViewRefusal(said, "address")
    view = SavedView(name, by_id(connector, address))
    with connector.store.write() as conn:
        known = {one.name for one in store.load_views(conn, account.id)}
        if name not in known and len(known) >= MOST:
            raise ViewRefusal(f"You keep {MOST} already. Remove one first.", "name")
        store.put(conn, account.id, view, now)
        audit.note(conn, actor.label, "view kept", now, {"name": name, "address": view.address})
    return view


def by_id(connector: Connector, address: str) -> str:
    """The address of an objective with its id in the place of its key or former key; any other, and one that is not known, as it is."""
    found = OBJECTIVE.fullmatch(address)
    if found is None:
        return address
    asked = parse_qs((found["query"] or "").removeprefix("?")).get("site", [*connector.sites])
    known = [find_objective(connector, site, unquote(found["name"])) for site in asked]
    ids = [one.state.id for one in known if one is not None]
    return f"{found['way']}{quote(ids[0], safe=PATH)}{found['query'] or ''}" if len(ids) == 1 else address


@act(VIEWER)
def remove(connector: Connector, actor: Actor, name: str) -> bool:
    """Keep it no longer; False where there was none of this name."""
    account, now = own_account(connector, actor), connector.clock()
    with connector.store.write() as conn:
        gone = store.remove(conn, account.id, name)
        if gone:
            audit.note(conn, actor.label, "view removed", now, {"name": name})
    return gone
