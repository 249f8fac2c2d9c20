"""The balanced scorecard: objectives and KPIs by the perspective from which they look."""

from __future__ import annotations

from flask import Blueprint, request

from plugin.access.authorization.permission import needs
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import objective_address, site_in_address
from plugin.pages.sources import Sources
from plugin.pages.views.practice.scorecard import site_scorecard


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/scorecard", endpoint="scorecard")
    @needs("viewer")
    def scorecard() -> str:
        names = sources.site_names()
        found = sources.scorecards(request.args.get("cycle") or None)
        views = [site_scorecard(one, site_in_address(one.site, names)) for one in found]
        return render("scorecard.html", "scorecard", sites=views, address=objective_address)


PAGE = Page("scorecard", "Scorecard", register, "scorecard")
