"""The list of objectives: filters, totals, one page of rows, and the addresses that lead onwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import NamedTuple
from urllib.parse import urlencode

from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import HealthLevel
from plugin.pages.sources import Cycles
from plugin.pages.views.meeting.team_group import (
    TeamFigures,
    TeamGroup,
    folded_names,
    folded_text,
    group_name,
    team_figures,
    team_group,
)
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.column_heads import ColumnHead, column_heads
from plugin.pages.views.objectives.forecast import Chance, kept_chance
from plugin.pages.views.objectives.history.trend import Spark, spark
from plugin.pages.views.objectives.names import name, natural
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import percent_text
from plugin.pages.views.words.health import WORDS, Badge, Total, badge, totals
from plugin.pages.views.words.moments import MomentText, day_text, own_days, when
from plugin.pages.views.words.week_step import WeekStep, step
from plugin.use_cases.cycles.cycles import CycleDays
from plugin.use_cases.objectives.objective_columns import OBJECTIVE_COLUMNS
from plugin.use_cases.objectives.objective_list import (
    START,
    Head,
    ListedHead,
    ObjectivePage,
    PageStart,
    RowSelection,
    Tallies,
)

ROWS = 50
COLUMNS = tuple(column for column in OBJECTIVE_COLUMNS if column.on_page)
DEEPEST = 6
DEFAULT_ORDER = "health"
GROUPS = {"": "Alignment", "team": "Team"}
EVERY_CYCLE = "all"
"""The choice of a cycle that does not narrow; without a choice the list is of what runs now."""
WITHOUT = ("none", "")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for; empty text means all, of cycles those that run. `after` is the cursor (`after_text`), `closed` are the
    names of objectives whose branches are folded, with commas between, or those of teams where the rows of a `group` stand together.
    """

    cycle: str = ""
    project: str = ""
    team: str = ""
    health: str = ""
    owner: str = ""
    q: str = ""
    order: str = DEFAULT_ORDER
    after: str = ""
    closed: str = ""
    group: str = ""

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

    @property
    def folded(self) -> frozenset[str]:
        """The names of the objectives whose branches are folded."""
        return frozenset(self.closed.split(",")) - {""}

    def wanted(self, running: Sequence[str] = ()) -> RowSelection:
        """The same as the store is asked, of all sites; where no cycle is chosen those that are `running`, and what belongs to none."""
        usual = (*running, *WITHOUT) if running else ()
        return RowSelection(
            sites=(),
            cycles=() if self.cycle == EVERY_CYCLE else _chosen(self.cycle) or usual,
            projects=(self.project,) if self.project else (),
            owners=_chosen(self.owner),
            teams=_chosen(self.team),
            health=(HealthLevel(self.health),) if self.health else (),
            search=self.q,
            order=self.order,
            by_team=self.group == "team",
            folded=folded_names(self.closed) if self.group == "team" else (),
        )


def _chosen(value: str) -> tuple[str, ...]:
    """The values a choice stands for; `none` also means those without one."""
    return () if not value else (value,) if value != "none" else WITHOUT


def after_text(after: PageStart) -> str:
    """A cursor: `<place>.<id>` of the last row before, or `<place>.~<site>~<id>` where there are several sites."""
    if after == START:
        return ""
    return f"{after.place}.~{after.site}~{after.id}" if after.site else f"{after.place}.{after.id}"


def after_of(cursor: str) -> PageStart:
    """Where a page begins; at the beginning where the cursor cannot be read."""
    place, _, last = cursor.partition(".")
    if not (place.isdecimal() and place.isascii()):
        return START
    named = last.startswith("~") and last.count("~") > 1
    site, id_ = last[1:].split("~", 1) if named else ("", last)
    return PageStart(int(place[:9]), site, id_)


class FilterOption(NamedTuple):
    """One option of a filter."""

    value: str
    label: str


class Fold(NamedTuple):
    """The branch below a row: whether it is open, how many stand in it on this page, and the address that turns it."""

    open: bool
    below: int
    query: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """One objective in the list. `cycle` is its own where the list holds several, `days` are its own where it has such.

    `over` is the cycle as whose end it is shown, empty where it is shown as it stands now.
    """

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
    changed: MomentText
    flags: tuple[str, ...]
    texts: Mapping[str, str]
    cycle: str
    days: str
    week: WeekStep
    fold: Fold | None
    elsewhere: str
    over: str = ""


@dataclass(frozen=True, slots=True)
class ListPart:
    """Rows that stand together: those of a team below its head, or all of them without one."""

    head: TeamGroup | None
    rows: tuple[ListRow, ...]


