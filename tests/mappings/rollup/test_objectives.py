"""The number of an objective: methods, headline, weights, alignment, circles, flags."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.facts.forest import Forest
from mappings.rollup.measurement import affected_objectives, assess, assess_one, objective_rule

F = Fraction
T = {"kind": "transition", "start": 0, "current": "current", "target": 10}
UP = {"link": "contributes to", "contributes": True, "weight": "weight"}


@pytest.fixture
def epic_of(a_mapping, objective, key_result, stand, an_issue):
    """The state of an epic with these key-result values and stories."""

    def state(values, stories=(), weights=(), rollup=None, weight=None):
        parts = [
            key_result(T, select="type = Key Result", weight=weight),
            key_result("delivery", select="type = Story"),
        ]
        mapping = a_mapping(objective(*parts, rollup=rollup or {}), fields=("current", "weight"))
        weights = [*weights, *[None] * (len(values) - len(weights))]
        issues = [
            an_issue(place, type="Key Result", parent=1, current=value, weight=own)
            for place, (value, own) in enumerate(zip(values, weights, strict=True), 2)
        ]
        issues += [an_issue(place, parent=1, status=status) for place, status in enumerate(stories, 100)]
        return stand(mapping, [an_issue(1, type="Epic"), *issues])["1"]

    return state


@pytest.mark.parametrize(
    ("method", "progress", "shares"),
    [
        ("weighted_mean", F(11, 20), [F(1, 4), 0, F(3, 10)]),
        ("mean", F(8, 15), [F(1, 3), 0, F(1, 5)]),
        ("minimum", F(0), [0, 0, 0]),
        ("done_ratio", F(1, 3), [F(1, 3), 0, 0]),
    ],
)
def test_methods(epic_of, method, progress, shares):
    found = epic_of([12, -5, 6], weights=[1, 1, 2], weight="weight", rollup={"method": method})
    assert found.progress == progress
    assert [row.share for row in found.ledger.rows] == shares
    assert found.ledger.exact


def test_the_deciding_row_carries_all_the_weight(epic_of):
    found = epic_of([5, 2, 7], rollup={"method": "minimum"})
    assert found.progress == F(1, 5)
    assert [(row.weight, row.share) for row in found.ledger.rows] == [(0, 0), (1, F(1, 5)), (0, 0)]


def test_outcome_leads_and_delivery_stands_beside(epic_of):
    found = epic_of([5], ["Done", "To Do", "To Do", "To Do"])
    assert (found.progress, found.outcome, found.delivery) == (F(1, 2), F(1, 2), F(1, 4))
    assert [row.id for row in found.ledger.rows] == ["2"]
    assert [row.id for row in found.beside.rows] == ["1/delivery"]
    assert [key_result.contributing for key_result in found.key_results] == [True, False]


def test_an_unknown_outcome_does_not_fall_back_to_delivery(epic_of):
    found = epic_of([None], ["Done"])
    assert (found.progress, found.outcome, found.delivery) == (None, None, 1)
    assert found.flags == ("100 % delivered, outcome not measured",)


def test_without_outcomes_delivery_leads(epic_of):
    found = epic_of([], ["Done", "To Do"])
    assert found.progress == F(1, 2)


def test_headline_all(epic_of):
    found = epic_of([5], ["Done"], rollup={"headline": "all"})
    assert (found.progress, found.outcome, found.delivery) == (F(3, 4), F(1, 2), 1)


def test_delivered_but_unmoved(epic_of):
    assert epic_of([-3], ["Done"]).flags == ("100 % delivered, outcome unmoved",)
    assert epic_of([1], ["Done"]).flags == ()


def test_over_achievement_is_kept_raw(epic_of):
    found = epic_of([20])
    assert found.progress == 1
    assert found.key_results[0].measurement.raw == 2


@pytest.mark.parametrize(
    ("weights", "progress", "dispositions"),
    [
        ((3, 1), F(3, 4), ["counted", "counted"]),
        ((3, None), F(3, 5), ["counted", "counted"]),
        ((0, 1), F(0), ["weightless", "counted"]),
        ((1, -1), F(1), ["counted", "gap"]),
        ((0, 0), None, ["weightless", "weightless"]),
    ],
)
def test_weights_of_key_results(epic_of, weights, progress, dispositions):
    found = epic_of([10, 0], ["To Do"], weights=weights, weight={"field": "weight"})
    if weights == (3, None):
        progress = F(3, 3 + 2)  # the delivery key result, which weighs 1, is a sibling too
    assert found.progress == progress
    assert [row.disposition for row in found.ledger.rows] == dispositions


@pytest.mark.parametrize(
    ("weight", "progress", "found"),
    [
        (["weight", "old"], F(3, 4), [(3, ""), (1, "")]),
        (["old", "weight"], F(9, 10), [(9, ""), (1, "")]),
        ({"field": ["weight", "old"], "missing": "zero"}, F(3, 4), [(3, ""), (1, "")]),
        (["weight"], F(1, 2), [(3, ""), (3, "no weight: the mean of its siblings stands in")]),
    ],
)
def test_a_weight_may_be_the_first_of_several_fields_that_is_filled(
    a_mapping, objective, key_result, stand, an_issue, weight, progress, found
):
    part = key_result(T, select="type = Key Result", weight=weight)
    mapping = a_mapping(objective(part), fields=("current", "weight", "old"))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, type="Key Result", parent=1, current=10, weight=3, old=9),
        an_issue(3, type="Key Result", parent=1, current=0, weight=" ", old=1),
    ]
    state = stand(mapping, issues)["1"]
    assert state.progress == progress
    assert [(row.weight, row.reason.partition("; ")[2]) for row in state.ledger.rows] == found


def test_a_first_filled_weight_that_is_no_number_is_not_passed_over(
    a_mapping, objective, key_result, stand, an_issue
):
    part = key_result(T, select="type = Key Result", weight=["weight", "old"])
    mapping = a_mapping(objective(part), fields=("current", "weight", "old"))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, type="Key Result", parent=1, current=10, weight="heavy", old=9),
        an_issue(3, type="Key Result", parent=1, current=0, weight=1),
    ]
    state = stand(mapping, issues)["1"]
    assert (state.progress, [row.disposition for row in state.ledger.rows]) == (0, ["unknown", "counted"])


def test_what_cannot_be_used_of_an_issue_is_told_where_its_row_is(
    a_mapping, objective, key_result, stand, an_issue
):
    due = "Its duedate '20260-01-01' cannot be used: Invalid isoformat string."
    resolved = "Its resolutiondate '0001-01-01' cannot be used: out of range."
    parts = [key_result("delivery", select="type = Story"), key_result(T, id="m", select="type = Key Result")]
    issues = [
        an_issue(1, type="Epic"),
        replace(an_issue(2, parent=1), unknowns={"duedate": due, "resolutiondate": resolved}),
        replace(an_issue(3, parent=1), unknowns={"changelog": "its history cannot be had"}),
        replace(an_issue(4, type="Key Result", parent=1, current=5), unknowns={"duedate": due}),
    ]
    state = stand(a_mapping(objective(*parts), fields=("current",)), issues)["1"]
    rows = [row.reason for row in state.key_results[0].measurement.ledger.rows]
    told = f"; {due[:-1]}; {resolved[:-1]}"
    assert [reason.endswith(told) for reason in rows] == [True, False]
    assert "history" not in rows[1]
    assert state.ledger.rows[0].reason.endswith(f"; {due[:-1]}")
    assert (state.progress, state.key_results[0].measurement.progress) == (F(1, 2), 0)


def test_a_key_result_closed_as_left_out_is_no_key_result(a_mapping, objective, key_result, stand, an_issue):
    parts = [key_result(T, select="type = Key Result"), key_result("delivery", select="type = Story")]
    mapping = a_mapping(objective(*parts), fields=("current",))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, type="Key Result", parent=1, current=5, status="Done", resolution="Declined"),
        an_issue(3, parent=1, status="Done"),
    ]
    found = stand(mapping, issues)["1"]
    assert found.progress == 1
    assert [row.disposition for row in found.beside.rows] == ["excluded"]


def test_a_key_result_closed_as_not_achieved_counts_0_and_keeps_its_raw_value(
    a_mapping, objective, key_result, stand, an_issue
):
    mapping = a_mapping(objective(key_result(T, select="type = Key Result")), fields=("current",))
    closed = {"status": "Done", "resolution": "Not Achieved"}
    found = stand(
        mapping, [an_issue(1, type="Epic"), an_issue(2, type="Key Result", parent=1, current=5, **closed)]
    )["1"]
    assert (found.progress, found.health.level) == (0, "off_track")
    assert found.key_results[0].measurement.raw == F(1, 2)
    assert found.ledger.rows[0].disposition == "not_achieved"


@pytest.fixture
def company(a_mapping, objective, key_result):
    """Initiatives above epics by link, epics above nothing but stories; and a company objective that is written."""

    def mapping(aligned_to=UP, fields=(), **parts):
        return a_mapping(
            objective(key_result("delivery", select="type = Story"), aligned_to=aligned_to, **parts),
            objective(id="top", select="type = Initiative", aligned_to="growth"),
            {"id": "growth", "title": "Grow", "owner": "Ada", "cycle": "2026-Q4"},
            fields=("weight", *fields),
        )

    return mapping


def world(an_issue, *above):
    return [
        an_issue(1, type="Initiative"),
        an_issue(2, type="Epic", links=[("contributes to", 1)], weight=3),
        an_issue(3, type="Epic", links=[("contributes to", 1)], weight=1),
        an_issue(4, parent=2, status="Done"),
        an_issue(5, parent=3),
        *above,
    ]


def test_aligned_objectives_that_contribute_are_rows(company, stand, an_issue):
    states = stand(company(), world(an_issue))
    assert states["1"].progress == F(3, 4)
    assert [(row.id, row.share) for row in states["1"].ledger.rows] == [("2", F(3, 4)), ("3", 0)]
    assert states["2"].aligned_to == ("1",)
    assert states["@growth"].ledger.rows[0].disposition == "beside"
    assert (states["@growth"].progress, states["@growth"].owner) == (None, "Ada")
    assert states["1"].health.level == "off_track"


def test_a_written_objective_is_moved_by_what_contributes_to_it(company, stand, an_issue):
    to_growth = {"objective": "growth", "contributes": True, "weight": "weight"}
    states = stand(company(to_growth), world(an_issue))
    growth = states["@growth"]
    assert growth.progress == F(3, 4)
    assert [
        (row.id, row.weight, row.share) for row in growth.ledger.rows if row.disposition == "counted"
    ] == [
        ("2", 3, F(3, 4)),
        ("3", 1, 0),
    ]
    assert states["2"].aligned_to == ("@growth",)
    assert growth.ledger.exact


def test_an_aligned_objective_may_weigh_by_the_first_of_several_fields(company, stand, an_issue):
    issues = world(an_issue)
    issues[2] = an_issue(3, type="Epic", links=[("contributes to", 1)], other=5)
    states = stand(company({**UP, "weight": ["weight", "other"]}, fields=("other",)), issues)
    assert [(row.id, row.weight, row.share) for row in states["1"].ledger.rows] == [
        ("2", 3, F(3, 8)),
        ("3", 5, 0),
    ]


def test_aligned_objectives_that_do_not_contribute_are_only_shown(company, stand, an_issue):
    states = stand(company({"link": "contributes to"}), world(an_issue))
    assert states["1"].progress is None
    assert [row.disposition for row in states["1"].ledger.rows] == ["beside", "beside"]


@pytest.mark.parametrize("contributes", [True, False])
def test_a_circle_is_unknown_and_named_until_it_is_broken(company, stand, an_issue, contributes):
    mapping = company({"link": "contributes to", "contributes": contributes})
    circle = [
        an_issue(2, type="Epic", links=[("contributes to", 3)]),
        an_issue(3, type="Epic", links=[("contributes to", 6), ("contributes to", 7)]),
        an_issue(6, type="Epic", links=[("contributes to", 2)]),
        an_issue(7, type="Epic"),
        an_issue(4, parent=2, status="Done"),
        an_issue(5, parent=7, status="Done"),
        an_issue(8, type="Epic", links=[("contributes to", 2)]),
        an_issue(9, parent=8, status="Done"),
    ]
    states = stand(mapping, circle)
    assert [states[id_].progress for id_ in ("2", "3", "6")] == [None] * 3
    assert states["3"].health.sentence.startswith("aligned in a circle: PLAT-3 → PLAT-6 → PLAT-2 → PLAT-3;")
    assert states["3"].flags == ("aligned in a circle: PLAT-3 → PLAT-6 → PLAT-2 → PLAT-3",)
    assert (states["7"].progress, states["8"].progress) == (1, 1)
    assert all(state.ledger.exact for state in states.values())
    broken = stand(mapping, [issue for issue in circle if issue.id != "6"])
    assert (broken["2"].progress, broken["2"].flags) == (1, ())


def test_what_a_state_was_computed_from(company, stand, an_issue):
    states = stand(company(), world(an_issue))
    assert states["1"].touched == {"1", "2", "3"}
    assert states["2"].touched == {"1", "2", "4"}


def test_affected_climbs_the_tree_and_the_alignments(company, an_issue, now):
    mapping, issues = company(), world(an_issue)
    forest = Forest.of(issues)
    after = an_issue(5, parent=2)
    moved = Forest.of([*issues[:4], after])
    assert affected_objectives(mapping, moved, forest.by_id["5"], after, now) == {"1", "2", "3", "@growth"}
    assert affected_objectives(mapping, forest, after, after, now) == frozenset()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {"status": "Done"}, {"1", "@growth"}),
        ({}, {"parent": 9}, {"1", "2", "@growth"}),
        ({"parent": 9}, {}, {"1", "2", "@growth"}),
        (None, {}, {"1", "2", "@growth"}),
        ({}, None, {"1", "2", "@growth"}),
        ({}, {}, set()),
    ],
    ids=["edited", "moved below another", "moved to the top", "made", "gone", "as it was"],
)
def test_what_lies_below_the_children_is_concerned_where_the_tree_changed(
    company, an_issue, now, before, after, found
):
    """An epic two levels below an initiative, through an issue that is no objective."""
    was, is_ = (
        None if facts is None else an_issue(1, type="Initiative", **facts) for facts in (before, after)
    )
    rest = [
        an_issue(6, type="Theme", parent=1),
        an_issue(2, type="Epic", parent=6),
        an_issue(9, type="Theme"),
    ]
    forest = Forest.of([*([is_] if is_ is not None else []), *rest])
    assert affected_objectives(company(), forest, was, is_, now) == found


def test_an_issue_affects_the_objectives_whose_key_results_select_it_by_a_jql_of_their_own(
    a_mapping, objective, key_result, an_issue, now
):
    part = key_result("delivery", relation={"jql_field": "jql"}, select="type = Key Result")
    named = {"id": "named", "key_results": (part,)}
    held = [an_issue(2, type="Epic"), an_issue(3, type="Key Result", parent=2, jql="label = mobile")]
    other = [an_issue(4, type="Epic"), an_issue(5, type="Key Result", parent=4, jql="label = web")]
    before, after = an_issue(9, labels=("mobile",)), an_issue(9, labels=("mobile",), status="Done")
    forest = Forest.of([*held, *other, after])
    assert affected_objectives(a_mapping(objective(part), fields=("jql",)), forest, before, after, now) == {
        "2"
    }
    both = a_mapping(objective(part), named, fields=("jql",))
    assert affected_objectives(both, forest, before, after, now) == {"2", "@named"}


def test_an_objective_is_selected_by_the_first_rule_that_does(company, an_issue, now):
    mapping = company()
    assert objective_rule(mapping, an_issue(1, type="Epic"), now).part.id == "epics"
    assert objective_rule(mapping, an_issue(1, type="Initiative"), now).part.id == "top"
    assert objective_rule(mapping, an_issue(1), now) is None
    assert assess_one(mapping, Forest.of([]), "@nobody", now) is None


CLOSED = {
    "open": ({}, "counted", F(1, 2), "aligned, and contributes", F(3, 4)),
    "left out": (
        {"status": "Done", "resolution": "Won't Do"}, "excluded", F(1, 2), "closed as Won't Do: left out", 1,
    ),
    "not achieved": (
        {"status": "Done", "resolution": "Not Achieved"},
        "not_achieved", 0, "closed as Not Achieved: not achieved, counts as 0", F(1, 2),
    ),
    "of a weight that is no number": (
        {"weight": "a lot"},
        "unknown", F(1, 2), "aligned, and contributes; its weight is 'a lot', not a number", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "disposition", "row", "reason", "number"), CLOSED.values(), ids=CLOSED)
def test_how_an_aligned_objective_enters(company, stand, an_issue, facts, disposition, row, reason, number):
    """Two weigh the same: one is reached, and of the other's two stories one is done."""
    issues = [
        an_issue(1, type="Initiative"),
        an_issue(2, type="Epic", links=[("contributes to", 1)], weight=1),
        an_issue(3, type="Epic", links=[("contributes to", 1)], **{"weight": 1, **facts}),
        an_issue(4, parent=2, status="Done"),
        an_issue(5, parent=3),
        an_issue(6, parent=3, status="Done"),
    ]
    state = stand(company(), issues)["1"]
    found = [(one.id, one.disposition, one.progress, one.reason) for one in state.ledger.rows]
    assert found == [("2", "counted", 1, "aligned, and contributes"), ("3", disposition, row, reason)]
    assert state.progress == number
    shown = stand(company({**UP, "contributes": False}), issues)["1"]
    found = [(one.disposition, one.progress, one.reason) for one in shown.ledger.rows]
    assert found == [
        ("beside", 1, "aligned, and does not contribute"),
        ("beside", F(1, 2), "aligned, and does not contribute"),
    ]
    assert shown.progress is None


