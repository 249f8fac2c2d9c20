"""What can be written about an objective or a key result: each value is one entry of `WRITTEN_VALUES`. None is unknown.

An entry says how the value is taken from the figures and what form it has. From that follow the schema of the mapping, the checks,
which fields can hold it, and what stands in fields, entity properties and whatever else is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mappings.document.part import Part
from mappings.explain.check_in import day_of
from mappings.facts.issue import Issue
from mappings.fields import FieldPurpose
from mappings.fields.number import plain
from mappings.numbers import WHOLE, percent, rounded, rounded_share
from mappings.rollup.state import HealthLevel, KeyResultState, ObjectiveState
from mappings.write_back.row_sums import Sums, gap_count, sums

if TYPE_CHECKING:  # a forecast is made from a mapping, whose schema is made with the values
    from mappings.forecast.objective import KeyResultForecast, ObjectiveForecast

USUAL_DIGITS = 2
"""Decimals of a share or count where `round` is not written: rounded to 0 decimals a share says nothing."""

LABELS: Mapping[HealthLevel, str] = {
    HealthLevel.OFF_TRACK: "Off track",
    HealthLevel.AT_RISK: "At risk",
    HealthLevel.UNKNOWN: "Unknown",
    HealthLevel.PENDING: "Pending",
    HealthLevel.ON_TRACK: "On track",
    HealthLevel.ACHIEVED: "Achieved",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What can be said about an objective or one of its key results. `achieved_at` is what its commitment asks for.

    The states themselves are there for values that no figure holds; `key_result` is None where the objective is meant. `issue_id` is
    the issue that they are written to, `issue` that as the mirror has it, `zone` whose calendar days count, `outlook` makes the forecast of
    the objective.
    """

    progress: Fraction | None
    raw: Fraction | None
    delivery: Fraction | None
    outcome: Fraction | None
    expected: Fraction | None
    pace: Fraction | None
    health: HealthLevel
    summary: str
    achieved_at: Fraction = WHOLE
    objective: ObjectiveState | None = None
    key_result: KeyResultState | None = None
    issue_id: str | None = None
    issue: Issue | None = None
    zone: tzinfo = UTC
    outlook: Callable[[], ObjectiveForecast | None] = lambda: None

    @property
    def held(self) -> Mapping[str, object]:
        """What the fields of that issue hold, by id."""
        return {} if self.issue is None else self.issue.fields

    @property
    def probability(self) -> Fraction | None:
        """How likely it is to be reached by the end of its cycle; None where nothing can be said."""
        found, own = self.outlook(), self._own_forecast
        if self.key_result is not None:
            return None if own is None else own.answer.probability
        return None if found is None else found.probability

    @property
    def likely_by(self) -> date | None:
        """The day by which it is likely reached: of an objective the last of those of its key results; None where one has none, and once it is reached."""
        found, own = self.outlook(), self._own_forecast
        if self.key_result is not None:
            return None if own is None or own.answer.reached else own.answer.likely_by
        ahead = [] if found is None else [one.answer for one in found.contributing if not one.answer.reached]
        days = [answer.likely_by for answer in ahead]
        known = [day for day in days if day is not None]
        return max(known) if known and len(known) == len(days) else None

    @property
    def _own_forecast(self) -> KeyResultForecast | None:
        found, own = self.outlook(), self.key_result
        if found is None or own is None:
            return None
        return next((one for one in found.key_results if one.id == own.id), None)

    @property
    def sums(self) -> Sums | None:
        """Issues and weights of its rows; None where no row is an issue."""
        return sums(self.objective, self.key_result)

    @property
    def confidence(self) -> Fraction | None:
        """Points of 10: what was said last of a key result, of an objective the lowest; None where nothing was said, or a word alone."""
        if self.key_result is not None:
            own = self.key_result.confidence
            told = None if own is None else own.confidence
        else:
            told = None if self.objective is None else self.objective.confidence
        return None if told is None or told.points is None else Fraction(told.points)

    @property
    def last_check_in(self) -> date | None:
        """The day of the latest check-in that stands; None where there is none."""
        own = (self.key_result,) if self.key_result else self.objective.key_results if self.objective else ()
        days = [day_of(one.check_in.check_in, self.zone) for one in own if one.check_in is not None]
        return max(days, default=None)


