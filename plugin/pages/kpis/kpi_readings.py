"""The forms on the page of a KPI: an editor enters a reading, corrects one or takes it back, or has the source asked now."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal
from plugin.pages.kpis.kpis import kpi_page, meant
from plugin.pages.objectives.objective_address import site_in_address
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.kpis.kpi_forms import ReadingForm
from plugin.runtime.connector import Connector
from plugin.use_cases.kpis.kpi_words import value_words
from plugin.use_cases.kpis.readings import ReadingsRefusal, push, typed_reading
from plugin.use_cases.kpis.sources.pulls import read_now

SAID = {
    "new": "Taken in: {value}.",
    "unchanged": "Nothing changed: that was said already.",
    "corrected": "Corrected: {value}. What it said before is kept.",
}


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the route."""
    sources = StoredSources(connector)

    @blueprint.post("/kpis/<id_>/readings", endpoint="enter_reading")
    @needs("editor")
    def enter(id_: str) -> ResponseReturnValue:
        one = meant(sources, id_)
        if not one.takes_readings:
            abort(404, f"The KPI “{id_}” reads a source of its own.")
        form = ReadingForm(request.form)
        try:
            wanted = typed_reading(form.at.data, form.value.data, form.note.data, one.zone, sources.now())
            (receipt,) = push(connector, current_actor(), one.site, id_, [wanted])
        except ReadingsRefusal as error:
            for place, fault in error.faults:
                form.refuse(f"Not kept: {fault}.", place.rpartition("/")[2])
            return kpi_page(sources, one, form), 422
        flash(SAID[receipt.value].format(value=form.value.data or "no value"))
        site = site_in_address(one.site, sources.site_names())
        return redirect(url_for("pages.kpi", id_=id_, site=site))

    @blueprint.post("/kpis/<id_>/read", endpoint="read_kpi")
    @needs("editor")
    def read(id_: str) -> ResponseReturnValue:
        one = meant(sources, id_)
        if not one.is_asked:
            abort(404, f"The KPI “{id_}” has no source that is asked.")
        pull = read_now(connector, current_actor(), one.site, id_)
        if pull.reading is not None:
            flash(f"Read: {value_words(pull.reading.value, one.part.unit)}.")
        elif pull.failure is not None:
            flash_refusal(f"No reading: {pull.failure.reason}. {pull.failure.remedy}".rstrip())
        site = site_in_address(one.site, sources.site_names())
        return redirect(url_for("pages.kpi", id_=id_, site=site))
