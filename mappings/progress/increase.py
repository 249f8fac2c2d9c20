"""`increase`: a transition that may only go one way, to a target or by an amount or percentage of the start."""

from __future__ import annotations

from typing import Literal

from mappings.progress.options import Operand, RuleOptions, Step


class IncreaseOptions(RuleOptions):
    """Exactly one of `target` (alias or number) and `by` (`{amount: n}` or `{percent: n}` of the start)."""

    kind: Literal["increase"]
    start: Operand
    current: str
    target: Operand | None = None
    by: Step | None = None
