"""Restricted issues: left out of every number, or the reason why none is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.document.mapping import Mapping, RestrictedRule
from mappings.facts.catalogue import Field
from mappings.facts.selector import Selector
from mappings.rollup.rows.statuses import RESTRICTED
from mappings.write_back.desired_values import desired_values

LEVELLED = Selector("level is not EMPTY", lambda issue, _: bool(issue.fields.get("security")))
SECRET = {"id": "10200", "name": "directors"}
NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"
DELIVERY = {"kind": "delivery"}


@pytest.fixture
def under(a_mapping, objective, key_result) -> Callable[..., Mapping]:
    """A mapping of epics over the stories below them, with its rule of restricted issues."""

    def bound(policy: str, **rule) -> Mapping:
        part = key_result(DELIVERY, **{"select": "type = Story, Sub-task", **rule})
        found = a_mapping(
            objective(part),
            fields=("okr_progress",),
            write_back=[{"target": "objective", "set": {"okr_progress": {"value": "progress_percent"}}}],
        )
        left_out = LEVELLED if policy == "leave_out" else None
        return replace(
            found,
            fields={"okr_progress": Field("okr_progress", "OKR progress", type="number", custom=NUMBER)},
            restricted=RestrictedRule(policy, LEVELLED),
            statuses=replace(found.statuses, restricted=left_out),
        )

    return bound


@pytest.fixture
def issues(an_issue):
    return [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, status="Done"),
        an_issue(3, parent=1),
        an_issue(4, parent=1, security=SECRET),
    ]


def test_what_is_restricted_is_in_no_number_and_has_a_row_that_says_so(under, stand, issues):
    state = stand(under("leave_out"), issues)["1"]
    rows = {row.id: row for row in state.key_results[0].measurement.ledger.rows}
    assert state.progress == Fraction(1, 2)
    assert (rows["4"].share, rows["4"].reason) == (0, "restricted, left out")
    assert state.key_results[0].measurement.ledger.exact
    assert (state.unwritten, state.flags) == ("", ())


def test_it_is_left_out_whatever_its_status_and_although_it_cannot_be_read_any_more(under, stand, an_issue):
    closed = an_issue(4, parent=1, status="Done", resolution="Not Achieved", security=SECRET)
    gap = an_issue(5, parent=1, security=SECRET, unknowns={"": "Jira says 403"})
    epic = an_issue(1, type="Epic", security=SECRET)
    state = stand(under("leave_out"), [epic, an_issue(2, parent=1, status="Done"), closed, gap])["1"]
    reasons = {row.id: row.reason for row in state.key_results[0].measurement.ledger.rows}
    assert reasons.keys() >= {"4", "5"}
    assert {reasons["4"], reasons["5"]} == {RESTRICTED.reason}
    assert state.progress == 1  # its own issue decides nothing about its number


def test_where_it_counts_all_is_as_it_was(under, stand, issues):
    state = stand(under("count"), issues)["1"]
    assert (state.progress, state.unwritten) == (Fraction(1, 3), "")


def test_where_it_is_refused_the_number_stands_and_nothing_is_written(under, stand, issues):
    mapping = under("refuse")
    state = stand(mapping, issues)["1"]
    held = {one.id: replace(one, fields={**one.fields, "okr_progress": None}) for one in issues}
    assert state.progress == Fraction(1, 3)
    assert state.flags == ("not written to Jira: 1 restricted issue counts in it",)
    assert desired_values(mapping, state, held.get) == ()
    free = stand(mapping, issues[:3])["1"]
    assert (free.unwritten, free.flags) == ("", ())
    assert [one.raw for one in desired_values(mapping, free, held.get)] == [50]


@pytest.mark.parametrize(
    ("secret", "options", "refused"),
    [
        ("2", {}, False),  # measured by what lies below it
        ("3", {}, True),
        ("2", {"subtasks": "through_parent"}, True),  # it has the row, its sub-tasks stand for it
        ("3", {"subtasks": "through_parent"}, True),
        ("9", {}, False),  # closed and excluded
    ],
)
def test_only_what_moves_the_number_refuses_it(under, stand, an_issue, secret, options, refused):
    found = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1),
        an_issue(3, parent=2, type="Sub-task"),
        an_issue(9, parent=1, status="Done", resolution="Duplicate"),
    ]
    marked = [replace(one, fields={"security": SECRET}) if one.id == secret else one for one in found]
    state = stand(under("refuse", **options), marked)["1"]
    assert bool(state.unwritten) is refused


def test_what_counts_a_refused_objective_is_refused_with_it(
    a_mapping, objective, key_result, stand, an_issue
):
    own = objective(
        key_result(DELIVERY, select="type = Story"),
        aligned_to={"link": "serves", "contributes": True},
    )
    mapping = replace(a_mapping(own), restricted=RestrictedRule("refuse", LEVELLED))
    found = stand(
        mapping,
        [
            an_issue(1, type="Epic", links=[("is served by", 5)]),
            an_issue(5, type="Epic", links=[("serves", 1)]),
            an_issue(6, parent=5, security=SECRET),
        ],
    )
    assert found["5"].unwritten == "1 restricted issue counts in it"
    assert found["1"].unwritten == "an objective that counts in it has restricted issues in its number"


@pytest.mark.parametrize("secret", ["5", "6"])
def test_an_aligned_objective_that_is_restricted_itself_counts_as_such(
    a_mapping, objective, key_result, stand, an_issue, secret
):
    own = objective(
        key_result(DELIVERY, select="type = Story"), aligned_to={"link": "serves", "contributes": True}
    )
    mapping = replace(a_mapping(own), restricted=RestrictedRule("refuse", LEVELLED))
    issues = [
        an_issue(1, type="Epic"),
        an_issue(2, parent=1),
        an_issue(5, type="Epic", links=[("serves", 1)]),
        an_issue(6, parent=5),
    ]
    marked = [replace(one, fields={"security": SECRET}) if one.id == secret else one for one in issues]
    told = stand(mapping, marked)["1"].unwritten
    assert (
        told
        == {
            "5": "1 restricted issue counts in it",
            "6": "an objective that counts in it has restricted issues in its number",
        }[secret]
    )


def test_several_restricted_issues_are_counted(under, stand, issues):
    twice = [*issues, replace(issues[3], id="7", key="PLAT-7")]
    assert stand(under("refuse"), twice)["1"].unwritten == "2 restricted issues count in it"


def test_what_lies_above_its_work_is_not_counted_in_it_however_far_above(under, stand, an_issue):
    """An initiative over an epic over a story is selected with the story, which alone counts."""
    mapping = under("refuse", select="type = Story, Initiative", relation="descendant")
    issues = [
        an_issue(1, type="Epic"),
        an_issue(5, type="Initiative", parent=1, security=SECRET),
        an_issue(6, type="Epic", parent=5),
        an_issue(7, parent=6),
    ]
    assert stand(mapping, issues)["1"].unwritten == ""
    secret = [*issues[:3], an_issue(7, parent=6, security=SECRET)]
    assert stand(mapping, secret)["1"].unwritten == "1 restricted issue counts in it"
