"""The buttons beside what Jira shows no more on sync health: it is gone, or it is only out of sight."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal
from plugin.pages.frame.visit import known_site
from plugin.runtime.connector import Connector
from plugin.use_cases.work import losses


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/health/<site>/losses/accept", endpoint="accept_losses")
    @needs("editor")
    def accept_losses(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return decide(connector, site, gone=True)

    @blueprint.post("/health/<site>/losses/dismiss", endpoint="dismiss_losses")
    @needs("editor")
    def dismiss_losses(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return decide(connector, site, gone=False)


def decide(connector: Connector, site: str, *, gone: bool) -> Response:
    """Accept what the form names, an issue or a whole project, as gone; or keep it."""
    act = losses.accept if gone else losses.dismiss
    try:
        done = act(connector, current_actor(), site, [request.form.get("name", "")])
    except losses.UnknownLoss:
        flash_refusal("It waits no more: Jira shows it again, or somebody has decided.")
    else:
        count = "1 issue" if len(done) == 1 else f"{len(done)} issues"
        flash(f"{count}: computed without now." if gone else f"{count}: counted on as read last.")
    return redirect(url_for("pages.sync_health"))  # type: ignore[return-value]
