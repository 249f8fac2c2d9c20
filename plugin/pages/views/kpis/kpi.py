"""KPIs as a list and one of them in full: levels by shape and word, periods in words, and what was counted of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mappings.facts.local_time import local_day
from mappings.kpi.band import KpiLevel
from mappings.kpi.creation import Hindrance, PlannedIssue
from mappings.kpi.episode import KpiState, KpiStatus
from mappings.kpi.state import PeriodStanding, PeriodVerdict
from mappings.numbers import count_of
from plugin.pages.views.kpis.kpi_chart import (
    KpiBullet,
    KpiChart,
    KpiSpark,
    kpi_bullet,
    kpi_chart,
    kpi_spark,
    side_of,
)
from plugin.pages.views.words.figures import number_text
from plugin.pages.views.words.moments import MomentText, day_text, when
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.kpi_words import band_words, level_word, period_name, told_words, unit_sign

TONES = {
    KpiLevel.HEALTHY: "on_track",
    KpiLevel.WATCH: "at_risk",
    KpiLevel.UNHEALTHY: "off_track",
    KpiLevel.NO_DATA: "pending",
}
"""The shape and colour of a level, those of health."""
NO_DATA = "No data"
NO_PERSPECTIVE = "No perspective"
TRENDS = {"better": "better", "worse": "worse", "changed": "changed", "unchanged": "unchanged"}


@dataclass(frozen=True, slots=True)
class Figure:
    """The value of one period: `text` with its unit, `period` in words, `tone` and `word` its level."""

    text: str
    period: str
    tone: str
    word: str
    band: str
    watch: str
    told: str
    readings: int
    marks: tuple[str, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One KPI of the list. `address` is what an address has to say of the site."""

    id: str
    name: str
    site: str | None
    about: tuple[str, ...]
    tone: str
    word: str
    value: str
    period: str
    trend: str
    last_known: str
    so_far: str
    band: str
    bullet: KpiBullet | None
    spark: KpiSpark
    stands: str
    state: str
    proposes: str
    """The question that waits for a person; empty where none does."""
    key_result: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KpiGroup:
    """The KPIs of one perspective, the worst first; `name` is empty where none has a perspective."""

    name: str
    rows: tuple[KpiRow, ...]


@dataclass(frozen=True, slots=True)
class KpiView:
    """One KPI in full."""

    row: KpiRow
    owner: str
    settled: Figure | None
    so_far: Figure | None
    last_known: Figure | None
    chart: KpiChart
    periods: tuple[Figure, ...]
    why: tuple[str, ...]
    counted_until: MomentText | None
    takes_readings: bool
    is_asked: bool
    accepts: bool
    """Whether a key result is proposed, or wanted and not there yet."""
    makes: bool
    """Whether the connector would make its issue."""
    makes_again: bool
    """Whether Jira was asked for it before, and it was not found."""
    lacks_objective: bool
    """Whether it could be made if a person named an objective."""
    closes: bool
    """Whether closing its key result is proposed."""
    dismisses: bool
    key_result: str
    """The key of its issue, where one is open."""
    happened: tuple[tuple[MomentText, str, str], ...] = ()
    """What was done about its episodes: when, what, and the key of the issue."""


def kpi_row(one: ShownKpi, site: str | None) -> KpiRow:
    """The row of one KPI; one without data says so and is never healthy."""
    part, stands = one.part, one.standing
    settled, known = stands.settled, stands.last_known
    shown = settled or known
    return KpiRow(
        id=part.id,
        name=part.name,
        site=site,
        about=_about(one),
        tone=TONES[stands.level],
        word=level_word(stands.level),
        value=NO_DATA if settled is None or settled.value is None else _value(one, settled),
        period="" if settled is None else _period(one, settled),
        trend=TRENDS.get(one.trend, ""),
        last_known=""
        if known is None or known is settled
        else f"last known: {_value(one, known)}, {_period(one, known)}",
        so_far="" if stands.so_far is None or stands.so_far.value is None else _value(one, stands.so_far),
        band="" if shown is None else band_words(shown.bands.healthy, part.unit, number_text),
        bullet=kpi_bullet(one),
        spark=kpi_spark(one),
        stands=_stands(one),
        state=_state(one),
        proposes=_proposes(one),
        key_result=_open_issue(one),
        marks=() if settled is None else _marks(settled),
    )


