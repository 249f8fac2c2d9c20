"""The buttons of the cycle review: write what was learnt, close a cycle that has ended, with its scores; open a closed one again."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.cycles.cycle_review import review_page
from plugin.pages.frame.page import flash_refusal
from plugin.pages.frame.visit import known_site
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.cycles.cycle_scores import TypedScore, TypedScores
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.closure import ScoreStatement, close_cycle, reopen_cycle, typed_score
from plugin.use_cases.cycles.cycles import CycleRefusal
from plugin.use_cases.cycles.learnings import list_learnings, write_learning


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/review/<site>/<cycle>/close", endpoint="close_cycle")
    @needs("editor", lane="heavy")
    def close(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        try:
            scores = read_scores()
            keep_learnings(connector, site, cycle)
            done = close_cycle(
                connector,
                current_actor(),
                site,
                cycle,
                scores,
                request.form.get("note", ""),
                request.form.get("mapping_reason", ""),
                request.form.get("mapping", ""),
                request.form.get("preview", ""),
            )
        except Refusal as error:
            flash_refusal(f"Not closed: {error}")
            return review_page(StoredSources(connector), cycle, typed_scores()), 422
        else:
            flash(f"{cycle} is closed as version {done.version}. Its numbers stand from now on.")
        return redirect(url_for("pages.cycle_review", cycle=cycle))

    @blueprint.post("/review/<site>/<cycle>/learning", endpoint="write_learning")
    @needs("editor", lane="heavy")
    def learning(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        typed = typed_scores()
        asked = request.form.get("keep", "")
        named = asked if asked in typed.learnt else ""
        try:
            kept = write_learning(connector, current_actor(), site, cycle, named, typed.learnt.get(named, ""))
        except CycleRefusal as error:
            flash_refusal(f"Not kept: {error}")
            return review_page(StoredSources(connector), cycle, typed), 422
        else:
            flash("What was learnt is kept." if kept is not None else "Nothing is said of it any more.")
        left = without_learning(typed, named)
        if left != TypedScores():
            return review_page(StoredSources(connector), cycle, left)
        page, saying = request.args.get("page", ""), request.args.getlist("say")
        at = page if page.isdecimal() else None
        return redirect(url_for("pages.cycle_review", cycle=cycle, say=saying, page=at))

    @blueprint.post("/review/<site>/<cycle>/typed", endpoint="keep_typed")
    @needs("editor", lane="heavy")
    def typed(site: str, cycle: str) -> ResponseReturnValue:
        """Another look at the page with what was typed: one more text or score to write, or another page of the rows."""
        known_site(connector, site)
        left = without_learning(typed_scores(), request.args.get("leave", ""))
        return review_page(StoredSources(connector), cycle, left)

    @blueprint.post("/review/<site>/<cycle>/reopen", endpoint="reopen_cycle")
    @needs("admin")
    def reopen(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        try:
            version = reopen_cycle(connector, current_actor(), site, cycle, request.form.get("reason", ""))
        except CycleRefusal as error:
            flash_refusal(f"Not opened again: {error}")
        else:
            flash(f"{cycle} is open again. Version {version} stays with its records.")
        return redirect(url_for("pages.cycle_review", cycle=cycle))


def typed_scores() -> TypedScores:
    """What was typed, as it was: so that nobody types it anew where one of it was refused."""
    form = request.form
    rows = zip(form.getlist("objective"), form.getlist("score"), form.getlist("reason"), strict=False)
    found = {id_: TypedScore(score, reason) for id_, score, reason in rows if score or reason}
    learnt = dict(zip(form.getlist("learnt_from"), form.getlist("said"), strict=False))
    return TypedScores(found, form.get("note", ""), learnt)


def without_learning(typed: TypedScores, objective: str) -> TypedScores:
    """The same but for what was learnt from one objective."""
    return replace(typed, learnt={id_: said for id_, said in typed.learnt.items() if id_ != objective})


def keep_learnings(connector: Connector, site: str, cycle: str) -> None:
    """Write what was learnt as far as it stands in the form otherwise than it is kept. Raises CycleRefusal."""
    typed = typed_scores().learnt
    if not typed:
        return
    actor = current_actor()
    told = {
        one.learning.objective_id: one.learning.said for one in list_learnings(connector, actor, site, cycle)
    }
    for id_, said in typed.items():
        if said.strip() != told.get(id_, ""):
            write_learning(connector, actor, site, cycle, id_, said)


def read_scores() -> dict[str, ScoreStatement]:
    """What was typed of each objective; one of which nothing was typed is left out. Raises CycleRefusal."""
    rows = zip(
        request.form.getlist("objective"),
        request.form.getlist("score"),
        request.form.getlist("reason"),
        strict=False,
    )
    found = {id_: ScoreStatement(typed_score(score), reason.strip()) for id_, score, reason in rows}
    return {id_: one for id_, one in found.items() if one != ScoreStatement()}
