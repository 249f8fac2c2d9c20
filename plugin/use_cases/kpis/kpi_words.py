"""KPIs in words: levels, bands, periods, and what was made of each. The same at every door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from fractions import Fraction

from mappings.kpi.band import Band, KpiLevel
from mappings.kpi.cadence import Period
from mappings.kpi.episode import EpisodeStep
from mappings.kpi.state import PeriodStanding, PeriodVerdict
from mappings.numbers import plain, rounded

LEVELS: Mapping[KpiLevel, str] = {
    KpiLevel.HEALTHY: "Healthy",
    KpiLevel.WATCH: "Watch",
    KpiLevel.UNHEALTHY: "Unhealthy",
    KpiLevel.NO_DATA: "No data",
}
SIGNS: Mapping[str, str] = {"percent": " %", "hours": " h", "days": " d"}
TRANSITIONS: Mapping[EpisodeStep, str] = {
    EpisodeStep.PROPOSED: "a key result is proposed",
    EpisodeStep.CREATED: "a key result is wanted",
    EpisodeStep.WITHDRAWN: "what was proposed is withdrawn",
    EpisodeStep.CLOSE_PROPOSED: "closing the key result is proposed",
    EpisodeStep.KEPT_OPEN: "the key result stays open",
    EpisodeStep.ACCEPTED: "the key result is open",
    EpisodeStep.DISMISSED: "dismissed: counting anew",
    EpisodeStep.CLOSED: "the key result is closed",
    EpisodeStep.LOST: "the key result is lost: it was deleted, or out of sight for a week",
    EpisodeStep.REOPENED: "the key result is open again",
    EpisodeStep.CYCLE_ENDED: "the cycle of the key result was closed",
    EpisodeStep.CARRIED: "the key result goes on in a later cycle",
    EpisodeStep.REBANDED: "the band was edited: counting anew",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


MOST_DECIMALS = 4


def figure(value: Fraction) -> str:
    """A number with as few decimals as it has, two where it never ends."""
    ends = any(rounded(value, digits) == value for digits in range(MOST_DECIMALS + 1))
    return plain(value, MOST_DECIMALS if ends else 2)


def level_word(level: KpiLevel) -> str:
    """`Healthy`, `Watch`, `Unhealthy`, `No data`."""
    return LEVELS[level]


def value_words(value: Fraction | None, unit: str | None = None) -> str:
    """A number with its unit; `no data` where there is none."""
    return "no data" if value is None else f"{figure(value)}{unit_sign(unit)}"


def unit_sign(unit: str | None) -> str:
    """What stands behind a number: ` %`, ` h`, ` d`, or the unit as it is written."""
    return "" if not unit else SIGNS.get(unit, f" {unit}")


def band_words(band: Band, unit: str | None = None, figure: Callable[[Fraction], str] = figure) -> str:
    """`70 to 80 %`, `at most 5 bugs`, `at least 99.5`; its numbers as the door writes them (`figure`)."""
    sign = unit_sign(unit)
    if band.at_least is not None and band.at_most is not None:
        return f"{figure(band.at_least)} to {figure(band.at_most)}{sign}"
    if band.at_least is not None:
        return f"at least {figure(band.at_least)}{sign}"
    return f"at most {figure(band.at_most or Fraction(0))}{sign}"


def period_name(cadence: str, period: Period, zone: tzinfo) -> str:
    """`22 Nov 2026`, `22 Nov 2026, 10:00`, `week of 16 Nov 2026`, `Nov 2026`, `2026-Q4`; days and hours are those of the zone."""
    start = period.start.astimezone(zone)
    day = f"{start.day} {MONTHS[start.month - 1]} {start.year}"
    if cadence == "each":
        return f"{day}, {start:%H:%M:%S}"
    if cadence == "hourly":
        return f"{day}, {start:%H:%M} {start.tzname() or ''}".strip()
    if cadence == "weekly":
        return f"week of {day}"
    if cadence == "monthly":
        return f"{MONTHS[start.month - 1]} {start.year}"
    return f"{start.year}-Q{(start.month + 2) // 3}" if cadence == "quarterly" else day


def told_words(one: PeriodStanding) -> str:
    """What was made of a period: `counted: out 2 running; a key result is proposed`, `counted as 7, now 4`, `late, not counted`."""
    judged = one.judgement
    if judged is None or judged.counted is None:
        return {
            PeriodVerdict.LATE: "late, not counted: a later period had been counted",
            PeriodVerdict.TO_COUNT: "will be counted within a minute",
            PeriodVerdict.RUNNING: f"not settled yet; {one.worth.reason}"
            if one.worth.reason
            else "not settled yet",
            PeriodVerdict.NOTHING: f"not counted: {one.worth.reason}"
            if one.worth.reason
            else "nothing to count",
        }.get(one.told, "")
    running = f"in the band {judged.inside} running"
    if judged.bands.healthy.holds(judged.counted) is False:
        running = f"out of the band {judged.outside} running"
    counted = "counted"
    if one.told is PeriodVerdict.COUNTED_OTHERWISE:
        counted = f"counted as {figure(judged.counted)}, now {value_words(one.value)}"
    moved = TRANSITIONS.get(judged.transition)
    return f"{counted}: {running}" + (f"; {moved}" if moved else "")
