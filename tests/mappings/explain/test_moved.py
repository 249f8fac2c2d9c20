"""Why a number moved: the parts, their rows, and that they sum."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.explain.movement import (
    LedgerSnapshot,
    Movement,
    MovementPart,
    compute_movement,
    objective_moved,
)
from mappings.rollup.methods import METHODS, MeasuredRow, WeightedNumber
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.rows.sums import ENTERING, ONE, ZERO
from mappings.rollup.state import ObjectiveState
from tests.calls import calls_of
from tests.examples import examples

EXCLUDED = Disposition.EXCLUDED
CALLS_OF_A_ROW = 60


def between(before: Ledger, after: Ledger, remapped: Ledger | None = None) -> Movement:
    return compute_movement(
        LedgerSnapshot("r1", before), LedgerSnapshot("r1" if remapped is None else "r2", after), remapped
    )


def happened(movement: Movement) -> dict[str, object]:
    return {part.value: value for part, value in movement.parts.items() if value}


CASES = {
    "completed": ([("1", 1, 0), ("2", 1, 0)], [("1", 1, 1), ("2", 1, 0)], {"progressed": "1/2"}),
    "scope grew": ([("1", 1, 1)], [("1", 1, 1), ("2", 1, 0)], {"added": "-1/2"}),
    "scope shrank": ([("1", 1, 1), ("2", 1, 0)], [("1", 1, 1)], {"removed": "1/2"}),
    "re-estimated": ([("1", 1, 1), ("2", 1, 0)], [("1", 3, 1), ("2", 1, 0)], {"re-estimated": "1/4"}),
    "both ways at once": (
        [("1", 1, 0), ("2", 1, 1)],
        [("1", 1, 1), ("2", 1, 1), ("3", 2, 0)],
        {"progressed": "1/2", "added": "-1/2"},
    ),
    "all replaced": ([("1", 1, "0.5")], [("2", 1, 1)], {"added": "1/2"}),
    "nothing": ([("1", 1, 1)], [("1", 1, 1)], {}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_kind_of_change_is_its_own_part(make: SimpleNamespace, case: tuple[list, list, dict]) -> None:
    before, after = (make.ledger(*(make.row(*row) for row in rows)) for rows in case[:2])
    movement = between(before, after)
    assert happened(movement) == {part: Fraction(value) for part, value in case[2].items()}
    assert list(movement.parts) in ([], list(MovementPart))


def test_a_closed_issue_that_is_excluded_was_removed_and_says_why(make: SimpleNamespace) -> None:
    before = make.ledger(make.row("1", 1, 1), make.row("2", 1, 0))
    after = make.ledger(make.row("1", 1, 1), make.row("2", 1, None, disposition=EXCLUDED, reason="Won't Do"))
    [row] = between(before, after).rows
    assert (row.part, row.key, row.effect) == (MovementPart.REMOVED, "PLAT-2", Fraction(1, 2))
    assert row.before is before.rows[1]
    assert row.after is after.rows[1]


def test_a_new_mapping_comes_first(make: SimpleNamespace) -> None:
    before = make.ledger(make.row("1", 1, "0.5"), make.row("2", 1, 0))
    remapped = make.ledger(make.row("1", 1, "0.8"), make.row("2", 1, 0))
    after = make.ledger(make.row("1", 1, 1), make.row("2", 1, 0))
    movement = between(before, after, remapped)
    assert happened(movement) == {"re-mapped": Fraction(3, 20), "progressed": Fraction(1, 10)}


def test_a_new_mapping_without_a_recomputed_ledger_explains_everything(make: SimpleNamespace) -> None:
    before, after = make.ledger(make.row("1", 1, 0)), make.ledger(make.row("2", 1, 1))
    for missing in (None, Ledger()):
        movement = compute_movement(LedgerSnapshot("r1", before), LedgerSnapshot("r2", after), missing)
        assert happened(movement) == {"re-mapped": Fraction(1)}


def test_an_unknown_end_has_rows_and_no_parts(make: SimpleNamespace) -> None:
    movement = between(make.ledger(make.row("1", 1, 1)), Ledger())
    assert movement.total is None
    assert movement.parts == {}
    assert [(row.part, row.effect) for row in movement.rows] == [(MovementPart.REMOVED, None)]


def test_a_count_towards_a_fixed_number_does_not_lose_by_growing(make: SimpleNamespace) -> None:
    def counting(*rows: Contribution) -> Ledger:
        shared = tuple(replace(row, share=(row.progress or Fraction(0)) / 10) for row in rows)
        return Ledger(shared, sum((row.share for row in shared), Fraction(0)))

    before = counting(make.row("1", 1, 1), make.row("2", 1, 0))
    after = counting(make.row("1", 1, 1), make.row("2", 1, 1), make.row("3", 1, 0))
    assert happened(between(before, after)) == {"progressed": Fraction(1, 10)}


def opened(make: SimpleNamespace, *parts: tuple[str, object, Ledger | None], **facts: Any) -> ObjectiveState:
    """An objective over key results of weight 1: those with a ledger are made of its rows."""
    rows, key_results = [], []
    for id_, progress, ledger in parts:
        number = ledger.total if ledger is not None else progress
        rows.append(make.row(id_, 1, number, by_status=False))
        kind = {"kind": "delivery", "ledger": ledger} if ledger is not None else {}
        key_results.append(make.key_result(id_, number, **kind))
    made = rolled(make.ledger(*rows), facts.pop("method", "weighted_mean"))
    return make.objective(progress=made.total, ledger=made, key_results=tuple(key_results), **facts)


def test_an_objective_is_explained_by_the_issues_of_its_key_results(make: SimpleNamespace) -> None:
    old = make.ledger(make.row("1", 1, 0), make.row("2", 1, 0))
    new = make.ledger(make.row("1", 1, 1), make.row("2", 1, 0), make.row("3", 2, 0))
    before = opened(make, ("100/delivery", None, old), ("200", "1/2", None))
    after = opened(make, ("100/delivery", None, new), ("200", "7/10", None))
    movement = objective_moved(before, after, ("r1", "r1"))
    assert movement.total == Fraction(9, 40)
    assert happened(movement) == {"progressed": Fraction(7, 20), "added": Fraction(-1, 8)}
    assert [(row.id, row.effect) for row in movement.rows] == [
        ("1", Fraction(1, 4)),
        ("200", Fraction(1, 10)),
        ("3", Fraction(-1, 8)),
    ]


def test_rows_that_cancel_are_told_with_what_each_of_them_did(make: SimpleNamespace) -> None:
    """A story done and a bigger one added: the key result stands where it stood, and so does the objective."""
    old = make.ledger(make.row("1", 1, 1), make.row("2", 1, 0))
    new = make.ledger(make.row("1", 1, 1), make.row("2", 1, 1), make.row("3", 2, 0))
    before, after = (opened(make, ("100/delivery", None, one)) for one in (old, new))
    movement = objective_moved(before, after, ("r1", "r1"))
    assert movement.total == 0
    assert happened(movement) == {"progressed": Fraction(1, 2), "added": Fraction(-1, 2)}
    assert [(row.key, row.effect) for row in movement.rows] == [
        ("PLAT-2", Fraction(1, 2)),
        ("PLAT-3", Fraction(-1, 2)),
    ]


def test_key_results_that_cancel_are_told_too(make: SimpleNamespace) -> None:
    before = opened(make, ("200", "1/2", None), ("201", "1/2", None))
    after = opened(make, ("200", "9/10", None), ("201", "1/10", None))
    movement = objective_moved(before, after, ("r1", "r1"))
    assert movement.total == 0
    assert [(row.id, row.effect) for row in movement.rows] == [
        ("200", Fraction(1, 5)),
        ("201", Fraction(-1, 5)),
    ]


ROLLED = {
    "the least decides": (
        "minimum",
        [("1", 1, "0.3"), ("2", 1, "0.5")],
        [("1", 1, "0.8"), ("2", 1, "0.5")],
        {"progressed": "1/5"},
    ),
    "a new least": ("minimum", [("1", 1, "0.3")], [("1", 1, "0.3"), ("2", 1, "0.1")], {"added": "-1/5"}),
    "achieved of more": ("done_ratio", [("1", 1, 1)], [("1", 1, 1), ("2", 1, "0.9")], {"added": "-1/2"}),
    "one more achieved": (
        "done_ratio",
        [("1", 1, "0.9"), ("2", 1, 1)],
        [("1", 1, 1), ("2", 1, 1)],
        {"progressed": "1/2"},
    ),
    "equal weights": ("mean", [("1", 9, 0), ("2", 1, 0)], [("1", 1, 0), ("2", 5, 1)], {"progressed": "1/2"}),
    "a fixed count": ("count_to", [("1", 1, 1)], [("1", 1, 1), ("2", 1, 1), ("3", 1, 0)], {"added": "1/12"}),
}


@pytest.mark.parametrize("case", ROLLED.values(), ids=ROLLED.keys())
def test_every_rollup_method_is_explained_in_its_own_terms(
    make: SimpleNamespace, case: tuple[str, list, list, dict]
) -> None:
    before, after = (rolled(make.ledger(*(make.row(*row) for row in rows)), case[0]) for rows in case[1:3])
    assert happened(between(before, after)) == {part: Fraction(value) for part, value in case[3].items()}


def shapes() -> st.SearchStrategy[list[tuple[str, int, Fraction | None, str]]]:
    row = st.tuples(
        st.integers(1, 9).map(str),
        st.integers(0, 5),
        st.one_of(st.none(), st.fractions(0, 1, max_denominator=8)),
        st.sampled_from(["counted", "counted", "not_achieved", "excluded", "unknown", "counted_elsewhere"]),
    )
    return st.lists(row, max_size=8, unique_by=lambda shape: shape[0])


def weighted(make: SimpleNamespace, shape: list[tuple[str, int, Fraction | None, str]]) -> Ledger:
    rows = []
    for id_, weight, progress, disposition in shape:
        enters = disposition in ("counted", "not_achieved") and progress is not None and weight
        kind = Disposition(disposition if enters or disposition in ("excluded", "unknown") else "weightless")
        rows.append(make.row(id_, weight, progress, disposition=kind))
    return make.ledger(*rows)


def rolled(ledger: Ledger, method: str) -> Ledger:
    """The same rows as the number of an objective's rollup method, or of a count towards a fixed number."""
    counting = [place for place, row in enumerate(ledger.rows) if row.disposition in ENTERING]
    measured = [
        MeasuredRow(row.weight or ONE, row.progress or ZERO, row.progress == 1)
        for row in (ledger.rows[place] for place in counting)
    ]
    if method == "count_to":
        shares = [Fraction(row.achieved, 12) for row in measured]
        rolled = WeightedNumber(sum(shares, ZERO) if shares else None, (ONE,) * len(shares), tuple(shares))
    else:
        rolled = METHODS[method](measured)
    rows = list(ledger.rows)
    for place, weight, share in zip(counting, rolled.weights, rolled.shares, strict=True):
        rows[place] = replace(rows[place], weight=weight, share=share)
    return Ledger(tuple(rows), rolled.total)


