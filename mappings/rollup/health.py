"""Health and pace: which of the rules fires, said with its figures. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from mappings.numbers import beside_bound, count_of, percent
from mappings.rollup.state import Cause, Health, HealthLevel, Measurement

ACHIEVED_AT = {"committed": Fraction(1), "aspirational": Fraction(7, 10)}
EARLY = Fraction(1, 10)
STALE_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class HealthCriteria:
    """What a progress is judged against: the day, the cycle as far as it goes, and what counts as achieved."""

    now: datetime
    today: date
    expected: Fraction | None = None
    cycle_end: date | None = None
    achieved_at: Fraction = ACHIEVED_AT["committed"]
    on_track: Fraction = Fraction(7, 10)
    at_risk: Fraction = Fraction(4, 10)
    stale_after: timedelta = STALE_AFTER

    @property
    def stale_before(self) -> datetime:
        """Readings from before this instant are stale."""
        return self.now - self.stale_after

    @property
    def ended(self) -> bool:
        """Whether the cycle is over: its last day has passed."""
        return self.cycle_end is not None and self.today > self.cycle_end


def pace(progress: Fraction | None, expected: Fraction | None) -> Fraction | None:
    """progress ÷ expected; unknown where either is, and before the first day."""
    return progress / expected if progress is not None and expected else None


def judge_achieved(measurement: Measurement, standing: HealthCriteria) -> Health | None:
    """Fires where progress has reached what the commitment asks for."""
    return _achieved(measurement.progress, standing)


def _achieved(progress: Fraction | None, standing: HealthCriteria) -> Health | None:
    if progress is None or progress < standing.achieved_at:
        return None
    bar = percent(standing.achieved_at)
    shown = beside_bound(progress * 100, (standing.achieved_at * 100, Fraction(100)), 0)
    return Health(HealthLevel.ACHIEVED, "achieved", f"progress {shown} % has reached {bar} %")


def judge_unmeasured(measurement: Measurement) -> Health | None:
    """Fires where there is no progress: cannot be computed (unknown) or never measured (pending)."""
    if measurement.cause is Cause.UNKNOWN or (
        measurement.progress is None and measurement.cause is Cause.MEASURED
    ):
        return Health(HealthLevel.UNKNOWN, "not-computable", f"cannot be computed: {measurement.reason}")
    if measurement.progress is None:
        return Health(HealthLevel.PENDING, "never-measured", f"never measured: {measurement.reason}")
    return None


def stale(measurement: Measurement, standing: HealthCriteria) -> Health | None:
    """Fires where the last reading is older than the cycle allows."""
    if measurement.measured_at is None or measurement.measured_at >= standing.stale_before:
        return None
    age, allowed = (standing.now - measurement.measured_at).days, standing.stale_after.days
    sentence = f"last measured on {measurement.measured_at:%Y-%m-%d}, {count_of(age, 'day')} ago: more than {count_of(allowed, 'day')}"
    return Health(HealthLevel.PENDING, "stale", sentence)


def by_pace(progress: Fraction, standing: HealthCriteria) -> Health:
    """What runs with time: on track early in the cycle, then by pace against the thresholds."""
    expected = standing.expected
    if expected is None:
        return Health(
            HealthLevel.UNKNOWN, "no-expected", "no cycle with a worked day says what to expect by now"
        )
    if expected < EARLY:
        due = beside_bound(expected * 100, (EARLY * 100,), 0)
        return Health(HealthLevel.ON_TRACK, "early", f"{due} % of the cycle has passed: less than 10 %")
    ratio = progress / expected
    level, place = _banded(ratio, standing)
    shown = beside_bound(ratio, (standing.on_track, standing.at_risk))
    sentence = f"progress {percent(progress, 0, standing.achieved_at)} % is {shown} of the expected {percent(expected)} %: {place}"
    return Health(level, f"pace-{level.replace('_', '-')}", sentence, ratio)


def by_level(progress: Fraction, standing: HealthCriteria) -> Health:
    """What does not run with time: progress itself against the thresholds."""
    level, place = _banded(progress, standing)
    shown = beside_bound(progress, (standing.on_track, standing.at_risk, standing.achieved_at, Fraction(1)))
    return Health(level, f"level-{level.replace('_', '-')}", f"progress {shown} by itself: {place}", progress)


def _banded(ratio: Fraction, standing: HealthCriteria) -> tuple[HealthLevel, str]:
    on_track, at_risk = float(standing.on_track), float(standing.at_risk)
    if ratio >= standing.on_track:
        return HealthLevel.ON_TRACK, f"at or above {on_track:g}"
    if ratio >= standing.at_risk:
        return HealthLevel.AT_RISK, f"below {on_track:g}, at or above {at_risk:g}"
    return HealthLevel.OFF_TRACK, f"below {at_risk:g}"


def judge(measurement: Measurement, standing: HealthCriteria) -> Health:
    """Health of a key result that runs with time."""
    return (
        judge_achieved(measurement, standing)
        or judge_unmeasured(measurement)
        or stale(measurement, standing)
        or by_pace(measurement.progress or Fraction(0), standing)
    )


SEVERITY = {level: place for place, level in enumerate(HealthLevel)}
"""The order in which the worst wins: off_track first, achieved last."""


def worst(rows: Iterable[tuple[str, Health]]) -> Health:
    """An objective takes the worst of its contributing rows; the first of equals speaks for them."""
    found: Sequence[tuple[str, Health]] = sorted(rows, key=lambda row: SEVERITY[row[1].level])
    if not found:
        return nothing_contributes()
    name, health = found[0]
    word = health.level.replace("_", " ")
    sentence = f"{word}, as the worst of its rows is: {name}: {health.sentence}"
    return Health(
        level=health.level,
        rule="worst",
        sentence=sentence,
        pace=health.pace,
        row=health.row or name,
        row_rule=health.row_rule or health.rule,
    )


def nothing_contributes() -> Health:
    """An objective nothing contributes to is unknown, not green."""
    return Health(HealthLevel.UNKNOWN, "no-key-result", "nothing contributes to this objective")


def judge_weighted(
    progress: Fraction | None, rows: Sequence[tuple[str, Health]], standing: HealthCriteria
) -> Health:
    """An objective judged by its own pace (`health: weighted`); unmeasured, it says so as its rows do."""
    if not rows:
        return nothing_contributes()
    if progress is not None:
        return _achieved(progress, standing) or by_pace(progress, standing)
    if all(health.level is HealthLevel.PENDING for _, health in rows):
        return Health(HealthLevel.PENDING, "never-measured", "none of its key results has been measured")
    return Health(HealthLevel.UNKNOWN, "not-computable", "none of its key results can be computed")


def plain_parent() -> Health:
    """Of what is no objective nothing is judged."""
    return Health(HealthLevel.UNKNOWN, "plain-parent", "a plain parent: it has sums, and no health")


def circular(names: str) -> Health:
    """Objectives aligned in a circle are unknown until it is broken."""
    return Health(HealthLevel.UNKNOWN, "circle", f"aligned in a circle: {names}; break it to get a number")
