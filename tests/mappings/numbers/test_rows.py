"""Which issues are rows, and what becomes of each."""

from __future__ import annotations

from fractions import Fraction

import pytest

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
    assert [row.id for row in found.ledger.gaps] == ["2"]
    assert "Limbo" in found.ledger.gaps[0].reason
