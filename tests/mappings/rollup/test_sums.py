"""How rows make a number while they change, and what a weight is that is missing: literal numbers for each way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.rows.sums import (
    METHODS,
    Count,
    Key,
    LedgerPair,
    LowestNumber,
    NoSum,
    RunningNumber,
    Shares,
    SumRow,
    WeightedMean,
    by_achievement,
    by_least,
    by_progress,
    by_share,
    by_weight,
    contributing_rows,
    shared_method,
    stand_in,
)
from mappings.rollup.rows.weights import AlikeRows, WeighedRow, no_weight, weigh

F = Fraction
MEAN = "siblings_mean"
COUNTED, NOT_ACHIEVED, CHECKED_IN = Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.CHECKED_IN
A, B, C = ("1", 0), ("2", 0), ("3", 0)


def row(own: int | None, reached: str, rule: str = "", divisor: int = 1, *, beside: bool = False) -> SumRow:
    return SumRow(None if own is None else F(own), F(reached), rule, divisor, beside)


STEPS: list[tuple[Callable[[Mapping[Key, SumRow]], RunningNumber], list[tuple[Key, SumRow | None]], list[str | None]]] = [
    # one row changes after the other; the number after each
    (
        WeightedMean,
        [
            (A, row(3, "1")),
            (B, row(1, "0")),
            (C, row(None, "1/2", MEAN)),
            (A, row(1, "1")),
            (B, None),
            (C, row(None, "1/2", "one")),
            (A, row(1, "1", divisor=2)),
            (A, row(4, "1", beside=True)),
            (C, row(None, "1/2", MEAN)),
            (C, None),
        ],
        ["1", "3/4", "2/3", "1/2", "3/4", "3/4", "2/3", "1/2", "1/2", None],
    ),
    (
        WeightedMean,
        [
            (A, row(4, "1", beside=True)),
            (B, row(None, "1", MEAN)),
            (C, row(1, "0")),
            (A, row(9, "1", beside=True)),
            (A, None),
            (B, row(None, "1", MEAN, 2)),
            (C, row(0, "0")),
            (B, row(0, "1")),
        ],
        [None, "1", "5/7", "5/6", "1/2", "1/3", None, None],
    ),
    (
        LowestNumber,
        [(A, row(1, "1/2")), (B, row(9, "1/4")), (B, row(9, "3/4")), (A, None), (B, None), (B, None)],
        ["1/2", "1/4", "1/2", "3/4", None, None],
    ),
    (
        lambda rows: Count(rows, F(2)),
        [
            (A, row(1, "1")),
            (B, row(1, "1/2")),
            (B, row(1, "1")),
            (C, row(1, "1", divisor=2)),
            (A, None),
            (B, row(1, "1", divisor=2)),
            (B, None),
            (C, None),
            (C, None),
        ],
        ["1/2", "1/2", "1", "1", "3/4", "1/2", "1/4", "0", "0"],
    ),
    (
        Shares,
        [(A, row(1, "1/2")), (B, row(1, "1/4")), (A, row(1, "1/8")), (B, None), (B, None), (A, None)],
        ["1/2", "3/4", "3/8", "1/8", "1/8", "0"],
    ),
    (lambda _rows: NoSum(), [(A, row(1, "1")), (A, None)], [None, None]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "steps", "numbers"), STEPS)
def test_a_number_follows_its_rows(
    kind: Callable[[Mapping[Key, SumRow]], RunningNumber],
    steps: list[tuple[Key, SumRow | None]],
    numbers: list[str | None],
) -> None:
    """Changed one by one, and made of what there is by then, it is the same."""
    running, rows = kind({}), dict[Key, SumRow]()
    for (key, changed), number in zip(steps, numbers, strict=True):
        running.change(key, changed)
        rows.pop(key, None)
        if changed is not None:
            rows[key] = changed
        expected = None if number is None else F(number)
        assert (running.number(), kind(rows).number()) == (expected, expected), (key, changed)


def counted(
    id_: str,
    weight: str | None,
    progress: str | None,
    share: str = "0",
    reason: str = "",
    rule: str = "",
    divisor: int = 1,
    disposition: Disposition = COUNTED,
) -> Contribution:
    number = [None if one is None else F(one) for one in (weight, progress)]
    return Contribution(
        id_, id_, id_, disposition, reason, number[0], number[1], F(share), stand_in=rule, divisor=divisor
    )


def stand(
    total: str | None, *rows: Contribution, beside: tuple[Contribution, ...] = (), aim: int | None = None
) -> LedgerPair:
    aimed = None if aim is None else F(aim)
    return LedgerPair(Ledger(rows, None if total is None else F(total), aimed), Ledger(beside))


def test_what_counts_is_numbered_within_its_id_and_in_the_order_of_ids() -> None:
    rows = [
        counted("10", "1", "1"),
        counted("9", "1", "0", "1/2"),
        counted("9", "1", "1"),
        counted("8", "1", None),
        counted("7", "1", "1", disposition=Disposition.EXCLUDED),
        counted("6", "1", "1", disposition=NOT_ACHIEVED),
        counted("5", "1", "1", disposition=CHECKED_IN),
        counted("@a", "1", "1"),
    ]
    found = contributing_rows(rows)
    assert list(found) == [("5", 0), ("6", 0), ("9", 0), ("9", 1), ("10", 0), ("@a", 0)]
    assert (found["9", 0], found["9", 1]) == (rows[1], rows[2])


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (counted("1", "1", "1"), ""),
        (counted("1", "1", "1", rule="zero"), "zero"),
        (counted("1", "1", "1", reason="no weight: the mean of its siblings stands in"), MEAN),
        (counted("1", "1", "1", reason="no weight: 1 stands in"), "one"),
        (counted("1", "1", "1", reason="the mean of its siblings"), ""),
        (counted("1", "1", "1", reason="no weight: 1 stands in", rule=MEAN), MEAN),
    ],
)
def test_which_rule_gave_a_weight(made: Contribution, rule: str) -> None:
    assert stand_in(made) == rule


TWO = (counted("1", "3", "1", "3/4"), counted("2", "1", "0"))
LACKING = (counted("1", "3", "1", "1/2"), counted("2", "3", "0", rule=MEAN))
SPLIT = (counted("1", "3/2", "1", "3/5", divisor=2), counted("2", "1", "0"))


def test_a_weighted_mean_is_read_with_what_each_row_was_given() -> None:
    assert by_progress(stand("3/4", *TWO)) == {A: row(3, "1"), B: row(1, "0")}
    assert by_progress(stand("1/2", *TWO)) is None
    assert by_progress(stand("1/2", *LACKING)) == {A: row(3, "1"), B: row(None, "0", MEAN)}
    assert by_progress(stand("3/5", *SPLIT)) == {A: row(3, "1", divisor=2), B: row(1, "0")}
    beside = (counted("3", "9", "1"), counted("1", "7", "1"))
    assert by_progress(stand("3/4", *TWO, beside=beside)) == {
        A: row(3, "1"),
        B: row(1, "0"),
        C: row(9, "1", beside=True),
    }


def test_other_numbers_are_read_in_their_own_way() -> None:
    assert by_weight(stand("3/4", *TWO)) == {A: row(3, "1"), B: row(1, "0")}
    assert by_weight(stand("1/2", *LACKING)) == {A: row(3, "1"), B: row(3, "0")}
    assert by_weight(stand("1/4", *TWO)) is None
    near = (counted("1", "3", "7/10", "3/4"), counted("2", "1", "1/2"))
    assert by_achievement(stand("3/4", *near)) == {A: row(3, "1"), B: row(1, "0")}
    assert by_achievement(stand("1", *near)) is None
    least = (counted("1", "0", "1"), counted("2", "1", "1/4", "1/4"))
    assert by_least(stand("1/4", *least)) == {A: row(1, "1"), B: row(1, "1/4")}
    assert by_least(stand("1", *least)) is None
    assert by_least(stand("3/4", *TWO)) is None
    assert by_least(stand("0", counted("1", "1", "0"), counted("2", "1", "1"))) is None
    assert by_least(stand(None)) is None
    assert by_share(stand("3/4", *TWO)) == {A: row(1, "3/4"), B: row(1, "0")}
    assert by_share(stand("1/2", *TWO)) is None
    assert by_share(stand("1", *TWO)) is None


def test_both_moments_are_read_in_one_way() -> None:
    before, after = stand("3/4", *TWO), stand("1/2", *LACKING)
    method, old, new = shared_method(before, after)
    assert (method, old, new) == (
        METHODS[1],
        {A: row(3, "1"), B: row(1, "0")},
        {A: row(3, "1"), B: row(None, "0", MEAN)},
    )
    for one, other in ((stand(None, *TWO), after), (after, stand(None, *TWO))):
        method, old, new = shared_method(one, other)
        assert method.tally(old).number() is None
        assert set(old) == set(new) == {A, B}
    aimed = stand("1/4", *TWO, aim=4)
    method, old, new = shared_method(aimed, stand("1/4", *TWO, aim=4))
    assert (method.tally(old).number(), old[A]) == (F(1, 4), row(3, "1"))
    method, _, _ = shared_method(aimed, stand("1/4", *TWO, aim=5))
    assert method.tally({A: row(1, "1/8")}).number() == F(1, 8)
    odd = stand("1/3", *TWO)
    method, old, new = shared_method(odd, before)
    assert (method.reached, old, new) == (
        None,
        {A: row(1, "3/4"), B: row(1, "0")},
        {A: row(1, "3/4"), B: row(1, "0")},
    )


def test_what_a_row_has_reached_at_a_progress() -> None:
    said = [
        one.reached and (one.reached(F(69, 100), F(7, 10)), one.reached(F(7, 10), F(7, 10)))
        for one in METHODS
    ]
    as_is = (F(69, 100), F(7, 10))
    assert said == [as_is, as_is, as_is, (F(0), F(1)), None]


def alike(weight: str | None, disposition: Disposition = COUNTED, number: int = 1) -> AlikeRows:
    return AlikeRows(disposition, None if weight is None else F(weight), None, number)


def given(
    weight: str | None, note: str = "", rule: str = "", disposition: Disposition = COUNTED
) -> WeighedRow:
    return WeighedRow(disposition, None if weight is None else F(weight), note, rule)


MEAN_NOTE, ONE_NOTE = "no weight: the mean of its siblings stands in", "no weight: 1 stands in"
ZERO_ROW = given("0", "no weight: counts as 0 and is dropped", disposition=Disposition.WEIGHTLESS)
GAP_ROW = given(None, "no weight, and the mapping asks for one", disposition=Disposition.GAP)
EXCLUDED = Disposition.EXCLUDED


@pytest.mark.parametrize(
    ("missing", "groups", "found"),
    [
        ("siblings_mean", [alike("3"), alike("1"), alike(None)], [given("3"), given("1"), given("2", MEAN_NOTE, MEAN)]),
        ("siblings_mean", [alike("3", number=3), alike("1"), alike(None)], [given("3"), given("1"), given("5/2", MEAN_NOTE, MEAN)]),
        ("siblings_mean", [alike("1/2"), alike("1/3"), alike(None)], [given("1/2"), given("1/3"), given("5/12", MEAN_NOTE, MEAN)]),
        ("siblings_mean", [alike(None)], [given("1", ONE_NOTE, MEAN)]),
        ("siblings_mean", [alike("0"), alike(None)], [given("0", "its weight is 0", disposition=Disposition.WEIGHTLESS), given("1", ONE_NOTE, MEAN)]),
        ("siblings_mean", [alike("-2"), alike("4"), alike(None)], [given("-2", "its weight is negative", disposition=Disposition.GAP), given("4"), given("4", MEAN_NOTE, MEAN)]),
        ("siblings_mean", [alike("9", EXCLUDED), alike("4"), alike(None)], [given("9", disposition=EXCLUDED), given("4"), given("4", MEAN_NOTE, MEAN)]),
        ("siblings_mean", [alike("4"), alike(None, EXCLUDED)], [given("4"), given(None, disposition=EXCLUDED)]),
        ("siblings_mean", [alike("4"), alike("2", NOT_ACHIEVED), alike(None, NOT_ACHIEVED)], [given("4"), given("2", disposition=NOT_ACHIEVED), given("3", MEAN_NOTE, MEAN, NOT_ACHIEVED)]),
        ("one", [alike("4"), alike(None)], [given("4"), given("1", ONE_NOTE, "one")]),
        ("zero", [alike(None)], [ZERO_ROW]),
        ("zero", [alike("4"), alike(None)], [given("4"), ZERO_ROW]),
        ("error", [alike(None)], [GAP_ROW]),
        ("error", [alike("4"), alike(None, NOT_ACHIEVED)], [given("4"), GAP_ROW]),
        ("error", [alike("4"), alike("1")], [given("4"), given("1")]),
    ],
)  # fmt: skip
def test_what_a_weight_is_that_is_missing_zero_or_broken(
    missing: str, groups: list[AlikeRows], found: list[WeighedRow]
) -> None:
    assert weigh(groups, missing) == found


def test_a_weight_is_split_among_key_results() -> None:
    whole = given("3", "x", MEAN)
    assert whole.split(1) is whole
    assert given(None).split(2) == given(None)
    assert whole.split(2) == WeighedRow(COUNTED, F(3, 2), "x; split among 2 key results", MEAN, 2)
    assert given("3").split(3) == WeighedRow(COUNTED, F(1), "split among 3 key results", "", 3)
    assert no_weight("many") == "its weight is 'many', not a number"


def test_a_ledger_knows_whether_it_is_exact_and_plain() -> None:
    assert Ledger(TWO, F(3, 4)).exact
    assert not Ledger(TWO, F(1, 2)).exact
    assert Ledger().exact
    assert Ledger().plain
    assert Ledger((counted("derived", "1", "1"),)).plain
    assert not Ledger((counted("derived", "1", "1"), counted("1", "1", "1"))).plain
