"""What a progress rule is given to forecast one key result, and what it says where it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from mappings.facts.issue import Issue
from mappings.forecast.answer import Forecast, none

if TYPE_CHECKING:  # the mapping's schema imports the progress rules, which are handed a Prospect
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.progress.options import RuleOptions
    from mappings.rollup.state import KeyResultState


@dataclass(frozen=True, slots=True)
class Prospect:
    """One key result on one day of its cycle (`first` to `last`); `issues` has to hold its own issue and its rows."""

    mapping: BoundMapping
    key_result: KeyResultState
    issues: Mapping[str, Issue]
    today: date
    first: date
    last: date
    achieved_at: Fraction


def not_forecast(options: RuleOptions, prospect: Prospect) -> Forecast:  # noqa: ARG001
    """What a kind says that has no pace to go by."""
    return none("no forecast for this kind: it is reached or it is not, and no pace leads there")
