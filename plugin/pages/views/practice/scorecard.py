"""The balanced scorecard as columns: each perspective with its objectives, then its KPIs."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.practice.scorecard import Perspective
from plugin.pages.views.kpis.kpi import KpiRow, kpi_row
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.names import name
from plugin.pages.views.words.health import Badge, badge
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.objectives.objective_list import Head
from plugin.use_cases.practice.scorecard import Scorecard

NO_PERSPECTIVE = "No perspective"


@dataclass(frozen=True, slots=True)
class ScorecardLine:
    """One objective of a column."""

    name: str
    key: str
    title: str
    about: tuple[str, ...]
    bar: Bar
    health: Badge


@dataclass(frozen=True, slots=True)
class PerspectiveColumn:
    """One perspective; `rest` is what looks from none."""

    name: str
    objectives: tuple[ScorecardLine, ...]
    kpis: tuple[KpiRow, ...]
    rest: bool


@dataclass(frozen=True, slots=True)
class SiteScorecard:
    """One site; `unsaid` is whether nothing at all looks from a perspective, `over` whether the cycle has ended."""

    site: str | None
    cycle: str
    cycles: tuple[str, ...]
    columns: tuple[PerspectiveColumn, ...]
    unsaid: bool
    over: bool = False


def site_scorecard(one: Scorecard, site: str | None) -> SiteScorecard:
    """Everything the page shows of one site."""
    return SiteScorecard(
        site=site,
        cycle=one.cycle or "",
        cycles=one.cycles,
        columns=tuple(_column(each, site, one.over) for each in one.perspectives),
        unsaid=all(each.name is None or each.empty for each in one.perspectives),
        over=one.over,
    )


def _column(each: Perspective[Head, ShownKpi], site: str | None, over: bool) -> PerspectiveColumn:
    return PerspectiveColumn(
        NO_PERSPECTIVE if each.name is None else each.name[:1].upper() + each.name[1:],
        tuple(_aim(head, over) for head in each.objectives),
        tuple(kpi_row(kpi, site) for kpi in each.kpis),
        each.name is None,
    )


def _aim(head: Head, over: bool) -> ScorecardLine:
    about = (head.team, head.owner, head.cycle_id)
    return ScorecardLine(
        name=name(head),
        key=head.key,
        title=head.title or "Untitled",
        about=tuple(one for one in about if one),
        bar=bar(head.progress, head.expected, head.health.level.value, head.commitment, over=over),
        health=badge(head.health),
    )
