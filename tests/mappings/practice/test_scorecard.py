"""The order of the perspectives, and what stands in each."""

from __future__ import annotations

import pytest

from mappings.practice.scorecard import scorecard

FOUR = ["finance", "customer", "process", "learning"]


@pytest.mark.parametrize(
    ("objectives", "kpis", "names"),
    [
        ([], [], FOUR),
        (["process"], [], FOUR),
        ([None], [], [*FOUR, None]),
        (["Safety", "care"], ["Finance"], [*FOUR, "care", "Safety"]),
        (["Safety"], ["care", None], ["care", "Safety", None]),
        (["Safety"], [""], ["Safety", None]),
    ],
)
def test_the_four_stand_there_unless_only_words_of_ones_own_are_used(objectives, kpis, names):
    found = scorecard(objectives, kpis, lambda one: one, lambda one: one)
    assert [one.name for one in found] == names


def test_each_stands_where_it_looks_from_in_the_order_in_which_it_came():
    aims = [("b", "Customer"), ("a", "customer"), ("c", None)]
    found = scorecard(aims, [("k", "learning")], lambda one: one[1], lambda one: one[1])
    assert {
        one.name: ([id_ for id_, _ in one.objectives], [id_ for id_, _ in one.kpis]) for one in found
    } == {
        "finance": ([], []),
        "customer": (["b", "a"], []),
        "process": ([], []),
        "learning": ([], ["k"]),
        None: (["c"], []),
    }
    assert [one.name for one in found if one.empty] == ["finance", "process"]
