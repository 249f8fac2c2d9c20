"""Carry forward: what going on in the next cycle would set in Jira, objective by objective, before anybody presses the button."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.choice import chosen
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import known_site
from plugin.pages.objectives.objective_address import objective_address
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.carry import carry_forward, preview_carry, sets_of
from plugin.use_cases.cycles.carry_undo import preview_undo, undo_carry
from plugin.use_cases.cycles.cycles import CycleRefusal

STATES = {
    "open": "is being carried",
    "done": "was carried",
    "refused": "was refused by Jira",
    "undoing": "is being taken back after it was carried",
    "deleting": "is being taken back after it was carried",
    "undone": "was taken back after it was carried",
}


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/review/<site>/<cycle>/carry", endpoint="carry_cycle")
    @needs("viewer", lane="heavy")
    def preview(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        as_copy = chosen("as", ("link", "copy")) == "copy"
        try:
            found = preview_carry(
                connector,
                current_actor(),
                site,
                cycle,
                request.args.get("into", ""),
                CarryChoice(as_copy=as_copy),
            )
        except CycleRefusal as error:
            flash_refusal(f"Not to be carried forward: {error}")
            return redirect(url_for("pages.cycle_review", cycle=cycle))
        undo = preview_undo(connector, current_actor(), site, cycle)
        several = len(connector.sites) > 1
        return render(
            "cycle_carry.html",
            "cycle_review",
            carry=found,
            as_copy=as_copy,
            sets_of=sets_of,
            undo={one.objective_id: one for one in undo.objectives},
            words=STATES,
            site=site,
            address=lambda name: objective_address(name, site if several else None),
        )

    @blueprint.post("/review/<site>/<cycle>/carry", endpoint="carried_cycle")
    @needs("editor", lane="heavy")
    def carry(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        chosen, into = request.form.getlist("objective"), request.form.get("into", "")
        as_copy = request.form.get("as") == "copy"
        back = url_for("control.carry_cycle", site=site, cycle=cycle, into=into)
        back += "&as=copy" if as_copy else ""
        if not chosen:
            flash_refusal("Nothing was chosen, and nothing is carried forward.")
            return redirect(back)
        along = frozenset(request.form.getlist("along"))
        choice = CarryChoice(
            along=along,
            behind=frozenset(request.form.getlist("key_result")) - along,
            keep_start=request.form.get("start") == "keep",
            all_rows=request.form.get("rows") == "all",
            as_copy=as_copy,
        )
        try:
            done = carry_forward(connector, current_actor(), site, cycle, chosen, into, choice)
        except CycleRefusal as error:
            flash_refusal(f"Not carried forward: {error}")
        else:
            flash(f"{done.told}. Jira is told now; this page says how far that is.")
        return redirect(back)

    @blueprint.post("/review/<site>/<cycle>/carry/undo", endpoint="uncarried_cycle")
    @needs("editor", lane="heavy")
    def take_back(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        form = request.form
        back = url_for("control.carry_cycle", site=site, cycle=cycle, into=form.get("into", ""))
        try:
            done = undo_carry(
                connector,
                current_actor(),
                site,
                cycle,
                form.getlist("objective"),
                delete_copies=form.get("copies") == "delete",
            )
        except CycleRefusal as error:
            flash_refusal(f"Not taken back: {error}")
        else:
            left = f" Left for you: {'; '.join(done.by_hand)}." if done.by_hand else ""
            flash(f"{done.told}. Jira is told now; this page says how far that is.{left}")
        return redirect(back)
