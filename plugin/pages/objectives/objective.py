"""One objective, and the way to it from any issue: why is the number what it is?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NoReturn

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from mappings.explain.certainty import sentences
from mappings.rollup.cycles.cycle import cycle_in_span
from mappings.rollup.health import ACHIEVED_AT
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import (
    objective_address,
    parent_address,
    row_address,
    site_in_address,
)
from plugin.pages.sources import LocatedObjective, SavedHead, Sources
from plugin.pages.views.objectives.check_in_form import CheckInForm, ReplyForm
from plugin.pages.views.objectives.explanation import Explanation, explanation
from plugin.pages.views.objectives.forecast import ForecastView, forecast_view
from plugin.pages.views.objectives.history.movement import MOST_MOVED, MovementSection, since_view
from plugin.pages.views.objectives.ledger import SHOWN, Browse, ledger_table, place_of
from plugin.pages.views.objectives.names import name
from plugin.pages.views.objectives.objective_context import NeighbourLink, ObjectiveContext
from plugin.pages.views.objectives.remarks import LearningRow
from plugin.pages.views.words.figures import percent_text
from plugin.pages.views.words.freshness import pulse
from plugin.pages.views.words.health import WORDS
from plugin.pages.views.words.moments import when
from plugin.use_cases.objectives.as_of import AsOf
from plugin.use_cases.objectives.moments import MovementQuestion, UnknownMoment
from plugin.use_cases.objectives.objective_values import sums_text

LONGEST_TITLE = 150
"""So much of a title is the name of a favourite."""


@dataclass(frozen=True, slots=True)
class Favourite:
    """The view that an objective is, or would be: under which name, where, and whether it is kept."""

    name: str
    address: str
    kept: bool


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/objectives/<id_or_key>", endpoint="objective")
    def objective(id_or_key: str) -> ResponseReturnValue:
        if request.args.get("cycle"):
            return stood_answer(sources, id_or_key, request.args["cycle"])
        found = sources.located(id_or_key, request.args.get("site"))
        if len(found) > 1:
            return several_page(sources, id_or_key, found), 300
        located = found[0] if found else _none(sources, id_or_key, f"There is no objective “{id_or_key}”.")
        if request.args.get("at"):
            return past_page(
                sources,
                located,
                request.args["at"],
                request.args.get("mapping"),
                exact=bool(request.args.get("exact")),
            )
        return objective_page(
            sources,
            located,
            exact=bool(request.args.get("exact")),
            everything=bool(request.args.get("all")),
            moved=MovementQuestion(request.args.get("since"), request.args.get("until")),
            asked=request.args.get("row"),
        )

    @blueprint.get("/why/<issue>", endpoint="why")
    def why(issue: str) -> ResponseReturnValue:
        asked = request.args.get("row")
        return why_page(
            sources, issue, request.args.get("site"), asked, everything=bool(request.args.get("all"))
        )


def objective_page(
    sources: Sources,
    located: LocatedObjective,
    *,
    exact: bool = False,
    everything: bool = False,
    moved: MovementQuestion | None = None,
    refused: CheckInForm | None = None,
    unanswered: tuple[int, ReplyForm] | None = None,
    asked: str | None = None,
) -> str:
    """One objective as HTML; `exact` adds the fractions, `everything` the rows a long ledger hides, `moved` is what is asked of its movement.

    `refused` is a check-in that could not be kept: its form is shown again with what was typed. `asked` is the issue whose row is marked.
    """
    return render(
        "objective.html",
        "objectives",
        favourite=favourite(sources, located),
        view=explanation_now(sources, located, everything, refused, asked, unanswered),
        moved=moved_since(sources, located, moved or MovementQuestion(), everything=everything),
        outlook=outlook(sources, located),
        learnt=told_learnings(sources, located),
        exact=exact,
        everything=everything,
        site=site_in_address(located.site, sources.site_names()),
        pulse=pulse(sources.vitals(), sources.now(), sources.zone),
    )


def stood_answer(sources: Sources, id_or_key: str, cycle: str) -> ResponseReturnValue:
    """The page of an objective as it stood when a cycle was over; its usual page where it runs in that cycle still."""
    found = sources.located_in(id_or_key, cycle, request.args.get("site"))
    if len(found) > 1:
        return several_page(sources, id_or_key, found, cycle), 300
    exact = bool(request.args.get("exact"))
    if not found:
        abort(404, f"“{id_or_key}” was no objective of {cycle}. Its review lists those that were.")
    if found[0].saved.served_then is None:
        return objective_page(sources, found[0], exact=exact)
    return stood_page(sources, found[0], cycle, exact=exact)


def stood_page(sources: Sources, located: LocatedObjective, cycle: str, *, exact: bool = False) -> str:
    """One objective as it stood when a cycle was over: by its record where that is closed, else as it was noted."""
    saved, site = located.saved, located.site
    state, part = saved.state, sources.cycles(site).get(cycle)
    around = ObjectiveContext(
        now=saved.computed_at,
        zone=sources.zone,
        browse=browse_on(sources, site),
        cycle=cycle_in_span(part, state.span),
        below=tuple(
            aligned_link(sources, one, site, cycle) for one in sources.aligned(state.id, site, cycle)
        ),
        everything=True,
    )
    said = site_in_address(site, sources.site_names())
    runs = sources.located(state.id, site)
    return render(
        "stood.html",
        "objectives",
        view=explanation(saved, (), around),
        cycle=cycle,
        learnt=[one for one in told_learnings(sources, located) if one.cycle == cycle],
        since=when(saved.computed_at, sources.now(), sources.zone),
        now=objective_address(state.id, said) if runs else None,
        here=objective_address(name(state), said, cycle),
        exact=exact,
        site=said,
        pulse=pulse(sources.vitals(), sources.now(), sources.zone),
    )


def told_learnings(sources: Sources, located: LocatedObjective) -> list[LearningRow]:
    """What was learnt from it, the last written first."""
    now, zone = sources.now(), sources.zone
    found = sources.learnings_of(located.saved.state.id, located.site)
    return [LearningRow(one.cycle_id, one.said, one.by, when(one.at, now, zone)) for one in found]


def favourite(sources: Sources, located: LocatedObjective) -> Favourite:
    """The view that an objective is, by its id; two of one title are kept apart by their keys."""
    state, views = located.saved.state, sources.saved_views()
    mine = objective_address(state.id, site_in_address(located.site, sources.site_names()))
    known = next((one.name for one in views if one.address == mine), None)
    if known is not None:
        return Favourite(known, mine, kept=True)
    title = " ".join(state.title.split())[:LONGEST_TITLE] or name(state)
    taken = any(one.name == title for one in views)
    return Favourite(f"{title} ({name(state)})" if taken else title, mine, kept=False)


def past_page(
    sources: Sources,
    located: LocatedObjective,
    text: str,
    revision: str | None = None,
    *,
    exact: bool = False,
) -> str:
    """Where an objective stood at the moment that a text means, with how sure that is."""
    past = sources.as_of(located.saved.state.id, text, located.site, revision or None)
    view = None if isinstance(past, str) else explanation_then(sources, located.site, past)
    return render(
        "as_of.html",
        "objectives",
        name=name(located.saved.state),
        title=located.saved.state.title,
        view=view,
        refused=past if isinstance(past, str) else "",
        past=past,
        at=None if isinstance(past, str) else when(past.at, sources.now(), sources.zone),
        said=() if isinstance(past, str) else sentences(past.doubts),
        day=text[:10],
        text=text,
        at_site=located.site,
        revision=revision or "",
        exact=exact,
        site=site_in_address(located.site, sources.site_names()),
        pulse=pulse(sources.vitals(), sources.now(), sources.zone),
    )


def explanation_then(sources: Sources, site: str, past: AsOf) -> Explanation:
    """The explanation of an objective as it stood."""
    state = past.saved.state
    around = ObjectiveContext(
        now=past.at,
        zone=sources.zone,
        browse=browse_on(sources, site),
        cycle=cycle_in_span(sources.cycles(site).get(state.cycle_id or ""), state.span),
        everything=True,
    )
    known = [point for point in sources.history(state.id, site) if point.at <= past.at]
    return explanation(past.saved, known, around)


def moved_since(
    sources: Sources, located: LocatedObjective, asked: MovementQuestion, *, everything: bool
) -> MovementSection:
    """What changed between the moments that are asked for; where a text is none, that is said above what changed lately."""
    now, zone, state = sources.now(), sources.zone, located.saved.state
    cycle = sources.cycles(located.site).get(state.cycle_id or "")
    refused = ""
    try:
        told = sources.moved(located, asked)
    except UnknownMoment as error:
        refused, asked = str(error), MovementQuestion()
        told = sources.moved(located, asked)
    browse = browse_on(sources, located.site)
    most = None if everything else MOST_MOVED
    view = since_view(told, asked, cycle is not None, browse, now, zone, ACHIEVED_AT[state.commitment], most)
    return replace(view, refused=refused, site=located.site)


def outlook(sources: Sources, located: LocatedObjective) -> ForecastView | None:
    """Will we make it? None where no mapping rules."""
    found = sources.forecast(located.saved.state.id, located.site)
    return None if found is None else forecast_view(found)


def browse_on(sources: Sources, site: str) -> Browse:
    """Where a person opens an issue of this site."""
    return partial(sources.browse_url, site=site)


def explanation_now(
    sources: Sources,
    located: LocatedObjective,
    everything: bool,
    refused: CheckInForm | None = None,
    asked: str | None = None,
    unanswered: tuple[int, ReplyForm] | None = None,
) -> Explanation:
    """The explanation of one objective, read from the sources."""
    state, site = located.saved.state, located.site
    around = ObjectiveContext(
        now=sources.now(),
        zone=sources.zone,
        browse=browse_on(sources, site),
        cycle=cycle_in_span(sources.cycles(site).get(state.cycle_id or ""), state.span),
        aligned_to=tuple(reference(sources, id_, site) for id_ in state.aligned_to),
        below=tuple(aligned_link(sources, one, site) for one in sources.aligned(state.id, site)),
        everything=everything,
        marks=sources.marks(state.id, site),
        check_ins=sources.check_ins(state.id, site),
        comments=sources.comments(state.id, site),
        replies=sources.replies(state.id, site),
        takes_back=sources.takes_back(),
        due=sources.due_check_ins(state.id, site),
        refused=refused,
        unanswered=unanswered,
        drifted=sources.drifted(state.id, site),
        obstacles=sources.obstacles(located),
        asked=asked,
    )
    return explanation(located.saved, sources.history(state.id, site), around)


def address(sources: Sources, head: str, site: str, cycle: str | None = None) -> str:
    """Where the page of an objective of this name is; with a cycle of how it stood when that was over."""
    return objective_address(head, site_in_address(site, sources.site_names()), cycle)


def reference(sources: Sources, id_: str, site: str) -> NeighbourLink:
    """How to name another objective of the same site; its id where it is not known here."""
    found = sources.located(id_, site)
    if not found:
        return NeighbourLink(id_, id_, address(sources, id_, site))
    return neighbour_link(sources, found[0])


def neighbour_link(sources: Sources, located: LocatedObjective, cycle: str | None = None) -> NeighbourLink:
    """How to name an objective."""
    state = located.saved.state
    return NeighbourLink(name(state), state.title, address(sources, name(state), located.site, cycle))


def aligned_link(sources: Sources, saved: SavedHead, site: str, cycle: str | None = None) -> NeighbourLink:
    """An objective aligned to this one, and where it stands; with a cycle where it stood when that was over."""
    head = saved.state
    then = cycle if cycle == head.cycle_id else None
    progress, health = (
        percent_text(head.progress, 0, ACHIEVED_AT[head.commitment]),
        WORDS[head.health.level].lower(),
    )
    return NeighbourLink(
        name=name(head),
        title=head.title,
        address=address(sources, name(head), site, then),
        progress=progress,
        health=health,
    )


def several_page(
    sources: Sources, wanted: str, found: Sequence[LocatedObjective], cycle: str | None = None
) -> str:
    """The choice where a name stands for objectives of several sites: never the first of them silently."""
    choices = [(one.site, neighbour_link(sources, one, cycle)) for one in found]
    return render("several.html", "objectives", wanted=wanted, choices=choices)


def _none(sources: Sources, issue: str, else_: str, site: str | None = None) -> NoReturn:
    abort(404, sources.waits_behind_lock(issue, site or request.args.get("site")) or else_)


def why_page(
    sources: Sources,
    issue: str,
    site: str | None = None,
    asked: str | None = None,
    *,
    everything: bool = False,
) -> ResponseReturnValue:
    """Straight to the objective where an issue is one or belongs to one; a choice where it belongs to several.

    A plain parent that sums are written to has no page but this one: its rows, that of the `asked` issue marked.
    """
    found = sources.located(issue, site) or sources.explained_by(issue, site)
    itself = [one for one in found if _is_parent(one, issue)]
    if len(itself) == 1:
        return parent_page(sources, itself[0], asked, everything=everything)
    if not found:
        _none(sources, issue, f"“{issue}” is no objective here, and part of no number.", site)
    if len(found) == 1:
        one = found[0]
        return redirect(_asked(sources, one, issue).address)
    several_sites = len({one.site for one in found}) > 1
    choices = [(one.site if several_sites else "", _asked(sources, one, issue)) for one in found]
    return render("why.html", "objectives", issue=issue, choices=choices)


def _is_parent(located: LocatedObjective, issue: str) -> bool:
    """Whether this issue is the plain parent itself."""
    state = located.saved.state
    return state.plain and issue.upper() in (state.id, state.key.upper())


def parent_page(sources: Sources, located: LocatedObjective, asked: str | None, *, everything: bool) -> str:
    """What is summed for a plain parent, row by row."""
    saved, browse = located.saved, browse_on(sources, located.site)
    state = saved.state
    rows = next((one.measurement.ledger for one in state.key_results), state.ledger)
    return render(
        "parent.html",
        "objectives",
        key=state.key,
        url=browse(state.key),
        title=state.title or "Untitled",
        status=state.status,
        sums=sums_text(state),
        rule=state.rule_id,
        table=ledger_table(rows, browse, None if everything else SHOWN, asked=asked),
        all=parent_address(state.key, site_in_address(located.site, sources.site_names()), everything=True),
        computed=when(saved.computed_at, sources.now(), sources.zone),
        revision=saved.mapping_revision,
        pulse=pulse(sources.vitals(), sources.now(), sources.zone),
    )


def _asked(sources: Sources, located: LocatedObjective, issue: str) -> NeighbourLink:
    """An objective or a plain parent, and where its page marks the row of an issue."""
    state, said = located.saved.state, site_in_address(located.site, sources.site_names())
    if state.plain:
        return replace(neighbour_link(sources, located), address=parent_address(state.key, said, issue))
    address = row_address(name(state), said, issue, place_of(state, issue))
    return replace(neighbour_link(sources, located), address=address)


PAGE = Page("objective", "Objective", register)
