"""What `write_back` puts into an entity property: a small object of named values, written and compared as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from mappings.document.schema import PropertyPart, Shown, TargetPart, WriteBackPart
from mappings.facts.catalogue import Field
from mappings.fields import property_field
from mappings.rollup.state import HealthLevel
from mappings.write_back.figures import WORDED, Figures, number_value

MOST_PROPERTIES = 2
"""Different keys in one mapping. Jira shows at most five with an issue, and a draft is read together with the active mapping."""

USUAL: tuple[Shown, ...] = ("progress_percent", "health")
"""What a property holds where neither `values` nor `set` says it: values that do not change by themselves every day."""

PASSING = frozenset({"expected_percent"})
"""Known from the calendar alone: it measures nothing."""

Value = Decimal | str | None


@dataclass(frozen=True, slots=True)
class PropertyTarget:
    """One property and the values it holds, in this order."""

    field: Field
    parts: tuple[TargetPart, ...]
    unknown: str = "clear"

    def value(self, figures: Figures) -> dict[str, Value] | None:
        """The named values; an unknown number is null. None where nothing that it holds is known."""
        if not self._known(figures):
            return None
        return {part.value: _value(part, figures) for part in self.parts}

    def _known(self, figures: Figures) -> bool:
        """Whether some number is measured; where it holds words alone, whether the health is known."""
        numbers = [part for part in self.parts if part.value not in WORDED | PASSING]
        if not numbers:
            return figures.health is not HealthLevel.UNKNOWN
        return any(number_value(part, figures) is not None for part in numbers)


def _value(part: TargetPart, figures: Figures) -> Value:
    if part.value == "health":
        return figures.health.value
    return figures.summary if part.value == "summary" else number_value(part, figures)


def property_part(rule: WriteBackPart) -> PropertyPart | None:
    """The property a rule writes, whichever way it is said."""
    return PropertyPart(key=rule.property) if isinstance(rule.property, str) else rule.property


def property_target(rule: WriteBackPart) -> PropertyTarget | None:
    """What a rule writes to a property: the values it lists, else those of its `set`, else progress and health."""
    part = property_part(rule)
    if part is None:
        return None
    said: dict[Shown, TargetPart] = {}
    for target in rule.set.values():
        said.setdefault(target.value, target)
    names = dict.fromkeys(part.values or said or USUAL)
    return PropertyTarget(
        property_field(part.key), tuple(_part(name, part, said.get(name)) for name in names), part.unknown
    )


def _part(name: Shown, part: PropertyPart, said: TargetPart | None) -> TargetPart:
    """Rounded as the property says, else as the field that shows the same value, else as usual."""
    if "round" in part.model_fields_set:
        return TargetPart(value=name, round=part.round)
    return said or TargetPart(value=name)


def property_fields(rules: Iterable[WriteBackPart]) -> tuple[Field, ...]:
    """The properties these rules write, each once, in the shape of fields."""
    return tuple(property_field(key) for key in dict.fromkeys(_keys(rules)))


def _keys(rules: Iterable[WriteBackPart]) -> Iterator[str]:
    for rule in rules:
        part = property_part(rule)
        if part is not None:
            yield part.key
