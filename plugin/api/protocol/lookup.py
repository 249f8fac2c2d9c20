"""Finds what a request names: its site, its objective. What is not here is a 404 that says what is."""

from __future__ import annotations

from typing import Protocol

from plugin.api.protocol.addresses import ObjectiveAddress
from plugin.api.protocol.operation import Caller
from plugin.doors.model import SiteQuery
from plugin.doors.refusal import RequestRefusal, not_found
from plugin.next_steps import LOCKED_CYCLE, OBJECTIVES, Door
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.locks import waits_behind_lock
from plugin.use_cases.objectives.objectives import SavedObjective, objective


class SiteBearer(Protocol):
    """What may name a site: an address, a query or a body."""

    @property
    def site(self) -> str | None:
        """Its name; None means the first one."""


def site_of(caller: Caller, named: SiteBearer) -> str:
    """The site that an address, a query or a body names; the first one where it names none."""
    return known_site(caller.connector, named.site)


def known_site(connector: Connector, named: str | None) -> str:
    """The name of a site that is there."""
    if named is None and connector.sites:
        return next(iter(connector.sites))
    if named is not None and connector.known_site(named) is not None:
        return named
    if named is None:
        raise RequestRefusal(
            404,
            "No site",
            "No site is connected yet.",
            "Set JIRA_OKR_JIRA__URL, or add a site, and begin again.",
        )
    known = ", ".join(sorted(connector.sites)) or "none yet"
    raise not_found("site", named, f"Sites: {known}.")


def objective_of(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> tuple[str, SavedObjective]:
    """The site and the objective that are named."""
    site = site_of(caller, query)
    return site, known_objective(caller, site, path.objective)


def known_objective(caller: Caller, site: str, name: str) -> SavedObjective:
    """The objective of this name."""
    saved = objective(caller.connector, caller.actor, site, name)
    if saved is None:
        waits = waits_behind_lock(caller.connector, caller.actor, site, name)
        if waits:
            raise RequestRefusal(404, "No such objective yet", waits, LOCKED_CYCLE.at(Door.API))
        raise not_found("objective", name, OBJECTIVES)
    return saved
