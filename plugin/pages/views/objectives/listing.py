"""The list of objectives: filters, totals, one page of rows, and the addresses that lead onwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import NamedTuple
from urllib.parse import urlencode

from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import HealthLevel
from plugin.pages.sources import CycleDays, Cycles
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.forecast import Chance, kept_chance
from plugin.pages.views.objectives.history.trend import Spark, spark
from plugin.pages.views.objectives.tree import name, natural
from plugin.pages.views.words.clause import told
from plugin.pages.views.words.figures import percent_text
from plugin.pages.views.words.health import Badge, Total, badge, totals
from plugin.pages.views.words.moments import When, day_text, when
from plugin.use_cases.objectives.objective_columns import OBJECTIVE_COLUMNS, Column
from plugin.use_cases.objectives.objective_list import (
    START,
    After,
    ListedHead,
    ObjectivePage,
    RowSelection,
    Tallies,
)

ROWS = 50
COLUMNS = tuple(column for column in OBJECTIVE_COLUMNS if column.on_page)
DEEPEST = 6
DEFAULT_ORDER = "health"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for; empty text means all. `after` is the cursor (`after_text`)."""

    cycle: str = ""
    project: str = ""
    team: str = ""
    health: str = ""
    owner: str = ""
    q: str = ""
    order: str = DEFAULT_ORDER
    after: str = ""

    @property
    def active(self) -> bool:
        """Whether anything narrows the list."""
        return any((self.cycle, self.project, self.team, self.health, self.owner, self.q))

    def query(self) -> str:
        """The shortest query that says the same, with its question mark."""
        said = {
            key: value
            for key in self.__slots__
            if (value := getattr(self, key)) and (key, value) != ("order", DEFAULT_ORDER)
        }
        return f"?{urlencode(said)}" if said else ""

    def wanted(self) -> RowSelection:
        """The same as the store is asked, of all sites."""
        return RowSelection(
            sites=(),
            cycles=_chosen(self.cycle),
            projects=(self.project,) if self.project else (),
            owners=_chosen(self.owner),
            teams=_chosen(self.team),
            health=(HealthLevel(self.health),) if self.health else (),
            search=self.q,
            order=self.order,
        )


def _chosen(value: str) -> tuple[str, ...]:
    """The values a choice stands for; `none` also means those without one."""
    return () if not value else (value,) if value != "none" else ("none", "")


def after_text(after: After) -> str:
    """A cursor: `<place>.<id>` of the last row before, or `<place>.~<site>~<id>` where there are several sites."""
    if after == START:
        return ""
    return f"{after.place}.~{after.site}~{after.id}" if after.site else f"{after.place}.{after.id}"


def after_of(cursor: str) -> After:
    """Where a page begins; at the beginning where the cursor cannot be read."""
    place, _, last = cursor.partition(".")
    if not (place.isdecimal() and place.isascii()):
        return START
    named = last.startswith("~") and last.count("~") > 1
    site, id_ = last[1:].split("~", 1) if named else ("", last)
    return After(int(place[:9]), site, id_)


class FilterOption(NamedTuple):
    """One option of a filter."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """One objective in the list."""

    name: str
    site: str | None
    key: str
    title: str
    depth: int
    project: str
    team: str
    owner: str
    commitment: str
    bar: Bar
    delivery: str
    outcome: str
    health: Badge
    forecast: Chance | None
    trend: Spark
    changed: When
    flags: tuple[str, ...]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HealthLink:
    """One total that filters when followed, and lets go when it is the filter already."""

    total: Total
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The whole page. `known` counts all objectives, `found` those the filters admit."""

    columns: tuple[Column, ...]
    known: int
    found: int
    first: int
    last: int
    rows: tuple[ListRow, ...]
    health: tuple[HealthLink, ...]
    cycles: tuple[FilterOption, ...]
    projects: tuple[FilterOption, ...]
    teams: tuple[FilterOption, ...]
    owners: tuple[FilterOption, ...]
    filters: Filters
    previous: str | None
    next: str | None
    period: str
    without_filters: str

    @property
    def has_teams(self) -> bool:
        """Whether there is a team to choose at all."""
        return any(one.value not in ("", "none") for one in self.teams)


