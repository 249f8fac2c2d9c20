"""Check-ins of one key result: the one that stands and what it asks, the form for a new one, and those that ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mappings.explain.check_in import DELTA, CheckIn, Measure
from mappings.explain.confidence import SpokenConfidence
from mappings.numbers import figure_of, plain
from mappings.rollup.check_in_override import measure_of
from mappings.rollup.state import KeyResultState
from plugin.pages.views.objectives.check_in_form import CheckInForm
from plugin.pages.views.objectives.objective_context import ObjectiveContext
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import number_text, percent_text
from plugin.pages.views.words.moments import MomentText, day_text, when
from plugin.use_cases.check_ins.check_ins import WITHDRAWN, KeptCheckIn
from plugin.use_cases.check_ins.due_check_ins import Reminder

ENDED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class CurrentCheckIn:
    """The check-in that stands. `taken_up`: the number shown is computed with it; `asks` with the answers there are."""

    number: int
    said: str
    by: str
    at: MomentText
    note: str
    holds: str
    derived: str
    taken_up: bool
    asks: bool
    question: str
    may_keep: bool
    since: str = ""


@dataclass(frozen=True, slots=True)
class EndedCheckIn:
    """A check-in that is over; the last one, where it was withdrawn, may be put back."""

    said: str
    by: str
    at: MomentText
    note: str
    how: str
    number: int
    may_put_back: bool


@dataclass(frozen=True, slots=True)
class ConfidenceLine:
    """How sure people said last to be, and since when that stands."""

    said: str
    by: str
    at: MomentText


@dataclass(frozen=True, slots=True)
class RefusedComment:
    """A comment in Jira that was meant as a check-in and could not be taken, and why."""

    line: str
    by: str
    at: MomentText
    why: str


@dataclass(frozen=True, slots=True)
class CheckIns:
    """Everything about check-ins of one key result. `withdrawing`: one was withdrawn, and the number shown still has it."""

    standing: CurrentCheckIn | None
    withdrawing: bool
    ended: tuple[EndedCheckIn, ...]
    form: CheckInForm
    sure: ConfidenceLine | None = None
    refused: tuple[RefusedComment, ...] = ()
    due: str = ""


def left_over(key_results: Iterable[KeyResultState], around: ObjectiveContext) -> tuple[CurrentCheckIn, ...]:
    """Check-ins that stand for key results the objective no longer has: somebody has to look at them."""
    known = {one.id for one in key_results}
    gone = [
        one.check_in for one in around.check_ins if one.stands and one.check_in.key_result_id not in known
    ]
    return tuple(_lost(one, around) for one in gone)


def not_kept(key_results: Iterable[KeyResultState], around: ObjectiveContext) -> str:
    """What to say of a check-in that has no form to be mended in: its key result is none any more. Nothing typed is lost."""
    refused = around.refused
    if refused is None or refused.key_result.data in {one.id for one in key_results}:
        return ""
    wrong = f"Not kept: {' '.join(refused.said())}"
    typed = ", ".join(field.data for field in (refused.value, refused.note) if field.data)
    return f"{wrong} You typed: {typed}" if typed else wrong


def _lost(about: CheckIn, around: ObjectiveContext) -> CurrentCheckIn:
    at = when(about.at, around.now, around.zone)
    return CurrentCheckIn(
        number=about.id,
        said=describe_check_in(about),
        by=about.by,
        at=at,
        note=about.note,
        holds=holds(about),
        derived=percent_text(None),
        taken_up=True,
        asks=True,
        question=f"{about.by}’s check-in of {describe_check_in(about)} is for a key result that is none any more.",
        may_keep=False,
    )


def check_ins(state: KeyResultState, around: ObjectiveContext) -> CheckIns:
    """The check-ins of a key result, as the store has them now and as its state was computed with."""
    mine = [one for one in around.check_ins if one.check_in.key_result_id == state.id]
    now = next((one.check_in for one in mine if one.stands), None)
    ended = [one for one in mine if not one.stands][:ENDED_SHOWN]
    last = next((one.check_in.id for one in ended if one.check_in.value is not None), None)
    return CheckIns(
        standing=None if now is None else _standing(state, now, around),
        withdrawing=now is None and state.check_in is not None,
        ended=tuple(
            _ended(one, around, now is None and one.check_in.id == last and _fits(one, state))
            for one in ended
        ),
        form=_form(state, around),
        sure=None if state.confidence is None else _sure(state.confidence, around),
        refused=tuple(
            RefusedComment(one.line, one.by, when(one.at, around.now, around.zone), one.fault)
            for one in around.comments
            if one.issue_id == state.issue_id and one.fault is not None
        )[:ENDED_SHOWN],
        due=_due(around.due.get(state.id)),
    )


def _due(due: Reminder | None) -> str:
    """Since when a check-in is due, and how many were missed: `since 6 Nov 2026, 2 missed`."""
    if due is None:
        return ""
    missed = f", {due.missed} missed" if due.missed > 1 else ""
    return f"since {day_text(due.since)}{missed}"


def _sure(spoken: SpokenConfidence, around: ObjectiveContext) -> ConfidenceLine:
    return ConfidenceLine(spoken.confidence.said, spoken.by, when(spoken.at, around.now, around.zone))


def _standing(state: KeyResultState, now: CheckIn, around: ObjectiveContext) -> CurrentCheckIn:
    ruling = state.check_in
    taken_up = ruling is not None and ruling.check_in.id == now.id
    asks = taken_up and ruling is not None and ruling.asks
    derived = now.derived if ruling is None or not taken_up else ruling.derived
    return CurrentCheckIn(
        number=now.id,
        said=describe_check_in(now),
        by=now.by,
        at=when(now.at, around.now, around.zone),
        note=now.note,
        holds=holds(now),
        derived=percent_text(derived),
        taken_up=taken_up,
        asks=asks,
        question=finish_clause(ruling.sentence) if asks and ruling is not None else "",
        may_keep=asks and ruling is not None and ruling.rule in ("derived-moved", "date-passed"),
        since=now.at.isoformat(),
    )


def describe_check_in(check_in: CheckIn) -> str:
    """What it says, numbers as the page writes them."""
    if check_in.value is None:
        return check_in.said
    if check_in.measure is Measure.PROGRESS:
        return percent_text(check_in.value)
    return number_text(check_in.value)


def holds(check_in: CheckIn) -> str:
    """How long it holds: `until 31 Dec 2026, or until the derived value moves by more than 10 points`."""
    parts = []
    if check_in.until is not None:
        parts.append(f"until {day_text(check_in.until)}")
    if check_in.delta is not None:
        parts.append(
            f"until the derived value moves by more than {figure_of(plain(check_in.delta * 100), 'point')}"
        )
    return ", or ".join(parts)


def _fits(one: KeptCheckIn, state: KeyResultState) -> bool:
    """Whether it says what the mapping asks for: the same figure means something else where it does not."""
    return one.check_in.measure is measure_of(state.kind)


def _ended(one: KeptCheckIn, around: ObjectiveContext, put_back: bool) -> EndedCheckIn:
    about = one.check_in
    how = f"{one.ended_how} by {one.ended_by}" if one.ended_how == WITHDRAWN else one.ended_how or ""
    at = when(about.at, around.now, around.zone)
    return EndedCheckIn(
        said=describe_check_in(about),
        by=about.by,
        at=at,
        note=about.note,
        how=how,
        number=about.id,
        may_put_back=put_back and one.ended_how == WITHDRAWN,
    )


def _form(state: KeyResultState, around: ObjectiveContext) -> CheckInForm:
    """The one that has to be mended, where it is of this key result; else one with what is usual."""
    form = around.refused
    if form is None or form.key_result.data != state.id:
        usual = {"key_result": state.id, "until": usual_until(around), "delta": plain(DELTA * 100)}
        form = CheckInForm(data=usual)
    if measure_of(state.kind) is Measure.CURRENT:
        form.value.label.text = "Current value"
    return form


def usual_until(around: ObjectiveContext) -> date | None:
    """The end of the cycle, where it is still to come."""
    cycle, today = around.cycle, around.now.astimezone(around.zone).date()
    return cycle.end if cycle is not None and cycle.end >= today else None