class Form(StrEnum):
    """What kind of thing a value is: a share said in percent, a share as it is, a count, a chance in percent, a level that has a label, a day, or words."""

    PERCENT = "percent"
    SHARE = "share"
    COUNT = "count"
    CHANCE = "chance"
    LEVEL = "level"
    DAY = "day"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class WrittenValue:
    """One value that can be written, by the name that mappings use. `passing`: known without any measuring, as what the calendar says.

    A level comes as the level itself; `labels` are the words that stand for each. `digits` are the decimals of a share or count where
    a rule does not write `round`. `of_rows`: the rows alone say it, without a cycle or a health, so that a plain parent has it too.
    """

    name: str
    form: Form
    take: Callable[[Figures], Fraction | HealthLevel | date | str | None]
    passing: bool = False
    digits: int = USUAL_DIGITS
    of_rows: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is a number that is rounded."""
        return self.form in (Form.PERCENT, Form.SHARE, Form.COUNT, Form.CHANCE)

    @property
    def held_by(self) -> tuple[FieldPurpose, ...]:
        """What a field has to be made for to hold it."""
        if self.form is Form.LEVEL:
            return (FieldPurpose.CHOICE, FieldPurpose.WORDS)
        if self.form is Form.DAY:
            return (FieldPurpose.DAY, FieldPurpose.WORDS)
        return (FieldPurpose.NUMBER, FieldPurpose.WORDS) if self.is_number else (FieldPurpose.WORDS,)

    def number(self, part: ValuePart, figures: Figures) -> Decimal | None:
        """Rounded as the part says, but never to what is not reached; None is unknown, or no number."""
        share = self.take(figures)
        if not isinstance(share, Fraction):
            return None
        if self.form is Form.PERCENT:
            return percent(share, part.round, figures.achieved_at)
        if self.form is Form.CHANCE:
            return percent(share, part.round)
        digits = part.round if "round" in part.model_fields_set else self.digits
        if self.form is Form.COUNT:
            return rounded(share, digits)
        return rounded_share(share, digits, figures.achieved_at)

    def as_data(self, part: ValuePart, figures: Figures) -> Decimal | str | None:
        """As programs read it: a number, a level by its name, or words."""
        taken = self.take(figures)
        if isinstance(taken, HealthLevel):
            return taken.value
        if isinstance(taken, date):
            return taken.isoformat()
        return taken if isinstance(taken, str) else self.number(part, figures)

    def words(self, number: Decimal) -> str:
        """A number as people read it: `62 %`."""
        return f"{plain(number)} %" if self.form in (Form.PERCENT, Form.CHANCE) else plain(number)


WRITTEN_VALUES: tuple[WrittenValue, ...] = (
    WrittenValue("progress_percent", Form.PERCENT, lambda one: one.progress, of_rows=True),
    WrittenValue("progress", Form.SHARE, lambda one: one.progress, of_rows=True),
    WrittenValue("raw_percent", Form.PERCENT, lambda one: one.raw),
    WrittenValue("delivery_percent", Form.PERCENT, lambda one: one.delivery, of_rows=True),
    WrittenValue("outcome_percent", Form.PERCENT, lambda one: one.outcome),
    WrittenValue("expected_percent", Form.PERCENT, lambda one: one.expected, passing=True),
    WrittenValue("pace", Form.SHARE, lambda one: one.pace),
    WrittenValue("health", Form.LEVEL, lambda one: one.health),
    WrittenValue("summary", Form.WORDS, lambda one: one.summary),
    WrittenValue("score", Form.SHARE, lambda one: one.progress, digits=1),
    WrittenValue("issues_total", Form.COUNT, lambda one: one.sums.issues if one.sums else None, of_rows=True),
    WrittenValue(
        "issues_done", Form.COUNT, lambda one: one.sums.issues_done if one.sums else None, of_rows=True
    ),
    WrittenValue(
        "issues_remaining",
        Form.COUNT,
        lambda one: one.sums.issues - one.sums.issues_done if one.sums else None,
        of_rows=True,
    ),
    WrittenValue("weight_total", Form.COUNT, lambda one: one.sums.weight if one.sums else None, of_rows=True),
    WrittenValue(
        "weight_done", Form.COUNT, lambda one: one.sums.weight_done if one.sums else None, of_rows=True
    ),
    WrittenValue(
        "weight_remaining",
        Form.COUNT,
        lambda one: one.sums.weight - one.sums.weight_done if one.sums else None,
        of_rows=True,
    ),
    WrittenValue(
        "gap_count",
        Form.COUNT,
        lambda one: gap_count(one.objective, one.key_result),
        passing=True,
        of_rows=True,
    ),
    WrittenValue("forecast_probability", Form.CHANCE, lambda one: one.probability),
    WrittenValue("forecast_date", Form.DAY, lambda one: one.likely_by),
    WrittenValue("cycle", Form.WORDS, lambda one: one.objective.cycle_id if one.objective else None),
    WrittenValue("last_check_in", Form.DAY, lambda one: one.last_check_in),
    WrittenValue("confidence", Form.COUNT, lambda one: one.confidence, digits=0),
)

VALUE_OF_NAME = {value.name: value for value in WRITTEN_VALUES}

if TYPE_CHECKING:  # made from the tuple, which a type checker cannot follow
    Shown = str
else:
    Shown = Literal[tuple(value.name for value in WRITTEN_VALUES)]
"""What can be written, by name."""


class ValuePart(Part):
    """One value as it shall be shown in one place."""

    value: Shown
    round: int = Field(default=0, ge=0, le=6)
    unknown: Literal["clear", "leave"] = "clear"
    options: (
        dict[Literal["achieved", "on_track", "at_risk", "off_track", "pending", "unknown"], str] | None
    ) = None

    @property
    def what(self) -> WrittenValue:
        """The value that is meant."""
        return VALUE_OF_NAME[self.value]

    def label(self, level: HealthLevel) -> str | None:
        """What stands for a level: its option, None where `options` has none; without `options` its own label."""
        return LABELS[level] if self.options is None else self.options.get(level.value)

    @property
    def wanted_options(self) -> dict[str, str]:
        """The option of each level."""
        if self.options is None:
            return {level.value: label for level, label in LABELS.items()}
        return {str(level): label for level, label in self.options.items()}
