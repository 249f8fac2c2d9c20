"""One objective, and the way to it from any issue: why is the number what it is?"""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.history import instant_of
from plugin.pages.page import Page, rendered
from plugin.pages.sources import SavedHead, SavedObjective, Sources
from plugin.pages.views.explanation import Explanation, explanation
from plugin.pages.views.figures import percent_text
from plugin.pages.views.freshness import pulse
from plugin.pages.views.health import WORDS
from plugin.pages.views.movement import Since, since_view
from plugin.pages.views.surroundings import Reference, Surroundings
from plugin.pages.views.tree import name


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/objectives/<id_or_key>", endpoint="objective")
    def objective(id_or_key: str) -> str:
        saved = sources.objective(id_or_key) or abort(404, f"There is no objective “{id_or_key}”.")
        exact, everything = bool(request.args.get("exact")), bool(request.args.get("all"))
        return objective_page(
            sources, saved, exact=exact, everything=everything, since=request.args.get("since")
        )

    @blueprint.get("/why/<issue>", endpoint="why")
    def why(issue: str) -> str | Response:
        return why_page(sources, issue)


def objective_page(
    sources: Sources, saved: SavedObjective, *, exact: bool, everything: bool, since: str | None = None
) -> str:
    """One objective as HTML; `exact` adds the fractions, `everything` the rows a long ledger hides, `since` is a moment or a day."""
    view = explained(sources, saved, everything)
    moved = moved_since(sources, saved, since)
    fresh = pulse(sources.freshness(), sources.now(), sources.zone)
    return rendered(
        "objective.html",
        "objectives",
        view=view,
        moved=moved,
        exact=exact,
        everything=everything,
        pulse=fresh,
    )


def moved_since(sources: Sources, saved: SavedObjective, choice: str | None) -> Since:
    """What changed since the chosen moment; a week, or all there is where that is less, where none was chosen."""
    now, zone = sources.now(), sources.zone
    cycle = sources.cycles().get(saved.state.cycle_id or "")
    told = sources.moved(saved.state.id, now - timedelta(days=7))
    if choice is None:
        choice = "first" if told.movement is None and told.begins is not None else "week"
    moment = instant_of(choice, now, zone, cycle, told.begins)
    if moment is None:
        choice, moment = "week", told.since
    if moment != told.since:
        told = sources.moved(saved.state.id, moment)
    return since_view(told, choice, cycle is not None, sources.browse_url, now, zone)


def explained(sources: Sources, saved: SavedObjective, everything: bool) -> Explanation:
    """The explanation of one objective, read from the sources."""
    state = saved.state
    around = Surroundings(
        now=sources.now(),
        zone=sources.zone,
        browse=sources.browse_url,
        cycle=sources.cycles().get(state.cycle_id or ""),
        aligned_to=tuple(reference(sources, id_) for id_ in state.aligned_to),
        below=tuple(standing(one) for one in sources.aligned(state.id)),
        everything=everything,
    )
    return explanation(saved, sources.history(state.id), around)


def reference(sources: Sources, id_: str) -> Reference:
    """How to name another objective; its id where it is not known here."""
    found = sources.objective(id_)
    return Reference(id_, id_) if found is None else Reference(name(found.state), found.state.title)


def standing(saved: SavedHead) -> Reference:
    """An objective aligned to this one, and where it stands."""
    head = saved.state
    progress, health = percent_text(head.progress), WORDS[head.health.level].lower()
    return Reference(name(head), head.title, progress, health)


def why_page(sources: Sources, issue: str) -> str | Response:
    """Straight to the objective where an issue is one or belongs to one; a choice where it belongs to several."""
    found = sources.objective(issue)
    if found is not None:
        return redirect(url_for("pages.objective", id_or_key=name(found.state)))
    references = [reference(sources, id_) for id_ in sources.explained_by(issue)]
    if not references:
        abort(404, f"No objective is measured by “{issue}”.")
    if len(references) == 1:
        return redirect(url_for("pages.objective", id_or_key=references[0].name))
    return rendered("why.html", "objectives", issue=issue, references=references)


PAGE = Page("objective", "Objective", register)
