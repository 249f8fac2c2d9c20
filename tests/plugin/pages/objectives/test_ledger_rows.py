"""A ledger as a table: which rows stand in it and in what order, the bar of its pieces, and the sentence about what is missing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.rollup.rows.ledger import DERIVED, HIDDEN, Contribution, Disposition, Ledger
from mappings.rollup.state import (
    Cause,
    Health,
    HealthLevel,
    KeyResultState,
    Measurement,
    ObjectiveState,
)
from plugin.pages.views.objectives.ledger import LedgerPiece, gap_rows, ledger_table, place_of

NO_HEALTH = Health(HealthLevel.ON_TRACK, "rule", "sentence")
COUNTED = Disposition.COUNTED


def counted(id, weight, progress, share=None, disposition=COUNTED, title="", whole=10):
    """A row that brings its share of a whole of 10, unless another one is said."""
    if share is None:
        share = Fraction(weight) * Fraction(progress) / whole
    return Contribution(id, f"PLAT-{id}", title, disposition, "", Fraction(weight), Fraction(progress), share)


def out(id, disposition=Disposition.EXCLUDED, **more):
    return Contribution(id, f"PLAT-{id}", "", disposition, "", **more)


def table(*rows, total=None, **more):
    total = sum((row.share for row in rows), Fraction(0)) if total is None else total
    aim = more.pop("aim", None)
    return ledger_table(Ledger(tuple(rows), total, aim), lambda key: f"browse/{key}", **more)


HALF = (counted("1", 6, Fraction(3, 4)), counted("2", 4, Fraction(1, 4), title="Prices"))
"""45 of 60 points, and 10 of 40."""


def test_each_row_in_the_number_is_a_piece_as_wide_as_its_weight():
    assert table(*HALF, out("3")).parts == (
        LedgerPiece("0.00%", "59.60%", "44.70%", "PLAT-1: brings 45.00\u202f% of 60.00\u202f%"),
        LedgerPiece("60.00%", "39.60%", "9.90%", "Prices: brings 10.00\u202f% of 40.00\u202f%"),
    )


def test_what_is_left_between_pieces_is_never_more_than_half_of_one():
    thin = table(counted("1", 994, 1, whole=1000), counted("2", 6, 1, whole=1000)).parts
    assert [one.width for one in thin] == ["99.00%", "0.30%"]
    assert [one.filled for one in thin] == ["99.00%", "0.30%"]


def test_the_story_names_the_row_where_most_is_missing():
    assert table(*HALF).story == (
        "It counts 2 rows. Most is missing at “Prices”, 40\u202f% of the weight: 30.00 of the 45.00 points to 100."
    )
    assert table(counted("1", 6, 1), counted("2", 4, 1)).story == ""
    untitled = table(counted("1", 6, 0), counted("2", 4, 1)).story
    assert "at “PLAT-1”, 60\u202f% of the weight: 60.00 of the 60.00 points" in untitled


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        ([counted("1", 10, Fraction(1, 2))], {}),
        ([counted("1", 10, Fraction(1, 2)), out("2"), counted("3", 0, 1)], {}),
        (HALF, {"aim": Fraction(12)}),
        (HALF, {"total": Fraction(1, 2)}),
        ([counted("1", 6, Fraction(1, 2), Fraction(7, 10)), counted("2", 4, 0)], {}),
        ([counted("1", 6, Fraction(1, 2), Fraction(2, 10)), counted("2", 4, 0)], {}),
        ([counted("1", 6, Fraction(-1, 2)), counted("2", 4, 1)], {}),
        ([counted("1", 1, 1, whole=151)] + [counted(str(at), 1, 0) for at in range(150)], {}),
    ],
    ids=["one row", "one that weighs", "counted to an aim", "no sum", "above its weight", "not by its progress", "below nothing", "too many"],
)  # fmt: skip
def test_nothing_is_drawn_or_told_where_shares_are_not_of_the_whole(rows, more):
    drawn = table(*rows, **more)
    assert (drawn.parts, drawn.story) == ((), "")


def test_a_row_that_did_not_reach_what_it_had_to_brings_nothing_and_is_drawn():
    drawn = table(
        counted("1", 6, Fraction(1, 2), Fraction(0), Disposition.NOT_ACHIEVED),
        counted("2", 4, Fraction(1, 2), None, Disposition.CHECKED_IN),
    )
    assert [(one.width, one.filled) for one in drawn.parts] == [("59.60%", "0.00%"), ("39.60%", "19.80%")]
    assert "at “PLAT-1”, 60\u202f% of the weight: 60.00 of the 80.00 points" in drawn.story


@pytest.mark.parametrize(("many", "pieces"), [(2, 2), (40, 40), (41, 0), (150, 0)])
def test_of_many_rows_only_the_story_is_told(many, pieces):
    rows = [counted(str(at), 1, int(at != 7), whole=many) for at in range(many)]
    drawn = table(*rows)
    assert len(drawn.parts) == pieces
    assert ("“PLAT-7”" in drawn.story) == (many > 7)


def test_rows_in_the_number_come_first_and_each_says_what_it_is():
    kinds = list(Disposition)
    drawn = table(
        *(
            out(f"{9 - at}", kind, share=Fraction(1, 10) if kind is COUNTED else Fraction(0))
            for at, kind in enumerate(kinds)
        )
    )
    assert [(one.id, one.word, one.counted, one.gap) for one in drawn.rows] == [
        ("9", "Counted", True, False),
        ("8", "Not achieved", True, False),
        ("0", "Checked in", True, False),
        ("7", "Excluded", False, False),
        ("6", "Unknown", False, True),
        ("5", "No weight", False, False),
        ("4", "Gap", False, True),
        ("3", "Measured by its children", False, False),
        ("2", "Counted elsewhere", False, False),
        ("1", "Beside the number", False, False),
    ]
    assert (drawn.counted, drawn.left_out, drawn.summary) == (3, 7, "3 counted, 7 left out")
    assert [one.points for one in drawn.rows] == ["10.00"] + ["—"] * 9
    assert [one.exact for one in drawn.rows] == ["1/10"] + ["—"] * 9


def test_how_many_are_shown_and_what_the_rest_adds():
    rows = [out("9"), *(counted(str(at), 2, Fraction(1, 2)) for at in range(5))]
    short = table(*rows, shown=2)
    assert ([one.id for one in short.rows], short.hidden, short.hidden_points) == (["0", "1"], 4, "30.00")
    assert (short.counted, short.left_out) == (5, 1)
    whole = table(*rows, shown=None)
    assert ([one.id for one in whole.rows], whole.hidden, whole.hidden_points) == (
        ["0", "1", "2", "3", "4", "9"],
        0,
        "—",
    )
    assert len(table(*(out(str(at)) for at in range(151))).rows) == 150


@pytest.mark.parametrize("asked", ["4", "PLAT-4"])
def test_the_row_that_is_asked_for_is_marked_and_never_hidden(asked):
    rows = [counted(str(at), 2, Fraction(1, 2)) for at in range(5)]
    drawn = table(*rows, shown=2, asked=asked)
    assert [(one.id, one.asked) for one in drawn.rows] == [("0", False), ("1", False), ("4", True)]
    assert (drawn.hidden, drawn.hidden_points) == (2, "20.00")


def test_a_number_that_is_not_known_says_so():
    unknown = ledger_table(Ledger((out("1", Disposition.UNKNOWN),)), lambda key: None)
    assert (unknown.known, unknown.total, unknown.rounded_total, unknown.exact_total) == (
        False,
        "unknown",
        "unknown",
        "—",
    )
    assert (unknown.rows[0].progress, unknown.rows[0].weight, unknown.rows[0].url) == ("—", "—", None)
    known = table(*HALF)
    assert (known.known, known.total, known.rounded_total, known.exact_total, known.adds_up) == (
        True,
        "55.00\u202f%",
        "55\u202f%",
        "11/20",
        True,
    )


def test_neither_a_number_nor_a_row_is_rounded_up_to_what_it_has_to_reach():
    """At 7/10 a number counts as achieved: 0.6996 has not got there."""
    row = counted("1", 10, Fraction(6996, 10000))
    plain = table(row)
    assert (plain.rounded_total, plain.rows[0].progress) == ("70\u202f%", "70\u202f%")
    held = table(row, achieved_at=Fraction(7, 10), bars={"1": Fraction(7, 10)})
    assert (held.rounded_total, held.rows[0].progress) == ("69\u202f%", "69\u202f%")


def test_a_row_is_called_by_what_it_has():
    named = [Contribution("1", "PLAT-1", "Prices", COUNTED, ""), Contribution("2", "PLAT-2", "", COUNTED, ""), Contribution("3", "", "", COUNTED, "")]  # fmt: skip
    assert [(one.title, one.url) for one in table(*named).rows] == [
        ("Prices", "browse/PLAT-1"),
        ("PLAT-2", "browse/PLAT-2"),
        ("3", None),
    ]


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["1"], "1 counted"),
        (["1", f"{HIDDEN}2"], "2 counted; 1 issue you may not see among them"),
        (["1", f"{HIDDEN}3-2"], "2 counted; 3 issues you may not see among them"),
    ],
)
def test_issues_that_one_may_not_see_are_counted(ids, said):
    assert table(*(Contribution(id, "", "", COUNTED, "") for id in ids)).summary == said


def test_only_what_could_not_be_measured_is_a_gap():
    found = gap_rows(
        Ledger(tuple(out(kind.value, kind) for kind in Disposition)), lambda key: f"browse/{key}"
    )
    assert [(one.id, one.points, one.gap) for one in found] == [("unknown", "—", True), ("gap", "—", True)]


def key_result(id, *rows):
    measured = Measurement(None, None, Cause.MEASURED, "", ledger=Ledger(rows))
    return KeyResultState(id, "rule", "jira_issues", "delivery", "Title", measured, NO_HEALTH, None, True)


def objective(ledger=(), beside=(), key_results=()):
    return ObjectiveState("1", "rule", "Title", None, NO_HEALTH, Ledger(tuple(ledger)), key_results=tuple(key_results), beside=Ledger(tuple(beside)))  # fmt: skip


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (objective(), None),
        (objective([out("8")]), None),
        (objective([out("7")]), "why-row"),
        (objective(beside=[out("7")]), "beside-row"),
        (objective([out("7")], [out("7")], [key_result("a", out("8")), key_result("b", out("7"))]), "kr-2-row"),
        (objective([counted("7", 1, 1)], [], [key_result("a", out("7"))]), "why-row"),
        (objective([out("7")], [counted("7", 1, 1)]), "beside-row"),
        (objective([out("8")], [], [key_result("a", Contribution(DERIVED, "PLAT-7", "", COUNTED, ""))]), None),
    ],
    ids=["no row", "another row", "in its number", "beside it", "in its key result first", "where it counts first of all", "counted beside", "the derived value is no issue"],
)  # fmt: skip
@pytest.mark.parametrize("asked", ["7", "PLAT-7"])
def test_where_on_the_page_an_issue_is_a_row(state, place, asked):
    assert place_of(state, asked) == place
