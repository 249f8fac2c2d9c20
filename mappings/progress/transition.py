"""`transition`: (current − start) ÷ (target − start), in either direction."""

from __future__ import annotations

from typing import Literal

from mappings.progress.options import Operand, RuleOptions


class TransitionOptions(RuleOptions):
    """`start` and `target` are field aliases or numbers; `current` is a field alias."""

    kind: Literal["transition"]
    start: Operand
    current: str
    target: Operand
