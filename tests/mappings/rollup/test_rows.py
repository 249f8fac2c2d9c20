"""Which issues are rows, and what becomes of each."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.rollup.rows.ledger import Contribution, Disposition
from mappings.rollup.rows.sums import stand_in

F = Fraction


@pytest.fixture
def delivered(a_mapping, objective, key_result, stand, an_issue):
    """The delivery key result of epic 1 over these issues, `options` being those of its rule."""

    def measure(*issues, fields=("points",), statuses=None, rule=None, **options):
        part = key_result(
            {"kind": "delivery", **options}, **{"select": "type = Story, Sub-task", **(rule or {})}
        )
        parts = {"statuses": statuses} if statuses else {}
        mapping = a_mapping(objective(part), fields=fields, **parts)
        state = stand(mapping, [an_issue(1, type="Epic"), *issues])["1"]
        return state.key_results[0].measurement

    return measure


def dispositions(measurement):
    return {row.id: str(row.disposition) for row in measurement.ledger.rows}


def test_the_mean_of_the_rows_by_category(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1),
        an_issue(3, parent=1, status="In Progress"),
        an_issue(4, parent=1, status="Done"),
    )
    assert found.progress == F(1, 2)
    assert [row.share for row in found.ledger.rows] == [0, F(1, 6), F(1, 3)]
    assert found.ledger.exact


def test_what_is_not_selected_does_not_count(delivered, an_issue):
    found = delivered(an_issue(2, parent=1, status="Done"), an_issue(3, parent=1, type="Bug"))
    assert found.progress == 1
    assert dispositions(found) == {"2": "counted"}


def test_a_selected_issue_above_selected_ones_is_measured_by_them(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="Done"), an_issue(3, parent=2, type="Sub-task"), an_issue(4, parent=1)
    )
    assert found.progress == 0
    assert dispositions(found) == {"2": "measured_by_children", "3": "counted", "4": "counted"}


def test_an_excluded_issue_does_not_remove_those_below_it_and_the_ledger_warns(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="Done", resolution="Won't Do"),
        an_issue(3, parent=2, type="Sub-task", status="In Progress"),
    )
    assert found.progress == F(1, 2)
    assert (
        found.ledger.rows[0].reason
        == "closed as Won't Do: left out itself, but the issues below it still count"
    )


def test_an_issue_whose_children_are_all_excluded_counts_by_its_own_status(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="Done"),
        an_issue(3, parent=2, type="Sub-task", status="Done", resolution="Duplicate"),
    )
    assert found.progress == 1
    assert dispositions(found) == {"2": "counted", "3": "excluded"}


@pytest.mark.parametrize(
    ("resolution", "progress"),
    [(None, F(2, 3)), ("Done", F(2, 3)), ("Won't Fix", F(1, 2)), ("Not Achieved", F(1, 3))],
)
def test_closed_issues_have_one_of_three_dispositions(delivered, an_issue, resolution, progress):
    found = delivered(
        an_issue(2, parent=1, status="Done", resolution=resolution),
        an_issue(3, parent=1, status="Done"),
        an_issue(4, parent=1),
    )
    assert found.progress == progress


def test_a_resolution_decides_nothing_while_the_issue_is_not_done(delivered, an_issue):
    found = delivered(an_issue(2, parent=1, status="In Progress", resolution="Won't Do"))
    assert found.progress == F(1, 2)


def test_a_status_without_category_is_unknown_and_listed(delivered, an_issue):
    found = delivered(an_issue(2, parent=1, status="Limbo"), an_issue(3, parent=1, status="Done"))
    assert found.progress == 1
    (unknown,) = [row for row in found.ledger.rows if row.disposition is Disposition.UNKNOWN]
    assert unknown.id == "2"
    assert "Limbo" in unknown.reason


@pytest.mark.parametrize(
    ("overrides", "progress"),
    [
        ([], F(1, 2)),
        ([{"by_status": {"10012": "0.8"}}], F(4, 5)),
        ([{"by_category": {"indeterminate": "0.3"}}], F(3, 10)),
        ([{"when": "project = CORE", "by_status": {"10012": "0.8"}}], F(1, 2)),
        ([{"when": "project = PLAT", "by_status": {"3": "0.8"}}, {"by_status": {"10012": "0.9"}}], F(1, 2)),
        ([{"when": "project = CORE"}, {"by_status": {"10012": "0.9"}}], F(9, 10)),
        ([{"by_status": {"10012": "0.8"}, "by_category": {"indeterminate": "0.1"}}], F(4, 5)),
    ],
)
def test_the_first_override_that_selects_the_issue_decides(delivered, an_issue, overrides, progress):
    found = delivered(an_issue(2, parent=1, status="In Review"), statuses={"overrides": overrides})
    assert found.progress == progress


def test_an_override_that_does_not_select_the_issue_is_not_why_it_counts(delivered, an_issue):
    """Though it would give the same fraction."""
    overrides = [{"when": "project = CORE", "by_status": {"10012": "0.5"}}]
    found = delivered(an_issue(2, parent=1, status="In Review"), statuses={"overrides": overrides})
    assert [row.reason for row in found.ledger.rows] == ['status "In Review" (indeterminate) counts as 0.5']


def test_an_override_may_give_a_status_without_category_a_fraction(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="Limbo"), statuses={"overrides": [{"by_status": {"99": "0.25"}}]}
    )
    assert found.progress == F(1, 4)


def test_the_mean_of_siblings_is_exact_where_their_weights_are_fractions(delivered, an_issue):
    """0.5, 0.2 and 0.2: the mean is 0.3, and of 1.2 altogether 0.8 is done."""
    found = delivered(
        an_issue(2, parent=1, status="Done", points=0.5),
        an_issue(3, parent=1, points=0.2),
        an_issue(4, parent=1, points=0.2),
        an_issue(5, parent=1, status="Done"),
        weight="points",
        missing="siblings_mean",
    )
    assert found.progress == F(2, 3)
    assert [row.weight for row in found.ledger.rows if row.id == "5"] == [F(3, 10)]


@pytest.mark.parametrize(
    ("missing", "progress", "disposition"),
    [
        ("siblings_mean", F(3 + 2, 3 + 1 + 2), "counted"),
        ("zero", F(3, 4), "weightless"),
        ("one", F(3 + 1, 3 + 1 + 1), "counted"),
        ("error", F(3, 4), "gap"),
    ],
)
def test_a_missing_weight(delivered, an_issue, missing, progress, disposition):
    found = delivered(
        an_issue(2, parent=1, status="Done", points=3),
        an_issue(3, parent=1, points=1),
        an_issue(4, parent=1, status="Done"),
        an_issue(5, parent=1, status="Done", resolution="Duplicate", points=100),
        an_issue(6, parent=1, status="Limbo", points=100),
        weight="points",
        missing=missing,
    )
    assert found.progress == progress
    assert dispositions(found)["4"] == disposition
    assert found.ledger.exact


@pytest.mark.parametrize(
    ("weights", "progress", "last"),
    [
        ((None, None), F(1, 2), "counted"),
        ((0, None), F(0), "counted"),
        ((2, 0), F(1), "weightless"),
        ((2, -1), F(1), "gap"),
        ((0, 0), None, "weightless"),
        ((1, 1.5), F(2, 5), "counted"),
        (("2", {"value": "1"}), F(2, 3), "counted"),
        ((3, True), F(1), "unknown"),
        ((3, "eight"), F(1), "unknown"),
        ((3, "  "), F(1, 2), "counted"),
    ],
)
def test_weights(delivered, an_issue, weights, progress, last):
    done, new = weights
    found = delivered(
        an_issue(2, parent=1, status="Done", points=done), an_issue(3, parent=1, points=new), weight="points"
    )
    assert found.progress == progress
    assert dispositions(found)["3"] == last


def test_time_estimates_weigh(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="Done", timeoriginalestimate=3600),
        an_issue(3, parent=1, timeoriginalestimate=7200),
        weight="time_estimate",
    )
    assert found.progress == F(1, 3)


@pytest.mark.parametrize(
    ("done", "open_", "progress", "raw"),
    [(2, 0, F(1, 2), F(1, 2)), (2, 50, F(1, 2), F(1, 2)), (5, 1, F(1), F(5, 4))],
)
def test_counting_to_a_number_does_not_fall_with_the_scope(delivered, an_issue, done, open_, progress, raw):
    rows = [an_issue(place, parent=1, status="Done") for place in range(10, 10 + done)]
    rows += [an_issue(place, parent=1, status="In Progress") for place in range(100, 100 + open_)]
    found = delivered(*rows, count_to=4)
    assert (found.progress, found.raw) == (progress, raw)
    assert found.ledger.exact


def test_subtasks_stand_for_their_parent_which_keeps_its_weight(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, points=3),
        an_issue(3, parent=2, type="Sub-task", status="Done", points=100),
        an_issue(4, parent=2, type="Sub-task", points=100),
        an_issue(5, parent=2, type="Sub-task", status="Limbo"),
        an_issue(6, parent=1, points=1, status="Done"),
        rule={"subtasks": "through_parent", "select": "type = Story"},
        weight="points",
    )
    assert found.progress == F(3, 4) * F(1, 2) + F(1, 4)
    assert dispositions(found) == {
        "2": "counted",
        "3": "beside",
        "4": "beside",
        "5": "unknown",
        "6": "counted",
    }


def test_a_parent_without_measurable_subtasks_counts_by_its_own_status(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="In Progress"),
        an_issue(3, parent=2, type="Sub-task", status="Done", resolution="Won't Do"),
        rule={"subtasks": "through_parent"},
    )
    assert found.progress == F(1, 2)


def test_a_subtask_of_what_was_not_achieved_stands_in_no_mean(delivered, an_issue):
    found = delivered(
        an_issue(2, parent=1, status="Done", resolution="Not Achieved"),
        an_issue(3, parent=2, type="Sub-task", status="Done"),
        rule={"subtasks": "through_parent", "select": "type = Story"},
    )
    assert found.progress == 0
    said = {row.id: row.reason for row in found.ledger.rows}
    assert said["3"].startswith("its parent: closed as Not Achieved: not achieved, counts as 0; ")


def test_what_lies_out_of_scope_does_not_count(a_mapping, objective, key_result, stand, an_issue):
    mapping = a_mapping(objective(key_result("delivery", select="type = Story")), scope="project = PLAT")
    state = stand(
        mapping,
        [
            an_issue(1, type="Epic"),
            an_issue(2, parent=1, status="Done"),
            an_issue(3, parent=1, project="GROW"),
            an_issue(4, type="Epic", project="GROW"),
        ],
    )
    assert list(state) == ["1"]
    assert state["1"].progress == 1


@pytest.mark.parametrize(
    ("same_issue", "first", "second", "where"),
    [
        ("count_once", F(1, 2), F(1), {"2": "counted", "3": "counted_elsewhere"}),
        ("both", F(1, 2), F(1, 2), {"2": "counted", "3": "counted"}),
        ("split", F(2, 3), F(2, 3), {"2": "counted", "3": "counted"}),
    ],
)
def test_an_issue_that_reaches_the_objective_twice(
    a_mapping, objective, key_result, stand, an_issue, same_issue, first, second, where
):
    parts = [
        key_result("delivery", id="a", select="id = 3, 4"),
        key_result("delivery", id="b", select="id = 2, 3"),
    ]
    mapping = a_mapping(objective(*parts, rollup={"same_issue": same_issue}))
    issues = [
        an_issue(2, parent=1, status="Done"),
        an_issue(3, parent=1),
        an_issue(4, parent=1, status="Done"),
    ]
    a, b = stand(mapping, [an_issue(1, type="Epic"), *issues])["1"].key_results
    assert (a.measurement.progress, b.measurement.progress) == (first, second)
    assert dispositions(b.measurement) == where
    if same_issue == "count_once":
        assert b.measurement.ledger.rows[1].reason == 'counted by "a"'


RELATIONS = [
    ("child", {"2", "3"}),
    ("descendant", {"2", "3", "4"}),
    ({"link": "Is Measured By"}, {"5"}),
    ({"jql": "label = far"}, {"4", "6"}),
]


@pytest.mark.parametrize(("relation", "ids"), RELATIONS)
def test_relations(a_mapping, objective, key_result, stand, an_issue, relation, ids):
    mapping = a_mapping(objective(key_result("milestone", relation=relation)))
    issues = [
        an_issue(1, type="Epic", links=[("is measured by", 5), ("blocks", 6)]),
        an_issue(2, parent=1),
        an_issue(3, parent=1),
        an_issue(4, parent=3, labels=("far",)),
        an_issue(5),
        an_issue(6, labels=("far",)),
    ]
    assert {found.id for found in stand(mapping, issues)["1"].key_results} == ids


def test_a_key_result_issue_may_hold_the_jql_of_its_rows_and_a_bad_one_harms_it_alone(
    a_mapping, objective, key_result, stand, an_issue
):
    part = key_result("delivery", relation={"jql_field": "jql"}, select="type = Key Result")
    mapping = a_mapping(objective(part), fields=("jql",))
    rich = {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "label = web"}]}],
    }
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, type="Key Result", jql=rich),
        an_issue(3, parent=1, type="Key Result", jql="colour = red"),
        an_issue(4, parent=1, type="Key Result"),
        an_issue(5, labels=("web",), status="Done"),
        an_issue(6, labels=("web",)),
    ]
    state = stand(mapping, issues)["1"]
    assert [found.measurement.progress for found in state.key_results] == [F(1, 2), None, None]
    assert "no field colour" in state.key_results[1].measurement.reason
    assert state.progress == F(1, 2)


def test_text_in_a_weight_field_is_no_missing_weight(delivered, an_issue):
    """The row is unknown with what stands there; it neither counts as 0 nor takes the mean of its siblings."""
    found = delivered(
        an_issue(2, parent=1, status="Done", points=3), an_issue(3, parent=1, points="eight"), weight="points"
    )
    row = found.ledger.rows[1]
    assert (found.progress, row.disposition, row.weight, row.share) == (1, "unknown", None, 0)
    assert row.reason == "its weight is 'eight', not a number"


def test_the_first_of_several_weight_fields_that_is_filled_counts(delivered, an_issue):
    """3 (done), 5 by the second field, 1 by the first although the second is filled, and 3 stands in for nothing at all."""
    found = delivered(
        an_issue(2, parent=1, status="Done", points=3),
        an_issue(3, parent=1, story_points=5),
        an_issue(4, parent=1, points=1, story_points=9),
        an_issue(5, parent=1, points="", story_points=None),
        fields=("points", "story_points"),
        weight=["points", "story_points"],
    )
    assert [row.weight for row in found.ledger.rows] == [3, 5, 1, 3]
    assert found.progress == F(1, 4)
    text = delivered(
        an_issue(2, parent=1, points="eight", story_points=5),
        fields=("points", "story_points"),
        weight=["points", "story_points"],
    )
    assert (
        text.ledger.rows[0].disposition == "unknown"
    )  # what is filled first decides, also where it is no number


@pytest.mark.parametrize("same_issue", ["count_once", "split", "both"])
def test_what_is_excluded_is_listed_so_everywhere_and_claims_nothing(
    a_mapping, objective, key_result, stand, an_issue, same_issue
):
    """Issue 2 was closed as Won't Do: excluded in both, whoever comes first, and nothing is split with it."""
    parts = [key_result("delivery", id=id_, select="id = 2, 3") for id_ in ("a", "b")]
    mapping = a_mapping(objective(*parts, rollup={"same_issue": same_issue}))
    issues = [
        an_issue(2, parent=1, status="Done", resolution="Won't Do"),
        an_issue(3, parent=1, status="Done"),
    ]
    a, b = stand(mapping, [an_issue(1, type="Epic"), *issues])["1"].key_results
    assert dispositions(a.measurement) == {"2": "excluded", "3": "counted"}
    assert dispositions(b.measurement)["2"] == "excluded"
    assert [row.reason for row in (a.measurement.ledger.rows[0], b.measurement.ledger.rows[0])] == [
        "closed as Won't Do: left out"
    ] * 2


