"""One objective, and the way to it from any issue: why is the number what it is?"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from plugin.pages.page import Page, rendered
from plugin.pages.sources import SavedObjective, Sources
from plugin.pages.views.explanation import Explanation, explanation
from plugin.pages.views.freshness import pulse
from plugin.pages.views.surroundings import Reference, Surroundings
from plugin.pages.views.tree import name


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/objectives/<id_or_key>", endpoint="objective")
    def objective(id_or_key: str) -> str:
        saved = sources.objective(id_or_key) or abort(404, f"There is no objective “{id_or_key}”.")
        exact = bool(request.args.get("exact"))
        return objective_page(sources, saved, exact=exact, everything=bool(request.args.get("all")))

    @blueprint.get("/why/<issue>", endpoint="why")
    def why(issue: str) -> str | Response:
        return why_page(sources, issue)


def objective_page(sources: Sources, saved: SavedObjective, *, exact: bool, everything: bool) -> str:
    """One objective as HTML; `exact` adds the fractions, `everything` the rows a long ledger hides."""
    view = explained(sources, saved, everything)
    fresh = pulse(sources.freshness(), sources.now(), sources.zone)
    return rendered(
        "objective.html", "objectives", view=view, exact=exact, everything=everything, pulse=fresh
    )


def explained(sources: Sources, saved: SavedObjective, everything: bool) -> Explanation:
    """The explanation of one objective, read from the sources."""
    state = saved.state
    around = Surroundings(
        now=sources.now(),
        zone=sources.zone,
        browse=sources.browse_url,
        cycle=sources.cycles().get(state.cycle_id or ""),
        aligned_to=tuple(reference(sources, id_) for id_ in state.aligned_to),
        everything=everything,
    )
    return explanation(saved, sources.history(state.id), around)


def reference(sources: Sources, id_: str) -> Reference:
    """How to name another objective; its id where it is not known here."""
    found = sources.objective(id_)
    return Reference(id_, id_) if found is None else Reference(name(found.state), found.state.title)


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
