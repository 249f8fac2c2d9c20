"""Which rows moved a number."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, KeyResultState, Measurement, ObjectiveState
from mappings.write_back.evidence import Rows, moved_rows

FINE = Health(HealthLevel.ON_TRACK, "", "")


def row(id_: str, progress: int, weight: int = 1, stand_in: str = "") -> Contribution:
    return Contribution(
        id_, f"A-{id_}", "", Disposition.COUNTED, "", Fraction(weight), Fraction(progress), stand_in=stand_in
    )


def key_result(id_: str, *rows: Contribution, issue: str | None = None, number: int = 1) -> KeyResultState:
    raw = Fraction(number, 2)
    measured = Measurement(raw, raw, Cause.MEASURED, "", ledger=Ledger(rows, raw))
    return KeyResultState(id_, "r", "delivery", "delivery", "", measured, FINE, None, True, issue_id=issue)


def objective(*key_results: KeyResultState, rows: tuple[Contribution, ...] = ()) -> ObjectiveState:
    return ObjectiveState("9", "r", "", None, FINE, Ledger(rows), key_results, issue_id="9")


BEFORE = objective(
    key_result("9/delivery", row("1", 0), row("2", 1), row("3", 0, 5, "siblings_mean")),
    key_result("7", issue="7"),
    rows=(row("9/delivery", 0), row("30", 1)),
)


@pytest.mark.parametrize(
    ("after", "rows", "aligned"),
    [
        (BEFORE, set(), set()),
        (replace(BEFORE, expected=Fraction(1, 2)), set(), set()),
        (
            objective(
                key_result("9/delivery", row("1", 1), row("2", 1), row("3", 0, 6, "siblings_mean")),
                *BEFORE.key_results[1:],
                rows=BEFORE.ledger.rows,
            ),
            {"1"},
            set(),
        ),
        (
            objective(
                key_result("9/delivery", row("1", 0), row("3", 0, 5, "siblings_mean"), row("4", 0)),
                *BEFORE.key_results[1:],
                rows=BEFORE.ledger.rows,
            ),
            {"2", "4"},
            set(),
        ),
        (
            objective(BEFORE.key_results[0], key_result("7", issue="7", number=2), rows=BEFORE.ledger.rows),
            {"7"},
            set(),
        ),
        (
            objective(*BEFORE.key_results, rows=(row("9/delivery", 1), row("30", 0))),
            {"30"},
            {"30"},
        ),
        (None, {"1", "2", "3", "7", "9", "30"}, {"30"}),
    ],
    ids=[
        "nothing",
        "the clock",
        "a row, and a weight that follows",
        "came and went",
        "a metric",
        "aligned",
        "all of it",
    ],
)
def test_the_rows_that_moved(after: ObjectiveState | None, rows: set[str], aligned: set[str]) -> None:
    found = moved_rows(BEFORE, after)
    assert (found.all, found.aligned) == (rows, aligned)


def test_a_key_result_is_moved_by_its_own_rows_and_the_objective_by_all() -> None:
    found = Rows(frozenset({"1", "7"}), {"7": frozenset({"7"}), "8": frozenset()})
    assert found.behind("7", "9") == {"7"}
    assert found.behind("8", "9") == set()
    assert found.behind("9", "9") == {"1", "7"}
    assert found.behind("10", "9") == {"1", "7"}, "what is not known to have rows of its own"
