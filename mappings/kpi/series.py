"""The KPIs of one mapping with their readings: the value of any of them in any period, and when that is settled. Counts nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from fractions import Fraction

from mappings.document.schema import KpiPart
from mappings.kpi.cadence import Cadence, Period, grace_of, period_before, period_of, settles_at
from mappings.kpi.formula import evaluate, used_names
from mappings.kpi.reading import KpiReading, value_of
from mappings.kpi.sources import FormulaOptions


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """What a KPI is worth in a period: None is no data, for this reason where it is not that nothing was read.

    `readings` counts those that have a value. `late` and `corrected` say that one of them came after the period was settled, or
    was corrected or retracted.
    """

    value: Fraction | None
    readings: int = 0
    late: bool = False
    corrected: bool = False
    reason: str = ""


CADENCES = {one.value: one for one in Cadence}


@dataclass(frozen=True, slots=True)
class WatchedKpis:
    """KPIs by id and the readings of each, by time; a formula has none of its own.

    `unread` says, by KPI and the last millisecond of a period, why its source gave no reading.
    """

    parts: Mapping[str, KpiPart]
    zone: tzinfo
    readings: Mapping[str, Sequence[KpiReading]] = field(default_factory=dict)
    unread: Mapping[str, Mapping[datetime, str]] = field(default_factory=dict)

    def cadence(self, id_: str) -> Cadence:
        """How long the periods of a KPI are."""
        return CADENCES[self.parts[id_].cadence]

    def period(self, id_: str, at: datetime) -> Period:
        """The period of a KPI that holds an instant."""
        return period_of(self.cadence(id_), at, self.zone)

    def settles(self, id_: str, period: Period) -> datetime:
        """From when on a period is settled: a formula's when its latest operand is."""
        operands = self.operands(id_)
        if not operands:
            cadence = self.cadence(id_)
            return settles_at(cadence, period, grace_of(cadence, self.parts[id_].grace))
        each = (self.settles(one, self.period(one, period.last)) for one in operands.values())
        return max(period.end, *each)

    def operands(self, id_: str) -> Mapping[str, str]:
        """The KPIs that a formula reads, by the names it gives them; none for any other source."""
        source = self.parts[id_].source
        if not isinstance(source, FormulaOptions):
            return {}
        used = used_names(source.expr)
        return {name: operand for name, operand in source.of.items() if name in used}

    def leaves(self, id_: str) -> Iterator[str]:
        """The KPIs whose readings a KPI is worked out from: itself, or what its formula comes down to."""
        operands = self.operands(id_)
        if not operands:
            yield id_
        for operand in operands.values():
            yield from self.leaves(operand)

    def felt(self, id_: str, leaf: str, at: datetime) -> frozenset[datetime]:
        """The instants at which a reading of one of its leaves stands for a KPI: where a formula lies between, the end of its period."""
        found: set[datetime] = set() if self.operands(id_) else {at}
        for operand in self.operands(id_).values():
            if leaf not in self.leaves(operand):
                continue
            inner = self.felt(operand, leaf, at)
            found |= {self.period(operand, one).last for one in inner} if self.operands(operand) else inner
        return frozenset(found)

    def begins(self, id_: str, at: datetime) -> datetime:
        """From when on readings matter for the period that holds an instant: a formula's week may begin before its month."""
        start = self.period(id_, at).start
        operands = self.operands(id_).values()
        return min((start, *(self.begins(one, start) for one in operands if self.operands(one))))

    def worth(self, id_: str, period: Period, settles: datetime | None = None) -> PeriodValue:
        """What a KPI is worth in a period of its own; `settles` is when that is settled, where it is known already."""
        source, settled = self.parts[id_].source, settles or self.settles(id_, period)
        if not isinstance(source, FormulaOptions):
            return self._aggregated(id_, period, None if self.cadence(id_) is Cadence.EACH else settled)
        each = {name: self._aggregated(one, period, settled) for name, one in self.operands(id_).items()}
        outcome = evaluate(source.expr, {name: one.value for name, one in each.items()})
        return PeriodValue(
            value=outcome.value,
            readings=sum(one.readings for one in each.values()),
            late=any(one.late for one in each.values()),
            corrected=any(one.corrected for one in each.values()),
            reason=outcome.reason if any(one.readings for one in each.values()) else "",
        )

    def _aggregated(self, id_: str, period: Period, settled: datetime | None) -> PeriodValue:
        """What the readings of a KPI in a period of any length come to; where that is settled at once, none of them is late."""
        part, found = self.parts[id_], list(self._readings_in(id_, period))
        return PeriodValue(
            value=value_of(found, part.aggregate, part.min_readings),
            readings=sum(one.value is not None for one in found),
            late=settled is not None and any(one.first_received > settled for one in found),
            corrected=any(one.former for one in found),
            reason="" if found else self.unread.get(id_, {}).get(period.last, ""),
        )

    def _readings_in(self, id_: str, period: Period) -> Iterator[KpiReading]:
        """The readings of a KPI in a period: those of a formula stand at the last millisecond of each of its own periods."""
        if not self.operands(id_):
            yield from self.read_in(id_, period)
            return
        own = self.period(id_, period.last)
        while own.last >= period.start:
            if own.last < period.end and (known := self._as_reading(id_, own)) is not None:
                yield known
            own = period_before(self.cadence(id_), own, self.zone)

    def _as_reading(self, id_: str, own: Period) -> KpiReading | None:
        leaves = [one for leaf in self.leaves(id_) for one in self.read_in(leaf, own)]
        if not leaves:
            return None
        latest = max(leaves, key=lambda one: one.first_received)
        return KpiReading(
            own.last, self.worth(id_, own).value, latest.first_received, "formula", former=latest.former
        )

    def read_in(self, id_: str, period: Period) -> Sequence[KpiReading]:
        """What was read of a KPI itself in a period, by time."""
        known = self.readings.get(id_, ())
        first = bisect_left(known, period.start, key=lambda one: one.at)
        return known[first : bisect_left(known, period.end, lo=first, key=lambda one: one.at)]
