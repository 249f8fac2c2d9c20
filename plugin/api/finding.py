"""Finds what a request names: its site, its objective. What is not here is a 404 that says what is."""

from __future__ import annotations

from plugin.api.failures import Refusal, not_found
from plugin.api.operation import Call
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.objective_lookup import SavedObjective, find_objective


def site_of(call: Call) -> str:
    """The site of the address or of the query; the first one where none is named."""
    named = call.path.get("site") or getattr(call.query, "site", None) or getattr(call.body, "site", None)
    return known_site(call.connector, named)


def known_site(connector: Connector, named: str | None) -> str:
    """The name of a site that is there."""
    if named is None and connector.sites:
        return next(iter(connector.sites))
    if named is not None and connector.known_site(named) is not None:
        return named
    if named is None:
        raise Refusal(
            404,
            "No site",
            "No site is connected yet.",
            "Set JIRA_OKR_JIRA__URL, or add a site, and begin again.",
        )
    known = ", ".join(sorted(connector.sites)) or "none yet"
    raise not_found("site", named, f"Sites: {known}.")


def objective_of(call: Call) -> tuple[str, SavedObjective]:
    """The site and the objective that the address names."""
    site, name = site_of(call), str(call.path["objective"])
    return site, known_objective(call.connector, site, name)


def known_objective(connector: Connector, site: str, name: str) -> SavedObjective:
    """The objective of this name."""
    saved = find_objective(connector, site, name)
    if saved is None:
        raise not_found("objective", name, "GET /api/v1/objectives lists them.")
    return saved
