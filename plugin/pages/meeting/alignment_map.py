"""The map of alignment: which teams serve which objective of the company, as a matrix and as text."""

from __future__ import annotations

from flask import Blueprint

from plugin.access.authorization.permission import needs
from plugin.pages.frame.choice import chosen_place
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.sources import Sources
from plugin.pages.views.meeting.meeting import meeting_view
from plugin.pages.views.meeting.work import KEY, work_of
from plugin.pages.views.words.freshness import pulse


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/map", endpoint="map")
    @needs("viewer", lane="heavy")
    def alignment_map() -> str:
        found = sources.meeting()
        view = meeting_view(found, sources.now(), sources.zone)
        states = () if view.many or not view.company else sources.working(found)
        work = {(site, state.key or state.id): work_of(state) for site, state in states}
        fresh = pulse(sources.vitals(), sources.now(), sources.zone)
        lane = chosen_place("lane", len(view.lanes))
        return render(
            "map.html",
            "objectives",
            view=view,
            work=work,
            key=KEY,
            address=objective_address,
            pulse=fresh,
            opened=lane,
        )


PAGE = Page("map", "Map", register)
