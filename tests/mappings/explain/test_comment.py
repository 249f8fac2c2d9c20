"""The grammar of check-ins by comment: what is taken, what is refused with which words, and what is not ours."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from mappings.explain.check_in import Measure
from mappings.explain.comment import (
    CommentFault,
    Meaning,
    Remark,
    document_lines,
    meant,
    plain_lines,
    read_remark,
)
from mappings.explain.confidence import Confidence, ConfidenceLevel

SEVEN, AT_RISK = Confidence(ConfidenceLevel.ON, 7), Confidence(ConfidenceLevel.AT)
HALF = Fraction(95, 2)

TAKEN = [
    (
        "OKR 47.5 conf 7 until 2026-12-18 — last mile is long",
        Remark(HALF, confidence=SEVEN, until=date(2026, 12, 18), note="last mile is long"),
    ),
    ("OKR 47.5 conf 7 — last mile is long", Remark(HALF, confidence=SEVEN, note="last mile is long")),
    ("#okr: 60 % at risk", Remark(Fraction(60), True, AT_RISK)),
    (
        "okr conf 3/10 - vendor slipped",
        Remark(confidence=Confidence(ConfidenceLevel.OFF, 3), note="vendor slipped"),
    ),
    ("okr clear", Remark(clear=True)),
    ("  Okr\u00a0=\u00a047.5", Remark(HALF)),
    ("OKR =47.5", Remark(HALF)),
    ("okr 60%", Remark(Fraction(60), True)),
    ("/okr −3", Remark(Fraction(-3))),
    ("#OKR 47.5", Remark(HALF)),
    ("#okr +0.5 -- half", Remark(Fraction(1, 2), note="half")),
    ("okr off-track", Remark(confidence=Confidence(ConfidenceLevel.OFF))),
    ("okr On Track – all well", Remark(confidence=Confidence(ConfidenceLevel.ON), note="all well")),
    ("okr confidence: at", Remark(confidence=AT_RISK)),
    ("okr conf=7 = 47.5", Remark(HALF, confidence=SEVEN)),
    ("okr conf7", Remark(confidence=SEVEN)),
    ("okr 12 delta 5", Remark(Fraction(12), delta=Fraction(1, 20))),
    ("okr delta 5 points 12", Remark(Fraction(12), delta=Fraction(1, 20))),
    ("okr 12 delta 2.5%", Remark(Fraction(12), delta=Fraction(1, 40))),
    ("okr — we spoke to the vendor", Remark(note="we spoke to the vendor")),
    ("okr 47.5 conf 7 — ", Remark(HALF, confidence=SEVEN)),
    ("\n\nokr 9 %\nsecond line\nthird", Remark(Fraction(9), True, note="second line\nthird")),
    ("okr 9 % - first\nsecond", Remark(Fraction(9), True, note="first\nsecond")),
]
REFUSED = [
    (
        "OKR planning starts on Monday",
        "“planning” is not understood: write a value, conf 0–10, until a day, delta points, or a note after “ - ” (at character 5)",
    ),
    (
        "okr 47,5",
        "“47,5” is no number here: write one such as 47.5, with a point and without separators or units (at character 5)",
    ),
    (
        "okr 1,234",
        "“1,234” is no number here: write one such as 47.5, with a point and without separators or units (at character 5)",
    ),
    (
        "okr 1.2k",
        "“1.2k” is no number here: write one such as 47.5, with a point and without separators or units (at character 5)",
    ),
    ("okr 5 6 conf 3", "value is said twice (at character 7)"),
    ("okr conf 7 at risk", "confidence is said twice (at character 12)"),
    (
        "okr conf 11",
        "“11” is no confidence: write 0 to 10, or one of: on track, at risk, off track (at character 5)",
    ),
    (
        "okr conf 7.5",
        "“7.5” is no confidence: write 0 to 10, or one of: on track, at risk, off track (at character 5)",
    ),
    (
        "okr 47.5 conf 11",
        "“11” is no confidence: write 0 to 10, or one of: on track, at risk, off track (at character 10)",
    ),
    ("okr 5 until 2026-02-30", "“2026-02-30” is no day: write one such as 2026-12-18 (at character 7)"),
    ("okr 5 until tomorrow", "after until a day such as 2026-12-18 is wanted (at character 7)"),
    ("okr 5 delta 120", "the derived value may move by 0 to 100 points (at character 7)"),
    ("okr conf", "after conf 0 to 10 or a level is wanted (at character 5)"),
    ("okr until 2026-12-18 conf 7", "until bounds a value, and none is said"),
    ("okr delta 5", "delta bounds a value, and none is said"),
    ("okr clear 5", "clear stands alone: it takes back what was said"),
    ("okr clear conf 5", "clear stands alone: it takes back what was said"),
]
IGNORED = [
    "",
    " \n ",
    "OKRs are great",
    "okra 5 %",
    "The OKR 5 %",
    "okr",
    "#okr:",
    "OKR 1",
    "OKR: 1",
    "OKR 1 - customer growth",
    "okr-5 %",
    "first line\nokr 5 %",
]


@pytest.mark.parametrize(("text", "remark"), TAKEN)
def test_taken(text, remark):
    assert read_remark(text.split("\n")) == remark


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_refused_as_a_whole_with_the_place(text, said):
    found = read_remark(text.split("\n"))
    assert isinstance(found, CommentFault)
    assert found.sentence == said


@pytest.mark.parametrize("text", IGNORED)
def test_not_ours(text):
    assert read_remark(text.split("\n")) is None


DAY, LAST = date(2026, 11, 10), date(2026, 12, 31)
TEN = Fraction(1, 10)


@pytest.mark.parametrize(
    ("remark", "measure", "unit", "expected"),
    [
        (Remark(Fraction(60)), Measure.PROGRESS, None, Meaning(Fraction(3, 5), date(2026, 11, 24), TEN)),
        (
            Remark(Fraction(60), True),
            Measure.PROGRESS,
            None,
            Meaning(Fraction(3, 5), date(2026, 11, 24), TEN),
        ),
        (Remark(Fraction(100)), Measure.PROGRESS, None, Meaning(Fraction(1), date(2026, 11, 24), TEN)),
        (Remark(Fraction(0)), Measure.PROGRESS, None, Meaning(Fraction(0), date(2026, 11, 24), TEN)),
        (Remark(Fraction("100.1")), Measure.PROGRESS, None, CommentFault("progress is 0 to 100 %")),
        (Remark(Fraction(101)), Measure.PROGRESS, None, CommentFault("progress is 0 to 100 %")),
        (Remark(Fraction(-1)), Measure.PROGRESS, None, CommentFault("progress is 0 to 100 %")),
        (Remark(HALF, until=LAST), Measure.CURRENT, None, Meaning(HALF, LAST, None)),
        (Remark(HALF, delta=TEN), Measure.CURRENT, None, Meaning(HALF, None, TEN)),
        (Remark(HALF, until=DAY), Measure.CURRENT, None, Meaning(HALF, DAY, None)),
        (
            Remark(HALF, until=date(2026, 11, 9)),
            Measure.CURRENT,
            None,
            CommentFault("2026-11-09 has passed: name the day of the comment or a later one"),
        ),
        (Remark(HALF, True), Measure.CURRENT, "percent", Meaning(HALF, date(2026, 11, 24), TEN)),
        (
            Remark(HALF, True),
            Measure.CURRENT,
            "hours",
            CommentFault("the current value is no per cent here: write the figure alone"),
        ),
        (Remark(confidence=SEVEN), Measure.CURRENT, None, Meaning(None, None, None)),
    ],
)
def test_what_it_means_of_a_key_result(remark, measure, unit, expected):
    assert meant(remark, measure, unit, DAY, LAST, 14) == expected


def test_a_value_holds_no_longer_than_the_cycle():
    assert meant(Remark(HALF), Measure.CURRENT, None, DAY, date(2026, 11, 15), 14) == Meaning(
        HALF, date(2026, 11, 15), TEN
    )
    assert meant(Remark(HALF), Measure.CURRENT, None, DAY, None, 14) == Meaning(HALF, date(2026, 11, 24), TEN)
    # for as long as a reading is fresh: here a week
    assert meant(Remark(HALF), Measure.CURRENT, None, DAY, LAST, 7) == Meaning(HALF, date(2026, 11, 17), TEN)


def test_only_what_stands_at_the_top_of_a_comment_is_read():
    text = "{quote}\nokr 5 %\n{quote}\nbq. okr 6 %\n{code:java}okr 7 %{code}\n|okr 8 %|\n* okr 9 %\nh1. okr\nokr 10 %\nmore"
    assert plain_lines(text) == ("okr 10 %", "more")
    words = [{"type": "text", "text": "okr 10 %"}, {"type": "hardBreak"}, {"type": "text", "text": "by "}]
    mention = {"type": "mention", "attrs": {"id": "5", "text": "@Ada"}}
    quoted = {"type": "paragraph", "content": [{"type": "text", "text": "okr 5 %"}]}
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "blockquote", "content": [quoted]},
            {"type": "codeBlock", "content": [{"type": "text", "text": "okr 7 %"}]},
            {"type": "paragraph"},
            {"type": "paragraph", "content": [*words, mention]},
        ],
    }
    assert document_lines(document) == ("", "okr 10 %", "by @Ada")
    assert document_lines({"content": "nonsense"}) == ()
