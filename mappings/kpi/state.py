"""Where a KPI stands at a moment: the last settled period, what is so far of the running one, and the periods before. One value for all doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from mappings.kpi.band import Bands, KpiLevel
from mappings.kpi.cadence import Cadence, Period, period_before
from mappings.kpi.series import PeriodValue, WatchedKpis
from mappings.kpi.steps import Judgement, bands_of


class PeriodVerdict(StrEnum):
    """What the state machine makes of a period."""

    COUNTED = "counted"
    COUNTED_OTHERWISE = "counted_otherwise"
    LATE = "late_not_counted"
    TO_COUNT = "to_be_counted"
    RUNNING = "not_settled"
    NOTHING = "no_data"


@dataclass(frozen=True, slots=True)
class PeriodStanding:
    """One period: what it is worth now, the bands it is judged by, and what was counted of it."""

    period: Period
    worth: PeriodValue
    bands: Bands
    settled: bool
    settles: datetime
    told: PeriodVerdict
    judgement: Judgement | None = None

    @property
    def value(self) -> Fraction | None:
        """What it is worth now; None is no data."""
        return self.worth.value

    @property
    def level(self) -> KpiLevel:
        """The level of its value now, in the bands it keeps."""
        return self.bands.level(self.worth.value)


@dataclass(frozen=True, slots=True)
class KpiStanding:
    """`settled` is what counts now; `last_known` the last settled period with data where that one has none; `so_far` decides nothing.

    `periods` are the latest ones, the oldest first, the running one included.
    """

    settled: PeriodStanding | None
    so_far: PeriodStanding | None
    last_known: PeriodStanding | None
    periods: tuple[PeriodStanding, ...]

    @property
    def level(self) -> KpiLevel:
        """The level of the last settled period."""
        return KpiLevel.NO_DATA if self.settled is None else self.settled.level

    @property
    def before(self) -> PeriodStanding | None:
        """The settled period with data before the last settled one."""
        known = [
            one for one in self.periods if one.settled and one is not self.settled and one.value is not None
        ]
        return known[-1] if known else None


def latest_periods(watched: WatchedKpis, id_: str, now: datetime, size: int) -> tuple[Period, ...]:
    """The running period and those before it, the oldest first; where every reading is a period, the latest of those."""
    if watched.cadence(id_) is Cadence.EACH:
        return tuple(watched.period(id_, one.at) for one in watched.readings.get(id_, ())[-size:])
    found = [watched.period(id_, now)]
    while len(found) < size:
        found.append(period_before(watched.cadence(id_), found[-1], watched.zone))
    return tuple(reversed(found))


def period_standing(
    watched: WatchedKpis, id_: str, period: Period, judged: Mapping[datetime, Judgement], now: datetime
) -> PeriodStanding:
    """One period at a moment."""
    judgement, worth = judged.get(period.last), watched.worth(id_, period)
    bands = judgement.bands if judgement is not None else bands_of(watched.parts[id_], period, watched)
    settles = watched.settles(id_, period)
    settled = settles <= now
    return PeriodStanding(
        period=period,
        worth=worth,
        bands=bands,
        settled=settled,
        settles=settles,
        told=_told(worth, settled, judgement),
        judgement=judgement,
    )


def standing_of_kpi(
    watched: WatchedKpis,
    id_: str,
    judged: Mapping[datetime, Judgement],
    now: datetime,
    size: int,
    known: datetime | None = None,
) -> KpiStanding:
    """Where a KPI stands. `known` is an instant of the latest period with data, where that may lie before the latest `size` ones."""
    periods = latest_periods(watched, id_, now, size)
    found = [period_standing(watched, id_, period, judged, now) for period in periods]
    while found and not any(one.settled for one in found):
        earlier = period_before(watched.cadence(id_), found[0].period, watched.zone)
        found.insert(0, period_standing(watched, id_, earlier, judged, now))
    settled = next((one for one in reversed(found) if one.settled), None)
    running = next((one for one in found if one.period.holds(now) and not one.settled), None)
    return KpiStanding(settled, running, _last_known(watched, id_, found, judged, now, known), tuple(found))


def _last_known(
    watched: WatchedKpis,
    id_: str,
    found: Sequence[PeriodStanding],
    judged: Mapping[datetime, Judgement],
    now: datetime,
    known: datetime | None,
) -> PeriodStanding | None:
    latest = next((one for one in reversed(found) if one.settled and one.value is not None), None)
    if latest is not None or known is None:
        return latest
    older = period_standing(watched, id_, watched.period(id_, known), judged, now)
    return older if older.settled and older.value is not None else None


def _told(worth: PeriodValue, settled: bool, judgement: Judgement | None) -> PeriodVerdict:
    if judgement is not None and judgement.counted is not None:
        return PeriodVerdict.COUNTED if judgement.counted == worth.value else PeriodVerdict.COUNTED_OTHERWISE
    if judgement is not None:
        return PeriodVerdict.LATE
    if worth.value is None:
        return PeriodVerdict.NOTHING if settled else PeriodVerdict.RUNNING
    return PeriodVerdict.TO_COUNT if settled else PeriodVerdict.RUNNING
