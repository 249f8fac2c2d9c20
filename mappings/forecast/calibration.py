"""How good the forecasts were: of what was called so likely, which share came true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mappings.forecast.answer import Likelihood, level_of


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A forecast of a key result in a cycle that has ended, on how many days it was told, and whether the key result was achieved at the end."""

    key_result: str
    probability: Fraction
    came_true: bool
    days: int = 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """All forecasts of one level: how many there were, of how many key results, how likely they were called on average, and the share that came true."""

    level: Likelihood
    forecasts: int
    key_results: int
    called: Fraction
    came_true: Fraction


def calibration(told: Iterable[PastForecast]) -> tuple[Calibration, ...]:
    """One entry for each level that was told, the likeliest first. Every day counts: who said it longer said it more often."""
    by_level: dict[Likelihood, list[PastForecast]] = {}
    for one in told:
        by_level.setdefault(level_of(one.probability), []).append(one)
    return tuple(_of(level, by_level[level]) for level in Likelihood if level in by_level)


def _of(level: Likelihood, told: list[PastForecast]) -> Calibration:
    number = sum(one.days for one in told)
    return Calibration(
        level=level,
        forecasts=number,
        key_results=len({one.key_result for one in told}),
        called=sum((one.probability * one.days for one in told), Fraction(0)) / number,
        came_true=Fraction(sum(one.days for one in told if one.came_true), number),
    )
