"""The pages that change something: mapping, digests, sites, set-up, the buttons of sync health. A new one is one file and one line in CONTROLS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from plugin.pages import digests, sites
from plugin.pages.accounts import saved_views, tour
from plugin.pages.cycles import cycle_carry, cycle_closure, cycle_lock, cycle_replay, cycle_versions
from plugin.pages.exchange import badges, okr_import, subscriptions
from plugin.pages.frame.errors import Advice
from plugin.pages.frame.guard import refuse_nul
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import may
from plugin.pages.health import diagnostics, gaps, held_writes, losses, repairs
from plugin.pages.kpis import demo_days, kpi_episodes, kpi_readings, promotions
from plugin.pages.mappings import (
    field_creation,
    mapping,
    mapping_editor,
    mapping_form,
    preview,
    trial,
    wizard,
)
from plugin.pages.objectives import check_ins, histories
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.health.faults import JiraError

CONTROLS: tuple[Callable[[Blueprint, Connector], None], ...] = (
    mapping.register,
    mapping_editor.register,
    mapping_form.register,
    preview.register,
    trial.register,
    repairs.register,
    gaps.register,
    held_writes.register,
    losses.register,
    diagnostics.register,
    check_ins.register,
    cycle_closure.register,
    cycle_carry.register,
    cycle_lock.register,
    cycle_replay.register,
    cycle_versions.register,
    histories.register,
    kpi_readings.register,
    kpi_episodes.register,
    promotions.register,
    demo_days.register,
    digests.register,
    saved_views.register,
    sites.register,
    okr_import.register,
    subscriptions.register,
    badges.register,
    wizard.register,
    field_creation.register,
    tour.register,
)


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One entry of the navigation, for those who may go there."""

    name: str
    label: str
    endpoint: str
    permission: str


NAVIGATION = (
    NavigationEntry("mapping", "Mapping", "control.mapping", "viewer"),
    NavigationEntry("sites", "Sites", "control.sites", "admin"),
)


def control_blueprint(connector: Connector) -> Blueprint:
    """All of them. What they answer is never kept by a cache: it is about to change."""
    blueprint = Blueprint("control", __name__)
    for register in CONTROLS:
        register(blueprint, connector)
    blueprint.app_context_processor(lambda: {"may": may, "entries": NAVIGATION})
    blueprint.before_request(refuse_nul)
    blueprint.after_request(_not_kept)
    blueprint.register_error_handler(JiraError, _jira_failed)
    blueprint.register_error_handler(Refusal, _not_ready)
    return blueprint


def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _jira_failed(error: JiraError) -> ResponseReturnValue:
    advice = Advice("Jira did not do that", error.remedy or "Go back and try again.")
    return render("error.html", "", code=502, advice=advice, said=error.message), 502


def _not_ready(error: Refusal) -> ResponseReturnValue:
    advice = Advice("Something is missing first", "Go back, do that, and try again.")
    return render("error.html", "", code=409, advice=advice, said=str(error)), 409
