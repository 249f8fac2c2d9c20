"""The practice of OKRs of one site in one cycle: a table of all teams, and each team with what is behind its shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from mappings.practice.practice import COUNSEL
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.words.figures import percent_text
from plugin.use_cases.practice.practice import Coverage, PracticeAssessment, PracticeMeasure, TeamPractice

NO_TEAM = "No team"
COVERAGE = "Coverage"
COVERAGE_ASKS = "How much of the work serves an objective of the cycle?"
COVERAGE_ADVICE = "say what it serves, or ask whether it has to be done now"


@dataclass(frozen=True, slots=True)
class BehindLine:
    """One thing that does not meet an aspect; `name` is the objective that it is shown with."""

    name: str
    key: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class OrphanLine:
    """The work of one project that serves nothing; `url` finds it in Jira."""

    project: str
    count: int
    url: str | None


@dataclass(frozen=True, slots=True)
class AspectRow:
    """One aspect of one team; `tone` is good where everything meets it, and nothing where there is nothing to look at."""

    label: str
    asks: str
    text: str
    figures: str
    tone: str
    bar: Bar
    behind: tuple[BehindLine, ...] = ()
    orphans: tuple[OrphanLine, ...] = ()
    advice: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class TeamView:
    """One team."""

    name: str
    anchor: str
    objectives: int
    key_results: int
    rows: tuple[AspectRow, ...]


@dataclass(frozen=True, slots=True)
class SitePractice:
    """One site in one cycle."""

    site: str | None
    cycle: str
    ended: bool
    cycles: tuple[str, ...]
    labels: tuple[str, ...]
    teams: tuple[TeamView, ...]
    names: tuple[str, ...]
    whole: AspectRow | None


SearchUrl = Callable[[str, str], str | None]


def site_practice(
    one: PracticeAssessment, team: str, site: str | None, search_url: SearchUrl
) -> SitePractice:
    """Everything the page shows of one site; of one team alone where it is named, and nothing where it has none of that name."""
    names = tuple(each.practice.team for each in one.teams)
    chosen = [each for each in one.teams if not team or each.practice.team == team]
    teams = tuple(_team(each, place, one.site, search_url) for place, each in enumerate(chosen))
    return SitePractice(
        site=site,
        cycle=one.cycle,
        ended=one.ended,
        cycles=one.cycles,
        labels=max((tuple(row.label for row in each.rows) for each in teams), key=len, default=()),
        teams=teams,
        names=names,
        whole=None if one.coverage is None else _coverage(one.coverage, one.site, search_url),
    )


def _team(each: TeamPractice, place: int, site: str, search_url: SearchUrl) -> TeamView:
    rows = [_row(measure) for measure in each.practice.measures]
    if each.coverage is not None:
        rows.append(_coverage(each.coverage, site, search_url))
    found = each.practice
    return TeamView(
        name=found.team or NO_TEAM,
        anchor=f"team-{site}-{place}",
        objectives=found.objectives,
        key_results=found.key_results,
        rows=tuple(rows),
    )


def _row(one: PracticeMeasure) -> AspectRow:
    counsel = COUNSEL[one.aspect]
    behind = tuple(
        BehindLine(each.objective, each.key, each.title or each.key or each.id, each.why)
        for each in one.behind
    )
    return AspectRow(
        counsel.label,
        counsel.asks,
        *_figures(one.share, one.met, one.of, kept=one.kept),
        behind=behind,
        advice="" if one.kept else counsel.advice,
        source="" if one.kept else counsel.source,
    )


def _coverage(one: Coverage, site: str, search_url: SearchUrl) -> AspectRow:
    text, figures, tone, line = _figures(one.share, one.serving, one.candidates, kept=not one.orphans)
    if one.weighed is not None:
        figures = f"{figures}, {percent_text(one.weighed)} by weight"
    orphans = tuple(OrphanLine(each.project, each.count, search_url(each.jql, site)) for each in one.orphans)
    advice = COVERAGE_ADVICE if orphans else ""
    return AspectRow(
        label=COVERAGE,
        asks=COVERAGE_ASKS,
        text=text,
        figures=figures,
        tone=tone,
        bar=line,
        behind=(),
        orphans=orphans,
        advice=advice,
    )


def _figures(share: Fraction | None, met: int, of: int, *, kept: bool) -> tuple[str, str, str, Bar]:
    if share is None:
        return "\u2014", "nothing to look at", "pending", bar(None, None, "plain")
    tone = "on_track" if kept else "at_risk"
    return percent_text(share), f"{met} of {of}", tone, bar(share, None, tone)
