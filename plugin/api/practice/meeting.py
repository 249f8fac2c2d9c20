"""`/meeting`: what runs now as a meeting talks about it."""

from __future__ import annotations

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, SiteQuery
from plugin.use_cases.meeting.agenda import meeting_values, show_meeting

ROUTES = Routes()


class MeetingObjective(JsonShape):
    """One objective; `week` is what a week did to it, null where its history is shorter."""

    id: str
    key: str
    title: str
    progress: float | None
    progress_exact: str | None
    health: str
    week: float | None
    week_exact: str | None
    week_causes: list[str]


class AgendaJson(MeetingObjective):
    """One objective to talk about: the first reason that holds, and what there is to decide."""

    reason: str
    question: str


class TeamJson(JsonShape):
    """How many objectives a team has, and the mean of those that are known."""

    team: str
    objectives: int
    progress: float | None
    progress_exact: str | None


class MeetingJson(JsonShape):
    """`company` are the objectives that others serve; `moved` what a week moved, the strongest rise first; `still` how many it did not."""

    site: str
    cycle: str | None
    headline: str
    agenda: list[AgendaJson]
    company: list[MeetingObjective]
    moved: list[MeetingObjective]
    still: int
    teams: list[TeamJson]


@ROUTES.get("/meeting", "viewer", "What runs now, as a meeting talks about it.")
def current_meeting(caller: Caller, query: SiteQuery) -> Reply[MeetingJson]:
    """The agenda with its questions, the sentence above the brief, what moved in a week, and the teams."""
    site = site_of(caller, query)
    return Reply(
        MeetingJson.model_validate(meeting_values(show_meeting(caller.connector, caller.actor, site), site))
    )
