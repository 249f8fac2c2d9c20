"""The buttons of sync health: retry or discard what failed for good, try refused fields again, read everything now."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal, flash_result
from plugin.pages.frame.visit import known_site
from plugin.runtime.connector import Connector
from plugin.use_cases.work import dead_letters, refusals, sync

GONE = "It no longer waits: an event or a sync has taken it up."


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/health/<site>/dead-letters/retry", endpoint="retry")
    @needs("editor")
    def retry(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return retry_letter(connector, site)

    @blueprint.post("/health/<site>/dead-letters/discard", endpoint="discard")
    @needs("editor")
    def discard(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return discard_letter(connector, site)

    @blueprint.post("/health/<site>/refused/retry", endpoint="retry_refused")
    @needs("editor")
    def retry_refused(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return refused_again(connector, site, again=True)

    @blueprint.post("/health/<site>/refused/discard", endpoint="discard_refused")
    @needs("editor")
    def discard_refused(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return refused_again(connector, site, again=False)

    @blueprint.post("/health/<site>/sync", endpoint="sync_now")
    @needs("editor")
    def sync_now(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        wanted = sync.SyncRequest(kind="recent" if request.form.get("kind") == "recent" else "full")
        if not sync.begin(connector, current_actor(), site, wanted):
            flash_refusal("A sync is running already; its progress is below.")
        return _back()


def retry_letter(connector: Connector, site: str) -> Response:
    """Make a dead letter due again."""
    found = dead_letters.retry(connector, current_actor(), site, request.form.get("objective", ""))
    flash_result(found, "It is tried again now.", GONE)
    return _back()


def discard_letter(connector: Connector, site: str) -> Response:
    """Forget a dead letter."""
    found = dead_letters.discard(connector, current_actor(), site, request.form.get("objective", ""))
    told = "Discarded. The next change of one of its issues, or the next sync, takes it up again."
    flash_result(found, told, GONE)
    return _back()


def refused_again(connector: Connector, site: str, *, again: bool) -> Response:
    """Forget that Jira refused a field; with `again`, write it now."""
    act = refusals.retry if again else refusals.discard
    named = [request.form.get(part, "") for part in ("objective", "issue", "field")]
    count = act(connector, current_actor(), site, *named)
    told = "The field is written again now." if again else "Forgotten until it is refused again."
    flash_result(count, told, GONE)
    return _back()


def _back() -> Response:
    return redirect(url_for("pages.sync_health"))  # type: ignore[return-value]
