"""How sure people are: what is read, which level it is, and which of several is the lowest."""

from __future__ import annotations

import pytest

from mappings.explain.confidence import Confidence, ConfidenceLevel, confidence_of, least, of_points


@pytest.mark.parametrize(
    ("text", "level", "points"),
    [
        ("0", ConfidenceLevel.OFF, 0),
        ("3", ConfidenceLevel.OFF, 3),
        ("4", ConfidenceLevel.AT, 4),
        ("6/10", ConfidenceLevel.AT, 6),
        ("7", ConfidenceLevel.ON, 7),
        (" 10 / 10 ", ConfidenceLevel.ON, 10),
        ("on", ConfidenceLevel.ON, None),
        ("On Track", ConfidenceLevel.ON, None),
        ("at-risk", ConfidenceLevel.AT, None),
        ("OFF  TRACK", ConfidenceLevel.OFF, None),
    ],
)
def test_what_is_said_is_kept_and_has_a_level(text, level, points):
    found = confidence_of(text)
    assert found == Confidence(level, points)
    assert confidence_of(found.text) == found


@pytest.mark.parametrize("text", ["", "11", "-1", "7.5", "007", "7/11", "at track", "on risk", "sure", "٧"])
def test_anything_else_is_none(text):
    assert confidence_of(text) is None


def test_the_lowest_is_by_level_and_then_by_points():
    word, six, nine = Confidence(ConfidenceLevel.AT), of_points(6), of_points(9)
    assert least([nine, word, six]) == six  # of one level the number says more
    assert least([nine, word]) == word
    assert least([]) is None