def listing(found: ObjectivePage, filters: Filters, cycles: Cycles, now: datetime, zone: tzinfo) -> Listing:
    """Everything the list page shows."""
    part, figures = found.slice, found.tallies
    return Listing(
        columns=COLUMNS,
        known=figures.known,
        found=figures.found(filters.wanted().health),
        first=part.start + 1,
        last=part.start + len(found.rows),
        rows=tuple(row(one, now, zone) for one in found.rows),
        health=_health_links(figures, filters),
        cycles=_cycle_choices(figures.cycles, filters.cycle, cycles),
        projects=_choices(figures.projects, filters.project, "All projects"),
        teams=_choices((one or "none" for one in figures.teams), filters.team, "All teams", "No team"),
        owners=_choices((one or "none" for one in figures.owners), filters.owner, "All owners"),
        filters=filters,
        previous=_at(filters, part.previous),
        next=_at(filters, part.next),
        period=_period(cycles.get(filters.cycle)),
        without_filters=Filters(order=filters.order).query(),
    )


def row(one: ListedHead, now: datetime, zone: tzinfo) -> ListRow:
    """One objective as the list shows it."""
    head = one.state
    level = head.health.level.value
    return ListRow(
        name=name(head),
        site=one.site,
        key=head.key,
        title=head.title or "Untitled",
        depth=min(one.depth, DEEPEST),
        project=head.project_key,
        team=head.team or "",
        owner=head.owner or "",
        commitment=head.commitment,
        bar=bar(head.progress, head.expected, level, head.commitment),
        delivery=_beside(head.delivery, head.commitment),
        outcome=_beside(head.outcome, head.commitment),
        health=badge(head.health),
        forecast=kept_chance(one.forecast),
        trend=spark(one.history, now, one.points, ACHIEVED_AT[head.commitment]),
        changed=when(one.changed_at, now, zone),
        flags=tuple(told(flag) for flag in head.flags),
        texts={column.key: column.text(head) for column in COLUMNS if column.text is not None},
    )


def _beside(value: Fraction | None, commitment: str) -> str:
    return "—" if value is None else percent_text(value, 0, ACHIEVED_AT[commitment])


def _health_links(figures: Tallies, filters: Filters) -> tuple[HealthLink, ...]:
    return tuple(
        HealthLink(total, _toggled(filters, total.level), filters.health == total.level)
        for total in totals(figures.health)
    )


def _toggled(filters: Filters, level: str) -> str:
    wanted = "" if filters.health == level else level
    return replace(filters, health=wanted, after="").query() or "?"


def _at(filters: Filters, after: After | None) -> str | None:
    return None if after is None else replace(filters, after=after_text(after)).query() or "?"


def _choices(
    values: Iterable[str], chosen: str, everything: str, nothing: str = "Nobody"
) -> tuple[FilterOption, ...]:
    known = sorted({*values, chosen} - {""}, key=natural)
    labels = {"none": nothing}
    return (FilterOption("", everything), *(FilterOption(value, labels.get(value, value)) for value in known))


def _cycle_choices(values: Iterable[str], chosen: str, cycles: Cycles) -> tuple[FilterOption, ...]:
    plain = _choices((one or "none" for one in values), chosen, "All cycles")
    return tuple(FilterOption(choice.value, _cycle_label(choice, cycles)) for choice in plain)


def _cycle_label(choice: FilterOption, cycles: Cycles) -> str:
    if choice.value == "none":
        return "No cycle"
    cycle = cycles.get(choice.value)
    return (cycle.name if cycle is not None else None) or choice.label


def _period(cycle: CycleDays | None) -> str:
    return "" if cycle is None else f"{day_text(cycle.start)} – {day_text(cycle.end)}"
