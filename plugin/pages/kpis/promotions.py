"""The buttons beside a key result that is proposed as a KPI: an admin takes it into their draft of the mapping, an editor says no."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal
from plugin.pages.frame.visit import known_site
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.kpis.promotions import dismiss_promotion, promote


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/promotions/<site>/accept", endpoint="promote")
    @needs("admin")
    def taken(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        try:
            made = promote(connector, current_actor(), site, request.form.get("key_result", ""))
        except Refusal as error:
            flash_refusal(f"Not taken: {error}")
            return redirect(url_for("pages.kpis"))
        flash(f"The KPI “{made.kpi.id}” stands at the end of your draft. It is watched once you activate it.")
        return redirect(url_for("control.editor", site=site))

    @blueprint.post("/promotions/<site>/dismiss", endpoint="dismiss_promotion")
    @needs("editor")
    def dismissed(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        name = request.form.get("key_result", "")
        try:
            dismiss_promotion(connector, current_actor(), site, name)
        except Refusal as error:
            flash_refusal(str(error))
        else:
            flash(f"Dismissed: {name} goes on as a key result.")
        return redirect(url_for("pages.kpis"))
