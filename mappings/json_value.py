"""What JSON can say: as it is told to programs, and as it comes from elsewhere before anybody has looked at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any value of JSON."""
Plain: TypeAlias = "bool | int | float | str | date | Sequence[Plain] | Mapping[str, Plain] | None"
"""As JSON, but for days and instants, which each door writes in its own way."""
PlainValues: TypeAlias = dict[str, Plain]
"""Something of the product in plain values, for programs."""