def test_a_sub_task_left_out_with_its_parent_counts_where_it_is_selected_itself(
    a_mapping, objective, key_result, stand, an_issue
):
    parts = [
        key_result("delivery", id="a", select="type = Story", subtasks="through_parent"),
        key_result("delivery", id="b", select="type = Sub-task"),
    ]
    mapping = a_mapping(objective(*parts))
    issues = [
        an_issue(2, parent=1, status="Done", resolution="Won't Do"),
        an_issue(3, parent=2, type="Sub-task", status="Done"),
    ]
    a, b = stand(mapping, [an_issue(1, type="Epic"), *issues])["1"].key_results
    assert dispositions(a.measurement) == {"2": "excluded", "3": "excluded"}
    assert dispositions(b.measurement) == {"3": "counted"}


def test_the_rows_of_a_key_result_that_left_count_for_the_next(
    a_mapping, objective, key_result, stand, an_issue
):
    parts = [
        key_result("delivery", id="held", relation={"jql_field": "jql"}, select="type = Key Result"),
        key_result("delivery", id="rest", select="type = Story"),
    ]
    mapping = a_mapping(objective(*parts), fields=("jql",))
    left = {"status": "Done", "resolution": "Won't Do"}
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, type="Key Result", parent=1, jql="label = web", **left),
        an_issue(3, parent=1, labels=("web",), status="Done"),
    ]
    state = stand(mapping, issues)["1"]
    assert dispositions(state.key_results[-1].measurement) == {"3": "counted"}
    assert state.progress == 1


