"""The list of objectives: what a row needs of each, read without touching a single ledger, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Protocol

import msgspec
from sqlalchemy import Connection, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms
from connectors.store.database.json_text import fraction_of
from connectors.store.database.sql import among
from connectors.store.lists import cycle_lines, list_rows
from connectors.store.lists.list_rows import START, ListSlice, PageStart, PlacedRow, RowSelection, Tallies
from connectors.store.numbers import forecasts, objectives
from connectors.store.numbers.forecasts import KeptForecast
from connectors.store.numbers.objectives import HistoryPoint
from connectors.store.numbers.trends import LAST, ProgressTrend, trends
from connectors.store.schema import history
from mappings.explain.confidence import Confidence
from mappings.explain.week import WeekMove
from mappings.rollup.health import pace
from mappings.rollup.state import Health, HealthLevel
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.movement import weeks
from plugin.use_cases.permission import VIEWER, question

__all__ = [
    "START",
    "Head",
    "Headline",
    "KeptForecast",
    "ListSlice",
    "ListedHead",
    "ObjectivePage",
    "PageStart",
    "RowSelection",
    "SavedHeadline",
    "Tallies",
    "TrendPoint",
    "cycle_headlines",
    "cycles_to_list",
    "every_headline",
    "headlines",
    "histories",
    "list_members",
    "list_objectives",
    "list_page",
]

NO_TREND = ProgressTrend([], 0)
MOST_WITH_WEEKS = 500
"""Each week is told from what is kept of it, about a millisecond where nobody asked before: a list of more would hold a thread for seconds."""

NUMBERS = ("progress", "delivery", "outcome", "expected")


class Head(Protocol):
    """What a list shows of one objective. An `ObjectiveState` is one; a source may give something lighter without ledgers."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def progress(self) -> Fraction | None: ...
    @property
    def expected(self) -> Fraction | None: ...
    @property
    def delivery(self) -> Fraction | None: ...
    @property
    def outcome(self) -> Fraction | None: ...
    @property
    def pace(self) -> Fraction | None: ...
    @property
    def health(self) -> Health: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def project_key(self) -> str: ...
    @property
    def team(self) -> str | None: ...
    @property
    def perspective(self) -> str | None: ...
    @property
    def cycle_id(self) -> str | None: ...
    @property
    def span(self) -> tuple[date, date] | None: ...
    @property
    def commitment(self) -> str: ...
    @property
    def flags(self) -> tuple[str, ...]: ...
    @property
    def aligned_to(self) -> tuple[str, ...]: ...
    @property
    def confidence(self) -> Confidence | None: ...


class TrendPoint(Protocol):
    """Where progress stood from `at` on, until the next one."""

    @property
    def at(self) -> datetime: ...
    @property
    def progress(self) -> Fraction | None: ...


@dataclass(frozen=True, slots=True)
class ListedHead:
    """One row of the list. `site` is what its address has to say of the site, `depth` how deep it stands in the tree.

    `history` has as many of its `points` as a trend line shows, its first and its last among them. `forecast` is what was said
    last of whether it will be reached, today or yesterday. `week` is what a week did to it, None where its history is shorter.
    `elsewhere` counts the objectives that are aligned to it and are of cycles that the list leaves out: they count all the same.
    `ended_at` is the end of its cycle, where it stands as it stood then; None: it stands so now.
    """

    site: str | None
    state: Head
    changed_at: datetime
    depth: int
    history: Sequence[TrendPoint] = ()
    points: int = 0
    forecast: KeptForecast | None = None
    week: WeekMove | None = None
    elsewhere: int = 0
    ended_at: datetime | None = None

    def numbers_of(self, _now: datetime) -> tuple[datetime, datetime] | None:
        """The time that its numbers are of; None: now."""
        return None if self.ended_at is None else (self.ended_at, self.ended_at)


@dataclass(frozen=True, slots=True)
class ObjectivePage:
    """One page of the list, where the pages around it begin, and the figures of the whole list."""

    rows: Sequence[ListedHead]
    slice: ListSlice
    tallies: Tallies


