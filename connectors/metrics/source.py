"""What every source of a KPI offers: given its options and a period it gives readings, or says in words why there are none.

A source is asked for a period that has ended, and answers for its last millisecond; asked for the running one, for now. A read that
failed, was refused, or may lack something is a `ReadFailure`, never a 0. One kind of source is one file beside this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, ClassVar

from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import SourceOptions

Clock = Callable[[], datetime]


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
    """No reading, why, and what a person can do. `reason` goes on after "no reading:"."""

    kind: FailureKind
    reason: str
    remedy: str = ""


class Unreadable(Exception):  # noqa: N818
    """What a source may reach cannot answer; it carries the failure that the source gives."""

    def __init__(self, failure: ReadFailure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


Answer = tuple[KpiReading, ...] | ReadFailure


@dataclass(frozen=True, slots=True)
class Reach:
    """What sources may see of the site: the issues of the scope as they stood at an instant, and how JQL is compiled.

    `issues_at` raises Unreadable where issues could not be read that may be among them.
    """

    issues_at: Callable[[datetime], Iterable[Issue]]
    compile_jql: Callable[[str], Selector]
    zone: tzinfo
    account_id: str | None = None


class MetricSource(ABC):
    """One kind of source. `options` are those of `mappings.kpi.sources`.

    `past`: it can still answer for a period that ended long ago. `mirrored`: it reads what webhooks bring, which takes a moment.
    """

    kind: ClassVar[str]
    options: ClassVar[type[SourceOptions]]
    past: ClassVar[bool] = True
    mirrored: ClassVar[bool] = False

    def answers_late(self, options: Any) -> bool:  # noqa: ARG002
        """Whether it can answer, as it is written, for a period that ended long ago."""
        return self.past

    @abstractmethod
    def read(self, options: Any, period: Period, reach: Reach, clock: Clock) -> Answer:
        """The readings of a period, or why there are none. What is wrong with its own source is a `ReadFailure`; Unreadable passes."""
