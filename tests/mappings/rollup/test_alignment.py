"""The ways alignments go: circles are named along the shortest way, and everybody is measured after those below."""

from __future__ import annotations

import pytest

from mappings.rollup.structure.alignment import circle_through, circles_in, from_below

CIRCLES = {
    "nothing": ({}, "1", ()),
    "a way up": ({"1": ["2"], "2": ["3"], "3": []}, "1", ()),
    "itself": ({"1": ["1"]}, "1", ("1", "1")),
    "two": ({"1": ["2"], "2": ["1"]}, "1", ("1", "2", "1")),
    "three, from the middle": ({"1": ["2"], "2": ["3"], "3": ["1"]}, "2", ("2", "3", "1", "2")),
    "the shorter of two": ({"1": ["2", "3"], "2": ["4"], "4": ["1"], "3": ["1"]}, "1", ("1", "3", "1")),
    "of equals the one of the lower id": ({"1": ["10", "9"], "9": ["1"], "10": ["1"]}, "1", ("1", "9", "1")),
    "a circle above it": ({"1": ["2"], "2": ["3"], "3": ["2"]}, "1", ()),
    "to one that is not there": ({"1": ["7"]}, "1", ()),
}


@pytest.mark.parametrize(("graph", "start", "way"), CIRCLES.values(), ids=CIRCLES.keys())
def test_the_shortest_way_back(graph: dict[str, list[str]], start: str, way: tuple[str, ...]) -> None:
    assert circle_through(graph, start) == way


def test_an_objective_is_known_by_what_its_id_says() -> None:
    assert circle_through({"10": ["11"], "11": ["10"]}, "".join(["1", "0"])) == ("10", "11", "10")


def test_only_members_of_a_circle_have_one() -> None:
    graph = {"1": ["2"], "2": ["3"], "3": ["2"], "4": ["4"], "5": []}
    assert circles_in(graph) == {"2": ("2", "3", "2"), "3": ("3", "2", "3"), "4": ("4", "4")}


ORDERS = {
    "alone": ({"1": []}, (), ["1"]),
    "below first": ({"1": [], "2": ["1"], "3": ["2"]}, (), ["3", "2", "1"]),
    "two below one": ({"1": [], "2": ["1"], "3": ["1"]}, (), ["3", "2", "1"]),
    "one below two": ({"1": [], "2": [], "3": ["1", "2"]}, (), ["3", "2", "1"]),
    "a circle below one": ({"1": [], "2": ["3", "1"], "3": ["2"]}, ("2", "3"), ["3", "2", "1"]),
    "one below a circle": ({"2": ["3"], "3": ["2"], "4": ["2"]}, ("2", "3"), ["4", "2", "3"]),
    "to one that is not there": ({"1": ["9"]}, (), ["1"]),
}


@pytest.mark.parametrize(("graph", "circular", "order"), ORDERS.values(), ids=ORDERS.keys())
def test_each_comes_after_those_below(
    graph: dict[str, list[str]], circular: tuple[str, ...], order: list[str]
) -> None:
    assert from_below(graph, circular) == order
