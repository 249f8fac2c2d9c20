"""What a meeting talks about: made by rules from the list of objectives, so that page, slides and programs have one agenda."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mappings.explain.confidence import ConfidenceLevel
from mappings.rollup.state import HealthLevel
from plugin.use_cases.objectives.objective_list import ListedHead

LONGEST = 9
"""As many as an hour has room for."""
FINE = frozenset({HealthLevel.ON_TRACK, HealthLevel.ACHIEVED})


class Reason(StrEnum):
    """Why an objective is talked about, in the order in which they are."""

    UNSURE = "unsure"
    FELL = "fell"
    UNKNOWN = "unknown"
    OFF_TRACK = "off_track"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """An objective to talk about, and the first reason that holds."""

    row: ListedHead
    reason: Reason


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
    def moved(self) -> tuple[tuple[ListedHead, Fraction], ...]:
        """Those that a week moved, the strongest rise first and the strongest fall last."""
        known = ((one, one.week.total) for one in self.rows if one.week is not None)
        moved = [(one, total) for one, total in known if total]
        return tuple(sorted(moved, key=lambda pair: -pair[1]))

    @property
    def still(self) -> int:
        """How many a week did not move."""
        return sum(one.week is not None and one.week.total == 0 for one in self.rows)


def meeting(rows: Iterable[ListedHead]) -> Meeting:
    """The meeting over these objectives."""
    every = tuple(rows)
    served = {(one.site, id_) for one in every for id_ in one.state.aligned_to}
    company = tuple(one for one in every if (one.site, one.state.id) in served and not one.state.aligned_to)
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
