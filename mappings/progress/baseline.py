"""`baseline`: 0 until a reading exists, then 1; a transition only once someone has set both start and target."""

from __future__ import annotations

from typing import Literal

from mappings.progress.options import Operand, RuleOptions


class BaselineOptions(RuleOptions):
    """`current` is the field whose first reading establishes the baseline; `start` and `target` turn it into a transition."""

    kind: Literal["baseline"]
    current: str
    start: Operand | None = None
    target: Operand | None = None