@pytest.mark.parametrize(
    ("together", "numbers"), [(True, {"1/delivery": F(2, 3)}), (False, {"2": F(1, 2), "3": F(1)})]
)
def test_the_rows_of_several_key_results_as_one(
    a_mapping, objective, key_result, stand, an_issue, together, numbers
):
    """A key result that is left out adds no rows, and one whose JQL cannot be read makes the whole unknown."""
    as_ = {"as": "one_key_result"} if together else {}
    part = key_result("delivery", relation={"jql_field": "jql"}, select="type = Key Result", **as_)
    mapping = a_mapping(objective(part), fields=("jql",))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, type="Key Result", jql="label = web"),
        an_issue(3, parent=1, type="Key Result", jql="label = app"),
        an_issue(4, parent=1, type="Key Result", jql="label = old", status="Done", resolution="Won't Do"),
        an_issue(5, labels=("web",), status="Done"),
        an_issue(6, labels=("web",)),
        an_issue(7, labels=("app",), status="Done"),
        an_issue(8, labels=("old",)),
    ]
    found = {one.id: one.measurement.progress for one in stand(mapping, issues)["1"].key_results}
    assert {id_: found[id_] for id_ in numbers} == numbers
    assert set(found) - set(numbers) == (set() if together else {"4"})
    broken = an_issue(9, parent=1, type="Key Result", jql="colour = red")
    found = {one.id: one.measurement for one in stand(mapping, [*issues, broken])["1"].key_results}
    if together:
        assert found["1/delivery"].progress is None
        assert "PLAT-9: " in found["1/delivery"].reason
    else:
        assert found["9"].progress is None
        assert {id_: found[id_].progress for id_ in numbers} == numbers


