"""What every progress rule's options have in common. The options of one kind live in the file of that kind."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

Operand = str | Decimal
"""A field alias of the mapping, or a number written in the mapping itself."""


class RuleOptions(BaseModel):
    """Base of all options: closed (an unknown key is an error) and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str


class Step(BaseModel):
    """How far from the start the target lies: exactly one of an amount and a percentage of the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Operand | None = None
    percent: Operand | None = None