def kpi_groups(pairs: Iterable[tuple[ShownKpi, KpiRow]], by_perspective: bool) -> tuple[KpiGroup, ...]:
    """The rows by perspective: in the order in which the worst of each comes, those without one last; one group where none has any."""
    found: dict[str, list[KpiRow]] = {}
    for one, row in pairs:
        name = (one.part.perspective or "") if by_perspective else ""
        found.setdefault(name, []).append(row)
    ordered = sorted(found, key=lambda name: not name)
    lone = len(ordered) == 1
    heads = {name: name[0].upper() + name[1:] if name else "" if lone else NO_PERSPECTIVE for name in ordered}
    return tuple(KpiGroup(heads[name], tuple(found[name])) for name in ordered)


def level_tally(levels: Iterable[KpiLevel]) -> tuple[tuple[str, str, str, int], ...]:
    """How many stand at each level that any stands at: its value, tone and word, in the order in which the levels come."""
    counts = Counter(levels)
    return tuple((level.value, TONES[level], level_word(level), count) for level, count in counts.items())


def kpi_view(one: ShownKpi, site: str | None, now: datetime) -> KpiView:
    """The page of one KPI."""
    stands = one.standing
    told = [
        period
        for period in reversed(one.periods)
        if period.settled or period.worth.readings or period.worth.reason
    ]
    return KpiView(
        row=kpi_row(one, site),
        owner=one.part.owner or "",
        settled=_figure(one, stands.settled),
        so_far=_figure(one, stands.so_far),
        last_known=None if stands.last_known is stands.settled else _figure(one, stands.last_known),
        chart=kpi_chart(one),
        periods=tuple(figure for period in told if (figure := _figure(one, period)) is not None),
        why=tuple(_why(one)),
        counted_until=None if one.state.latest is None else when(one.state.latest, now, one.zone),
        takes_readings=one.takes_readings,
        is_asked=one.is_asked,
        accepts=one.state.status is KpiStatus.KR_PROPOSED or one.state.wanted,
        makes=isinstance(one.planned, PlannedIssue) and not _is_looked_for(one.state),
        makes_again=one.state.creation is not None and one.state.creation.tried is not None,
        lacks_objective=isinstance(one.planned, Hindrance) and not _is_looked_for(one.state),
        closes=one.state.status is KpiStatus.CLOSE_PROPOSED,
        dismisses=one.state.status in (KpiStatus.KR_PROPOSED, KpiStatus.CLOSE_PROPOSED) or one.state.wanted,
        key_result=_open_issue(one),
        happened=tuple((when(each.at, now, one.zone), each.what, each.issue) for each in one.happened),
    )


def _stands(one: ShownKpi) -> str:
    """Where the settled periods with a value lie against their healthy bands, and for how long: “Above its band, 3 periods running”."""
    sides = [side_of(period) for period in one.periods if period.settled and period.value is not None]
    if not sides:
        return ""
    running = next((at for at, side in enumerate(reversed(sides)) if side != sides[-1]), len(sides))
    if sides[-1] == 0:
        return "In its band again" if running == 1 and len(sides) > 1 else "In its band"
    where = "Above its band" if sides[-1] > 0 else "Below its band"
    if running == 1:
        return f"{where} for the first time" if not any(sides[:-1]) else f"{where} again"
    return f"{where}, {count_of(running, 'period')} running"


def _figure(one: ShownKpi, period: PeriodStanding | None) -> Figure | None:
    if period is None:
        return None
    watch = period.bands.watch
    return Figure(
        text=NO_DATA if period.value is None else _value(one, period),
        period=_period(one, period),
        tone=TONES[period.level],
        word=level_word(period.level),
        band=band_words(period.bands.healthy, one.part.unit, number_text),
        watch="" if watch == period.bands.healthy else band_words(watch, one.part.unit, number_text),
        told=told_words(period),
        readings=period.worth.readings,
        marks=_marks(period),
        known=period.value is not None,
    )


def _about(one: ShownKpi) -> tuple[str, ...]:
    part = one.part
    kind = part.source.kind
    source = {"jql_count": "JQL count", "push": "pushed", "csv": "from files"}.get(
        kind, kind.replace("_", " ")
    )
    found = (part.owner, part.cadence, source, part.perspective, part.indicator)
    return tuple(text for text in found if text)


def _value(one: ShownKpi, period: PeriodStanding) -> str:
    return f"{number_text(period.value)}{unit_sign(one.part.unit)}"


