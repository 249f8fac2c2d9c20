"""The figures of a review at their bounds: what is reached, in which corner it stands, and each sentence with one, none and several."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.rollup.state import Health, HealthLevel
from plugin.pages.views.cycles.review_overview import (
    MOST_MARKS,
    ReviewedObjective,
    is_reached,
    overview,
    score_text,
    team_of,
)
from plugin.use_cases.objectives.objective_list import Headline

KNOWN = Health(HealthLevel.ON_TRACK, "rule", "sentence")


def one(score, delivery=None, commitment="committed", **more):
    head = Headline(
        "7",
        "Title",
        KNOWN,
        commitment=commitment,
        delivery_text=None if delivery is None else str(Fraction(delivery)),
        **more,
    )
    return ReviewedObjective(head, None if score is None else Fraction(score))


def hoped(score, delivery=None):
    return one(score, delivery, "aspirational")


@pytest.mark.parametrize(
    ("reviewed", "reached"),
    [
        (one("1"), True),
        (one("0.99"), False),
        (one("0.7"), False),
        (one(None), False),
        (hoped("0.7"), True),
        (hoped("0.69"), False),
        (hoped(None), False),
        (one("0.7", commitment="learning"), False),
    ],
)
def test_what_is_reached(reviewed, reached):
    assert is_reached(reviewed) is reached


@pytest.mark.parametrize(
    ("rows", "over", "sentence"),
    [
        ([one("1")], True, "Of 1 committed objective 1 was kept."),
        ([one("0")], True, "Of 1 committed objective none was kept."),
        ([one("1"), one("1")], True, "Of 2 committed objectives 2 were kept."),
        ([one("1"), one("1")], False, "Of 2 committed objectives 2 are kept so far."),
        ([hoped("0.7")], True, "Of 1 aspirational objective 1 reached 0.70."),
        ([hoped("1"), hoped("1")], False, "Of 2 aspirational objectives 2 have reached 0.70."),
        ([hoped("0")], False, "Of 1 aspirational objective none has reached 0.70."),
        (
            [one("0", "1")],
            True,
            "Of 1 committed objective none was kept. 1 was built, but its outcome did not follow.",
        ),
        (
            [one("0", "1"), one("0.1", "0.9")],
            True,
            "Of 2 committed objectives none was kept. 2 were built, but their outcome did not follow.",
        ),
        (
            [one("0", "1"), one("0.1", "0.9")],
            False,
            "Of 2 committed objectives none is kept so far. Of 2 the work is far ahead of the outcome.",
        ),
    ],
)
def test_the_sentence_above_a_review(rows, over, sentence):
    assert overview(rows, over).sentence == sentence


def test_of_nothing_there_is_no_review():
    assert overview([], True) is None


@pytest.mark.parametrize(
    ("score", "delivery", "ended", "running"),
    [
        ("0.7", "0.7", 0, 0),
        ("0.69", "0.7", 1, 0),
        ("0.7", "0.69", 2, 0),
        ("0.69", "0.69", 3, 0),
        ("0.4", "0.7", 1, 0),
        ("0.39", "0.7", 1, 1),
        ("0.7", "0.4", 2, 0),
        ("0.7", "0.39", 2, 2),
        (None, "0.7", 4, 3),
        ("0.7", None, 4, 3),
    ],
)
def test_the_corner_where_an_objective_stands(score, delivery, ended, running):
    for over, place in ((True, ended), (False, running)):
        corners = overview([one(score, delivery)], over).corners
        assert [at for at, corner in enumerate(corners) if corner.count] == [place]
        assert [at for at, corner in enumerate(corners) if corner.warns] == [1]
        assert len(corners) == (4 if over else 3) + (score is None or delivery is None)


def test_what_is_counted_beside_a_review():
    rows = [one("1"), one("0.5"), hoped("0.7"), one(None)]
    assert overview(rows, True).counts == (
        ("Mean score", "0.73", "of those that have one"),
        ("Scored", "3 of 4", "1 cannot be"),
        ("Kept or reached", "2 of 4", "promised 1.00, hoped 0.70"),
        ("With confidence", "0 of 4", "somebody said how sure they are"),
    )
    assert overview([one("1")], True).counts[1] == ("Scored", "1 of 1", "all can be")
    assert overview([one(None)], True).counts[:2] == (
        ("Mean score", "unknown", "of those that have one"),
        ("Scored", "0 of 1", "1 cannot be"),
    )


@pytest.mark.parametrize(("count", "marks"), [(MOST_MARKS, MOST_MARKS), (MOST_MARKS + 1, 0)])
def test_at_the_most_each_has_its_mark_and_name_and_of_one_more_none(count, marks):
    found = overview([one("0.2", "0.9")] * count, True)
    assert len(found.marks) == len(found.corners[1].rows) == len(found.teams[0].dots) == marks


def test_a_mark_says_where_it_stands_and_what_of():
    (mark,) = overview([one(None, "1"), hoped("0.64", "0.25")], True).marks
    assert (mark.number, mark.x, mark.y, mark.committed) == (2, "25.00%", "36.00%", False)
    assert mark.text == "2: Title, score 0.64, delivery 25\u202f%"


def test_a_mark_that_just_fits_beside_another_stands_behind_it():
    found = overview([one("0", "0.955"), one("0", "0.955")], True)
    assert [mark.x for mark in found.marks] == ["95.50%", "100.00%"]


@pytest.mark.parametrize(
    ("team", "project", "name"),
    [("Core", "PLAT", "Core"), (None, "PLAT", "PLAT"), ("", "PLAT", "PLAT"), (None, "", "No team")],
)
def test_the_team_of_an_objective(team, project, name):
    assert team_of(one("1", team=team, project_key=project).head) == name


def test_teams_stand_by_name_with_their_scores_the_least_first():
    rows = [
        one("1", team="B"),
        one("0.5", team="B"),
        one("0.25", team="A"),
        one(None, team="A", commitment="aspirational"),
    ]
    found = overview(rows, True).teams
    assert [(team.name, team.mean, team.kept, team.reached) for team in found] == [
        ("A", "0.25", "0 of 1", "0 of 1"),
        ("B", "0.75", "1 of 2", "—"),
    ]
    assert [team.dots for team in found] == [
        (("25.00%", True),),
        (("50.00%", True), ("100.00%", True)),
    ]


@pytest.mark.parametrize(
    ("score", "text"),
    [(None, "unknown"), ("0", "0.00"), ("0.7", "0.70"), ("0.698", "0.698"), ("0.9999", "0.9999"), ("1", "1.00")],
)  # fmt: skip
def test_a_score_never_looks_as_if_it_had_reached_what_it_has_not(score, text):
    assert score_text(None if score is None else Fraction(score)) == text
