"""The buttons beside what is proposed for a KPI: an editor accepts it with the issue that is the key result, has it made, or dismisses it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from mappings.kpi.episode import KpiStatus
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.kpis.kpis import kpi_page, meant
from plugin.pages.objectives.objective_address import site_in_address
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.kpis.kpi_forms import AcceptanceForm
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.episodes import accept, dismiss


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""
    sources = StoredSources(connector)

    def shown(one: ShownKpi) -> Response:
        site = site_in_address(one.site, sources.site_names())
        return redirect(url_for("pages.kpi", id_=one.part.id, site=site))

    @blueprint.post("/kpis/<id_>/accept", endpoint="accept_kpi")
    @needs("editor")
    def accepted(id_: str) -> ResponseReturnValue:
        one, form = meant(sources, id_), AcceptanceForm(request.form)
        try:
            news = accept(connector, current_actor(), one.site, id_, form.issue.data, form.objective.data)
        except Refusal as error:
            form.refuse(str(error), next((part.name for part in form if part.data), ""))
            return kpi_page(sources, one, acceptance=form), 422
        if news.state.status is KpiStatus.WATCHING:
            flash("Its key result is closed; the KPI is watched again.")
        elif not news.state.wanted:
            flash(f"{form.issue.data if news.key_result is None else news.key_result.key} is its key result.")
        return shown(one)

    @blueprint.post("/kpis/<id_>/dismiss", endpoint="dismiss_kpi")
    @needs("editor")
    def dismissed(id_: str) -> ResponseReturnValue:
        one = meant(sources, id_)
        try:
            dismiss(connector, current_actor(), one.site, id_)
        except Refusal as error:
            return kpi_page(sources, one, undecided=str(error)), 422
        flash("Dismissed; it counts anew.")
        return shown(one)
