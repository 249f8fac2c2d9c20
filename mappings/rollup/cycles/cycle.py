"""Which cycle an objective runs in, and how much of it has passed. Judges nothing: that is health."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from mappings.document.schema import CURRENT, DatesSource
from mappings.facts.issue import Issue
from mappings.facts.moment import WEEKDAYS

if TYPE_CHECKING:
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import CyclePart


def cycle_of(mapping: BoundMapping, source: object, issue: Issue | None, today: date) -> CyclePart | None:
    """The cycle a source names for an issue: a fixed id, the one that runs on this day, or what a field, label or version says.

    Where several are named (an objective carried over keeps its old label) the one that ends last is meant.
    """
    if isinstance(source, str):
        known = mapping.cycles.get(source)
        return mapping.cycles.current(today) if known is None and source == CURRENT else known
    if source is None or issue is None:
        return None
    if isinstance(source, DatesSource):
        last = _day(mapping, source.dates.end, issue)
        return None if last is None else mapping.cycles.current(last)
    named = (mapping.cycles.get(name) for name in names_of_cycles(mapping, source, issue))
    found = [cycle for cycle in named if cycle is not None]
    return max(found, key=lambda cycle: (cycle.end, cycle.start), default=None)


def span_of(
    mapping: BoundMapping, source: object, issue: Issue | None, cycle: CyclePart | None
) -> tuple[date, date] | None:
    """The days of an objective's own in its cycle, where it has such; None where they are those of the cycle.

    Without a first day, or with one behind the last, it begins with its cycle. A last day outside it, as the issue had one before the
    cycle became another, says nothing of this one.
    """
    if not isinstance(source, DatesSource) or issue is None or cycle is None:
        return None
    last = _day(mapping, source.dates.end, issue)
    if last is None or not cycle.start <= last <= cycle.end:
        return None
    first = _day(mapping, source.dates.start, issue) if source.dates.start is not None else None
    return (cycle.start if first is None or first > last else first), last


C = TypeVar("C", "CyclePart", "CyclePart | None")


def cycle_in_span(cycle: C, span: tuple[date, date] | None) -> C:
    """A cycle as an objective runs in it: with the objective's own days, where it has such."""
    if cycle is None or span is None:
        return cycle
    return cycle.model_copy(update={"start": span[0], "end": span[1]})


def _day(mapping: BoundMapping, alias: str, issue: Issue) -> date | None:
    field = mapping.fields.get(alias)
    return None if field is None else issue.day(field.id, mapping.zone)


def names_of_cycles(mapping: BoundMapping, source: object, issue: Issue) -> Iterable[str]:
    """What the labels, versions or the field of an issue say that may be the id of a cycle."""
    label, version = getattr(source, "label", None), getattr(source, "version", None)
    if label is not None:
        return _behind(label, issue.labels)
    if version is not None:
        return _behind(version, (named.name for named in issue.fix_versions))
    field = mapping.fields.get(getattr(source, "field", ""))
    return texts_in(issue.fields.get(field.id)) if field is not None else ()


def _behind(prefix: str, words: Iterable[str]) -> Iterable[str]:
    return (word.removeprefix(prefix) for word in words if word.startswith(prefix))


def texts_in(value: object) -> tuple[str, ...]:
    """Every text a field value can be known by: itself, an option's value, name or id, or those of each of a list."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return tuple(str(value[key]) for key in ("value", "name", "id") if value.get(key) is not None)
    if isinstance(value, list | tuple):
        return tuple(text for item in value for text in texts_in(item))
    return (str(value),) if isinstance(value, int) and not isinstance(value, bool) else ()


def expected_on(cycle: CyclePart, day: date) -> Fraction | None:
    """The share of the cycle passed at the end of a day, both ends counted; None where no day of it is worked."""
    last = min(day, cycle.end)
    whole = _days(cycle.start, cycle.end, cycle.working_days)
    if whole <= 0:
        return None
    return Fraction(max(_days(cycle.start, last, cycle.working_days), 0), whole)


def _days(start: date, end: date, working: tuple[str, ...] | None) -> int:
    span = (end - start).days + 1
    if working is None or span <= 0:
        return span
    weeks, rest = divmod(span, 7)
    worked = {WEEKDAYS.index(name) for name in working}
    return weeks * len(worked) + sum((start.weekday() + offset) % 7 in worked for offset in range(rest))
