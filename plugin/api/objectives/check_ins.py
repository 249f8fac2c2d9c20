"""`/objectives/…/check-ins`: what people say key results stand at, instead of what is derived."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mappings.explain.check_in import DELTA, LONGEST_NOTE, Measure
from mappings.numbers import exact
from plugin.api.protocol.addresses import CheckInAddress, ObjectiveAddress, ReplyAddress
from plugin.api.protocol.lookup import objective_of, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, page_of, position
from plugin.doors.model import JsonShape, OutcomeJson, Page, PageQuery, RequestPart, SiteQuery, Word
from plugin.doors.problem import Fault
from plugin.doors.refusal import RequestRefusal, not_found
from plugin.next_steps import CHECK_INS, REPLIES
from plugin.use_cases.check_ins import check_ins, conversation, due_check_ins
from plugin.use_cases.check_ins.check_ins import CheckInRefusal, KeptCheckIn, KeptComment, Statement
from plugin.use_cases.check_ins.conversation import CheckInReply
from plugin.use_cases.check_ins.due_check_ins import Reminder
from plugin.use_cases.objectives.objective_values import exact_text, number

ROUTES = Routes()

Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$")]


ConfidenceWord = Annotated[str, StringConstraints(max_length=20)]


class CheckInJson(JsonShape):
    """One check-in. `value` is the current value of a metric, or progress as a share of 1 (`measure` says which); null where it says none.

    `derived` is the derived progress of that moment, null where it was unknown. It holds until the end of the day `until`, or until
    the derived progress has moved by more than `delta`; then the page asks. `ended_how`: `withdrawn`, `replaced` by a later one, `cleared` by a comment, `retracted`: its comment says it no longer, or `carried`: it stayed in the cycle before.
    """

    id: int
    key_result: str
    measure: Measure
    value: float | None
    value_exact: str | None
    confidence: str | None = Field(
        description="Points of 10, or `on`, `at`, `off`; null where nothing was said of it."
    )
    note: str
    comment: str | None = Field(description="The id of the Jira comment that says it.")
    by: str
    at: datetime
    until: date | None
    delta: float | None
    derived: float | None
    derived_exact: str | None
    ended_at: datetime | None
    ended_by: str | None
    ended_how: str | None


class CheckInBody(RequestPart):
    """What somebody says of a key result: a value, a confidence, a note, or several. With a value one of `until` and `delta` is needed; both may stand."""

    key_result: Word = Field(description="Its id, the key of its issue, or the id of its rule.")
    value: float | None = Field(
        None,
        allow_inf_nan=False,
        description="The current value of a metric; else progress as a share of 1. Null overrides nothing.",
    )
    confidence: ConfidenceWord | None = Field(
        None, description="How sure they are: 0 to 10, or `on`, `at`, `off`."
    )
    note: Note = ""
    until: date | None = Field(None, description="The last day it holds.")
    delta: float | None = Field(
        float(DELTA),
        allow_inf_nan=False,
        description="How far the derived progress may move, as a share of 1; null: any distance.",
    )


@ROUTES.get(
    "/objectives/{objective}/check-ins",
    "viewer",
    "What people said its key results stand at, the latest first.",
)
def list_check_ins(caller: Caller, path: ObjectiveAddress, query: PageQuery) -> Reply[Page[CheckInJson]]:
    """The latest first, ended ones too."""
    site, saved = objective_of(caller, path, query)
    name = list_name(f"check-ins:{site}:{saved.state.id}", query)
    begun = position(query.cursor, name, (int,))
    found = check_ins.list_check_ins(caller.connector, caller.actor, site, saved.state.id)
    rest = [one for one in found if begun is None or one.check_in.id < int(begun[0])]
    shown = rest[: query.limit]
    after = cursor(name, shown[-1].check_in.id) if len(rest) > len(shown) else None
    return Reply(Page[CheckInJson](items=[check_in_json(one) for one in shown], next=after))


class DueCheckInJson(JsonShape):
    """What waits for somebody: a check-in of a key result, or the `score` of an objective whose cycle has ended (`key_result` null).

    Due since the day `since`; `missed` are the check-ins missed running, this one included; `last` is the day of the last check-in or reading.
    """

    what: Literal["check_in", "score"]
    objective: str
    objective_key: str
    key_result: str | None
    key: str | None
    title: str
    owner: str | None
    since: date
    missed: int
    last: date | None


class DueQuery(PageQuery):
    """Of whom."""

    owner: Word | None = Field(None, description="The name of who is asked, in any case.")


@ROUTES.get(
    "/check-ins/due",
    "viewer",
    "Key results that wait for a check-in, and objectives of an ended cycle that wait for their score.",
)
def list_due(caller: Caller, query: DueQuery) -> Reply[Page[DueCheckInJson]]:
    """Those missed most often first; none where the mapping has no `check_ins`."""
    site = site_of(caller, query)
    found = due_check_ins.due_check_ins(caller.connector, caller.actor, site, query.owner or "")
    return Reply(page_of(Page[DueCheckInJson], f"due:{site}", query, found, due_json))


def due_json(one: Reminder) -> DueCheckInJson:
    """One of them as an answer shows it."""
    return DueCheckInJson.model_validate(due_check_ins.due_values(one))


class CommentJson(JsonShape):
    """A comment on a key result that begins as a check-in does; `fault` is why it was refused, null where it is a check-in."""

    issue: str
    comment: str
    by: str
    at: datetime
    edited: datetime
    line: str = Field(description="The line that begins as a check-in does.")
    fault: str | None


@ROUTES.get(
    "/objectives/{objective}/comments",
    "viewer",
    "Comments on its key results that begin as check-ins do, and how each was taken.",
)
def list_comments(caller: Caller, path: ObjectiveAddress, query: PageQuery) -> Reply[Page[CommentJson]]:
    """The latest first; those that are no check-in any more are left out."""
    site, saved = objective_of(caller, path, query)
    found = check_ins.list_comments(caller.connector, caller.actor, site, saved.state.id)
    return Reply(page_of(Page[CommentJson], f"comments:{site}:{saved.state.id}", query, found, comment_json))


def comment_json(one: KeptComment) -> CommentJson:
    """One comment as an answer shows it."""
    return CommentJson(
        issue=one.issue_id,
        comment=one.id,
        by=one.by,
        at=one.at,
        edited=one.updated,
        line=one.line,
        fault=one.fault,
    )


@ROUTES.post(
    "/objectives/{objective}/check-ins",
    "editor",
    "Say what a key result stands at, instead of what is derived.",
    status=201,
    links={
        name: {"objective": "$request.path.objective", "check_in": "$response.body#/id"}
        for name in ("withdraw_check_in", "reply_to_check_in")
    },
)
def check_in(
    caller: Caller, path: ObjectiveAddress, query: SiteQuery, body: CheckInBody
) -> Reply[CheckInJson]:
    """It takes the place of the one that stood, and is written back like any other change."""
    site, saved = objective_of(caller, path, query)
    value = None if body.value is None else exact(body.value)
    delta = None if body.delta is None else exact(body.delta)
    if value is None and body.value is not None:
        raise of_refused(CheckInRefusal([("value", "it is no number that can be kept")]))
    try:
        confidence = check_ins.typed_confidence(body.confidence or "")
        kept = check_ins.check_in(
            caller.connector,
            caller.actor,
            site,
            saved.state.id,
            Statement(
                key_result=body.key_result,
                value=value,
                note=body.note,
                until=body.until,
                delta=delta,
                confidence=confidence,
            ),
        )
    except CheckInRefusal as error:
        raise of_refused(error) from None
    return Reply(check_in_json(KeptCheckIn(kept)))


@ROUTES.delete(
    "/objectives/{objective}/check-ins/{check_in}",
    "editor",
    "Withdraw a check-in: the derived value is shown again.",
)
def withdraw_check_in(caller: Caller, path: CheckInAddress, query: SiteQuery) -> Reply[OutcomeJson]:
    """The derived value is shown again."""
    site, saved = objective_of(caller, path, query)
    ended = check_ins.withdraw(caller.connector, caller.actor, site, saved.state.id, path.check_in)
    if ended is None:
        raise not_found("check-in that stands", path.check_in, CHECK_INS)
    shown = "" if ended.check_in.value is None else "; the derived value is shown"
    return Reply(OutcomeJson(said=f"The check-in of {ended.check_in.said} is withdrawn{shown}."))


class ReplyJson(JsonShape):
    """What somebody answered to a check-in."""

    id: int
    check_in: int = Field(description="The number of the check-in that is answered.")
    key_result: str
    said: str = Field(description="The text of the answer.")
    by: str
    at: datetime


class ReplyBody(RequestPart):
    """An answer to a check-in."""

    said: Annotated[Note, StringConstraints(min_length=1)] = Field(description="The text of the answer.")


@ROUTES.get(
    "/objectives/{objective}/replies",
    "viewer",
    "What people answered to the check-ins of its key results, the first one first.",
)
def list_replies(caller: Caller, path: ObjectiveAddress, query: PageQuery) -> Reply[Page[ReplyJson]]:
    """Each with the number of its check-in."""
    site, saved = objective_of(caller, path, query)
    name = list_name(f"replies:{site}:{saved.state.id}", query)
    begun = position(query.cursor, name, (int,))
    found = conversation.list_replies(caller.connector, caller.actor, site, saved.state.id)
    rest = [one for one in found if begun is None or one.id > int(begun[0])]
    shown = rest[: query.limit]
    after = cursor(name, shown[-1].id) if len(rest) > len(shown) else None
    return Reply(Page[ReplyJson](items=[reply_json(one) for one in shown], next=after))


@ROUTES.post(
    "/objectives/{objective}/check-ins/{check_in}/replies",
    "editor",
    "Answer a check-in.",
    status=201,
    links={"take_reply_back": {"objective": "$request.path.objective", "reply": "$response.body#/id"}},
)
def reply_to_check_in(
    caller: Caller, path: CheckInAddress, query: SiteQuery, body: ReplyBody
) -> Reply[ReplyJson]:
    """No number follows from it."""
    site, saved = objective_of(caller, path, query)
    made = conversation.reply(caller.connector, caller.actor, site, saved.state.id, path.check_in, body.said)
    return Reply(reply_json(made))


@ROUTES.delete(
    "/objectives/{objective}/replies/{reply}",
    "editor",
    "Take an answer to a check-in back: one's own, or as an admin anybody's.",
)
def take_reply_back(caller: Caller, path: ReplyAddress, query: SiteQuery) -> Reply[OutcomeJson]:
    """It is gone for everybody."""
    site, saved = objective_of(caller, path, query)
    gone = conversation.take_back(caller.connector, caller.actor, site, saved.state.id, path.reply)
    if gone is None:
        raise not_found("answer", path.reply, REPLIES)
    return Reply(OutcomeJson(said=f"The answer to check-in {gone.check_in} is taken back."))


def reply_json(one: CheckInReply) -> ReplyJson:
    """One answer as it is told."""
    return ReplyJson(
        id=one.id, check_in=one.check_in, key_result=one.key_result_id, said=one.said, by=one.by, at=one.at
    )


def of_refused(error: CheckInRefusal) -> RequestRefusal:
    """422 with every part that is wrong."""
    errors = [Fault(pointer=f"/{part}", detail=said) for part, said in error.faults]
    return RequestRefusal(
        status=422,
        title="Check-in refused",
        detail=str(error),
        remedy="Mend what is named, and send it again.",
        errors=errors,
    )


def check_in_json(one: KeptCheckIn) -> CheckInJson:
    """One check-in as an answer shows it."""
    about = one.check_in
    return CheckInJson(
        id=about.id,
        key_result=about.key_result_id,
        measure=about.measure,
        value=number(about.value),
        value_exact=exact_text(about.value),
        confidence=None if about.confidence is None else about.confidence.confidence.text,
        note=about.note,
        comment=about.comment,
        by=about.by,
        at=about.at,
        until=about.until,
        delta=number(about.delta),
        derived=number(about.derived),
        derived_exact=exact_text(about.derived),
        ended_at=one.ended_at,
        ended_by=one.ended_by,
        ended_how=one.ended_how,
    )
