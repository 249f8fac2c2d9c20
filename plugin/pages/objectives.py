"""The list of objectives."""

from __future__ import annotations

from flask import Blueprint, request

from plugin.pages.page import Page, rendered
from plugin.pages.sources import Sources
from plugin.pages.views.freshness import pulse
from plugin.pages.views.listing import Filters, listing, sliced


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/", endpoint="objectives")
    def objectives() -> str:
        return objectives_page(sources, Filters.of(request.args))


def objectives_page(sources: Sources, filters: Filters) -> str:
    """The list as HTML; histories are read for the rows of this page alone."""
    every = sources.objectives()
    part = sliced(every, filters)
    histories = sources.histories([one.saved.state.id for one in part.rows])
    now, zone = sources.now(), sources.zone
    view = listing(every, filters, part, histories, sources.cycles(), now, zone)
    fresh = pulse(sources.freshness(), now, zone)
    return rendered("objectives.html", "objectives", view=view, pulse=fresh)


PAGE = Page("objectives", "Objectives", register, "objectives")