@pytest.mark.parametrize(
    ("kept", "reason", "rule"),
    [
        ("one", "", "one"),
        ("", "no weight; the mean of its siblings stands in", "siblings_mean"),
        ("", "no weight; 1 stands in", "one"),
        ("", "In Progress", ""),
    ],
)
def test_which_rule_weighed_a_row_is_known_of_rows_from_before_they_said_so(kept, reason, rule):
    row = Contribution("2", "PLAT-2", "", Disposition.COUNTED, reason, F(1), F(1), stand_in=kept)
    assert stand_in(row) == rule


@pytest.mark.parametrize(
    "first",
    [
        {"progress": "milestone", "subtasks": "through_parent"},
        {"progress": "delivery", "subtasks": "selected"},
    ],
)
def test_sub_tasks_are_claimed_with_their_parent_by_a_delivery_that_counts_them_through_it_alone(
    a_mapping, an_issue, objective, key_result, stand, first
):
    one = key_result(select="type = Key Result", **first) | {"id": "first"}
    second = key_result("delivery", select="type = Sub-task, Key Result")
    mapping = a_mapping(objective(one, second, rollup={"same_issue": "count_once"}))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, type="Key Result"),
        an_issue(3, parent=2, type="Sub-task", status="Done"),
    ]
    delivery = stand(mapping, issues)["1"].key_results[1].measurement
    assert delivery.progress == 1
    assert dispositions(delivery) == {"2": "counted_elsewhere", "3": "counted"}


@pytest.mark.parametrize(
    ("method", "rows"),
    [
        ("weighted_mean", [("2", 3, 2), ("2/again", 3, 2)]),
        ("mean", [("2", 1, 1), ("2/again", 1, 1)]),
    ],
)
def test_a_row_of_the_headline_says_among_how_many_its_own_weight_is_split(
    a_mapping, an_issue, objective, key_result, stand, method, rows
):
    parts = [
        key_result("milestone", id=id_, select="type = Key Result", weight="heavy") for id_ in ("a", "again")
    ]
    rollup = {"same_issue": "split", "method": method}
    mapping = a_mapping(objective(*parts, rollup=rollup), fields=("heavy",))
    issues = [an_issue(1, type="Epic"), an_issue(2, parent=1, type="Key Result", heavy=6)]
    found = stand(mapping, issues)["1"].ledger.rows
    assert [(row.id, row.weight, row.divisor) for row in found] == rows
