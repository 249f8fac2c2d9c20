"""The lock of a cycle: its terms stand or may change, and what waits until it is unlocked."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings.numbers import count_of
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import known_site
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.views.words.moments import day_text
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import CycleRefusal
from plugin.use_cases.cycles.locks import lock_cycle, show_lock, unlock_cycle


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/review/<site>/<cycle>/lock", endpoint="cycle_lock")
    @needs("viewer", lane="heavy")
    def shown(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        found, refused, over, since = None, "", False, ""
        try:
            found = show_lock(connector, current_actor(), site, cycle)
            over, since = found.over, day_text(found.since) if found.since else ""
        except CycleRefusal as error:
            refused = str(error)
        several = len(connector.sites) > 1
        return render(
            "cycle_lock.html",
            "cycle_review",
            site=site,
            cycle=cycle,
            found=found,
            all_shown="all" in request.args,
            refused=refused,
            over=over,
            since=since,
            address=lambda key: objective_address(key, site if several else None),
        )

    @blueprint.post("/review/<site>/<cycle>/lock", endpoint="lock_cycle")
    @needs("editor")
    def lock(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        try:
            done = lock_cycle(connector, current_actor(), site, cycle, request.form.get("reason", ""))
        except CycleRefusal as error:
            flash_refusal(f"Not locked: {error}")
        else:
            flash(f"{cycle} is locked with {count_of(done.objectives, 'objective')}.")
        return redirect(url_for("control.cycle_lock", site=site, cycle=cycle))

    @blueprint.post("/review/<site>/<cycle>/unlock", endpoint="unlock_cycle")
    @needs("editor", lane="heavy")
    def unlock(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        try:
            done = unlock_cycle(connector, current_actor(), site, cycle, request.form.get("reason", ""))
        except CycleRefusal as error:
            flash_refusal(f"Not unlocked: {error}")
        else:
            number = len(done.changes)
            flash(
                f"{cycle} is unlocked: {number} {'change takes' if number == 1 else 'changes take'} effect."
            )
        return redirect(url_for("control.cycle_lock", site=site, cycle=cycle))
