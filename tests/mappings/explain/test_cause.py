"""A movement in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mappings.explain.cause import cause, largest_part, part_words
from mappings.explain.movement import LedgerSnapshot, compute_movement, objective_moved
from mappings.rollup.rows.ledger import Disposition, Ledger

OUT = {"disposition": Disposition.EXCLUDED, "reason": "resolution Won't Do"}


def told(make: SimpleNamespace, before: list[Any], after: list[Any], revision: str = "r1") -> str:
    old, new = make.ledger(*before), make.ledger(*after)
    return cause(compute_movement(LedgerSnapshot("r1", old), LedgerSnapshot(revision, new)))


def test_what_happened_to_a_row(make: SimpleNamespace) -> None:
    row = make.row
    stays = row("1", 1, "0.5")
    told_of = {
        "PLAT-2 moved to Done": ([row("2", 1, 0, status="To do")], [row("2", 1, 1, status="Done")]),
        "PLAT-2 progress 0 % → 50 %": ([row("2", 1, 0)], [row("2", 1, "0.5")]),
        "PLAT-2 weight 1 → 2.5": ([row("2", 1, 0)], [row("2", "2.5", 0)]),
        "PLAT-2 added": ([], [row("2", 1, 0)]),
        "PLAT-2 removed": ([row("2", 1, 0)], []),
        "PLAT-2 left out (resolution Won't Do)": ([row("2", 1, 0)], [row("2", 1, None, **OUT)]),
        "PLAT-2 counts again": ([row("2", 1, None, **OUT)], [row("2", 1, 0)]),
        "": ([row("2", 1, 0)], [row("2", 1, 0)]),
    }
    assert [told(make, [stays, *before], [stays, *after]) for before, after in told_of.values()] == list(
        told_of
    )


def test_only_what_is_done_was_completed(make: SimpleNamespace) -> None:
    row = make.row
    before = [row("1", 1, 0), row("2", 1, 0), row("3", 1, 1), row("4", 1, 0)]
    after = [row("1", 1, 1), row("2", 1, "0.5"), row("3", 1, "0.5"), row("4", 2, 0)]
    rows = compute_movement(
        LedgerSnapshot("r1", make.ledger(*before)), LedgerSnapshot("r1", make.ledger(*after, row("5", 1, 0)))
    ).rows
    assert {one.id: part_words([one]) for one in rows} == {
        "1": "completed",
        "2": "progressed",
        "3": "went back",
        "4": "re-estimated",
        "5": "added",
    }
    assert part_words(one for one in rows if one.id in "12") == "completed and progressed"
    assert part_words([]) == ""


def test_the_strongest_are_named_the_others_counted(make: SimpleNamespace) -> None:
    before = [make.row(str(number), number, 0) for number in range(1, 6)]
    after = [make.row(str(number), number, 1, status="Done") for number in range(1, 6)]
    assert (
        told(make, before, after)
        == "PLAT-5 moved to Done, PLAT-4 moved to Done, PLAT-3 moved to Done and 2 more"
    )


def test_a_new_mapping_is_the_cause_of_what_it_does(make: SimpleNamespace) -> None:
    assert told(make, [make.row("1", 1, 0)], [make.row("1", 1, 1)], "r2") == "the mapping changed"
    assert told(make, [make.row("1", 1, 0)], [make.row("1", 1, 0)], "r2") == ""


def test_what_was_done_under_a_new_mapping_is_named_beside_it(make: SimpleNamespace) -> None:
    before = LedgerSnapshot("r1", make.ledger(make.row("1", 1, 0), make.row("2", 1, "0.5")))
    turned = make.ledger(make.row("1", 1, 0), make.row("2", 1, "0.8"))
    after = LedgerSnapshot("r2", make.ledger(make.row("1", 1, 1, status="Done"), make.row("2", 1, "0.8")))
    assert cause(compute_movement(before, after, turned)) == "the mapping changed, PLAT-1 moved to Done"


def test_a_number_that_became_unknown_still_names_its_rows(make: SimpleNamespace) -> None:
    movement = compute_movement(
        LedgerSnapshot("r1", make.ledger(make.row("1", 1, 1))), LedgerSnapshot("r1", Ledger())
    )
    assert cause(movement) == "PLAT-1 removed"


@pytest.mark.parametrize("revision", ["r1", "r2"])
def test_an_objective_is_told_by_the_issues_below_its_key_results(
    make: SimpleNamespace, revision: str
) -> None:
    def state(status: str, progress: int) -> Any:
        issues = make.ledger(make.row("7", 1, progress, status=status), make.row("8", 1, 0, status="To do"))
        own = make.ledger(make.row("100/delivery", 1, str(float(issues.total)), key="", title="Delivery"))
        return make.objective(
            progress=str(float(issues.total)),
            ledger=own,
            key_results=(make.key_result("100/delivery", kind="delivery", ledger=issues),),
        )

    before, after = state("In progress", 0), state("Done", 1)
    movement = objective_moved(before, after, ("r1", revision), before if revision == "r2" else None)
    assert movement.total == after.progress - before.progress
    assert cause(movement) == "PLAT-7 moved to Done"


def largest(
    make: SimpleNamespace, before: list[Any], after: list[Any], revision: str = "r1", **more: int
) -> str:
    movement = compute_movement(
        LedgerSnapshot("r1", make.ledger(*before)), LedgerSnapshot(revision, make.ledger(*after))
    )
    return largest_part(movement, **more)


def test_the_part_that_moved_most_is_told_in_points(make: SimpleNamespace) -> None:
    row = make.row
    before = [row("1", 1, 0), row("2", 2, 0), row("3", 3, 0), row("4", 4, 1)]
    after = [row(str(n), n, 1, status="Done") for n in range(1, 4)] + [row("4", 4, "0.9")]
    assert largest(make, before, after) == (
        "completed and went back +56 (PLAT-3 moved to Done, PLAT-2 moved to Done and 2 more)"
    )
    assert largest(make, before, after, named=1).endswith("(PLAT-3 moved to Done and 3 more)")
    assert (
        largest(make, before[:2], after[:2]) == "completed +100 (PLAT-2 moved to Done, PLAT-1 moved to Done)"
    )
    lost = [row("1", 1, 1), row("2", 1, 0)]
    assert (
        largest(make, lost, [row("1", 1, "0.5"), row("2", 1, 0)])
        == "went back -25 (PLAT-1 progress 100 % → 50 %)"
    )
    assert largest(make, before, before) == ""
    assert largest(make, before, []) == "", "there is no number any more"


def test_a_mapping_that_changed_is_told_as_such(make: SimpleNamespace) -> None:
    before, after = [make.row("1", 1, 0)], [make.row("1", 1, "0.25")]
    found = compute_movement(
        LedgerSnapshot("r1", make.ledger(*before)),
        LedgerSnapshot("r2", make.ledger(*after)),
        make.ledger(*after),
    )
    assert largest_part(found) == "re-mapped +25 (the mapping changed)"
    assert cause(found) == "the mapping changed"