WAYS = st.sampled_from([*METHODS, "count_to"])


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=examples(150),
)
@given(shapes(), shapes(), st.none() | shapes(), WAYS, WAYS)
def test_the_parts_sum_exactly(
    make: SimpleNamespace, before: list, after: list, remapped: list | None, way: str, new_way: str
) -> None:
    """Under any method, and where a new mapping switches the method."""
    new_way = way if remapped is None else new_way
    old, new = rolled(weighted(make, before), way), rolled(weighted(make, after), new_way)
    middle = None if remapped is None else rolled(weighted(make, remapped), new_way)
    movement = between(old, new, middle)
    if old.total is None or new.total is None:
        assert movement.total is None
        assert all(row.effect is None for row in movement.rows)
        return
    assert movement.total == new.total - old.total
    assert sum(movement.parts.values()) == movement.total
    parts = [row.part for row in movement.rows]
    assert parts == sorted(parts, key=list(MovementPart).index)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=examples(100),
)
@given(
    shapes(), shapes(), shapes(), shapes(), st.fractions(0, 1, max_denominator=5), st.sampled_from([*METHODS])
)
def test_the_parts_of_an_objective_sum_exactly(
    make: SimpleNamespace, one: list, two: list, three: list, four: list, other: Fraction, method: str
) -> None:
    """Down to the rows of its key results, under every method of the objective."""
    first, second, third, fourth = (weighted(make, shape) for shape in (one, two, three, four))
    before = opened(
        make, ("100/a", None, first), ("100/b", None, third), ("200", Fraction(1, 3), None), method=method
    )
    after = opened(
        make, ("100/a", None, second), ("100/b", None, fourth), ("200", other, None), method=method
    )
    movement = objective_moved(before, after, ("r1", "r1"))
    assert movement.total == after.progress - before.progress == sum(movement.parts.values())
    parts = [row.part for row in movement.rows]
    assert parts == sorted(parts, key=list(MovementPart).index)


def test_rows_that_stood_still_cost_a_movement_little(make: SimpleNamespace) -> None:
    """One of many rows moved: the sums are made of whole numbers, and the others have no turn."""

    def calls(count: int) -> int:
        rows = [make.row(str(number), number % 5 + 1, Fraction(number % 7, 7)) for number in range(count)]
        before, after = make.ledger(*rows), make.ledger(make.row("0", 1, 1), *rows[1:])
        seen: list[int] = []

        def ask() -> None:
            seen.append(len(between(before, after).rows))

        found = calls_of(ask)
        assert seen == [1]
        return found

    more = 300
    assert (calls(100 + more) - calls(100)) / more <= CALLS_OF_A_ROW
