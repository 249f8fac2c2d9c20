"""The list of objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectField
from wtforms.widgets import SearchInput

from mappings.rollup.state import HealthLevel
from plugin.access.authorization.permission import needs
from plugin.doors.exports import ObjectiveRow, as_csv, objective_row
from plugin.pages.frame.choice import strange_choice
from plugin.pages.frame.forms import LineField, PageForm
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.sources import Sources
from plugin.pages.views.objectives.listing import (
    DEFAULT_ORDER,
    GROUPS,
    ROWS,
    Filters,
    after_of,
    build_listing,
)
from plugin.pages.views.objectives.names import ORDERS
from plugin.pages.views.words.freshness import pulse
from plugin.use_cases.objectives.objective_list import ObjectivePage

LONGEST_SEARCH = 200
LONGEST_FOLDED = 1000
LEVELS = tuple(level.value for level in HealthLevel)


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
    group = SelectField("Group by", default="", choices=GROUPS, validate_choice=False)
    health = HiddenField(default="")
    after = HiddenField(default="")
    closed = HiddenField(default="")

    def filters(self) -> Filters:
        """The same as a value; what is not valid falls back to all."""
        health, order = self.health.data or "", self.order.data
        return Filters(
            cycle=self.cycle.data,
            project=self.project.data,
            health=health if health in LEVELS else "",
            team=self.team.data,
            owner=self.owner.data,
            q=self.q.data,
            order=order if order in ORDERS else DEFAULT_ORDER,
            after=self.after.data or "",
            closed=(self.closed.data or "")[:LONGEST_FOLDED],
            group=self.group.data if self.group.data in GROUPS else "",
        )

    def strange(self) -> str:
        """What cannot be meant, in a sentence; empty where all of it can. Never does a word that nobody knows show everything."""
        for field, known in ((self.health, LEVELS), (self.order, tuple(ORDERS)), (self.group, ("team",))):
            if said := strange_choice(field.name, field.data or "", known):
                return said
        return ""


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/", endpoint="objectives")
    def objectives() -> ResponseReturnValue:
        return answer_list(sources, FilterForm(request.args))

    @blueprint.get("/objectives.csv", endpoint="objectives_file")
    @needs("viewer", lane="heavy")
    def as_file() -> ResponseReturnValue:
        """The objectives of the list as a spreadsheet takes them, by the same filters."""
        form = FilterForm(request.args)
        if strange := form.strange():
            abort(400, strange)
        filters = replace(form.filters(), after="")
        _, running = found_of(sources, filters)
        found = sources.lines(filters.wanted(running))
        text = as_csv(ObjectiveRow, map(objective_row, found))
        named = {"Content-Disposition": 'attachment; filename="objectives.csv"'}
        return Response(text, mimetype="text/csv", headers=named)

    @blueprint.get("/teams/<team>", endpoint="team")
    @needs("viewer")
    def team_page(team: str) -> ResponseReturnValue:
        """The objectives of one team that run now, at an address that can be kept."""
        return answer_list(sources, FilterForm(MultiDict([*request.args.items(multi=True), ("team", team)])))


def answer_list(sources: Sources, form: FilterForm) -> ResponseReturnValue:
    """The list, or 400 with a sentence where something cannot be meant."""
    return objectives_page(sources, form), 400 if form.strange() else 200


def found_of(sources: Sources, filters: Filters) -> tuple[ObjectivePage, Sequence[str]]:
    """A page of what the filters admit, and the running cycles it was narrowed to: none where nothing runs, or what is searched for ran before."""
    running = sources.running_cycles()
    after = after_of(filters.after)
    found = sources.listing(filters.wanted(running), after, ROWS)
    empty = not set(found.tallies.cycles) & set(running) or bool(filters.q and not found.rows)
    if running and empty:
        return sources.listing(filters.wanted(), after, ROWS), ()
    return found, running


def objectives_page(sources: Sources, form: FilterForm) -> str:
    """The list as HTML."""
    filters = form.filters()
    strange = form.strange()
    found, running = found_of(sources, filters)
    now, zone = sources.now(), sources.zone
    members = sources.members(filters.wanted(running)) if filters.group else ()
    view = build_listing(found, filters, sources.cycles(), now, zone, running, members)
    for field, choices in (
        (form.cycle, view.cycles),
        (form.project, view.projects),
        (form.team, view.teams),
        (form.owner, view.owners),
    ):
        field.choices = dict(choices)
    fresh = pulse(sources.vitals(), now, zone)
    return render(
        "objectives.html",
        "objectives",
        view=view,
        views=sources.saved_views(),
        here=f"{quote(request.path)}{filters.query()}",
        form=form,
        strange=strange,
        address=objective_address,
        dense=request.cookies.get("density") != "roomy",
        pulse=fresh,
    )


PAGE = Page("objectives", "Objectives", register, "objectives")
