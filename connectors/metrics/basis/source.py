"""What every source of a KPI offers: given its options and a period it gives readings, or says in words why there are none.

A source is asked for a period that has ended, and answers for its last millisecond; asked for the running one, for now. A read that
failed, was refused, or may lack something is a `SourceFailure`, never a 0. One kind of source is one file beside this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar, Generic, TypeVar

from connectors.metrics.basis.connections import AllowedHosts
from mappings.explain.past import FieldChange
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.facts.selector import Selector
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import SourceOptions

Clock = Callable[[], datetime]
Options = TypeVar("Options", bound=SourceOptions)


class FailureKind(StrEnum):
    """Why there is no reading: what it takes differs. Only an `OUTAGE` and something `INCOMPLETE` may be over later."""

    OUTAGE = "outage"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"
    AMBIGUOUS = "ambiguous"
    NO_DATA = "no_data"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """No reading, why, and what a person can do. `reason` goes on after "no reading:"."""

    kind: FailureKind
    reason: str
    remedy: str = ""


class UnreadableSource(Exception):
    """What a source may reach cannot answer; it carries the failure that the source gives."""

    def __init__(self, failure: SourceFailure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class LowerBound:
    """The value is at least that of this reading, and nobody knows by how much: a reading where that is healthy already."""

    reading: KpiReading
    reason: str


Answer = tuple[KpiReading, ...] | LowerBound | SourceFailure


@dataclass(frozen=True, slots=True)
class Reach:
    """What sources may see of the site: the issues of the scope as they stood at an instant, their histories, and what names mean.

    `issues_at` and `histories` (every change of issues by id, the oldest first) raise Unreadable where something could not be read
    that may matter; `issues_for` the same for a JQL (and what selects those that are left out) and `issue_at` for one issue by a key it has or had, where what cannot be read
    matters only if it may be among what is asked for. `number` is what the field of an alias holds, `status_ids` are the
    statuses of a name, `categories` those of status ids as they are today, `excluded` selects what no flow counts. `aggregate` is that of
    the KPI, `outside` what lies beyond Jira and may be asked.
    """

    issues_at: Callable[[datetime], Iterable[Issue]]
    compile_jql: Callable[[str], Selector]
    zone: tzinfo
    account_id: str | None = None
    histories: Callable[[Iterable[str]], Mapping[str, tuple[FieldChange, ...]]] = lambda _ids: {}
    number: Callable[[Issue, str], Fraction | None] = lambda _issue, _alias: None
    issues_for: Callable[[Selector, Selector | None, datetime], Iterable[Issue]] | None = None
    issue_at: Callable[[str, datetime], Issue | None] = lambda _key, _at: None
    status_ids: Callable[[str], frozenset[str]] = lambda name: frozenset({name})
    categories: Mapping[str, str | None] = field(default_factory=dict)
    excluded: Selector | None = None
    aggregate: str = "last"
    outside: AllowedHosts = field(default_factory=AllowedHosts)

    def moment(self, at: datetime) -> Moment:
        """An instant as JQL is evaluated at it."""
        return Moment(at, self.zone, self.account_id)

    def selected(self, jql: str, at: datetime, without: Selector | None = None) -> tuple[Issue, ...]:
        """The issues of the scope that a JQL selects, as they stood, without those that another selects."""
        select, moment = self.compile_jql(jql), self.moment(at)
        there = self.issues_at(at) if self.issues_for is None else self.issues_for(select, without, at)
        if roots := select.roots | (without.roots if without is not None else frozenset()):
            there = tuple(there)
            moment = Forest.of(there).moment(moment, roots)
        return tuple(
            one
            for one in there
            if select.matches(one, moment) and not (without is not None and without.matches(one, moment))
        )


class MetricSource(ABC, Generic[Options]):
    """One kind of source. `options` are those of `mappings.kpi.sources`.

    `past`: it can still answer for a period that ended long ago. `mirrored`: it reads what webhooks bring, which takes a moment.
    """

    kind: ClassVar[str]
    options: ClassVar[type[SourceOptions]]
    past: ClassVar[bool] = True
    mirrored: ClassVar[bool] = False

    def answers_late(self, options: Options) -> bool:  # noqa: ARG002
        """Whether it can answer, as it is written, for a period that ended long ago."""
        return self.past

    @abstractmethod
    def read(self, options: Options, period: Period, reach: Reach, clock: Clock) -> Answer:
        """The readings of a period, or why there are none. What is wrong with its own source is a `SourceFailure`; Unreadable passes."""
