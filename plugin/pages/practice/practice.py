"""How healthy our OKR practice is: team by team what of the craft is kept, what is behind it, and what to do."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.pages.frame.choice import strange_choice
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import objective_address, site_in_address
from plugin.pages.sources import Sources
from plugin.pages.views.practice.practice import site_practice


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/practice", endpoint="practice")
    @needs("viewer", lane="heavy")
    def practice() -> ResponseReturnValue:
        """Whoever looks at another cycle keeps the team: where it has nothing there they are told so beside the choice, and not sent away."""
        names = sources.site_names()
        found = sources.practice(request.args.get("cycle") or None)
        team = request.args.get("team", "")
        teams = sorted({one.practice.team for each in found for one in each.teams})
        strange = strange_choice("team", team, teams) if found else ""
        views = [
            site_practice(one, team, site_in_address(one.site, names), sources.search_url) for one in found
        ]
        body = render(
            "practice.html",
            "practice",
            sites=views,
            team=team,
            strange=strange,
            address=objective_address,
        )
        return body, 400 if strange else 200


PAGE = Page("practice", "Practice", register, "practice")
