"""The tour of the demo: six steps, each on the page that it is about; there is none elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current, current_actor
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.tour import has_left, leave


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step: the page it is about (an endpoint), what it says, and what there is to do; `board` leads to the sandbox Jira."""

    endpoint: str
    title: str
    text: str
    board: bool = False


STEPS = (
    TourStep(
        "pages.objectives",
        "One row, one objective",
        "The thick bar is where it stands, the thin line below what was delivered, and the black mark where the calendar says it "
        "should be today. Week says what seven days did, Health what decides, in words.",
    ),
    TourStep(
        "pages.objectives",
        "Drag a card, and watch",
        "Each card on the board of the sandbox Jira says which number it feeds. Drag one to Done: the board says what moved, and this "
        "list moves with it, by itself.",
        board=True,
    ),
    TourStep(
        "pages.objective",
        "Why is it what it is?",
        "The answer first, then what moved it this week, then every row behind the number with its weight. The rows sum to the number "
        "exactly; what does not count stands below with the reason.",
    ),
    TourStep(
        "pages.brief",
        "The meeting",
        "The brief is one sheet: what to decide, what moved, how the teams stand. It prints, and comes as slides; Present, on the page "
        "Objectives, shows one objective at a time.",
    ),
    TourStep(
        "pages.sync_health",
        "What waits for a person",
        "Something else writes the field of one objective here, so what we want there is held: release it or drop it. And one issue "
        "cannot be read: the gap is named, and the number that needs it stands as it was until you accept that.",
    ),
    TourStep(
        "control.revisions",
        "The rules are yours",
        "All of it follows from this mapping. Edit it by form, see what would change before anything is written, then activate it. On "
        "the page of a KPI days can be let pass.",
    ),
)


@dataclass(frozen=True, slots=True)
class TourPlace:
    """A step as a page shows it, with where the ones before and after it are; empty where there is none."""

    number: int
    of: int
    step: TourStep
    board: str
    before: str
    after: str


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes, and the step to every page, in the demo."""
    if connector.move_clock is None:
        return
    sources = StoredSources(connector)
    blueprint.app_context_processor(lambda: {"tour": partial(current_step, connector)})

    @blueprint.get("/tour/<int:number>", endpoint="tour")
    @needs("viewer")
    def tour(number: int) -> ResponseReturnValue:
        """The page of a step."""
        number = min(max(number, 1), len(STEPS))
        endpoint = STEPS[number - 1].endpoint
        if endpoint == "pages.objective":
            running = sources.meeting().meeting.rows
            if not running:
                return redirect(url_for(STEPS[0].endpoint, tour=1))
            return redirect(url_for(endpoint, id_or_key=running[0].state.id, tour=number))
        site = next(iter(connector.sites)) if endpoint == "control.revisions" else None
        return redirect(url_for(endpoint, site=site, tour=number))

    @blueprint.post("/tour/leave", endpoint="leave_tour")
    @needs("viewer", in_person=True)
    def leave_tour() -> ResponseReturnValue:
        leave(connector, current_actor())
        flash("The tour is over. It stands in the menu of your account.")
        return redirect(url_for("pages.objectives"))


def current_step(connector: Connector) -> TourPlace | None:
    """The step of the page that is asked for: the one that its address names, else its own as long as the tour is not left."""
    if current() is None:
        return None
    places = [number for number, step in enumerate(STEPS, 1) if step.endpoint == request.endpoint]
    asked = request.args.get("tour", type=int)
    if not places or (asked not in places and has_left(connector, current_actor())):
        return None
    number = asked if asked in places else places[0]
    step = STEPS[number - 1]
    site = next(iter(connector.sites.values()), None)
    return TourPlace(
        number=number,
        of=len(STEPS),
        step=step,
        board=site.browse_url if step.board and site is not None else "",
        before=url_for("control.tour", number=number - 1) if number > 1 else "",
        after=url_for("control.tour", number=number + 1) if number < len(STEPS) else "",
    )
