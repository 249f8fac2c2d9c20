"""Cycle review: one cycle at a time, every objective with its score and what the score means."""

from __future__ import annotations

from flask import Blueprint, request

from mappings.explain.check_in import LONGEST_NOTE
from plugin.access.authorization.permission import needs
from plugin.pages.frame.choice import chosen_place
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.sources import Sources
from plugin.pages.views.cycles.cycle_scores import TypedScores, cycle_scores
from plugin.pages.views.cycles.review import as_ended, review, with_learnings
from plugin.pages.views.cycles.row_page import page_of, pages_of
from plugin.pages.views.objectives.forecast import calibration_row

NOTHING_TYPED = TypedScores()


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/review", endpoint="cycle_review")
    @needs("viewer", lane="heavy")
    def cycle_review() -> str:
        return review_page(sources, request.args.get("cycle", ""))


def review_page(sources: Sources, chosen: str, typed: TypedScores = NOTHING_TYPED) -> str:
    """The review of a cycle; with what was `typed` where that was refused."""
    today = sources.now().astimezone(sources.zone).date()
    found = review(sources.objectives(), sources.cycles(), chosen, today, sources.past_cycles())
    over = found is not None and found.over
    details = sources.cycle_details(found.cycle) if found is not None and over else ()
    found = as_ended(found, details) if found is not None and details else found
    if found is not None:
        found = with_learnings(found, sources.learnings(found.cycle))
    rows = found.rows if found is not None else ()
    number = chosen_place("page", pages_of(rows))
    told = sources.calibration(found.cycle) if found is not None and found.over else ()
    saying = [*request.args.getlist("say"), *typed.scores]
    scores = cycle_scores(details, sources.zone, number, saying)
    asked = request.args.get("learn", "")
    writing = [*dict.fromkeys((*typed.learnt, *((asked,) if asked else ())))]
    return render(
        "cycle_review.html",
        "cycle_review",
        review=found,
        unknown_cycle=chosen if found is not None and chosen not in ("", found.cycle) else "",
        page_of_rows=None if found is None else page_of(found.rows, number),
        scores=scores,
        saying=saying,
        typed=typed,
        learned={(row.site, row.id): row.learned for row in rows},
        writing=writing,
        closing=any(not one.closed for one in scores),
        only_site=next(iter(sources.site_names()), ""),
        longest=LONGEST_NOTE,
        address=objective_address,
        agreed_on=() if found is None or found.over else sorted(sources.site_names()),
        calibration=[calibration_row(one) for one in told],
    )


PAGE = Page("cycle_review", "Cycle review", register, "cycle_review")
