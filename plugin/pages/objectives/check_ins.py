"""The buttons of check-ins on the page of an objective: say what a key result stands at, keep it, take the derived value."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from mappings.explain.check_in import CheckIn
from mappings.rollup.check_in_override import measure_of
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal, flash_result
from plugin.pages.frame.visit import SERIAL
from plugin.pages.objectives.objective import address, objective_page
from plugin.pages.sources import LocatedObjective
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.objectives.check_in_form import CheckInForm, ReplyForm
from plugin.pages.views.objectives.names import name
from plugin.runtime.connector import Connector
from plugin.use_cases.check_ins.check_ins import (
    CheckInRefusal,
    Statement,
    check_in,
    keep,
    key_result_of,
    typed_confidence,
    typed_delta,
    typed_value,
    withdraw,
)
from plugin.use_cases.check_ins.conversation import ReplyRefusal, reply, take_back

GONE = "This check-in does not stand any more: somebody was faster. Look at what stands now."


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""
    sources = StoredSources(connector)

    @blueprint.post("/objectives/<id_or_key>/check-ins", endpoint="check_in")
    @needs("editor")
    def say(id_or_key: str) -> ResponseReturnValue:
        return keep_check_in(connector, sources, meant(sources, id_or_key))

    @blueprint.post(f"/objectives/<id_or_key>/check-ins/<{SERIAL}:number>/keep", endpoint="keep_check_in")
    @needs("editor")
    def keep_it(id_or_key: str, number: int) -> ResponseReturnValue:
        return extend_check_in(connector, sources, meant(sources, id_or_key), number)

    @blueprint.post(
        f"/objectives/<id_or_key>/check-ins/<{SERIAL}:number>/withdraw", endpoint="withdraw_check_in"
    )
    @needs("editor")
    def withdraw_it(id_or_key: str, number: int) -> ResponseReturnValue:
        located = meant(sources, id_or_key)
        ended = withdraw(connector, current_actor(), located.site, located.saved.state.id, number)
        flash_result(ended, "Withdrawn. The derived value is shown in a moment.", GONE)
        return _back(sources, located)

    @blueprint.post(
        f"/objectives/<id_or_key>/check-ins/<{SERIAL}:number>/replies", endpoint="reply_to_check_in"
    )
    @needs("editor")
    def answer(id_or_key: str, number: int) -> ResponseReturnValue:
        return keep_reply(connector, sources, meant(sources, id_or_key), number)

    @blueprint.post(
        f"/objectives/<id_or_key>/replies/<{SERIAL}:number>/take-back", endpoint="take_reply_back"
    )
    @needs("editor")
    def take_it_back(id_or_key: str, number: int) -> ResponseReturnValue:
        located = meant(sources, id_or_key)
        try:
            gone = take_back(connector, current_actor(), located.site, located.saved.state.id, number)
        except ReplyRefusal as error:
            flash_refusal(f"Not taken back: {error}")
        else:
            if gone is None:
                flash_refusal("This answer is gone already: somebody was faster.")
            else:
                flash(
                    "Your answer is taken back."
                    if current_actor().label == gone.by
                    else f"The answer of {gone.by} is taken back."
                )
        return _back(sources, located, "check-ins")


def meant(sources: StoredSources, id_or_key: str) -> LocatedObjective:
    """The objective of the address, which names the site where there are several."""
    found = sources.located(id_or_key, request.args.get("site"))
    if len(found) != 1:
        abort(404, f"There is no single objective “{id_or_key}”: the address has to name its site.")
    return found[0]


def keep_check_in(
    connector: Connector, sources: StoredSources, located: LocatedObjective
) -> ResponseReturnValue:
    """Keep what was typed; where it cannot be, the page again with the form to be mended."""
    form = CheckInForm(request.form)
    made = checked_in(connector, located, form) if form.validate() else None
    if made is None:
        return objective_page(sources, located, refused=form), 422
    flash(
        f"Checked in: {made.said}. {'The number' if made.value is not None else 'What is shown'} follows in a moment."
    )
    return _back(sources, located)


def checked_in(connector: Connector, located: LocatedObjective, form: CheckInForm) -> CheckIn | None:
    """Keep what the form says; None where the form says what is wrong."""
    state = located.saved.state
    try:
        found = key_result_of(state, form.key_result.data or "")
        measure = measure_of(found.kind)
        value = typed_value(form.value.data, measure) if form.value.data.strip() else None
        delta, sure = typed_delta(form.delta.data), typed_confidence(form.confidence.data)
        wanted = Statement(
            key_result=found.id,
            value=value,
            note=form.note.data,
            until=form.until.data,
            delta=delta,
            measure=measure,
            confidence=sure,
        )
        return check_in(connector, current_actor(), located.site, state.id, wanted)
    except CheckInRefusal as error:
        for part, fault in error.faults:
            form.refuse(f"{fault}.", "" if part == "key_result" else part)
        return None


def describe_refusal(error: CheckInRefusal) -> str:
    """What is wrong, in sentences."""
    return " ".join(f"{said}." for _, said in error.faults)


def extend_check_in(
    connector: Connector, sources: StoredSources, located: LocatedObjective, number: int
) -> ResponseReturnValue:
    """Say it again, until the end of the cycle where that is still to come."""
    state, today = located.saved.state, sources.now().astimezone(sources.zone).date()
    cycle = sources.cycles(located.site).get(state.cycle_id or "")
    until = cycle.end if cycle is not None and cycle.end >= today else None
    try:
        made = keep(connector, current_actor(), located.site, state.id, number, until)
    except CheckInRefusal as error:
        flash_refusal(f"Not kept: {describe_refusal(error)}")
    else:
        if made is None:
            flash_refusal(GONE)
        else:
            flash(f"Kept: {made.said}, from where the derived value is now.")
    return _back(sources, located)


def keep_reply(
    connector: Connector, sources: StoredSources, located: LocatedObjective, number: int
) -> ResponseReturnValue:
    """Keep an answer; where it cannot be, the page again with what was typed."""
    form = ReplyForm(request.form)
    try:
        reply(connector, current_actor(), located.site, located.saved.state.id, number, form.answer.data)
    except ReplyRefusal as error:
        form.refuse(str(error), "answer")
        if error.about != "said":  # the page may show the check-in no more, nor the form at it
            flash_refusal(f"Not kept: {error.message} You wrote: {form.answer.data}")
        return objective_page(sources, located, unanswered=(number, form)), 422
    flash("Your answer stands below the check-in.")
    return _back(sources, located, "check-ins")


def _back(sources: StoredSources, located: LocatedObjective, place: str = "krs") -> ResponseReturnValue:
    return redirect(f"{address(sources, name(located.saved.state), located.site)}#{place}")
