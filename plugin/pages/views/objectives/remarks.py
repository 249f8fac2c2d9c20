"""What people said of an objective's key results, newest first: the talk of the meeting, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mappings.explain.check_in import CheckIn
from plugin.pages.views.objectives.check_in import describe_check_in
from plugin.pages.views.objectives.check_in_form import ReplyForm
from plugin.pages.views.objectives.key_result import KeyResultRow
from plugin.pages.views.objectives.objective_context import ObjectiveContext
from plugin.pages.views.words.moments import MomentText, when
from plugin.use_cases.check_ins.check_ins import KeptCheckIn

SHOWN = 30


@dataclass(frozen=True, slots=True)
class LearningRow:
    """What was learnt from the objective in a cycle, as the last who wrote it left it."""

    cycle: str
    said: str
    by: str
    at: MomentText


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """What somebody answered; `mine` where whoever looks may take it back."""

    number: int
    by: str
    at: MomentText
    said: str
    mine: bool


@dataclass(frozen=True, slots=True)
class RemarkRow:
    """What somebody said, and what was answered. `value` is empty where they gave none; `sure` says how sure they were, and were before."""

    number: int
    by: str
    at: MomentText
    key_result: str
    anchor: str
    value: str
    sure: str
    note: str
    ended: str
    by_comment: bool
    replies: tuple[ReplyLine, ...]
    form: ReplyForm


def remarks(
    rows: Sequence[KeyResultRow], ids: Sequence[str], around: ObjectiveContext
) -> tuple[RemarkRow, ...]:
    """The check-ins of an objective whose key results, by their `ids`, stand in these rows."""
    places = dict(zip(ids, rows, strict=True))
    heard = [one for one in around.check_ins if not one.retracted]
    heard.sort(key=lambda one: one.check_in.at, reverse=True)
    return tuple(_remark(one, heard[place + 1 :], places, around) for place, one in enumerate(heard[:SHOWN]))


def _remark(
    kept: KeptCheckIn,
    before: Sequence[KeptCheckIn],
    places: dict[str, KeyResultRow],
    around: ObjectiveContext,
) -> RemarkRow:
    one = kept.check_in
    row, wrong = places.get(one.key_result_id), around.unanswered
    return RemarkRow(
        number=one.id,
        by=one.by,
        at=when(one.at, around.now, around.zone),
        key_result=row.title if row is not None else "a key result that is none any more",
        anchor=row.anchor if row is not None else "",
        value=describe_check_in(one) if one.value is not None else "",
        sure=_sure(one, before),
        note=one.note,
        ended="" if kept.ended_how is None else kept.ended_how,
        by_comment=one.comment is not None,
        replies=tuple(
            ReplyLine(
                number=each.id,
                by=each.by,
                at=when(each.at, around.now, around.zone),
                said=each.said,
                mine=around.takes_back(each),
            )
            for each in around.replies
            if each.check_in == one.id
        ),
        form=ReplyForm() if wrong is None or wrong[0] != one.id else wrong[1],
    )


def _sure(one: CheckIn, before: Sequence[KeptCheckIn]) -> str:
    """`4 of 10, was 6 of 10`; empty where they did not say."""
    if not _own(one) or one.confidence is None:
        return ""
    now = one.confidence.confidence.said
    earlier = (
        other.check_in.confidence.confidence.said
        for other in before
        if other.check_in.key_result_id == one.key_result_id
        and other.check_in.confidence is not None
        and _own(other.check_in)
    )
    was = next(earlier, now)
    return now if was == now else f"{now}, was {was}"


def _own(one: CheckIn) -> bool:
    """Whether how sure they were was said with it, and not before."""
    return one.confidence is not None and one.confidence.at == one.at