@dataclass(frozen=True, slots=True)
class HealthLink:
    """One total that filters when followed, and lets go when it is the filter already."""

    total: Total
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The whole page. `known` counts all objectives, `found` those the filters admit; `narrowed` names these, the team first.

    `unfolded` are those of them that are not in a folded team.
    """

    known: int
    found: int
    unfolded: int
    first: int
    last: int
    rows: tuple[ListRow, ...]
    parts: tuple[ListPart, ...]
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
    narrowed: tuple[str, ...]
    heads: tuple[ColumnHead, ...]
    moved: tuple[int, int, int]
    over: str
    """Of how many rows the cycle is over: `all`, `some` or `none` of them."""

    @property
    def has_teams(self) -> bool:
        """Whether there is a team to choose at all."""
        return any(one.value not in ("", "none") for one in self.teams)


def build_listing(
    found: ObjectivePage,
    filters: Filters,
    cycles: Cycles,
    now: datetime,
    zone: tzinfo,
    running: Sequence[str] = (),
    members: Iterable[ListedHead] = (),
) -> Listing:
    """Everything the list page shows. `members` are all that the filters admit, where their teams stand together."""
    part, figures = found.slice, found.tallies
    several = len({one.state.cycle_id for one in found.rows}) > 1
    rows = [row(one, now, zone, cycles if several else None) for one in found.rows]
    moves = [one.week.way for one in rows]
    cycles_to_choose = _cycle_choices(figures.cycles, filters.cycle, cycles, running)
    projects = _choices(figures.projects, filters.project, "All projects")
    teams = _choices((one or "none" for one in figures.teams), filters.team, "All teams", "No team")
    owners = _choices((one or "none" for one in figures.owners), filters.owner, "All owners")
    every = figures.found(filters.wanted().health)
    shown = tuple(rows) if filters.group else _folded(rows, filters)
    of_teams = team_figures(members) if filters.group else ()
    folded = sum(one.count for one in of_teams if one.name in folded_names(filters.closed))
    return Listing(
        known=figures.known,
        found=every,
        unfolded=every - folded,
        first=part.start + 1,
        last=part.start + len(found.rows),
        rows=shown,
        parts=_team_parts(found, shown, of_teams, filters) if filters.group else (ListPart(None, shown),),
        health=_health_links(figures, filters),
        cycles=cycles_to_choose,
        projects=projects,
        teams=teams,
        owners=owners,
        filters=filters,
        previous=_at(filters, part.previous),
        next=_at(filters, part.next),
        period=_period(cycles.get(filters.cycle or next(iter(running), ""))),
        without_filters=Filters(order=filters.order, group=filters.group).query(),
        narrowed=(
            *_label(teams, filters.team),
            *_label(projects, filters.project),
            *_label(owners, filters.owner),
            *_label(cycles_to_choose, filters.cycle),
            *((WORDS[HealthLevel(filters.health)],) if filters.health else ()),
            *((f"“{filters.q}”",) if filters.q else ()),
        ),
        heads=column_heads(COLUMNS, filters.order or DEFAULT_ORDER, lambda order: _sorted_by(filters, order)),
        moved=(moves.count("up"), moves.count("down"), moves.count("still")),
        over=_over(rows),
    )


def _team_parts(
    found: ObjectivePage, rows: Sequence[ListRow], figures: Sequence[TeamFigures], filters: Filters
) -> tuple[ListPart, ...]:
    """The teams of this page. A folded one, which has no rows, stands where they would."""
    mine: dict[str, list[ListRow]] = {}
    for one, shown in zip(found.rows, rows, strict=True):
        mine.setdefault(group_name(one.state), []).append(shown)
    folded = frozenset(folded_names(filters.closed))
    start = found.slice.start
    end, last = start + len(rows), found.slice.next is None
    place, parts = 0, list[ListPart]()
    for team in figures:
        open = team.name not in folded
        here = team.name in mine if open else start <= place and (place < end or last)
        if here:
            names = folded | {team.name} if open else folded - {team.name}
            turned = replace(
                filters, closed=folded_text(names), after=_kept_after(filters, start, place, open=open)
            )
            query = turned.query()
            head = team_group(team, open=open, begins=place >= start, query=query)
            parts.append(ListPart(head, tuple(mine.pop(team.name, ()))))
        place += team.count if open else 0
    left = tuple(row for several in mine.values() for row in several)
    return (*parts, *([ListPart(None, left)] if left else []))  # of a team that came between two looks


def _kept_after(filters: Filters, start: int, place: int, *, open: bool) -> str:
    """Where the page begins once a team was turned whose rows begin, or would, at this `place`: where this one does.

    Of a team that goes on from the page before, the row is gone that this page begins behind: it begins with the head of the team. A folded one
    behind a full page opens on the next.
    """
    at_team = place < start if open else place >= start + ROWS
    return after_text(PageStart(place)) if at_team else filters.after


def _over(rows: Sequence[ListRow]) -> str:
    over = [bool(one.over) for one in rows]
    return "all" if all(over) else "some" if any(over) else "none"


def _label(options: Iterable[FilterOption], chosen: str) -> tuple[str, ...]:
    return tuple(one.label for one in options if chosen and one.value == chosen)


def _sorted_by(filters: Filters, order: str) -> str:
    return replace(filters, order=order, after="").query() or "?"


def _folded(rows: Sequence[ListRow], filters: Filters) -> tuple[ListRow, ...]:
    """The rows that are not in a folded branch, each with what stands below it on this page."""
    found: list[ListRow] = []
    hidden_below: int | None = None
    for place, one in enumerate(rows):
        if hidden_below is not None and one.depth > hidden_below:
            continue
        hidden_below = None
        below = 0
        for other in rows[place + 1 :]:
            if other.depth <= one.depth:
                break
            below += 1
        shut = one.name in filters.folded and below > 0
        hidden_below = one.depth if shut else None
        names = filters.folded - {one.name} if shut else filters.folded | {one.name}
        turned = replace(filters, closed=",".join(sorted(names))).query() or "?"
        found.append(replace(one, fold=Fold(not shut, below, turned)) if below else one)
    return tuple(found)


def row(one: ListedHead, now: datetime, zone: tzinfo, cycles: Cycles | None = None) -> ListRow:
    """One objective as the list shows it; with its cycle where those of several stand together."""
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
        bar=bar(
            head.progress, head.expected, level, head.commitment, _under(head), over=one.ended_at is not None
        ),
        delivery=_beside(head.delivery, head.commitment),
        outcome=_beside(head.outcome, head.commitment),
        health=badge(head.health),
        forecast=kept_chance(one.forecast),
        trend=spark(one.history, one.ended_at or now, one.points, ACHIEVED_AT[head.commitment]),
        changed=when(one.changed_at, now, zone),
        flags=tuple(finish_clause(flag) for flag in head.flags),
        texts={column.key: column.text(one) for column in COLUMNS if column.text is not None},
        cycle=""
        if cycles is None
        else _cycle_label(FilterOption(head.cycle_id or "none", head.cycle_id or ""), cycles),
        days=own_days(head.span),
        week=step(None) if one.week is None else step(one.week.total, one.week.causes),
        fold=None,
        elsewhere=_elsewhere(one.elsewhere),
        over="" if one.ended_at is None else head.cycle_id or "",
    )


def _elsewhere(count: int) -> str:
    """What the list leaves out below an objective, whose number may be made of it."""
    return f"+{count} below of other cycles" if count else ""


def _under(head: Head) -> Fraction | None:
    """Delivery as a line below the number, where that is made of something else."""
    return head.delivery if head.outcome is not None else None


def initials(name: str) -> str:
    """`NB` of Noor Bellweather: the first letters of the first word and of the last."""
    words = [one for one in name.replace("@", " ").split() if one[0].isalnum()]
    return "".join(one[0] for one in (words if len(words) < 3 else (words[0], words[-1]))).upper()


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


def _at(filters: Filters, after: PageStart | None) -> str | None:
    return None if after is None else replace(filters, after=after_text(after)).query() or "?"


def _choices(
    values: Iterable[str], chosen: str, everything: str, nothing: str = "Nobody"
) -> tuple[FilterOption, ...]:
    known = sorted({*values, chosen} - {""}, key=natural)
    labels = {"none": nothing}
    return (FilterOption("", everything), *(FilterOption(value, labels.get(value, value)) for value in known))


def _cycle_choices(
    values: Iterable[str], chosen: str, cycles: Cycles, running: Sequence[str]
) -> tuple[FilterOption, ...]:
    usual = "Running now" if running else "All cycles"
    asked = "" if chosen == EVERY_CYCLE else chosen
    plain = [one for one in _choices((one or "none" for one in values), asked, usual) if one.value]
    every = [FilterOption(EVERY_CYCLE, "All cycles")] if running or chosen == EVERY_CYCLE else []
    named = [FilterOption(choice.value, _cycle_label(choice, cycles)) for choice in plain]
    return (FilterOption("", usual), *named, *every)


def _cycle_label(choice: FilterOption, cycles: Cycles) -> str:
    if choice.value == "none":
        return "No cycle"
    cycle = cycles.get(choice.value)
    return (cycle.name if cycle is not None else None) or choice.label


def _period(cycle: CycleDays | None) -> str:
    return "" if cycle is None else f"{day_text(cycle.start)} – {day_text(cycle.end)}"