def test_a_key_result_that_is_counted_already(a_mapping, objective, key_result, stand, an_issue):
    """Elsewhere as a whole, unless it has rows of its own that nobody else counts."""
    held = key_result("delivery", id="rows", relation={"jql_field": "jql"}, select="type = Key Result")
    first, again = (key_result("milestone", id=id_, select="type = Key Result") for id_ in ("first", "again"))
    mapping = a_mapping(objective(first, again, held), fields=("jql",))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, type="Key Result", status="Done", jql="label = web"),
        an_issue(3, labels=("web",), status="Done"),
        an_issue(4, labels=("web",)),
    ]
    state = stand(mapping, issues)["1"]
    assert [(row.id, row.disposition, row.progress, row.reason) for row in state.ledger.rows] == [
        ("2", "counted", 1, "done"),
        ("2/again", "counted_elsewhere", 1, 'counted by PLAT-2 "Key Result 2"'),
        ("2/rows", "counted", F(1, 2), "2 issues of 2 count"),
    ]
    assert state.progress == F(3, 4)


def test_what_is_out_of_scope_counts_nowhere_whether_one_is_asked_for_or_all(
    a_mapping, objective, key_result, an_issue, now
):
    """By selector, without one, and by JQL over all issues."""
    parts = [
        key_result("delivery", id="chosen", select="type = Story"),
        key_result("delivery", id="every"),
        key_result("delivery", id="far", relation={"jql": "label = far"}),
    ]
    mapping = a_mapping(objective(*parts, rollup={"same_issue": "both"}), scope="project = PLAT")
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, status="Done", labels=("far",)),
        an_issue(3, parent=1, project="CORE", labels=("far",)),
        an_issue(4, type="Epic", project="CORE"),
    ]
    forest = Forest.of(issues)
    whole = assess(mapping, forest, now)
    assert list(whole) == ["1"]
    assert assess_one(mapping, forest, "4", now) is None
    for state in (whole["1"], assess_one(mapping, forest, "1", now)):
        assert {one.id: one.measurement.progress for one in state.key_results} == {
            "1/chosen": 1,
            "1/every": 1,
            "1/far": 1,
        }
