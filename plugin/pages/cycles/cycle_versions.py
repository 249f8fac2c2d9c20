"""What two closings of one cycle differ in, with the rows that made the difference."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import known_site, zone
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.views.cycles.cycle_versions import versions_view
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import CycleRefusal
from plugin.use_cases.cycles.versions import difference


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/review/<site>/<cycle>/difference", endpoint="cycle_difference")
    @needs("viewer")
    def differing(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        before, after = (request.args.get(name, type=int) for name in ("before", "after"))
        view, refused = None, ""
        try:
            found = difference(connector, current_actor(), site, cycle, before, after)
            view = versions_view(found, zone(connector))
        except CycleRefusal as error:
            refused = str(error)
        several = len(connector.sites) > 1
        return render(
            "cycle_versions.html",
            "cycle_review",
            cycle=cycle,
            view=view,
            refused=refused,
            address=lambda key: objective_address(key, site if several else None),
        )
