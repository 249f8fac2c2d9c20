"""The buttons of sync health: retry or discard what failed for good, try refused fields again, read everything now."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connectors.store import audit, due, refusals
from plugin.access.permission import needs
from plugin.connector import Connector
from plugin.pages.visit import known_site, who
from plugin.reading import begin_sync


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/health/<site>/dead-letters/retry", endpoint="retry")
    @needs("editor")
    def retry(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return retried(connector, site)

    @blueprint.post("/health/<site>/dead-letters/discard", endpoint="discard")
    @needs("editor")
    def discard(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return discarded(connector, site)

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
        connector.context(site)
        recent = request.form.get("kind") == "recent"
        begun = begin_sync(connector, site, who(), recent=recent)
        _note(connector, site, "sync asked for", {"kind": "recent" if recent else "full"})
        if not begun:
            flash("A sync is running already; its progress is below.")
        return _back()


def retried(connector: Connector, site: str) -> Response:
    """Make a dead letter due again."""
    objective, now = request.form.get("objective", ""), connector.clock()
    with connector.store.write() as conn:
        found = due.retry(conn, site, objective, now)
        if found:
            # Its fields were perhaps refused by what has been mended since.
            refusals.clear(conn, site, objective)
            connector.announcer.marked(conn, site, {objective}, now)
            audit.note(conn, who(), "dead letter retried", now, {"objective": objective}, site)
    connector.announce()
    flash("It is tried again now." if found else "It no longer waits: an event or a sync has taken it up.")
    return _back()


def discarded(connector: Connector, site: str) -> Response:
    """Forget a dead letter."""
    objective = request.form.get("objective", "")
    with connector.store.write() as conn:
        found = due.discard(conn, site, objective)
        if found:
            audit.note(
                conn, who(), "dead letter discarded", connector.clock(), {"objective": objective}, site
            )
    told = "Discarded. The next change of one of its issues, or the next sync, takes it up again."
    flash(told if found else "It no longer waits: an event or a sync has taken it up.")
    return _back()


def refused_again(connector: Connector, site: str, *, again: bool) -> Response:
    """Forget that Jira refused a field; with `again`, write it now."""
    form, now = request.form, connector.clock()
    objective, issue, field = form.get("objective", ""), form.get("issue", ""), form.get("field", "")
    what = "refused field retried" if again else "refused field discarded"
    with connector.store.write() as conn:
        found = refusals.clear(conn, site, objective, issue, field)
        if found and again:
            due.mark(conn, site, [objective], now, "a refused field is tried again")
            connector.announcer.marked(conn, site, {objective}, now)
        if found:
            audit.note(conn, who(), what, now, {"objective": objective, "issue": issue, "field": field}, site)
    connector.announce()
    flash("The field is written again now." if again else "Forgotten until it is refused again.")
    return _back()


def _note(connector: Connector, site: str, what: str, detail: dict[str, object]) -> None:
    with connector.store.write() as conn:
        audit.note(conn, who(), what, connector.clock(), detail, site)


def _back() -> Response:
    return redirect(url_for("pages.sync_health"))  # type: ignore[return-value]