def _period(one: ShownKpi, period: PeriodStanding) -> str:
    return period_name(one.part.cadence, period.period, one.zone)


def _marks(period: PeriodStanding) -> tuple[str, ...]:
    marks = []
    if period.worth.late:
        marks.append("late")
    if period.worth.corrected or period.told is PeriodVerdict.COUNTED_OTHERWISE:
        marks.append("corrected")
    return tuple(marks)


def _state(one: ShownKpi) -> str:
    return {
        KpiStatus.WATCHING: "",
        KpiStatus.KR_PROPOSED: "A key result is proposed",
        KpiStatus.KR_OPEN: "A key result is wanted" if one.state.wanted else "A key result is open",
        KpiStatus.CLOSE_PROPOSED: "Closing the key result is proposed",
    }[one.state.status]


def _proposes(one: ShownKpi) -> str:
    return {
        KpiStatus.KR_PROPOSED: f"Make “{one.part.name}” a key result?",
        KpiStatus.CLOSE_PROPOSED: f"Close the key result of “{one.part.name}”?",
    }.get(one.state.status, "")


def _why(one: ShownKpi) -> list[str]:
    """What the state machine has counted and what follows from it."""
    state, part = one.state, one.part
    if state.latest is None:
        return ["Nothing has been counted yet: a period counts once it is settled and has a value."]
    day = local_day(state.latest, one.zone)
    found = [f"Counted until the period that ends on {day_text(day)}."]
    side = (
        f"Out of the healthy band {_times(state.outside)} running"
        if state.outside
        else f"In the healthy band {_times(state.inside)} running"
        if state.inside
        else "Counting anew"
    )
    if part.promote is not None and state.status is KpiStatus.WATCHING:
        side += f"; a key result is proposed after {_times(part.promote.after)} out of it"
    if part.revert is not None and state.status is not KpiStatus.WATCHING:
        side += f"; it is back to watching after {_times(part.revert.after)} in it"
    found.append(f"{side}.")
    if state.refused:
        found.append(
            "Its key result was closed without being done: nothing is proposed until a period in the band was counted."
        )
    proposal = state.proposal
    if state.status is KpiStatus.KR_PROPOSED and proposal is not None:
        under = f" under {proposal.objective}" if proposal.objective else ""
        found.append(
            f"Proposed{under}: from {number_text(proposal.start)} to {number_text(proposal.target)}."
        )
    found += _made(one)
    if state.key_result is not None:
        found.append(_followed(one))
    elif state.former is not None and one.key_result is not None:
        found.append(f"{one.key_result.key} was its key result and is done; opened again, it goes on.")
    return found


def _made(one: ShownKpi) -> list[str]:
    """What is or would be made in Jira for what is proposed or wanted, and why it is not there yet."""
    state, planned = one.state, one.planned
    if state.status is not KpiStatus.KR_PROPOSED and not state.wanted:
        return []
    if planned is None:
        return ["Nothing is created in Jira by itself: make the issue there, and accept it here."]
    if isinstance(planned, Hindrance):
        return [f"{planned.message} {planned.remedy}"]
    below = f" below {planned.parent.key}" if planned.parent is not None else ""
    found = [f"To be created in {planned.project.key}{below}: “{planned.summary}”."]
    creation = state.creation
    if creation is not None and creation.said:
        found.append(f"{creation.said} {creation.remedy}".strip())
    elif state.wanted:
        found.append("It is created within a minute.")
    return found


def _is_looked_for(state: KpiState) -> bool:
    """Whether Jira was asked to make it and the answer is not known; a person may say no more than which issue it is."""
    return state.creation is not None and state.creation.tried is not None and not state.creation.asks


def _followed(one: ShownKpi) -> str:
    if one.key_result is None or one.state.missing is not None:
        return "The issue of its key result is out of sight; after a week of that the KPI is watched again."
    key = one.key_result.key
    if one.state.status is KpiStatus.CLOSE_PROPOSED:
        return f"It has been in its band long enough: once {key} is closed in Jira, the KPI is watched again."
    return f"{key} is its key result. Once it is done in Jira, the KPI is watched again."


def _open_issue(one: ShownKpi) -> str:
    return one.key_result.key if one.state.key_result is not None and one.key_result is not None else ""


def _times(number: int) -> str:
    return f"{number} settled period{'s' * (number != 1)}"
