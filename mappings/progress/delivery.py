"""`delivery`: weight × fraction over the rows of a key result, or rows done ÷ a fixed count."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from mappings.progress.options import RuleOptions


class DeliveryOptions(RuleOptions):
    """`weight` is a field alias, `equal` or `time_estimate`; `count_to` counts done rows towards a fixed number."""

    kind: Literal["delivery"]
    weight: str = "equal"
    missing: Literal["siblings_mean", "zero", "one", "error"] = "siblings_mean"
    count_to: Annotated[Decimal, Field(gt=0)] | None = None
