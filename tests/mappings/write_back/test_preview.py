"""What a mapping would do, before it does it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.state import HealthLevel
from mappings.write_back.plan import Change, Plan
from mappings.write_back.preview import Cost, ProgressAndHealth, preview


def changes(*pairs: tuple[str, str], after: object = 63) -> tuple[Change, ...]:
    return tuple(
        Change(issue, f"PLAT-{issue}", field, field, 50, after, "progress 50 → 63") for issue, field in pairs
    )


def test_before_and_after_of_every_objective_and_key_result(make: SimpleNamespace) -> None:
    before = {
        "100": make.objective("100", "0.5", key_results=(make.key_result("200", "0.5"),)),
        "10": make.objective("10"),
    }
    after = {
        "100": make.objective(
            "100",
            "0.75",
            "on_track",
            key_results=(make.key_result("201", "0.75"), make.key_result("200", "0.5")),
        ),
        "10": make.objective("10"),
        "9": make.objective("9"),
    }
    made = preview("r2", before, after, [])
    assert [found.id for found in made.objectives] == ["9", "10", "100"]
    assert [found.id for found in made.changed] == ["9", "100"]
    new, same, changed = made.objectives
    assert new.before is None
    assert not same.changed
    assert (changed.before, changed.after) == (
        ProgressAndHealth(make.objective("1", "0.5").progress, HealthLevel.AT_RISK),
        ProgressAndHealth(make.objective("1", "0.75").progress, HealthLevel.ON_TRACK),
    )
    assert [(found.id, found.before is None, found.changed) for found in changed.key_results] == [
        ("201", True, True),
        ("200", False, False),
    ]


def test_an_objective_that_becomes_a_plain_parent_is_one_no_more(make: SimpleNamespace) -> None:
    before = make.objective("100", "0.5")
    [found] = preview("r2", {"100": before}, {"100": replace(before, plain=True)}, []).objectives
    assert (found.before and found.before.plain, found.after and found.after.plain) == (False, True)
    assert found.changed


def test_an_objective_that_goes_is_shown(make: SimpleNamespace) -> None:
    [gone] = preview("r2", {"100": make.objective(key_results=(make.key_result(),))}, {}, []).objectives
    assert gone.after is None
    assert gone.key_results[0].after is None
    assert gone.changed


def test_every_row_that_is_treated_differently_has_its_reason(make: SimpleNamespace) -> None:
    before = make.ledger(make.row("1", 1, 1), make.row("2", 3, 0), make.row("3", 1, 0), make.row("4", 1, 0))
    after = make.ledger(
        make.row("1", 1, None, disposition=Disposition.EXCLUDED, reason="resolution Won't Do is excluded"),
        make.row("2", "2.5", "0.8"),
        make.row("4", 1, 0),
        make.row("5", 1, 0),
    )
    old = make.objective(key_results=(make.key_result("100/delivery", ledger=before),))
    new = make.objective(key_results=(make.key_result("100/delivery", ledger=after),))
    [found] = preview("r2", {"100": old}, {"100": new}, []).objectives
    assert [(row.key, row.reason) for row in found.key_results[0].rows] == [
        (
            "PLAT-1",
            "counted → excluded (resolution Won't Do is excluded); progress 100 % → unknown",
        ),
        ("PLAT-2", "weight 3 → 2.5; progress 0 % → 80 %"),
        ("PLAT-3", "no longer selected, was counted"),
        ("PLAT-5", "now selected: counted"),
    ]
    assert found.before == found.after
    assert found.changed


def test_the_cost_counts_values_issues_and_calls(make: SimpleNamespace) -> None:
    plans = [
        Plan("100", changes(("100", "f1"), ("100", "f2"), ("200", "f1"))),
        Plan("101", changes(("200", "f2"))),
        Plan("102"),
    ]
    made = preview("r2", {}, {}, plans)
    assert made.cost == Cost(writes=4, issues=2, calls=3)
    assert [plan.objective_id for plan in made.plans] == ["100", "101"]


def test_the_hash_is_bound_to_the_revision_and_the_writes(make: SimpleNamespace) -> None:
    plans = [Plan("100", changes(("100", "f1")))]
    same = preview("r2", {}, {"1": make.objective("1")}, [Plan("7"), *plans])
    others = [
        preview("r3", {}, {}, plans),
        preview("r2", {}, {}, []),
        preview("r2", {}, {}, [Plan("100", changes(("100", "f1"), after=64))]),
    ]
    assert preview("r2", {}, {}, plans).hash == same.hash
    assert same.hash not in {other.hash for other in others}
