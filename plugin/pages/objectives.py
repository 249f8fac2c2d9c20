"""The list of objectives."""

from __future__ import annotations

from flask import Blueprint, request

from plugin.pages.objective_address import objective_address
from plugin.pages.page import Page, rendered
from plugin.pages.sources import Sources
from plugin.pages.views.freshness import pulse
from plugin.pages.views.listing import ROWS, Filters, after_of, listing


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/", endpoint="objectives")
    def objectives() -> str:
        return objectives_page(sources, Filters.of(request.args))


def objectives_page(sources: Sources, filters: Filters) -> str:
    """The list as HTML."""
    found = sources.listing(filters.wanted(), after_of(filters.after), ROWS)
    now, zone = sources.now(), sources.zone
    view = listing(found, filters, sources.cycles(), now, zone)
    fresh = pulse(sources.vitals(), now, zone)
    return rendered("objectives.html", "objectives", view=view, address=objective_address, pulse=fresh)


PAGE = Page("objectives", "Objectives", register, "objectives")
