"""What every source of a KPI offers: given its options and a period it gives readings, or says in words why there are none.

A source is asked for a period that has ended, and answers for its last millisecond. A read that failed, was refused, or may lack something
is a `ReadFailure`, never a 0. One kind of source is one file beside this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.kpi.sources import SourceOptions

Clock = Callable[[], datetime]
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time, [start, end): every change up to its last millisecond belongs to it."""

    start: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """Its last millisecond: what a reading stands for."""
        return self.end - MOMENT


@dataclass(frozen=True, slots=True)
class KpiReading:
    """What a source said: for which instant, the exact value, and when it was received."""

    at: datetime
    value: Fraction
    received: datetime


class FailureKind(StrEnum):
    """Why there is no reading: what it takes differs. Only an `OUTAGE` and something `INCOMPLETE` may be over later."""

    OUTAGE = "outage"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"
    AMBIGUOUS = "ambiguous"
    NO_DATA = "no_data"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """No reading, why, and what a person can do."""

    kind: FailureKind
    reason: str
    remedy: str = ""


Answer = tuple[KpiReading, ...] | ReadFailure


@dataclass(frozen=True, slots=True)
class MirrorView:
    """What sources may see of the site: the issues of the scope as they stood at an instant, and how JQL is compiled.

    `gaps` says why issues that might match could not be read, if there are such.
    """

    issues_at: Callable[[datetime], Iterable[Issue]]
    compile_jql: Callable[[str], Selector]
    zone: tzinfo
    account_id: str | None = None
    gaps: tuple[str, ...] = ()


class MetricSource(ABC):
    """One kind of source. `options` are those of `mappings.kpi.sources`; `past`: it can still answer for a period that ended long ago."""

    kind: ClassVar[str]
    options: ClassVar[type[SourceOptions]]
    past: ClassVar[bool] = True

    @abstractmethod
    def read(self, options: Any, period: Period, view: MirrorView, clock: Clock) -> Answer:
        """The readings of a period, or why there are none. Raises nothing: whatever goes wrong is a `ReadFailure`."""