class Headline(msgspec.Struct, frozen=True, gc=False, rename={f"{name}_text": name for name in NUMBERS}):
    """The fields of an `ObjectiveState` a list shows, as `connectors.store.numbers.objectives.HEADLINE` names them.

    Most of thousands are only counted and sorted, so numbers stay text until somebody looks.
    """

    id: str
    title: str
    health: Health
    key: str = ""
    owner: str | None = None
    project_key: str = ""
    cycle_id: str | None = None
    commitment: str = "committed"
    progress_text: str | None = None
    delivery_text: str | None = None
    outcome_text: str | None = None
    expected_text: str | None = None
    flags: tuple[str, ...] = ()
    aligned_to: tuple[str, ...] = ()
    confidence: Confidence | None = None
    team: str | None = None
    perspective: str | None = None
    span: tuple[date, date] | None = None

    @property
    def progress(self) -> Fraction | None:
        return fraction_of(self.progress_text)

    @property
    def delivery(self) -> Fraction | None:
        return fraction_of(self.delivery_text)

    @property
    def outcome(self) -> Fraction | None:
        return fraction_of(self.outcome_text)

    @property
    def expected(self) -> Fraction | None:
        return fraction_of(self.expected_text)

    @property
    def pace(self) -> Fraction | None:
        return pace(self.progress, self.expected)


class SavedHeadline(msgspec.Struct, frozen=True, gc=False):
    """A headline, when its numbers or its health last changed, and what its address has to say of the site."""

    state: Headline
    changed_ms: int
    site: str | None = None

    @property
    def changed_at(self) -> datetime:
        return from_ms(self.changed_ms)


def headlines(conn: Connection, site: str, in_address: str | None = None) -> list[SavedHeadline]:
    """Every objective of a site, in no order; `in_address` is what their addresses have to say of the site."""
    decode = json_text.decoder(Headline).decode
    return [
        SavedHeadline(decode(text), changed, in_address) for text, changed in objectives.headlines(conn, site)
    ]


@question(VIEWER)
def every_headline(
    connector: Connector, _actor: Actor, site: str, in_address: str | None = None
) -> list[SavedHeadline]:
    """Every objective of a site, in no order; `in_address` is what their addresses have to say of the site."""
    with connector.store.read() as conn:
        return headlines(conn, site, in_address)


@question(VIEWER)
def cycle_headlines(
    connector: Connector, _actor: Actor, site: str, cycle_id: str
) -> tuple[SavedHeadline, ...]:
    """Every objective of a cycle, in no order: as it runs, or as it stood when the cycle was over."""
    decode = json_text.decoder(Headline).decode
    with connector.store.read() as conn:
        found = list_rows.heads(conn, RowSelection(sites=(site,), cycles=(cycle_id,)))
    return tuple(SavedHeadline(decode(one.headline), one.changed_ms) for one in found)


@question(VIEWER)
def cycles_to_list(connector: Connector, _actor: Actor, site: str) -> tuple[str, ...]:
    """Ids of the cycles that any objective is in, or was when they were over."""
    with connector.store.read() as conn:
        running = {one.state.cycle_id for one in headlines(conn, site)} - {None}
        return tuple(sorted({one for one in running if one} | cycle_lines.cycles(conn, [site])))


@question(VIEWER)
def list_objectives(
    connector: Connector, _actor: Actor, wanted: RowSelection, after: PageStart, size: int
) -> ObjectivePage:
    """One page of the list, of the sites that are wanted; of all sites side by side where none is."""
    with connector.store.read() as conn:
        now = connector.clock()
        since = now.date() - timedelta(days=1)
        sites = wanted.sites or tuple(connector.sites)
        found = list_page(conn, replace(wanted, sites=sites), after, size, since)
        return replace(found, rows=_with_weeks(connector, conn, found.rows, sites))


