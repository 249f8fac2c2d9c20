"""The buttons beside what is held on sync health: let it be written, or leave in Jira what stands there."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_result
from plugin.pages.frame.visit import known_site
from plugin.runtime.connector import Connector
from plugin.use_cases.work.held_writes import Decision, UnknownHeldWrite, drop, release

GONE = "It is not held any more: it was decided, or something else is wanted by now."


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/health/<site>/held/release", endpoint="release_held")
    @needs("editor")
    def release_held(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return decide(connector, site, release, "Released: workers write it at once.")

    @blueprint.post("/health/<site>/held/drop", endpoint="drop_held")
    @needs("editor")
    def drop_held(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return decide(connector, site, drop, "Dropped: Jira keeps what it has until another value is wanted.")


def decide(connector: Connector, site: str, decision: Decision, told: str) -> Response:
    """Decide about the objective of the form, or about all where it says so."""
    names = None if request.form.get("all") == "yes" else [request.form.get("objective", "")]
    try:
        count = decision(connector, current_actor(), site, names)
    except UnknownHeldWrite:
        count = 0
    flash_result(count, told, GONE)
    return redirect(url_for("pages.sync_health"))  # type: ignore[return-value]
