"""The buttons of the cycle review: write what was learnt, close a cycle that has ended, with its scores; open a closed one again."""

from __future__ import annotations

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
from plugin.use_cases.cycles.learnings import write_learning


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.post("/review/<site>/<cycle>/close", endpoint="close_cycle")
    @needs("editor")
    def close(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        try:
            done = close_cycle(
                connector,
                current_actor(),
                site,
                cycle,
                read_scores(),
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
    @needs("editor")
    def learning(site: str, cycle: str) -> ResponseReturnValue:
        known_site(connector, site)
        form = request.form
        try:
            kept = write_learning(
                connector, current_actor(), site, cycle, form.get("objective", ""), form.get("said", "")
            )
        except CycleRefusal as error:
            flash_refusal(f"Not kept: {error}")
            unkept = TypedScores(learnt_from=form.get("objective", ""), learnt=form.get("said", ""))
            return review_page(StoredSources(connector), cycle, unkept), 422
        else:
            flash("What was learnt is kept." if kept is not None else "Nothing is said of it any more.")
        page = form.get("page", "1")
        return redirect(url_for("pages.cycle_review", cycle=cycle, page=page if page.isdecimal() else None))

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
    return TypedScores(found, form.get("note", ""))


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
