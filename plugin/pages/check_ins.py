"""The buttons of check-ins on the page of an objective: say what a key result stands at, keep it, take the derived value."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from mappings.rollup.check_in_override import measure_of
from plugin.access.permission import needs
from plugin.access.person import acting
from plugin.pages.objective import address, objective_page
from plugin.pages.sources import Located
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.surroundings import Refused
from plugin.pages.views.tree import name
from plugin.pages.visit import SERIAL
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.check_ins import (
    CheckInRefused,
    Said,
    check_in,
    keep,
    key_result_of,
    typed_delta,
    typed_value,
    withdraw,
)

TYPED = ("value", "note", "until", "delta")
GONE = "This check-in does not stand any more: somebody was faster. Look at what stands now."


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""
    sources = StoredSources(connector)

    @blueprint.post("/objectives/<id_or_key>/check-ins", endpoint="check_in")
    @needs("editor")
    def say(id_or_key: str) -> ResponseReturnValue:
        return said(connector, sources, meant(sources, id_or_key))

    @blueprint.post(f"/objectives/<id_or_key>/check-ins/<{SERIAL}:number>/keep", endpoint="keep_check_in")
    @needs("editor")
    def keep_it(id_or_key: str, number: int) -> ResponseReturnValue:
        return kept(connector, sources, meant(sources, id_or_key), number)

    @blueprint.post(
        f"/objectives/<id_or_key>/check-ins/<{SERIAL}:number>/withdraw", endpoint="withdraw_check_in"
    )
    @needs("editor")
    def withdraw_it(id_or_key: str, number: int) -> ResponseReturnValue:
        located = meant(sources, id_or_key)
        ended = withdraw(connector, acting(), located.site, located.saved.state.id, number)
        flash("Withdrawn. The derived value is shown in a moment." if ended else GONE)
        return _back(sources, located)


def meant(sources: StoredSources, id_or_key: str) -> Located:
    """The objective of the address, which names the site where there are several."""
    found = sources.located(id_or_key, request.args.get("site"))
    if len(found) != 1:
        abort(404, f"There is no single objective “{id_or_key}”: the address has to name its site.")
    return found[0]


def said(connector: Connector, sources: StoredSources, located: Located) -> ResponseReturnValue:
    """Keep what was typed; where it cannot be, the page again with the form to be mended."""
    form = {part: request.form.get(part, "").strip() for part in TYPED}
    key_result = request.form.get("key_result", "")
    try:
        state = located.saved.state
        wanted = typed(form, key_result_of(state, key_result).id, key_result_of(state, key_result).kind)
        made = check_in(connector, acting(), located.site, state.id, wanted)
    except CheckInRefused as error:
        refused = Refused(key_result, form, f"Not kept: {told(error)}")
        return objective_page(sources, located, refused=refused), 422
    flash(f"Checked in: {made.said}. The number follows in a moment.")
    return _back(sources, located)


def told(error: CheckInRefused) -> str:
    """What is wrong, in sentences."""
    return " ".join(f"{said}." for _, said in error.faults)


def typed(form: dict[str, str], key_result: str, kind: str) -> Said:
    """What the form says; raises CheckInRefused."""
    try:
        until = date.fromisoformat(form["until"]) if form["until"] else None
    except ValueError:
        raise CheckInRefused([("until", f"“{form['until']}” is no day: write one as 2026-12-31")]) from None
    measure = measure_of(kind)
    value = typed_value(form["value"], measure)
    return Said(key_result, value, form["note"], until, typed_delta(form["delta"]), measure)


def kept(connector: Connector, sources: StoredSources, located: Located, number: int) -> ResponseReturnValue:
    """Say it again, until the end of the cycle where that is still to come."""
    state, today = located.saved.state, sources.now().astimezone(sources.zone).date()
    cycle = sources.cycles(located.site).get(state.cycle_id or "")
    until = cycle.end if cycle is not None and cycle.end >= today else None
    try:
        made = keep(connector, acting(), located.site, state.id, number, until)
    except CheckInRefused as error:
        flash(f"Not kept: {told(error)}")
    else:
        flash(f"Kept: {made.said}, from where the derived value is now." if made else GONE)
    return _back(sources, located)


def _back(sources: StoredSources, located: Located) -> ResponseReturnValue:
    return redirect(f"{address(sources, name(located.saved.state), located.site)}#krs")
