"""From desired and actual to the fewest changes."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.write_back.desired_values import DesiredValue
from mappings.write_back.leftovers import LastWrite, clear_leftovers
from mappings.write_back.plan import Plan, plan, plan_hash
from mappings.write_back.targets.field import field_place


def wanted(
    make: SimpleNamespace, raw: object, alias: str = "okr_progress", issue_id: str = "100"
) -> DesiredValue:
    place = field_place(make.fields[alias])
    assert place is not None
    return DesiredValue(issue_id, f"PLAT-{issue_id}", place, raw, "progress_percent")


def holding(make: SimpleNamespace, **fields: object) -> dict[str, object]:
    """A mirror with issue 100 whose fields, by alias, hold these values."""
    return {"100": make.issue("100", fields={make.fields[alias].id: raw for alias, raw in fields.items()})}


def test_a_correct_field_gives_an_empty_plan(make: SimpleNamespace) -> None:
    mirror = holding(make, okr_progress=63.0, okr_health={"id": "2", "value": "At risk", "self": "x"})
    asked = [wanted(make, 63), wanted(make, {"id": "2"}, "okr_health"), wanted(make, None, "okr_summary")]
    assert not plan("100", asked, mirror.get)


def test_a_change_says_what_and_why(make: SimpleNamespace) -> None:
    made = plan("100", [wanted(make, 63)], holding(make, okr_progress=50.0).get, "PLAT-7 moved to Done")
    [change] = made.changes
    assert (change.issue_key, change.field_name, change.before, change.after) == (
        "PLAT-100",
        "OKR progress",
        50.0,
        63,
    )
    assert change.reason == "progress 50 → 63: PLAT-7 moved to Done"


def test_the_reason_without_a_cause_and_from_nothing(make: SimpleNamespace) -> None:
    [change] = plan("100", [wanted(make, 63)], holding(make).get).changes
    assert change.reason == "progress empty → 63"


def test_an_issue_the_mirror_does_not_hold_is_left_alone(make: SimpleNamespace) -> None:
    assert not plan("100", [wanted(make, 63)], {}.get)


def test_the_order_is_by_issue_then_field_whatever_was_asked_first(make: SimpleNamespace) -> None:
    mirror = {id_: make.issue(id_) for id_ in ("9", "10")}
    asked = [
        wanted(make, "x", "okr_summary", "10"),
        wanted(make, 1, "okr_progress", "10"),
        wanted(make, 1, "okr_progress", "9"),
    ]
    made = plan("9", asked, mirror.get)
    assert made == plan("9", reversed(asked), mirror.get)
    assert [(change.issue_id, change.field_id[-2:]) for change in made.changes] == [
        ("9", "60"),
        ("10", "60"),
        ("10", "62"),
    ]
    assert {id_: len(changes) for id_, changes in made.by_issue().items()} == {"9": 1, "10": 2}


RAW = st.one_of(st.none(), st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.just(""))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(before=RAW, share=st.fractions(-10, 10, max_denominator=10**9))
def test_applying_a_plan_leaves_nothing_to_plan(make: SimpleNamespace, before: object, share: object) -> None:
    from mappings.fields import field_type

    field = make.fields["okr_progress"]
    type_ = field_type(field)
    assert type_ is not None
    asked = [wanted(make, type_.encode(share, field))]
    first = plan("100", asked, holding(make, okr_progress=before).get)
    after = first.changes[0].after if first else before
    assert not plan("100", asked, holding(make, okr_progress=after).get)


def plans(make: SimpleNamespace) -> list[Plan]:
    mirror = {id_: make.issue(id_) for id_ in ("9", "10", "11")}
    return [plan(id_, [wanted(make, 5, issue_id=id_)], mirror.get) for id_ in mirror]


def test_the_hash_is_of_what_changes_not_of_how_it_is_told(make: SimpleNamespace) -> None:
    some = plans(make)
    told = [
        plan(
            made.objective_id,
            [wanted(make, 5.0, issue_id=made.objective_id)],
            {made.objective_id: make.issue(made.objective_id, key="NEW-1")}.get,
            "because",
        )
        for made in some
    ]
    assert plan_hash(some) == plan_hash(reversed(some)) == plan_hash([*some, Plan("12")]) == plan_hash(told)


def test_the_hash_knows_every_difference_that_counts(make: SimpleNamespace) -> None:
    some = plans(make)
    other_value = plan("9", [wanted(make, 6, issue_id="9")], {"9": make.issue("9")}.get)
    other_before = plan("100", [wanted(make, 5)], holding(make, okr_progress=4).get)
    hashes = [
        plan_hash(some),
        plan_hash(some, "r2"),
        plan_hash(some[1:]),
        plan_hash([other_value, *some[1:]]),
        plan_hash([other_before]),
        plan_hash([]),
    ]
    assert len(set(hashes)) == len(hashes)


def test_the_hash_does_not_look_at_addresses(make: SimpleNamespace) -> None:
    asked = [wanted(make, {"id": "2"}, "okr_health")]
    one, other = (
        plan("100", asked, holding(make, okr_health={"id": "1", "self": host}).get) for host in ("a", "b")
    )
    assert plan_hash([one]) == plan_hash([other])


def test_what_is_left_behind_is_cleared_until_its_cycle_has_ended(make: SimpleNamespace) -> None:
    place = field_place(make.fields["okr_progress"])
    assert place is not None
    today = date(2026, 11, 2)
    mirror = holding(make, okr_progress=50.0)
    ends = {None: True, today: True, date(2027, 1, 1): True, date(2026, 11, 1): False}
    for until, cleared in ends.items():
        stands = LastWrite("100", "PLAT-100", place, 50.0, "7", until=until)
        changes = clear_leftovers([stands], set(), mirror.get, today, [place.id])
        assert [(one.after, one.left, one.until) for one in changes] == [(None, True, until)] * cleared
    kept = LastWrite("100", "PLAT-100", place, 50.0, "7", stays=True)
    assert clear_leftovers([kept], set(), mirror.get, today, [place.id]) == []
