"""What can be said about an objective or a key result, and the number a rule of `write_back` asks for. None is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from mappings.document.schema import TargetPart
from mappings.numbers import WHOLE, percent, rounded_share
from mappings.rollup.state import HealthLevel

PERCENTS = frozenset(
    {"progress_percent", "raw_percent", "delivery_percent", "outcome_percent", "expected_percent"}
)
WORDED = frozenset({"health", "summary"})
DIGITS_OF_SHARES = 2
"""Decimals of `progress` and `pace` where `round` is not written: a share rounded to 0 decimals says nothing."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What can be written about an objective or a key result; None is unknown. `achieved_at` is what its commitment asks for."""

    progress: Fraction | None
    raw: Fraction | None
    delivery: Fraction | None
    outcome: Fraction | None
    expected: Fraction | None
    pace: Fraction | None
    health: HealthLevel
    summary: str
    achieved_at: Fraction = WHOLE


def number_value(target: TargetPart, figures: Figures) -> Decimal | None:
    """The number a target asks for, rounded as it says, but never to what is not reached; None is unknown."""
    share: Fraction | None = getattr(figures, target.value.removesuffix("_percent"))
    written = "round" in target.model_fields_set
    if target.value in PERCENTS:
        return percent(share, target.round, figures.achieved_at)
    digits = target.round if written else DIGITS_OF_SHARES
    return None if share is None else rounded_share(share, digits, figures.achieved_at)
