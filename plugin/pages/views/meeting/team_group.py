"""The teams of the list, where their rows stand together: the head of each with what its objectives come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import quote, unquote

from plugin.pages.views.words.figures import percent_text
from plugin.pages.views.words.health import Total, totals
from plugin.pages.views.words.week_step import WeekStep, step
from plugin.use_cases.objectives.objective_list import Head, ListedHead

NO_TEAM = "No team"


@dataclass(frozen=True, slots=True)
class TeamGroup:
    """One team: how many objectives of it are in the list, the means of those that are known, and how many are of each health.

    `begins` says that its rows begin on this page; where they do not, they go on from the page before. `query` folds and unfolds it.
    `is_team` is false where it is a project, or nothing at all.
    """

    name: str
    count: int
    progress: str
    delivery: str
    week: WeekStep
    health: tuple[Total, ...]
    is_team: bool
    open: bool
    begins: bool
    query: str


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """The same of the whole list, without its place on a page."""

    name: str
    count: int
    progress: Fraction | None
    delivery: Fraction | None
    week: Fraction | None
    health: tuple[Total, ...]
    is_team: bool


def group_name(head: Head) -> str:
    """The team of an objective, its project where it names none; empty where it names neither."""
    return head.team or head.project_key


def folded_names(closed: str) -> tuple[str, ...]:
    """The teams that an address says are folded: their names, each quoted, with commas between; `-` is no team."""
    return tuple("" if one == "-" else unquote(one) for one in closed.split(",") if one)


def folded_text(names: Iterable[str]) -> str:
    """The teams that are folded, for an address."""
    return ",".join("-" if not one else "%2D" if one == "-" else quote(one, safe="") for one in sorted(names))


def team_figures(members: Iterable[ListedHead]) -> tuple[TeamFigures, ...]:
    """The teams in the order of the list: by name, those of no team last."""
    found: dict[str, list[ListedHead]] = {}
    for one in members:
        found.setdefault(group_name(one.state), []).append(one)
    names = sorted(found, key=lambda name: (not name, name.encode()))
    return tuple(_figures(name, found[name]) for name in names)


def _figures(name: str, mine: Sequence[ListedHead]) -> TeamFigures:
    counts = Counter(one.state.health.level for one in mine)
    return TeamFigures(
        name=name,
        count=len(mine),
        progress=_mean(one.state.progress for one in mine),
        delivery=_mean(one.state.delivery for one in mine),
        week=_mean(one.week.total if one.week is not None else None for one in mine),
        health=tuple(one for one in totals(counts) if one.count),
        is_team=any(one.state.team for one in mine),
    )


def _mean(values: Iterable[Fraction | None]) -> Fraction | None:
    known = [one for one in values if one is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def team_group(one: TeamFigures, *, open: bool, begins: bool, query: str) -> TeamGroup:
    """A team as the list shows it."""
    return TeamGroup(
        name=one.name or NO_TEAM,
        count=one.count,
        progress="—" if one.progress is None else percent_text(one.progress, 0),
        delivery="—" if one.delivery is None else percent_text(one.delivery, 0),
        week=step(one.week),
        health=one.health,
        is_team=one.is_team,
        open=open,
        begins=begins,
        query=query,
    )
