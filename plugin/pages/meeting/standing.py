"""What runs now, as all pages of a meeting begin."""

from __future__ import annotations

from plugin.pages.sources import Sources
from plugin.pages.views.meeting.meeting import MeetingView, meeting_view
from plugin.pages.views.objectives.listing import Filters
from plugin.use_cases.meeting.agenda import Meeting, meeting
from plugin.use_cases.objectives.objective_list import START

MOST = 2000
"""Of more objectives that run at once a meeting is none."""


def running(sources: Sources) -> tuple[Meeting, MeetingView]:
    """The objectives of the cycles that run (all, where none does), as a meeting and as its pages show it."""
    cycles = sources.running_cycles()
    found = sources.listing(Filters().wanted(cycles), START, MOST)
    told = meeting(found.rows)
    here = {one.state.cycle_id for one in found.rows}
    cycle = next((one for one in cycles if one in here), None)
    days = None if cycle is None else sources.cycles().get(cycle)
    return told, meeting_view(told, days, sources.now(), sources.zone)
