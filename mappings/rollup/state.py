"""What one objective and its key results stand at, as the rules of the mapping see it. Values only; measured elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from mappings.explain.check_in import Ruling
from mappings.explain.confidence import Confidence, SpokenConfidence
from mappings.rollup.rows.ledger import Disposition, Ledger


class HealthLevel(StrEnum):
    """Health, in the order in which the worst wins."""

    OFF_TRACK = "off_track"
    AT_RISK = "at_risk"
    UNKNOWN = "unknown"
    PENDING = "pending"
    ON_TRACK = "on_track"
    ACHIEVED = "achieved"


@dataclass(frozen=True, slots=True)
class Health:
    """A level, the code of the rule that fired and a sentence for the page that names it with its figures.

    Beside them, for plain words: the `pace` that was judged (or the level, of what does not run with time), and where the worst row
    speaks for an objective, the name of the `row` that the pace is of, however deep it stands, and the rule that fired there (`row_rule`).
    """

    level: HealthLevel
    rule: str
    sentence: str
    pace: Fraction | None = field(default=None, compare=False)
    row: str = field(default="", compare=False)
    row_rule: str = field(default="", compare=False)


class Cause(StrEnum):
    """Why a measurement has the value it has."""

    MEASURED = "measured"
    NEVER_MEASURED = "never_measured"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Measurement:
    """The progress of one key result. `progress` is clamped to 0…1, `raw` is not; both are None when unknown.

    Start, target, band (`at_least`, `at_most`) and `tolerance` are what the current value is measured against. One that is
    `clocked` moves with the time alone. `undated` says why `due` cannot be told where something stands for it that is no day.
    """

    progress: Fraction | None
    raw: Fraction | None
    cause: Cause
    reason: str
    start: Fraction | None = None
    current: Fraction | None = None
    target: Fraction | None = None
    measured_at: datetime | None = None
    due: date | None = None
    late: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    tolerance: Fraction | None = None
    clocked: bool = False
    undated: str = ""


@dataclass(frozen=True, slots=True)
class KeyResultState:
    """One key result. `id` is the issue id, or `<objective id>/<rule id>` where the issues together are one key result.

    `check_in` is there where a person said what it stands at: what was ruled about that. `confidence` is how sure people said last that they are.
    """

    id: str
    rule_id: str
    kind: str
    nature: str  # outcome | delivery
    title: str
    measurement: Measurement
    health: Health
    weight: Fraction | None
    contributing: bool
    issue_id: str | None = None
    key: str = ""
    status: str = ""
    owner: str | None = None
    commitment: str = "committed"
    check_in: Ruling | None = None
    confidence: SpokenConfidence | None = None


@dataclass(frozen=True, slots=True)
class ObjectiveState:
    """One objective. `id` is its issue id, or `@<id>` for an objective written in the mapping itself.

    `ledger` belongs to the headline `progress`; `beside` is the ledger of the key results that do not contribute.
    `confidence` is the lowest of its contributing key results: it moves neither progress nor health.
    `touched` are the ids of all issues whose change may change this state: the dependency set of the reconcile.
    `plain` is no objective but a plain parent that sums are written to, by the rule of `write_back` that `rule_id` names.
    """

    id: str
    rule_id: str
    title: str
    progress: Fraction | None
    health: Health
    ledger: Ledger
    key_results: tuple[KeyResultState, ...] = ()
    issue_id: str | None = None
    key: str = ""
    status: str = ""
    owner: str | None = None
    project_key: str = ""
    cycle_id: str | None = None
    commitment: str = "committed"
    delivery: Fraction | None = None
    outcome: Fraction | None = None
    expected: Fraction | None = None
    pace: Fraction | None = None
    beside: Ledger = field(default_factory=Ledger)
    flags: tuple[str, ...] = ()
    aligned_to: tuple[str, ...] = ()
    touched: frozenset[str] = frozenset()
    confidence: Confidence | None = None
    plain: bool = False
    team: str | None = None
    perspective: str | None = None
    span: tuple[date, date] | None = None
    """The first and the last day of its own, where it has such beside those of its cycle."""
    unwritten: str = ""
    """Why nothing of it is written to Jira, as a sentence goes on after "not written: "; empty where everything is."""


IN_THE_NUMBER = (Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.CHECKED_IN, Disposition.BESIDE)


@dataclass(frozen=True, slots=True)
class CountedRow:
    """As much of a row as says whether it is in a number."""

    id: str
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class CountedLedger:
    """The rows of a ledger."""

    rows: tuple[CountedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedMeasurement:
    """The ledger of a key result."""

    ledger: CountedLedger = field(default_factory=CountedLedger)


@dataclass(frozen=True, slots=True)
class CountedKeyResult:
    """The issue of a key result, and its rows."""

    measurement: CountedMeasurement
    issue_id: str | None = None


@dataclass(frozen=True, slots=True)
class CountedOutline:
    """As much of an objective as says what it counts: a kept `ObjectiveState`, read without its numbers."""

    id: str
    ledger: CountedLedger
    beside: CountedLedger = field(default_factory=CountedLedger)
    key_results: tuple[CountedKeyResult, ...] = ()
    issue_id: str | None = None


def counted_ids(state: ObjectiveState | CountedOutline) -> frozenset[str]:
    """What makes up a number, and the issue that it is of: ids of issues, and of the objectives among the rows that are none (`@<id>`)."""
    ledgers = [state.ledger, state.beside, *(one.measurement.ledger for one in state.key_results)]
    rows = (row.id for ledger in ledgers for row in ledger.rows if row.disposition in IN_THE_NUMBER)
    own = (state.issue_id or "", *(one.issue_id or "" for one in state.key_results))
    return frozenset(id_ for id_ in (*rows, *own) if id_.isdigit() or (id_[:1] == "@" and "/" not in id_))


def counted_in(state: ObjectiveState) -> frozenset[str]:
    """Ids of the issues that make up a number, and of the one that it is of."""
    return frozenset(id_ for id_ in counted_ids(state) if id_.isdigit())
