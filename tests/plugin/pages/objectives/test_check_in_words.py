"""What stands of check-ins on the page of an objective: the one that stands, those that are over, what is asked, and the talk about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from mappings.explain.check_in import CheckIn, Measure, rule_on
from mappings.explain.confidence import Confidence, ConfidenceLevel, SpokenConfidence
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import (
    Cause,
    Health,
    HealthLevel,
    KeyResultState,
    Measurement,
    ObjectiveState,
)
from plugin.pages.views.objectives.check_in import (
    check_ins,
    describe_check_in,
    holds,
    left_over,
    not_kept,
    usual_until,
)
from plugin.pages.views.objectives.check_in_form import CheckInForm, ReplyForm
from plugin.pages.views.objectives.key_result import key_result_row
from plugin.pages.views.objectives.objective_context import ObjectiveContext
from plugin.pages.views.objectives.remarks import remarks
from plugin.use_cases.check_ins.check_ins import KeptCheckIn, KeptComment
from plugin.use_cases.check_ins.conversation import CheckInReply
from plugin.use_cases.check_ins.due_check_ins import Reminder

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
THIN, MINUS = "\u202f", "\u2212"
HEALTH = Health(HealthLevel.AT_RISK, "rule", "the pace is low")
METRIC, WORK = "increase", "delivery"


@dataclass(frozen=True)
class Quarter:
    id: str = "2026-Q4"
    name: str | None = None
    start: date = date(2026, 10, 1)
    end: date = date(2026, 12, 31)


def key_result(kind=WORK, **more):
    measured = more.pop("measured", Measurement(Fraction(1, 2), Fraction(1, 2), Cause.MEASURED, "half_done"))
    return KeyResultState(
        **{
            "id": "kr",
            "rule_id": "rule",
            "kind": kind,
            "nature": "delivery",
            "title": "Prices",
            "measurement": measured,
            "health": HEALTH,
            "weight": Fraction(3),
            "contributing": True,
            "issue_id": "77",
            **more,
        }
    )


def said(number=1, value: Fraction | None = Fraction(3, 5), days=0, **more):
    """What Ada said so many days ago."""
    return CheckIn(
        **{
            "objective_id": "1",
            "key_result_id": "kr",
            "measure": Measure.PROGRESS,
            "value": value,
            "by": "Ada",
            "at": NOW - timedelta(days=days),
            "id": number,
            "delta": Fraction(1, 10),
            **more,
        }
    )


def over(check_in, how="replaced", by="Ben"):
    return KeptCheckIn(check_in, NOW, by, how)


def around(*kept, **more):
    return ObjectiveContext(NOW, UTC, lambda key: f"browse/{key}", check_ins=kept, **more)


def told(*kept, state=None, **more):
    return check_ins(state or key_result(), around(*kept, **more))


def sure(points, days=0):
    level = ConfidenceLevel.ON if points > 6 else ConfidenceLevel.AT
    return SpokenConfidence(Confidence(level, points), "Ada", NOW - timedelta(days=days))


def test_nothing_said_is_nothing_shown():
    none = told()
    assert (none.standing, none.withdrawing, none.ended, none.sure, none.refused, none.due) == (
        None,
        False,
        (),
        None,
        (),
        "",
    )


def test_what_was_said_just_now_is_not_in_the_number_yet():
    standing = told(KeptCheckIn(said(note="Ahead", derived=Fraction(1, 4)))).standing
    assert standing is not None
    assert (standing.number, standing.said, standing.by, standing.note) == (1, f"60{THIN}%", "Ada", "Ahead")
    assert (standing.derived, standing.taken_up, standing.asks, standing.question, standing.may_keep) == (
        f"25{THIN}%",
        False,
        False,
        "",
        False,
    )
    assert (standing.since, standing.at.iso) == ("2026-11-20T09:00:00+00:00", "2026-11-20T09:00:00+00:00")


def ruled(check_in, derived=Fraction(1, 4), closed="", measure=Measure.PROGRESS):
    return rule_on(check_in, derived, measure, NOW.date(), closed)


def test_a_number_computed_with_an_earlier_check_in_has_not_taken_this_one_up():
    state = key_result(check_in=ruled(said(1, derived=Fraction(3, 4))))
    standing = told(KeptCheckIn(said(2, derived=Fraction(2, 4))), over(said(1)), state=state).standing
    assert standing is not None
    assert (standing.number, standing.taken_up, standing.asks, standing.derived) == (
        2,
        False,
        False,
        f"50{THIN}%",
    )
    assert (standing.question, standing.may_keep) == ("", False)


@pytest.mark.parametrize(
    ("check_in", "closed", "measure", "rule", "question", "may_keep"),
    [
        (said(derived=Fraction(1, 4)), "", Measure.PROGRESS, "standing", "", False),
        (said(derived=Fraction(1, 2)), "", Measure.PROGRESS, "derived-moved", f"The derived value moved from 50{THIN}% to 25{THIN}% since Ada’s check-in.", True),
        (said(derived=Fraction(1, 4), until=date(2026, 11, 19)), "", Measure.PROGRESS, "date-passed", f"Ada’s check-in of 60{THIN}% was meant to hold until 2026-11-19.", True),
        (said(derived=Fraction(1, 4)), "it is done", Measure.PROGRESS, "closed", f"Ada’s check-in of 60{THIN}% does not count: it is done.", False),
        (said(derived=Fraction(1, 4)), "", Measure.CURRENT, "other-measure", "Ada’s check-in says the progress; the mapping asks for the current value now.", False),
    ],
)  # fmt: skip
def test_what_a_check_in_asks_and_whether_it_can_be_kept(check_in, closed, measure, rule, question, may_keep):
    ruling = ruled(check_in, closed=closed, measure=measure)
    assert ruling.rule == rule
    standing = told(KeptCheckIn(check_in), state=key_result(check_in=ruling)).standing
    assert standing is not None
    assert (standing.taken_up, standing.asks, standing.may_keep) == (True, bool(question), may_keep)
    assert (standing.derived, standing.question) == (f"25{THIN}%", question)


def test_the_number_still_has_a_check_in_that_was_withdrawn():
    state = key_result(check_in=ruled(said(derived=Fraction(1, 4))))
    assert told(over(said(), "withdrawn"), state=state).withdrawing
    assert not told(KeptCheckIn(said()), state=state).withdrawing
    assert not told(over(said(), "withdrawn")).withdrawing


@pytest.mark.parametrize(
    ("kept", "state", "back"),
    [
        ([over(said(1), "withdrawn")], key_result(), [True]),
        ([over(said(1), "replaced")], key_result(), [False]),
        ([over(said(2), "withdrawn"), over(said(1), "withdrawn")], key_result(), [True, False]),
        ([over(said(2, None), "withdrawn"), over(said(1), "withdrawn")], key_result(), [False, True]),
        ([KeptCheckIn(said(2)), over(said(1), "withdrawn")], key_result(), [False]),
        ([over(said(1), "withdrawn")], key_result(METRIC), [False]),
        ([over(said(1, measure=Measure.CURRENT), "withdrawn")], key_result(METRIC), [True]),
        ([over(said(1, key_result_id="other"), "withdrawn")], key_result(), []),
    ],
    ids=["the last", "replaced", "the last alone", "the last with a value", "another one stands", "of another measure", "of its measure", "of another key result"],
)  # fmt: skip
def test_the_last_one_may_be_put_back_where_it_was_withdrawn_and_nothing_stands(kept, state, back):
    assert [one.may_put_back for one in told(*kept, state=state).ended] == back


def test_a_check_in_that_is_over_says_how_and_only_a_withdrawal_by_whom():
    ended = told(over(said(3), "withdrawn"), over(said(2, note="Low"), "replaced"), over(said(1), None)).ended
    assert [(one.number, one.how, one.note, one.by, one.said) for one in ended] == [
        (3, "withdrawn by Ben", "", "Ada", f"60{THIN}%"),
        (2, "replaced", "Low", "Ada", f"60{THIN}%"),
        (1, "", "", "Ada", f"60{THIN}%"),
    ]
    assert len(told(*(over(said(at)) for at in range(11))).ended) == 10


@pytest.mark.parametrize(
    ("check_in", "words"),
    [
        (said(value=Fraction(3, 5)), f"60{THIN}%"),
        (said(value=Fraction(12345), measure=Measure.CURRENT), f"12{THIN}345"),
        (said(value=Fraction(3, 5), measure=Measure.CURRENT), "0.6"),
        (said(value=None, confidence=sure(4)), "confidence 4 of 10"),
        (said(value=None), "a note"),
        (said(value=None, clears=True), "the derived value"),
    ],
)
def test_what_a_check_in_says(check_in, words):
    assert describe_check_in(check_in) == words


@pytest.mark.parametrize(
    ("until", "delta", "words"),
    [
        (None, None, ""),
        (date(2026, 12, 31), None, "until 31 Dec 2026"),
        (None, Fraction(1, 100), "until the derived value moves by more than 1 point"),
        (
            date(2026, 12, 31),
            Fraction(1, 8),
            "until 31 Dec 2026, or until the derived value moves by more than 12.5 points",
        ),
        (None, Fraction(0), "until the derived value moves by more than 0 points"),
    ],
)
def test_how_long_a_check_in_holds(until, delta, words):
    assert holds(said(until=until, delta=delta)) == words
    standing = told(KeptCheckIn(said(until=until, delta=delta))).standing
    assert standing is not None
    assert standing.holds == words


def test_somebody_has_to_look_at_what_stands_for_a_key_result_that_is_none_any_more():
    gone = said(4, key_result_id="gone", note="Why", until=date(2026, 12, 31), delta=None)
    found = left_over(
        [key_result()], around(KeptCheckIn(said()), KeptCheckIn(gone), over(replace(gone, id=3)))
    )
    assert [(one.number, one.said, one.by, one.note, one.holds) for one in found] == [
        (4, f"60{THIN}%", "Ada", "Why", "until 31 Dec 2026")
    ]
    (one,) = found
    assert (one.derived, one.taken_up, one.asks, one.may_keep) == ("unknown", True, True, False)
    assert one.question == f"Ada’s check-in of 60{THIN}% is for a key result that is none any more."


def refused(key_result_id="gone", value="", note="", wrong="No figure."):
    form = CheckInForm(data={"key_result": key_result_id, "value": value, "note": note})
    form.refuse(wrong, "value")
    form.refuse("Say who.")
    return form


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (None, ""),
        (refused("kr", "abc"), ""),
        (refused(), "Not kept: Say who. No figure."),
        (refused(value="abc"), "Not kept: Say who. No figure. You typed: abc"),
        (refused(value="abc", note="Because"), "Not kept: Say who. No figure. You typed: abc, Because"),
    ],
)
def test_nothing_typed_is_lost_where_there_is_no_form_for_it(form, words):
    assert not_kept([key_result()], around(refused=form)) == words


def test_a_form_begins_with_what_is_usual_and_with_what_has_to_be_mended():
    usual = told(cycle=Quarter()).form
    assert (usual.key_result.data, usual.until.data, usual.delta.data) == ("kr", date(2026, 12, 31), "10")
    assert usual.value.label.text == "Progress, %"
    assert told(state=key_result(METRIC)).form.value.label.text == "Current value"
    wrong = refused("kr", "abc")
    assert told(refused=wrong).form is wrong
    assert told(refused=refused("other", "abc")).form.value.data == ""
    mended = refused("kr", "abc")
    assert told(state=key_result(METRIC), refused=mended).form.value.label.text == "Current value"


@pytest.mark.parametrize(
    ("end", "until"),
    [
        (date(2026, 11, 19), None),
        (date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_a_check_in_holds_to_the_end_of_a_cycle_that_is_still_to_come(end, until):
    assert usual_until(around(cycle=Quarter(end=end))) == until
    assert around(cycle=Quarter(end=end)).over == (until is None)
    assert usual_until(around()) is None
    assert not around().over


def test_how_sure_they_were_last_is_said_with_who_and_when():
    line = told(state=key_result(confidence=sure(4, days=2))).sure
    assert line is not None
    assert (line.said, line.by, line.at.ago) == ("4 of 10", "Ada", "2 days ago")


def test_a_comment_that_was_no_check_in_says_why_at_its_key_result():
    def comment(number, issue="77", fault: str | None = "no figure"):
        return KeptComment(issue, str(number), NOW, NOW - timedelta(days=1), "Ben", f"okr: {number}", fault)

    comments = [comment(1), comment(2, issue="78"), comment(3, fault=None), *map(comment, range(4, 20))]
    found = told(comments=comments).refused
    assert len(found) == 10
    assert [(one.line, one.by, one.why, one.at.ago) for one in found[:2]] == [
        ("okr: 1", "Ben", "no figure", "24 h ago"),
        ("okr: 4", "Ben", "no figure", "24 h ago"),
    ]


@pytest.mark.parametrize(
    ("missed", "words"),
    [(1, "since 6 Nov 2026"), (2, "since 6 Nov 2026, 2 missed")],
)
def test_since_when_a_check_in_is_due(missed, words):
    objective = ObjectiveState("1", "rule", "Title", None, HEALTH, Ledger())
    due = Reminder("check-in", objective, key_result(), date(2026, 11, 6), missed)
    assert told(due={"kr": due}).due == words
    assert told(due={"other": due}).due == ""


def lines(*kept, state=None, **more):
    context = around(*kept, **more)
    state = state or key_result()
    return remarks([key_result_row(state, 1, None, context)], [state.id], context)


def test_the_talk_is_newest_first_and_leaves_out_what_was_taken_back():
    found = lines(
        KeptCheckIn(said(1, days=3)),
        over(said(2, None, days=1, note="Slow", comment="5")),
        over(said(3, days=2), "retracted"),
        over(said(4, key_result_id="gone", days=2), "withdrawn"),
    )
    assert [
        (one.number, one.key_result, one.anchor, one.value, one.note, one.ended, one.by_comment)
        for one in found
    ] == [
        (2, "Prices", "kr-1", "", "Slow", "replaced", True),
        (4, "a key result that is none any more", "", f"60{THIN}%", "", "withdrawn", False),
        (1, "Prices", "kr-1", f"60{THIN}%", "", "", False),
    ]
    assert [one.at.ago for one in found] == ["24 h ago", "2 days ago", "3 days ago"]
    assert {one.by for one in found} == {"Ada"}
    assert len(lines(*(over(said(at, days=at)) for at in range(31)))) == 30


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ([], "4 of 10"),
        ([said(2, confidence=sure(6, 1), days=1)], "4 of 10, was 6 of 10"),
        ([said(2, confidence=sure(4, 1), days=1)], "4 of 10"),
        ([said(2, confidence=sure(6, 1), days=1, key_result_id="gone")], "4 of 10"),
        ([said(2, days=1), said(3, confidence=sure(8, 2), days=2)], "4 of 10, was 8 of 10"),
        ([said(2, confidence=sure(6, 5), days=1)], "4 of 10"),
        ([said(2, confidence=sure(6, 1), days=1), said(3, confidence=sure(8, 2), days=2)], "4 of 10, was 6 of 10"),
    ],
    ids=["first", "another before", "the same before", "of another key result", "none said between", "said before that", "the last before"],
)  # fmt: skip
def test_how_sure_they_are_is_said_beside_how_sure_they_were(before, words):
    found = lines(KeptCheckIn(said(1, confidence=sure(4))), *(over(one) for one in before))
    assert found[0].sure == words


def test_how_sure_they_were_before_is_not_said_again_with_a_later_check_in():
    assert lines(KeptCheckIn(said(1, confidence=sure(4, 3))))[0].sure == ""
    assert lines(KeptCheckIn(said(1)))[0].sure == ""


def test_answers_stand_with_what_they_answer_and_one_takes_back_ones_own():
    answers = [
        CheckInReply(1, 1, "1", "kr", "Why?", "Ben", NOW - timedelta(days=1)),
        CheckInReply(2, 2, "1", "kr", "Fine", "Ada", NOW),
        CheckInReply(3, 1, "1", "kr", "So", "Ada", NOW),
    ]
    wrong = ReplyForm(data={"answer": "x"})
    found = lines(
        KeptCheckIn(said(1)),
        over(said(2, days=1)),
        replies=answers,
        takes_back=lambda one: one.by == "Ada",
        unanswered=(2, wrong),
    )
    assert [[(one.number, one.by, one.said, one.mine) for one in row.replies] for row in found] == [
        [(1, "Ben", "Why?", False), (3, "Ada", "So", True)],
        [(2, "Ada", "Fine", True)],
    ]
    assert (found[0].form is wrong, found[1].form is wrong) == (False, True)
    assert not lines(KeptCheckIn(said(1)), replies=answers)[0].replies[1].mine


def test_a_key_result_without_anything_says_so():
    bare = key_result_row(
        key_result(title="", weight=None, measured=Measurement(None, None, Cause.UNKNOWN, ""), health=HEALTH),
        3,
        None,
        around(),
    )
    assert (bare.anchor, bare.title, bare.url, bare.owner, bare.weight) == ("kr-3", "Untitled", None, "", "—")
    assert (bare.start, bare.current, bare.target, bare.metric) == ("—", "—", "—", False)
    assert (bare.measured, bare.due, bare.late, bare.raw, bare.reason) == (None, "", False, "", "")
    assert (bare.bar.text, bare.bar.mark, bare.ledger_empty) == ("unknown", None, True)


@pytest.mark.parametrize("known", ["start", "current", "target"])
def test_one_figure_makes_a_metric(known):
    measured = Measurement(None, None, Cause.UNKNOWN, "", **{known: Fraction(1234)})
    row = key_result_row(key_result(METRIC, measured=measured), 1, None, around())
    assert row.metric
    assert getattr(row, known) == f"1{THIN}234"


@pytest.mark.parametrize(
    ("progress", "raw", "commitment", "words"),
    [
        (Fraction(1), Fraction(5, 4), "committed", f"125{THIN}%"),
        (Fraction(0), Fraction(-1, 4), "committed", f"{MINUS}25{THIN}%"),
        (Fraction(1, 2), Fraction(1, 2), "committed", ""),
        (Fraction(1), None, "committed", ""),
    ],
)
def test_beyond_what_a_bar_can_show_the_figure_is_said(progress, raw, commitment, words):
    measured = Measurement(progress, raw, Cause.MEASURED, "half_done")
    row = key_result_row(key_result(measured=measured, commitment=commitment), 1, None, around())
    assert (row.raw, row.reason) == (words, "Half done.")


def test_a_key_result_says_what_is_known_of_it():
    measured = Measurement(
        Fraction(1, 2),
        Fraction(1, 2),
        Cause.MEASURED,
        "half",
        measured_at=NOW - timedelta(days=1),
        due=date(2026, 11, 30),
        late=True,
    )
    state = key_result(key="PLAT-3", owner="Ada", measured=measured)
    row = key_result_row(state, 1, Fraction(1, 4), around(cycle=Quarter(end=date(2026, 11, 1))))
    assert (row.url, row.owner, row.weight, row.due, row.late) == (
        "browse/PLAT-3",
        "Ada",
        "3",
        "30 Nov 2026",
        True,
    )
    assert row.measured is not None
    assert row.measured.ago == "24 h ago"
    assert row.bar.description == f"Progress 50{THIN}%, should have come to 25{THIN}%"
    assert row.bar.level == "at_risk"


def test_a_kind_that_is_known_no_longer_still_has_its_row():
    row = key_result_row(key_result("burn_down"), 1, None, around())
    assert (row.kind, row.check_ins.form.value.label.text) == ("Burn down", "Progress, %")
