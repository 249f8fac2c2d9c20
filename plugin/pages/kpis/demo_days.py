"""The buttons by which days pass in the demo; there are none elsewhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authentication import sessions
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.kpis.kpis import meant
from plugin.pages.objectives.objective_address import site_in_address
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.kpis.days import let_days_pass


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the route, in the demo."""
    if connector.move_clock is None:
        return
    sources = StoredSources(connector)
    blueprint.app_context_processor(lambda: {"days_pass": True})

    @blueprint.post("/kpis/<id_>/days", endpoint="let_days_pass")
    @needs("editor")
    def passed(id_: str) -> ResponseReturnValue:
        one, asked = meant(sources, id_), request.form.get("days", "1")
        if not asked.isdecimal():
            raise Refusal("Say how many days are to pass, as a number.")
        sessions.carry(connector, let_days_pass(connector, current_actor(), one.site, int(asked)))
        today = f"{connector.clock().astimezone(one.zone):%A, %d %B %Y}"
        flash(f"It is {today} now: here, in the sandbox Jira, and for commands in a terminal beside them.")
        return redirect(url_for("pages.kpi", id_=id_, site=site_in_address(one.site, sources.site_names())))