@question(VIEWER)
def list_members(connector: Connector, _actor: Actor, wanted: RowSelection) -> tuple[ListedHead, ...]:
    """Every objective that the filters admit, in no order: what the figures of a group in the list are made of.

    Each with what a week did to it, but where there are more than MOST_WITH_WEEKS: it is not worked out then.
    """
    decode = json_text.decoder(Headline).decode
    sites = wanted.sites or tuple(connector.sites)
    with connector.store.read() as conn:
        rows = [
            ListedHead(
                site=one.site,
                state=decode(one.headline),
                changed_at=from_ms(one.changed_ms),
                depth=0,
                ended_at=from_ms(one.changed_ms) if one.over else None,
            )
            for one in list_rows.heads(conn, replace(wanted, sites=sites))
        ]
        return tuple(rows if len(rows) > MOST_WITH_WEEKS else _with_weeks(connector, conn, rows, sites))


def _with_weeks(
    connector: Connector, conn: Connection, rows: Sequence[ListedHead], sites: Sequence[str]
) -> list[ListedHead]:
    """The rows with what a week did to each; one that names no site is of the only site that is wanted."""
    only = next(iter(sites), "")
    stand: dict[str, dict[str, Fraction | None]] = defaultdict(dict)
    for one in rows:
        if one.ended_at is None:
            stand[one.site or only][one.state.id] = one.state.progress
    moved = {site: weeks(connector, conn, site, mine) for site, mine in stand.items()}
    return [
        one if one.ended_at is not None else replace(one, week=moved[one.site or only].get(one.state.id))
        for one in rows
    ]


def list_page(
    conn: Connection, wanted: RowSelection, after: PageStart, size: int, since: date
) -> ObjectivePage:
    """One page of the list, of all sites that are wanted; only its own rows are decoded. Forecasts are those from a day on."""
    figures = list_rows.tallies(conn, wanted)
    part = list_rows.page(conn, wanted, after, size, figures.found(wanted.health))
    several = len(wanted.sites) > 1
    ids = {one.id for one in part.rows if one.over is None}
    told = forecasts.load_latest(conn, wanted.sites, ids, since) if ids else {}
    elsewhere = list_rows.elsewhere(conn, wanted, part.rows)
    until: dict[int, set[str]] = defaultdict(set)
    for one in part.rows:
        until[_until(one)].add(one.id)
    moved = {ends: trends(conn, wanted.sites, listed, ends) for ends, listed in until.items()}
    decode = json_text.decoder(Headline).decode
    rows = [
        ListedHead(
            site=one.site if several else None,
            state=decode(one.headline),
            changed_at=from_ms(one.changed_ms),
            depth=one.depth,
            history=trend.steps,
            points=trend.points,
            forecast=told.get((one.site, one.id)) if one.over is None else None,
            elsewhere=elsewhere.get((one.site, one.id), 0),
            ended_at=None if one.over is None else from_ms(one.ends_ms),
        )
        for one in part.rows
        for trend in (moved[_until(one)].get((one.site, one.id), NO_TREND),)
    ]
    return ObjectivePage(rows, part if several else _siteless(part), figures)


def _until(row: PlacedRow) -> int:
    """Up to when the course of a row is told, in epoch milliseconds: to the end of its cycle where that is over.

    One that ended may bear the id of one that runs on another site.
    """
    return LAST if row.over is None else row.ends_ms


def _siteless(part: ListSlice) -> ListSlice:
    """The page of the only site there is: its cursors need not name it."""
    around = [after and replace(after, site="") for after in (part.previous, part.next)]
    return replace(part, previous=around[0], next=around[1])


def histories(conn: Connection, site: str, ids: Iterable[str]) -> Mapping[str, list[HistoryPoint]]:
    """The points of several objectives in one statement, oldest first."""
    mine = (history.c.site == site, among(conn, history.c.objective_id, ids))
    found: dict[str, list[HistoryPoint]] = defaultdict(list)
    for row in conn.execute(select(history).where(*mine).order_by(history.c.at, history.c.id)):
        found[row.objective_id].append(
            HistoryPoint(
                at=from_ms(row.at),
                progress=fraction_of(row.progress),
                delivery=fraction_of(row.delivery),
                outcome=fraction_of(row.outcome),
                expected=fraction_of(row.expected),
                health=HealthLevel(row.health),
                mapping_revision=row.mapping_revision,
                backfilled=bool(row.backfilled),
            )
        )
    return found
