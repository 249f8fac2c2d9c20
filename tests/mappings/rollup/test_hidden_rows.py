"""What is told of a number without naming everything: hidden rows, whether a ledger says more than its number, whose issues are in it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.rollup.rows.ledger import DERIVED, Disposition, Ledger, hidden_issues, unseen_words
from mappings.rollup.state import (
    CountedKeyResult,
    CountedLedger,
    CountedMeasurement,
    CountedOutline,
    CountedRow,
    counted_ids,
    counted_in,
)
from tests.mappings.conftest import a_key_result, a_row, an_objective


@pytest.mark.parametrize(
    ("row_id", "issues"),
    [
        ("17", 0),
        ("@company", 0),
        ("hidden-7", 1),
        ("hidden-3-7", 3),
        ("hidden-12-7", 12),
        ("not-hidden-3-7", 0),
    ],
)
def test_a_hidden_row_says_for_how_many_issues_it_stands(row_id: str, issues: int) -> None:
    assert hidden_issues(row_id) == issues


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, ""), (1, "1 issue you may not see"), (2, "2 issues you may not see")],
)
def test_how_many_may_not_be_seen(number: int, words: str) -> None:
    assert unseen_words(number) == words


def test_hidden_issues_of_a_ledger_are_summed() -> None:
    assert Ledger((a_row("17"), a_row("hidden-7"), a_row("hidden-3-8"))).hidden == 4
    assert Ledger().hidden == 0


def test_a_ledger_is_plain_where_it_says_no_more_than_its_number() -> None:
    assert Ledger().plain
    assert Ledger((a_row(DERIVED),)).plain
    assert not Ledger((a_row(DERIVED), a_row("17"))).plain


def test_rows_have_to_sum_to_their_number() -> None:
    row = replace(a_row("17"), share=Fraction(1, 3))
    assert Ledger((row, row), Fraction(2, 3)).exact
    assert not Ledger((row,), Fraction(1, 2)).exact
    assert not Ledger((row,)).exact
    assert Ledger((), None).exact


def test_issues_in_a_number_are_those_of_its_rows_and_its_own() -> None:
    rows = [a_row(str(place), disposition=one) for place, one in enumerate(Disposition, 10)]
    counted = {
        row.id for row in rows if row.disposition.value in ("counted", "not_achieved", "beside", "checked_in")
    }
    inner = a_key_result("200", ledger=Ledger((a_row("300"), a_row("@company"), a_row("200/delivery"))))
    state = an_objective("100", key_results=(inner, a_key_result("100/delivery")))
    state = replace(state, ledger=Ledger(tuple(rows)), beside=Ledger((a_row("400"),)))
    assert counted_in(state) == {*counted, "100", "200", "300", "400"}
    assert counted_in(an_objective("@company")) == frozenset()


@pytest.mark.parametrize(
    ("row", "counts"),
    [("10001", True), ("@well", True), ("@well/metric", False), ("10001/metric", False), ("hidden-7", False), ("", False)],
)  # fmt: skip
@pytest.mark.parametrize("disposition", list(Disposition))
def test_what_makes_up_a_number_is_issues_and_objectives_that_are_none(
    row: str, counts: bool, disposition: Disposition
) -> None:
    rows = CountedLedger((CountedRow(row, disposition),))
    inside = disposition in (
        Disposition.COUNTED,
        Disposition.NOT_ACHIEVED,
        Disposition.CHECKED_IN,
        Disposition.BESIDE,
    )
    found = frozenset({row}) if counts and inside else frozenset()
    nothing = CountedLedger()
    below = CountedKeyResult(CountedMeasurement(rows))
    for outline in (
        CountedOutline("@a", rows),
        CountedOutline("@a", nothing, rows),
        CountedOutline("@a", nothing, nothing, (below,)),
    ):
        assert counted_ids(outline) == found
    own = CountedOutline("7", nothing, nothing, (replace(below, issue_id="8"),), "7")
    assert counted_ids(own) == found | {"7", "8"}
