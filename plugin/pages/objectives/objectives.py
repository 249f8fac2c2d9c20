"""The list of objectives."""

from __future__ import annotations

from flask import Blueprint, request
from wtforms import HiddenField, SelectField
from wtforms.widgets import SearchInput

from mappings.rollup.state import HealthLevel
from plugin.pages.frame.forms import LineField, PageForm
from plugin.pages.frame.page import Page, rendered
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.sources import Sources
from plugin.pages.views.objectives.listing import DEFAULT_ORDER, ROWS, Filters, after_of, listing
from plugin.pages.views.objectives.tree import ORDERS
from plugin.pages.views.words.freshness import pulse

LONGEST_SEARCH = 200


class FilterForm(PageForm):
    """What a reader asks for. What there is to choose from depends on the objectives there are."""

    q = LineField(
        "Search",
        filters=[lambda typed: typed[:LONGEST_SEARCH]],
        widget=SearchInput(),
        render_kw={"placeholder": "Key, title or owner"},
    )
    cycle = SelectField("Cycle", default="", choices={}, validate_choice=False)
    project = SelectField("Project", default="", choices={}, validate_choice=False)
    team = SelectField("Team", default="", choices={}, validate_choice=False)
    owner = SelectField("Owner", default="", choices={}, validate_choice=False)
    order = SelectField("Order", default=DEFAULT_ORDER, choices=ORDERS, validate_choice=False)
    health = HiddenField(default="")
    after = HiddenField(default="")

    def filters(self) -> Filters:
        """The same as a value; what is not valid falls back to all."""
        health, order = self.health.data or "", self.order.data
        return Filters(
            cycle=self.cycle.data,
            project=self.project.data,
            health=health if health in {level.value for level in HealthLevel} else "",
            team=self.team.data,
            owner=self.owner.data,
            q=self.q.data,
            order=order if order in ORDERS else DEFAULT_ORDER,
            after=self.after.data or "",
        )


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/", endpoint="objectives")
    def objectives() -> str:
        return objectives_page(sources, FilterForm(request.args))


def objectives_page(sources: Sources, form: FilterForm) -> str:
    """The list as HTML."""
    filters = form.filters()
    found = sources.listing(filters.wanted(), after_of(filters.after), ROWS)
    now, zone = sources.now(), sources.zone
    view = listing(found, filters, sources.cycles(), now, zone)
    for field, choices in (
        (form.cycle, view.cycles),
        (form.project, view.projects),
        (form.team, view.teams),
        (form.owner, view.owners),
    ):
        field.choices = dict(choices)
    fresh = pulse(sources.vitals(), now, zone)
    return rendered(
        "objectives.html", "objectives", view=view, form=form, address=objective_address, pulse=fresh
    )


PAGE = Page("objectives", "Objectives", register, "objectives")
