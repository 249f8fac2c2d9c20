"""`milestone`: 1 when its status is done or its `done_when` JQL holds, else 0; done after the date is 1 and late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, field_validator

from mappings.facts.issue import DUE, Issue
from mappings.facts.moment import day_in
from mappings.fields import ReadingKind
from mappings.progress.metric import no_single_issue
from mappings.progress.operands import field_id
from mappings.progress.options import DAY, Day, FieldAlias, Jql, RuleOptions, Shapes
from mappings.progress.rule import (
    MeasuredSubject,
    NextTerms,
    OptionFinding,
    ProgressRule,
    measurement_of,
    unknown,
)
from mappings.rollup.health import HealthCriteria, judge_achieved, judge_unmeasured
from mappings.rollup.rows.statuses import CATEGORIES, DONE
from mappings.rollup.state import Health, HealthLevel, Measurement

LONGEST_SAID = 40
"""Characters of what stands in place of a date."""


class MilestoneOptions(RuleOptions):
    """`due` is a date, or the alias of a date field; absent, the issue's own due date."""

    kind: Literal["milestone"]
    due: Annotated[
        Day | Annotated[str, FieldAlias(ReadingKind.DATE)] | None,
        Shapes(("a date like 2026-12-31", "a field alias")),
        Field(
            description="A day, or the alias of a date field; the issue's own due date where it is left out."
        ),
    ] = None
    done_when: Annotated[
        str | None, Jql(), Field(description="JQL: a milestone is also done when this holds.")
    ] = None

    @field_validator("due", mode="before")
    @classmethod
    def _due_day(cls, value: object) -> object:
        """YAML and JSON give a day as text, which would be taken for a field alias."""
        if isinstance(value, str) and DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                return value
        return str(value) if isinstance(value, int | float | Decimal) else value


def measure(options: MilestoneOptions, subject: MeasuredSubject) -> Measurement:
    """Done or not, and whether in time."""
    issue = subject.issue
    if issue is None:
        return no_single_issue(subject) or unknown("no issue is selected")
    due, moment = _due(options, subject, issue), subject.assessment.moment
    undated = "" if due is not None else _unreadable(options, subject, issue)
    if issue.status.category == DONE:
        finished = issue.resolved or issue.status_changed
        late = due is not None and finished is not None and finished.astimezone(moment.zone).date() > due
        return measurement_of(Fraction(1), "done, after its date" if late else "done", due=due, late=late)
    done_when = subject.conditions.get("done_when")
    if done_when is not None and done_when.matches(issue, moment):
        return measurement_of(Fraction(1), "its done_when holds", due=due)
    if issue.status.category not in CATEGORIES:
        return unknown(f'status "{issue.status.name}" has no category', due=due, undated=undated)
    said = f'not done: status "{issue.status.name}"'
    return measurement_of(Fraction(0), f"{said}; {undated}" if undated else said, due=due, undated=undated)


def _due(options: MilestoneOptions, subject: MeasuredSubject, issue: Issue) -> date | None:
    if options.due is None:
        return issue.due
    if isinstance(options.due, date):
        return options.due
    id_ = field_id(subject, options.due)
    zone = subject.assessment.moment.zone
    return issue.day(id_, zone) if id_ else day_in(options.due, zone)


def _unreadable(options: MilestoneOptions, subject: MeasuredSubject, issue: Issue) -> str:
    """Why its date cannot be told though something stands there; empty where nothing does."""
    id_ = DUE if options.due is None else field_id(subject, str(options.due))
    if id_ is None or id_ == DUE:
        return issue.unknowns.get(DUE, "").removesuffix(".")
    held = issue.fields.get(id_)
    return "" if held is None else f"its date {str(held)[:LONGEST_SAID]!r} is no day"


def health(measurement: Measurement, standing: HealthCriteria) -> Health:
    """On track until its date, off track after; without a date the end of the cycle stands in, for one that is no day nothing does."""
    settled = judge_achieved(measurement, standing) or judge_unmeasured(measurement)
    if settled is not None:
        return settled
    if measurement.undated:
        return Health(HealthLevel.UNKNOWN, "unreadable-date", f"not done, and {measurement.undated}")
    due = measurement.due or standing.cycle_end
    if due is None:
        return Health(HealthLevel.UNKNOWN, "no-date", "not done, and neither a date nor a cycle says by when")
    if standing.today > due:
        return Health(HealthLevel.OFF_TRACK, "after-date", f"not done, and its date {due} has passed")
    return Health(HealthLevel.ON_TRACK, "before-date", f"not done; its date {due} has not passed")


def check(options: MilestoneOptions) -> Iterable[OptionFinding]:
    """An empty condition would hold for no issue."""
    if options.done_when is not None and not options.done_when.strip():
        yield OptionFinding(
            "empty-done-when", "done_when is empty", "write a JQL, or leave the key out", ("done_when",)
        )


def onward(options: MilestoneOptions, measurement: Measurement, first: date) -> NextTerms:
    """A date that lies in the new cycle or later stays; an earlier one goes, and the end of the cycle stands in."""
    due = measurement.due
    if measurement.progress == 1 or due is None or due >= first:
        return NextTerms()
    if isinstance(options.due, date):
        return NextTerms(flags=(f"its date {due} is written in the mapping, and lies before {first}",))
    flag = f"its date {due} lies before {first}: it is cleared, and the end of the cycle stands in"
    return NextTerms({options.due or DUE: None}, (flag,))


RULE = ProgressRule(
    kind="milestone",
    label="Milestone",
    options=MilestoneOptions,
    nature="delivery",
    measure=measure,
    judge=health,
    check=check,
    by_status=True,
    timed=False,
    onward=onward,
)
