"""`threshold`: inside a band (bounds inclusive) is 1, outside falls off over a tolerance; or the share of time in the band."""

from __future__ import annotations

from typing import Literal

from mappings.progress.options import Operand, RuleOptions


class ThresholdOptions(RuleOptions):
    """`at_least`, `at_most` or both; `tolerance` must be written where its default would be 0."""

    kind: Literal["threshold"]
    current: str
    at_least: Operand | None = None
    at_most: Operand | None = None
    start: Operand | None = None
    tolerance: Operand | None = None
    score: Literal["distance", "time_in_band"] = "distance"
