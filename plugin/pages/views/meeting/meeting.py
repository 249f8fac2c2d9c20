"""A meeting in words: the agenda with why each is on it, the sentence above the brief, teams, what moved, and the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from mappings.rollup.state import HealthLevel
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.listing import ListRow, row
from plugin.pages.views.words.health import Total, totals
from plugin.pages.views.words.moments import day_text
from plugin.use_cases.meeting.agenda import CurrentMeeting, Meeting, TeamStanding, team_of
from plugin.use_cases.objectives.objective_list import ListedHead

RISES, FALLS = 4, 3
SHEET = 8
"""So many objectives of the company, the worst of them, fit on the sheet of the brief."""
MANY = 120
"""Of more objectives the map counts by health where it has a mark for each, and opens one lane at a time."""
UNSERVED = "Serves no company objective"


@dataclass(frozen=True, slots=True)
class AgendaRow:
    """One objective to talk about, and the question to decide."""

    row: ListRow
    question: str


@dataclass(frozen=True, slots=True)
class TeamRow:
    """How one team stands."""

    name: str
    count: int
    bar: Bar
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class AlignmentLane:
    """What serves one objective of the company, by team; `head` is None for what serves none."""

    head: ListRow | None
    title: str
    teams: tuple[tuple[str, tuple[ListRow, ...]], ...]

    @property
    def tallies(self) -> Mapping[str, tuple[Total, ...]]:
        """By team how many of each health serve it."""
        found = {}
        for name, rows in self.teams:
            levels = Counter(HealthLevel(one.health.level) for one in rows)
            found[name] = tuple(one for one in totals(levels) if one.count)
        return found

    @property
    def count(self) -> int:
        """How many serve it."""
        return sum(len(rows) for _, rows in self.teams)


@dataclass(frozen=True, slots=True)
class MeetingView:
    """All that a meeting looks at."""

    period: str
    day: str
    left: str
    spent: str
    headline: str
    known: int
    up: int
    down: int
    still: int
    agenda: tuple[AgendaRow, ...]
    company: tuple[ListRow, ...]
    moved: tuple[ListRow, ...]
    teams: tuple[TeamRow, ...]
    lanes: tuple[AlignmentLane, ...]
    columns: tuple[str, ...]

    @property
    def many(self) -> bool:
        """Whether there are too many for a mark each."""
        return self.known > MANY

    @property
    def sheet(self) -> tuple[ListRow, ...]:
        """The objectives of the company that the brief has room for."""
        return self.company[:SHEET]


def meeting_view(found: CurrentMeeting, now: datetime, zone: tzinfo) -> MeetingView:
    """The meeting as pages show it."""
    told, cycle = found.meeting, found.cycle
    today = now.astimezone(zone).date()

    def shown(one: ListedHead) -> ListRow:
        return row(one, now, zone)

    moved = told.moved
    up, down = [one for one, by in moved if by > 0], [one for one, by in moved if by < 0]
    days = None if cycle is None else (cycle.end - cycle.start).days + 1
    spent = None if cycle is None else min(max((today - cycle.start).days + 1, 0), days or 0)
    return MeetingView(
        period="" if cycle is None else cycle.name or cycle.id,
        day=day_text(today),
        left="" if cycle is None else _left((cycle.end - today).days),
        spent="" if not days or spent is None else f"{spent * 100 // days} % of the time has passed.",
        headline=told.headline,
        known=len(told.rows),
        up=len(up),
        down=len(down),
        still=told.still,
        agenda=tuple(AgendaRow(shown(one.row), one.question) for one in told.agenda),
        company=tuple(shown(one) for one in told.company),
        moved=tuple(shown(one) for one in (*up[:RISES], *down[-FALLS:])),
        teams=tuple(_team(one) for one in told.teams),
        lanes=_lanes(told, now, zone),
        columns=tuple(one.name for one in told.teams),
    )


def _left(days: int) -> str:
    return (
        "It has ended"
        if days < 0
        else "Its last day"
        if days == 0
        else f"{days} {'day' if days == 1 else 'days'} left"
    )


def _team(one: TeamStanding) -> TeamRow:
    counts = _levels(one.rows)
    return TeamRow(one.name, len(one.rows), bar(one.progress, None, "plain"), counts)


def _levels(rows: Iterable[ListedHead]) -> tuple[Total, ...]:
    levels = [one.state.health.level for one in rows]
    return tuple(one for one in totals({level: levels.count(level) for level in set(levels)}) if one.count)


def _lanes(told: Meeting, now: datetime, zone: tzinfo) -> tuple[AlignmentLane, ...]:
    """Everything below the objective of the company it serves, over however many others, and what serves none last."""
    by_id = {(one.site, one.state.id): one for one in told.rows}
    tops = {(one.site, one.state.id) for one in told.company}
    below: dict[tuple[str | None, str], list[ListedHead]] = {top: [] for top in tops}
    nowhere: list[ListedHead] = []
    for one in told.rows:
        if (one.site, one.state.id) in tops:
            continue
        found = _top(one, by_id, tops)
        (nowhere if found is None else below[found]).append(one)
    lanes = [
        AlignmentLane(
            row(one, now, zone), one.state.title, _by_team(below[one.site, one.state.id], now, zone)
        )
        for one in told.company
    ]
    return (*lanes, AlignmentLane(None, UNSERVED, _by_team(nowhere, now, zone))) if nowhere else tuple(lanes)


def _top(
    one: ListedHead,
    by_id: dict[tuple[str | None, str], ListedHead],
    tops: set[tuple[str | None, str]],
) -> tuple[str | None, str] | None:
    """The objective of the company that this one serves first; None where it serves none."""
    seen, following = set[tuple[str | None, str]](), [(one.site, id_) for id_ in one.state.aligned_to]
    while following:
        place = following.pop(0)
        if place in tops:
            return place
        if place not in seen and place in by_id:
            seen.add(place)
            following += [(place[0], id_) for id_ in by_id[place].state.aligned_to]
    return None


def _by_team(
    rows: Sequence[ListedHead], now: datetime, zone: tzinfo
) -> tuple[tuple[str, tuple[ListRow, ...]], ...]:
    names = sorted({team_of(one) for one in rows})
    return tuple((name, tuple(row(one, now, zone) for one in rows if team_of(one) == name)) for name in names)
