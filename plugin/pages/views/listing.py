"""The list of objectives: filters, totals, one page of rows, and the addresses that lead onwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from fractions import Fraction
from urllib.parse import urlencode

from mappings.state import HealthLevel
from plugin.pages.sources import Cycle, Head, HistoryPoint, SavedHead
from plugin.pages.views.bar import Bar, bar
from plugin.pages.views.clause import told
from plugin.pages.views.figures import percent_text
from plugin.pages.views.health import WORDS, Badge, Total, badge, totals
from plugin.pages.views.moments import When, day_text, when
from plugin.pages.views.tree import ORDERS, depths, name, natural
from plugin.pages.views.trend import Spark, spark

PAGE = 50
DEEPEST = 6
DEFAULT_ORDER = "health"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for; empty text means all. `after` is the cursor, `<place>.<id>` of the last row before."""

    cycle: str = ""
    project: str = ""
    health: str = ""
    owner: str = ""
    q: str = ""
    order: str = DEFAULT_ORDER
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Filters from the query of an address; what is not valid falls back to all."""
        health = query.get("health", "")
        order = query.get("order", DEFAULT_ORDER)
        return cls(
            cycle=query.get("cycle", ""),
            project=query.get("project", ""),
            health=health if health in {level.value for level in HealthLevel} else "",
            owner=query.get("owner", ""),
            q=query.get("q", "").strip()[:200],
            order=order if order in ORDERS else DEFAULT_ORDER,
            after=query.get("after", ""),
        )

    @property
    def active(self) -> bool:
        """Whether anything narrows the list."""
        return any((self.cycle, self.project, self.health, self.owner, self.q))

    def query(self) -> str:
        """The shortest query that says the same, with its question mark."""
        said = {
            key: value
            for key in self.__slots__
            if (value := getattr(self, key)) and (key, value) != ("order", DEFAULT_ORDER)
        }
        return f"?{urlencode(said)}" if said else ""

    def admits(self, head: Head, *, health: bool = True) -> bool:
        """Whether an objective is asked for; without `health` for the totals, which offer every health."""
        return (
            self.cycle in ("", head.cycle_id or "none")
            and self.project in ("", head.project_key)
            and self.owner in ("", head.owner or "none")
            and (not health or self.health in ("", head.health.level.value))
            and (not self.q or self.q.casefold() in f"{head.key} {head.title} {head.owner or ''}".casefold())
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One objective in the list."""

    name: str
    key: str
    title: str
    depth: int
    project: str
    owner: str
    commitment: str
    bar: Bar
    delivery: str
    outcome: str
    health: Badge
    trend: Spark
    changed: When
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HealthLink:
    """One total that filters when followed, and lets go when it is the filter already."""

    total: Total
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The whole page. `known` counts all objectives, `found` those the filters admit."""

    known: int
    found: int
    first: int
    last: int
    rows: tuple[Row, ...]
    health: tuple[HealthLink, ...]
    cycles: tuple[Choice, ...]
    projects: tuple[Choice, ...]
    owners: tuple[Choice, ...]
    orders: tuple[Choice, ...]
    filters: Filters
    previous: str | None
    next: str | None
    period: str
    without_filters: str


@dataclass(frozen=True, slots=True)
class Placed:
    """One objective at its depth in the tree."""

    saved: SavedHead
    depth: int


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page and the cursors around it (None: nothing there)."""

    rows: tuple[Placed, ...]
    start: int
    found: int
    previous: str | None
    next: str | None


def sliced(objectives: Sequence[SavedHead], filters: Filters, size: int = PAGE) -> Slice:
    """One page of the filtered tree. A cursor whose objective is gone falls back to its place."""
    admitted = [saved for saved in objectives if filters.admits(saved.state)]
    depth_of = depths(admitted, ORDERS[filters.order][1])
    by_id = {saved.state.id: saved for saved in admitted}
    rows = list(depth_of)
    start = _start(rows, filters.after)
    end = start + size
    before = max(start - size, 0)
    return Slice(
        tuple(Placed(by_id[id_], depth_of[id_]) for id_ in rows[start:end]),
        start,
        len(rows),
        None if not start else _cursor(rows, before),
        None if end >= len(rows) else _cursor(rows, end),
    )


