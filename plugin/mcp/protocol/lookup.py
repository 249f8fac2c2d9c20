"""Finds what arguments name: a site, an objective. Whatever is not here is answered with what is, and with the tool that lists it."""

from __future__ import annotations

from plugin.mcp.protocol.shapes import Arguments
from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.use_cases.cycles.locks import waits_behind_lock
from plugin.use_cases.objectives.objectives import SavedObjective, objective, objective_in

PERHAPS = "okr_list with text=… finds objectives by a part of their key or title."


def site_of(asking: ToolAsker, arguments: Arguments) -> str:
    """The site that is named; the first one where none is."""
    connector, named = asking.connector, arguments.site
    if named is not None and connector.known_site(named) is not None:
        return named
    known = sorted(connector.sites)
    if not known:
        raise UnanswerableQuestion(
            "No Jira site is connected yet. An operator sets JIRA_OKR_JIRA__URL, or adds a site."
        )
    if named is not None:
        raise UnanswerableQuestion(f"There is no site {named!r} here. Sites: {', '.join(known)}.")
    return next(iter(connector.sites))


def objective_of(asking: ToolAsker, site: str, key: str, cycle: str | None = None) -> SavedObjective:
    """The objective of this key, former key or id; with a cycle as it stood when that was over."""
    if cycle is not None:
        stood = objective_in(asking.connector, asking.actor, site, key, cycle)
        if stood is None:
            raise UnanswerableQuestion(
                f"{key!r} was no objective of {cycle!r}. okr_list with cycle=… lists those that were."
            )
        return stood
    found = objective(asking.connector, asking.actor, site, key)
    if found is None:
        waits = waits_behind_lock(asking.connector, asking.actor, site, key)
        raise UnanswerableQuestion(waits or f"There is no objective {key!r} on the site {site!r}. {PERHAPS}")
    return found
