"""What an objective brought along from the cycle before: rows that were counted there, and key results that stayed behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from mappings.facts.issue import Issue
from mappings.rollup.cycles.cycle import cycle_of

if TYPE_CHECKING:  # the mapping's schema imports the progress rules, which are measured with these
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import CyclePart


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


@dataclass(frozen=True, slots=True)
class Carries:
    """What objectives brought along, by objective and the cycle they were carried into; and of those that go on as copies the cycle (`stayed`) in which they themselves stay.

    `past` names objectives that are looked at as they ended an earlier cycle, though they run in a later one.
    """

    brought: Mapping[tuple[str, str], CarriedObjective] = field(default_factory=dict)
    stayed: Mapping[str, str] = field(default_factory=dict)
    past: Mapping[str, str] = field(default_factory=dict)

    def get(self, objective_id: str, cycle_id: str) -> CarriedObjective | None:
        """What this objective brought into this cycle; None where it was not carried there."""
        return self.brought.get((objective_id, cycle_id))

    def cycle_of(
        self, mapping: BoundMapping, source: object, objective_id: str, issue: Issue | None, today: date
    ) -> CyclePart | None:
        """The cycle in which an objective runs on a day.

        Where the mapping says that of all objectives of a rule, one that goes on as a copy stays in the cycle that it was copied from: its copy runs in the next, not both.
        """
        if objective_id in self.past:
            return mapping.cycles.get(self.past[objective_id])
        found = cycle_of(mapping, source, issue, today)
        if found is None or not isinstance(source, str) or objective_id not in self.stayed:
            return found
        first = mapping.cycles.get(self.stayed[objective_id])
        return found if first is None or found.end <= first.end else first


NO_CARRIES = Carries()
