"""What an objective brought along from the cycle before: rows that were counted there, and key results that stayed behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class CarriedObjective:
    """One objective in the cycle `cycle_id`, which it was carried into.

    `counted`: by key result the issues that were done at the end of an earlier cycle, with that cycle; they count again once they
    are no longer done. `behind`: key results that stayed in an earlier cycle, with that cycle.
    """

    objective_id: str
    cycle_id: str
    counted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    behind: Mapping[str, str] = field(default_factory=dict)


Carries = Mapping[tuple[str, str], CarriedObjective]
"""By objective and the cycle it was carried into."""
NO_CARRIES: Carries = MappingProxyType({})
