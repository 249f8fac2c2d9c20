"""The meeting on a screen: the agenda, then one objective at a time with the question to decide."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint

from plugin.access.authorization.permission import needs
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective import explanation_now
from plugin.pages.objectives.objective_address import objective_address
from plugin.pages.sources import Sources
from plugin.pages.views.meeting.meeting import AgendaRow, meeting_view
from plugin.pages.views.objectives.key_result import KeyResultRow
from plugin.pages.views.objectives.remarks import RemarkRow

KEY_RESULTS = 5


@dataclass(frozen=True, slots=True)
class Slide:
    """One objective of the agenda, with its key results and what was said last."""

    item: AgendaRow
    key_results: tuple[KeyResultRow, ...]
    more: int
    remark: RemarkRow | None


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/present", endpoint="present")
    @needs("viewer", lane="heavy")
    def present() -> str:
        found = sources.meeting()
        view = meeting_view(found, sources.now(), sources.zone)
        pairs = zip(found.meeting.agenda, view.agenda, strict=True)
        slides = [slide(sources, item.row.state.id, item.row.site, shown) for item, shown in pairs]
        return render(
            "present.html",
            "objectives",
            view=view,
            address=objective_address,
            slides=[one for one in slides if one],
        )


def slide(sources: Sources, objective_id: str, site: str | None, item: AgendaRow) -> Slide | None:
    """One slide; None where the objective went meanwhile."""
    found = sources.located(objective_id, site)
    if not found:
        return None
    view = explanation_now(sources, found[0], everything=False)
    rows = view.key_results
    return Slide(item, rows[:KEY_RESULTS], len(rows[KEY_RESULTS:]), view.remarks[0] if view.remarks else None)


PAGE = Page("present", "Present", register)
