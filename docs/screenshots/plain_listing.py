"""The list of objectives in plain Python: what the statements of `connectors.store.lists.statements` have to give, and what pictures are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from connectors.store.lists.list_rows import START, PageStart, RowSelection, Tallies
from mappings.rollup.health import SEVERITY
from mappings.rollup.state import ObjectiveState
from plugin.pages.views.objectives.names import name, natural

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class One:
    """An objective of a site, and when it last moved."""

    site: str
    state: ObjectiveState
    changed_at: datetime

    @property
    def name(self) -> Name:
        return self.site, self.state.id


def by_key(one: One) -> tuple[object, ...]:
    return (*natural(name(one.state)), one.site, one.state.id)


def by_health(one: One) -> tuple[object, ...]:
    return (SEVERITY[one.state.health.level], *by_key(one))


def by_progress(one: One) -> tuple[object, ...]:
    progress = one.state.progress
    return (progress is None, progress or Fraction(0), *by_key(one))


def by_change(one: One) -> tuple[object, ...]:
    return (-int(one.changed_at.timestamp() * 1000), *by_key(one))


ORDERS: dict[str, Callable[[One], tuple[object, ...]]] = {
    "health": by_health,
    "key": by_key,
    "progress": by_progress,
    "changed": by_change,
}


@dataclass(frozen=True, slots=True)
class PlainSlice:
    """The rows of one page with their depths, how many stand before it, and where the pages around it begin."""

    rows: Sequence[tuple[One, int]]
    start: int
    previous: PageStart | None
    next: PageStart | None


def admits(wanted: RowSelection, one: One, *, health: bool = True) -> bool:
    """Whether an objective is asked for; without `health` for the totals, which offer every health."""
    state = one.state
    return (
        one.site in wanted.sites
        and (not wanted.cycles or (state.cycle_id or "") in wanted.cycles)
        and (not wanted.projects or state.project_key in wanted.projects)
        and (not wanted.owners or (state.owner or "") in wanted.owners)
        and (not wanted.teams or (state.team or "") in wanted.teams)
        and (not health or not wanted.health or state.health.level in wanted.health)
        and (
            not wanted.search or wanted.search.casefold() in f"{_words(one)} {(state.owner or '').casefold()}"
        )
        and (not wanted.text or wanted.text.casefold() in _words(one))
        and (not wanted.owner_words or wanted.owner_words.casefold() == (state.owner or "").casefold())
        and (not wanted.aligned_to or wanted.aligned_to in state.aligned_to)
    )


def _words(one: One) -> str:
    return f"{one.state.key} {one.state.title}".casefold()


def tallies(every: Iterable[One], wanted: RowSelection) -> Tallies:
    """The figures around the list."""
    mine = [one for one in every if one.site in wanted.sites]
    return Tallies(
        len(mine),
        Counter(one.state.health.level for one in mine if admits(wanted, one, health=False)),
        frozenset(one.state.cycle_id or "" for one in mine),
        frozenset(one.state.project_key for one in mine),
        frozenset(one.state.owner or "" for one in mine),
        frozenset(one.state.team or "" for one in mine),
    )


def page(every: Iterable[One], wanted: RowSelection, after: PageStart, size: int) -> PlainSlice:
    """One page of the filtered tree. A cursor whose objective is gone falls back to its place."""
    mine = [one for one in every if admits(wanted, one)]
    rows = by_team(mine, wanted) if wanted.by_team else placed(mine, ORDERS[wanted.order])
    start = _start(rows, after, wanted.sites)
    end, before = start + size, max(start - size, 0)
    return PlainSlice(
        rows[start:end],
        start,
        None if not start else _after(rows, before),
        None if end >= len(rows) else _after(rows, end),
    )


def by_team(objectives: Sequence[One], wanted: RowSelection) -> list[tuple[One, int]]:
    """The rows of each team together, those without one last; none of a folded team."""
    left = [one for one in objectives if _team(one) not in wanted.folded]
    order = ORDERS[wanted.order]
    return [
        (one, 0) for one in sorted(left, key=lambda one: (not _team(one), _team(one).encode(), *order(one)))
    ]


def _team(one: One) -> str:
    return one.state.team or one.state.project_key


def placed(objectives: Sequence[One], order: Callable[[One], tuple[object, ...]]) -> list[tuple[One, int]]:
    """Parents before children, siblings in order, each objective once with its depth; those in a circle at the top."""
    known = {one.name: one for one in sorted(objectives, key=order)}
    above = {place: _above(one, known) for place, one in known.items()}
    children: dict[Name | None, list[Name]] = {}
    for place in known:
        parent = None if _returns(place, above) else above[place]
        children.setdefault(parent, []).append(place)
    found: list[tuple[One, int]] = []
    waiting = [(place, 0) for place in reversed(children.get(None, []))]
    while waiting:
        place, depth = waiting.pop()
        found.append((known[place], depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(place, []))]
    return found


def _above(one: One, known: dict[Name, One]) -> Name | None:
    targets = ((one.site, target) for target in one.state.aligned_to)
    return next((target for target in targets if target in known and target != one.name), None)


def _returns(place: Name, above: dict[Name, Name | None]) -> bool:
    at = above[place]
    for _ in above:
        if at is None or at == place:
            break
        at = above[at]
    return at == place


def _start(rows: Sequence[tuple[One, int]], after: PageStart, sites: Sequence[str]) -> int:
    if after == START:
        return 0
    last = (after.site or sites[0], after.id)
    found = next((i + 1 for i, (one, _) in enumerate(rows) if one.name == last), None)
    start = found if found is not None else after.place
    return start if start < len(rows) else 0


def _after(rows: Sequence[tuple[One, int]], start: int) -> PageStart:
    return PageStart(start, *rows[start - 1][0].name) if start else START
