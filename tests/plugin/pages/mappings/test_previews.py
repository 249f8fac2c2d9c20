"""A preview in words: what moves farthest first, what is counted instead of shown, and what has no number."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest

from mappings.rollup.state import HealthLevel
from mappings.write_back.preview import (
    Cost,
    KeyResultDifference,
    ObjectiveDifference,
    Preview,
    ProgressAndHealth,
    RowDifference,
)
from plugin.pages.views.mappings.difference import preview_view
from plugin.pages.views.mappings.revision import TextLine, text_lines


def at(percents, health=HealthLevel.ON_TRACK, plain=False):
    return ProgressAndHealth(None if percents is None else Fraction(percents, 100), health, plain=plain)


def objective(key, before, after, **facts):
    return ObjectiveDifference(f"id of {key}", key, key.lower(), before, after, **facts)


def shown(*objectives, plans=(), hold=None):
    found = Preview("r1", objectives, tuple(plans), Cost(3, 2, 1), "ab12")
    return preview_view(SimpleNamespace(preview=found, hold=hold, missing_fields=()))


def test_what_moves_farthest_stands_first_and_equal_moves_by_name():
    view = shown(
        objective("A-1", at(10), at(20)),
        objective("A-2", at(50), at(20)),
        objective("A-4", at(20), at(50)),
        objective("A-3", at(20), at(None)),
        objective("A-5", None, at(0)),
        objective("A-6", at(90), None),
        objective("A-7", at(40), at(40)),
        objective("A-8", at(None), at(None)),
    )
    assert [one.key for one in view.moved] == ["A-3", "A-5", "A-6", "A-2", "A-4", "A-1"]
    assert (view.looked_at, view.same, view.numberless, view.more) == (8, 2, 2, 0)
    assert (view.writes, view.issues, view.calls, view.hold, view.hash) == (3, 2, 1, "", "ab12")


def test_what_is_only_written_is_shown_too():
    plan = SimpleNamespace(objective_id="id of A-1", changes=("one", "two"))
    view = shown(objective("A-1", at(10), at(10)), objective("A-2", at(10), at(10)), plans=[plan])
    assert [(one.key, one.writes) for one in view.moved] == [("A-1", ("one", "two"))]
    assert view.same == 1


@pytest.mark.parametrize(("count", "listed", "more"), [(200, 200, 0), (201, 200, 1)])
def test_of_thousands_the_first_are_shown_and_the_rest_counted(count, listed, more):
    view = shown(*(objective(f"A-{place}", at(10), at(20)) for place in range(count)))
    assert (len(view.moved), view.more, view.same) == (listed, more, 0)


@pytest.mark.parametrize(("count", "listed", "more"), [(100, 100, 0), (101, 100, 1)])
def test_of_many_rows_the_first_are_shown_and_the_rest_counted(count, listed, more):
    rows = tuple(RowDifference(str(one), f"B-{one}", "", None, None) for one in range(count))
    of_it = KeyResultDifference("k1", "", "Delivery", at(1), at(1), rows)
    still = KeyResultDifference("k2", "K-2", "Metric", at(1), at(1))
    view = shown(objective("A-1", at(1), at(1), rows=rows, key_results=(of_it, still)))
    (moved,) = view.moved
    assert (len(moved.rows), moved.more) == (listed, more)
    assert [(one.name, len(one.rows), one.more) for one in moved.key_results] == [("k1", listed, more)]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (at(63), ("63\u202f%", "on_track", "On track")),
        (at(0, HealthLevel.OFF_TRACK), ("0\u202f%", "off_track", "Off track")),
        (at(None, HealthLevel.UNKNOWN), ("unknown", "unknown", "Unknown")),
        (at(63, plain=True), ("no objective, sums only", "", "")),
        (None, None),
    ],
)
def test_where_something_stands_is_said_in_words(standing, words):
    other = at(7)
    (moved,) = shown(objective("A-1", standing, other)).moved
    before = moved.before
    assert (None if before is None else (before.percent, before.level, before.word)) == words
    assert moved.after is not None
    assert moved.after.percent == "7\u202f%"


def test_sums_alone_are_not_without_a_number():
    view = shown(objective("A-1", at(1), at(None, plain=True)), objective("A-2", at(1), None))
    assert view.numberless == 0


def test_what_holds_a_preview_is_said():
    assert shown(hold=SimpleNamespace(reason="too much at once")).hold == "too much at once"


def test_lines_have_their_numbers_in_the_text_that_they_are_of():
    old = [f"line {one}" for one in range(1, 13)]
    new = [*old[:1], "line two", *old[2:11], "line 11b", old[11]]
    assert list(text_lines("\n".join(old), "\n".join(new))) == [
        TextLine("same", 1, 1, "line 1"),
        TextLine("removed", 2, None, "line 2"),
        TextLine("added", None, 2, "line two"),
        TextLine("same", 3, 3, "line 3"),
        TextLine("same", 4, 4, "line 4"),
        TextLine("same", 5, 5, "line 5"),
        TextLine("skipped", None, None, ""),
        TextLine("same", 9, 9, "line 9"),
        TextLine("same", 10, 10, "line 10"),
        TextLine("same", 11, 11, "line 11"),
        TextLine("added", None, 12, "line 11b"),
        TextLine("same", 12, 13, "line 12"),
    ]
    assert list(text_lines("a\nb", "a\nb")) == []
