"""What a meeting talks about: made by rules from the objectives that run, so that pages, slides, API and command have one agenda."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from mappings.explain.confidence import ConfidenceLevel
from mappings.json_value import PlainValues
from mappings.rollup.state import HealthLevel
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.cycles.cycles import CycleDays, running_cycles
from plugin.use_cases.objectives.moments import WEEK
from plugin.use_cases.objectives.objective_list import START, ListedHead, RowSelection, list_objectives
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question

LONGEST = 9
"""As many as an hour has room for."""
MOST = 2000
"""Of more objectives that run at once a meeting is none."""
FINE = frozenset({HealthLevel.ON_TRACK, HealthLevel.ACHIEVED})


class Reason(StrEnum):
    """Why an objective is talked about, in the order in which they are."""

    UNSURE = "unsure"
    FELL = "fell"
    UNKNOWN = "unknown"
    OFF_TRACK = "off_track"


QUESTIONS = {
    Reason.UNSURE: "Nobody is sure of it any more. What would have to change?",
    Reason.FELL: "It went down this week. Was it meant to?",
    Reason.UNKNOWN: "It, or a part of it, cannot be measured now. Who mends that, and by when?",
    Reason.OFF_TRACK: "It is far behind. Help it, change it, or stop it?",
}


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """An objective to talk about, and the first reason that holds."""

    row: ListedHead
    reason: Reason

    def only_told_by(self, now: datetime) -> tuple[datetime, datetime] | None:
        """The time whose numbers alone put it here; None: those of now did."""
        return (now - WEEK, now) if self.reason is Reason.FELL else None

    @property
    def question(self) -> str:
        """What there is to decide."""
        return QUESTIONS[self.reason]


@dataclass(frozen=True, slots=True)
class TeamStanding:
    """How the objectives of a team (or of a project, where it names none) stand; `progress` is the mean of what is known."""

    name: str
    rows: tuple[ListedHead, ...]
    progress: Fraction | None


@dataclass(frozen=True, slots=True)
class Meeting:
    """All that runs: the agenda, the objectives that others serve, the teams, and what a week did."""

    rows: tuple[ListedHead, ...]
    agenda: tuple[AgendaItem, ...]
    company: tuple[ListedHead, ...]
    teams: tuple[TeamStanding, ...]

    @property
    def fine(self) -> tuple[ListedHead, ...]:
        """Those of the objectives of the company (of all, where none is one) that are where they should be."""
        return tuple(one for one in self.leading if one.state.health.level in FINE)

    @property
    def leading(self) -> tuple[ListedHead, ...]:
        """The objectives of the company; all where none is one."""
        return self.company or self.rows

    @property
    def furthest_behind(self) -> ListedHead | None:
        """Of those that are not where they should be the one with the lowest pace; None where all are."""
        behind = [
            one for one in self.leading if one.state.health.level not in FINE and one.state.pace is not None
        ]
        return min(behind, key=_pace, default=None)

    @property
    def headline(self) -> str:
        """`2 of 4 company objectives are where they should be. “The second market” is furthest behind.`"""
        every, fine = len(self.leading), len(self.fine)
        what = "company objective" if self.company else "objective"
        said = f"{fine} of {every} {what}{'' if every == 1 else 's'} {'is' if fine == 1 else 'are'} where {'it' if fine == 1 else 'they'} should be."
        last = self.furthest_behind
        return (
            f"{said} “{last.state.title}” is furthest behind." if last is not None and fine < every else said
        )

    @property
    def moved(self) -> tuple[tuple[ListedHead, Fraction], ...]:
        """Those that a week moved, the strongest rise first and the strongest fall last."""
        known = ((one, one.week.total) for one in self.rows if one.week is not None)
        moved = [(one, total) for one, total in known if total]
        return tuple(sorted(moved, key=lambda pair: -pair[1]))

    @property
    def still(self) -> int:
        """How many a week did not move."""
        return sum(one.week is not None and one.week.total == 0 for one in self.rows)


@dataclass(frozen=True, slots=True)
class CurrentMeeting:
    """The meeting over what runs now, and the cycle that it is about; None where no objective is in a cycle that runs."""

    meeting: Meeting
    cycle: CycleDays | None


@question(VIEWER)
def show_meeting(connector: Connector, actor: Actor, site: str | None = None) -> CurrentMeeting:
    """Of a site, or of all side by side: over the objectives of the cycles that run, and those without one; over all where none runs."""
    sites = tuple(connector.sites) if site is None else (site,)
    cycles = [one for name in sites for one in running_cycles(connector, actor, name)]
    wanted = RowSelection(sites=sites, cycles=(*(one.id for one in cycles), "") if cycles else ())
    return current(list_objectives(connector, actor, wanted, START, MOST).rows, cycles)


def current(rows: Iterable[ListedHead], cycles: Iterable[CycleDays]) -> CurrentMeeting:
    """The meeting over these rows; `cycles` are those that run, the one that ends first in front."""
    told = plan_meeting(rows)
    here = {one.state.cycle_id for one in told.rows}
    return CurrentMeeting(told, next((one for one in cycles if one.id in here), None))


def meeting_values(found: CurrentMeeting, site: str) -> PlainValues:
    """The same for programs."""
    told, cycle = found.meeting, found.cycle
    return {
        "site": site,
        "cycle": None if cycle is None else cycle.id,
        "headline": told.headline,
        "agenda": [
            {**_head_values(one.row), "reason": one.reason.value, "question": one.question}
            for one in told.agenda
        ],
        "company": [_head_values(one) for one in told.company],
        "moved": [_head_values(one) for one, _ in told.moved],
        "still": told.still,
        "teams": [
            {
                "team": one.name,
                "objectives": len(one.rows),
                "progress": number(one.progress),
                "progress_exact": exact_text(one.progress),
            }
            for one in told.teams
        ],
    }


def _head_values(one: ListedHead) -> PlainValues:
    state, week = one.state, one.week
    total = None if week is None else week.total
    return {
        "id": state.id,
        "key": state.key,
        "title": state.title,
        "progress": number(state.progress),
        "progress_exact": exact_text(state.progress),
        "health": state.health.level.value,
        "week": number(total),
        "week_exact": exact_text(total),
        "week_causes": [] if week is None else list(week.causes),
    }


def plan_meeting(rows: Iterable[ListedHead]) -> Meeting:
    """The meeting over these objectives."""
    every = tuple(rows)
    served = {(one.site, id_) for one in every for id_ in one.state.aligned_to}
    company = tuple(
        one
        for one in every
        if ((one.site, one.state.id) in served or one.elsewhere) and not one.state.aligned_to
    )
    apart = {(one.site, one.state.id) for one in company}
    others = [one for one in every if (one.site, one.state.id) not in apart]
    return Meeting(every, _agenda(every), company, _teams(others))


def reason_of(one: ListedHead) -> Reason | None:
    """The first reason to talk about an objective; None where there is none."""
    state, week = one.state, one.week
    if state.confidence is not None and state.confidence.level is ConfidenceLevel.OFF:
        return Reason.UNSURE
    if week is not None and week.total is not None and week.total < 0:
        return Reason.FELL
    if state.health.level in (HealthLevel.UNKNOWN, HealthLevel.PENDING):
        return Reason.UNKNOWN
    return Reason.OFF_TRACK if state.health.level is HealthLevel.OFF_TRACK else None


def _agenda(rows: Sequence[ListedHead]) -> tuple[AgendaItem, ...]:
    """At most nine: by reason, and within one the lowest pace first."""
    order = list(Reason)
    found = [AgendaItem(one, reason) for one in rows if (reason := reason_of(one)) is not None]
    found.sort(key=lambda item: (order.index(item.reason), _pace(item.row), item.row.state.key))
    return tuple(found[:LONGEST])


def _pace(one: ListedHead) -> Fraction:
    return Fraction(0) if one.state.pace is None else one.state.pace


def _teams(rows: Iterable[ListedHead]) -> tuple[TeamStanding, ...]:
    by_name: dict[str, list[ListedHead]] = defaultdict(list)
    for one in rows:
        by_name[team_of(one)].append(one)
    return tuple(TeamStanding(name, tuple(mine), _mean(mine)) for name, mine in sorted(by_name.items()))


def team_of(one: ListedHead) -> str:
    """The team an objective belongs to, its project where it names none."""
    return one.state.team or one.state.project_key or "No team"


def _mean(rows: Sequence[ListedHead]) -> Fraction | None:
    known = [one.state.progress for one in rows if one.state.progress is not None]
    return sum(known, Fraction(0)) / len(known) if known else None
