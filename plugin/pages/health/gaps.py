"""The buttons beside a gap on sync health: let the numbers do without the issue, or take that back."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal
from plugin.pages.frame.visit import known_site
from plugin.runtime.connector import Connector
from plugin.use_cases.work.gaps import UnknownGap, accept_gaps, reopen_gaps


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/health/<site>/gaps/accept", endpoint="accept_gap")
    @needs("editor")
    def accept_gap(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return change_gap(connector, site, accept=True)

    @blueprint.post("/health/<site>/gaps/reopen", endpoint="reopen_gap")
    @needs("editor")
    def reopen_gap(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return change_gap(connector, site, accept=False)


def change_gap(connector: Connector, site: str, *, accept: bool) -> Response:
    """Accept the gap of the form, or take that back."""
    issue, act = request.form.get("issue", ""), accept_gaps if accept else reopen_gaps
    try:
        act(connector, current_actor(), site, [issue])
    except UnknownGap:
        flash_refusal("It is no gap any more: the issue was read meanwhile.")
    else:
        flash(
            "The numbers do without it until it can be read." if accept else "The numbers wait for it again."
        )
    return redirect(url_for("pages.sync_health"))  # type: ignore[return-value]