def _start(rows: Sequence[str], cursor: str) -> int:
    place, _, id_ = cursor.partition(".")
    if not place.isdecimal():
        return 0
    found = next((i + 1 for i, row in enumerate(rows) if row == id_), None)
    start = found if found is not None else int(place[:9])
    return start if start < len(rows) else 0


def _cursor(rows: Sequence[str], start: int) -> str:
    return f"{start}.{rows[start - 1]}" if start else ""


def listing(
    objectives: Sequence[SavedHead],
    filters: Filters,
    part: Slice,
    histories: Mapping[str, Sequence[HistoryPoint]],
    cycles: Mapping[str, Cycle],
    now: datetime,
    zone: tzinfo,
) -> Listing:
    """Everything the list page shows, from one slice of it."""
    heads = [saved.state for saved in objectives]
    return Listing(
        known=len(heads),
        found=part.found,
        first=part.start + 1,
        last=part.start + len(part.rows),
        rows=tuple(row(one, histories.get(one.saved.state.id, ()), now, zone) for one in part.rows),
        health=_health_links(heads, filters),
        cycles=_cycle_choices(heads, filters.cycle, cycles),
        projects=_choices({head.project_key for head in heads}, filters.project, "All projects"),
        owners=_choices({head.owner or "none" for head in heads}, filters.owner, "All owners"),
        orders=tuple(Choice(key, label, key == filters.order) for key, (label, _) in ORDERS.items()),
        filters=filters,
        previous=_at(filters, part.previous),
        next=_at(filters, part.next),
        period=_period(cycles.get(filters.cycle)),
        without_filters=Filters(order=filters.order).query(),
    )


def row(one: Placed, history: Sequence[HistoryPoint], now: datetime, zone: tzinfo) -> Row:
    """One objective as the list shows it."""
    head = one.saved.state
    level = head.health.level.value
    return Row(
        name=name(head),
        key=head.key,
        title=head.title or "Untitled",
        depth=min(one.depth, DEEPEST),
        project=head.project_key,
        owner=head.owner or "",
        commitment=head.commitment,
        bar=bar(head.progress, head.expected, level),
        delivery=_beside(head.delivery),
        outcome=_beside(head.outcome),
        health=badge(head.health),
        trend=spark(history, now),
        changed=when(one.saved.changed_at, now, zone),
        flags=tuple(told(flag) for flag in head.flags),
    )


def _beside(value: Fraction | None) -> str:
    return "—" if value is None else percent_text(value)


def _health_links(heads: Sequence[Head], filters: Filters) -> tuple[HealthLink, ...]:
    levels = [head.health.level for head in heads if filters.admits(head, health=False)]
    return tuple(
        HealthLink(total, _toggled(filters, total.level), filters.health == total.level)
        for total in totals(levels)
    )


def _toggled(filters: Filters, level: str) -> str:
    wanted = "" if filters.health == level else level
    return replace(filters, health=wanted, after="").query() or "?"


def _at(filters: Filters, cursor: str | None) -> str | None:
    return None if cursor is None else replace(filters, after=cursor).query() or "?"


def _choices(values: set[str], chosen: str, everything: str) -> tuple[Choice, ...]:
    known = sorted(values - {""} | ({chosen} - {""}), key=natural)
    labels = {"none": "Nobody"}
    options = [Choice(value, labels.get(value, value), value == chosen) for value in known]
    return (Choice("", everything, not chosen), *options)


def _cycle_choices(heads: Sequence[Head], chosen: str, cycles: Mapping[str, Cycle]) -> tuple[Choice, ...]:
    plain = _choices({head.cycle_id or "none" for head in heads}, chosen, "All cycles")
    return tuple(replace(choice, label=_cycle_label(choice, cycles)) for choice in plain)


def _cycle_label(choice: Choice, cycles: Mapping[str, Cycle]) -> str:
    if choice.value == "none":
        return "No cycle"
    cycle = cycles.get(choice.value)
    return (cycle.name if cycle is not None else None) or choice.label


def _period(cycle: Cycle | None) -> str:
    return "" if cycle is None else f"{day_text(cycle.start)} – {day_text(cycle.end)}"


def health_words() -> dict[str, str]:
    """Level to word, for a filter that names its level."""
    return {level.value: word for level, word in WORDS.items()}
