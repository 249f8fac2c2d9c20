"""What the state machine counts: one step per settled period that has a value and is later than the last one counted. Never rewinds.

What was counted is never counted again: a late reading in an earlier period is late, a correction is shown beside what was counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from mappings.document.schema import KpiPart
from mappings.document.text.canonical import plain
from mappings.facts.issue import Reading
from mappings.facts.local_time import local_day
from mappings.kpi.band import Bands, KpiLevel, bands_on
from mappings.kpi.cadence import Period
from mappings.kpi.episode import EpisodeStep, KpiState, KpiStatus, step
from mappings.kpi.series import WatchedKpis


@dataclass(frozen=True, slots=True)
class Judgement:
    """A settled period that has had a value: the bands it was judged by, which it keeps, and what the state machine made of it.

    `counted` is the value that was counted, None where something later had been counted already; `at` is when, None where that was not noted yet.
    """

    period: Period
    bands: Bands
    counted: Fraction | None = None
    level: KpiLevel = KpiLevel.NO_DATA
    status: KpiStatus | None = None
    outside: int = 0
    inside: int = 0
    transition: EpisodeStep = EpisodeStep.STAYED
    at: datetime | None = field(default=None, compare=False)


def band_text(kpi: KpiPart) -> str:
    """What is written of the healthy band and its targets: another text is another band."""
    return json.dumps([plain(kpi.healthy), plain(kpi.targets)], sort_keys=True)


def bands_of(kpi: KpiPart, period: Period, watched: WatchedKpis) -> Bands:
    """The bands of a period's last local day."""
    return bands_on(kpi, local_day(period.last, watched.zone))


def count(
    watched: WatchedKpis,
    id_: str,
    state: KpiState,
    judged: Mapping[datetime, Judgement],
    instants: Iterable[datetime],
    now: datetime,
) -> tuple[KpiState, tuple[Judgement, ...]]:
    """The state after the periods that hold these instants, and what is to be kept of each that is new, by time.

    `judged` holds what is kept already, by the last millisecond of the period.
    """
    kpi, new = watched.parts[id_], list[Judgement]()
    written = band_text(kpi)
    same: Bands | None = None  # without targets by date every day has the same bands
    periods = {watched.period(id_, at) for at in instants}
    for period in sorted(periods, key=lambda one: one.end):
        settles = watched.settles(id_, period)
        if period.last in judged or settles > now:
            continue
        value = watched.worth(id_, period, settles).value
        if value is None:
            continue
        bands = same or bands_of(kpi, period, watched)
        same = bands if kpi.targets is None else None
        if state.latest is not None and period.last <= state.latest:
            new.append(Judgement(period, bands, at=now))
            continue
        state = _stepped(state, kpi, written, Reading(period.last, value), bands)
        new.append(
            Judgement(
                period=period,
                bands=bands,
                counted=value,
                level=bands.level(value),
                status=state.status,
                outside=state.outside,
                inside=state.inside,
                transition=state.transition,
                at=now,
            )
        )
    return state, tuple(new)


def _stepped(state: KpiState, kpi: KpiPart, written: str, reading: Reading, bands: Bands) -> KpiState:
    """One step; what was counted under another band (as it is `written`) is no count."""
    another = state.latest is not None and state.band != written
    if another:
        state = replace(state, outside=0, inside=0)
    state = step(state, reading, kpi, bands.healthy)
    if state.band != written:
        state = replace(state, band=written)
    if another and state.transition is EpisodeStep.STAYED:
        return replace(state, transition=EpisodeStep.REBANDED)
    return state
