"""Marks above a chart never touch each other, and none is lost; and what a chart is drawn over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.screenshots.company import seeded
from mappings.explain.marks import Mark, MarkKind
from plugin.pages.objectives.objective import explanation_now
from plugin.pages.sources import LocatedObjective
from plugin.pages.views.objectives.history.marks import APART, happenings, kinds_of, spots
from plugin.pages.views.objectives.history.trend import Scale

START = datetime(2026, 10, 1, tzinfo=UTC)
SCALE = Scale(START, START + timedelta(days=100), 1000, 1000)


def marked(*days: float, kind: MarkKind = MarkKind.SCOPE) -> list[Mark]:
    return [Mark(START + timedelta(days=day), kind, f"day {day:g}") for day in days]


@given(st.lists(st.tuples(st.floats(-5, 105), st.sampled_from(MarkKind)), max_size=60))
def test_spots_stand_apart_and_count_every_mark_in_sight(given_marks):
    all_marks = [Mark(START + timedelta(days=day), kind, "x") for day, kind in given_marks]
    found = spots(all_marks, SCALE, UTC)
    places = [Fraction(spot.at.removesuffix("%")) / 100 for spot in found]
    assert all(later - sooner > APART - Fraction(1, 5000) for sooner, later in pairwise(places))
    assert sum(spot.count for spot in found) == sum(SCALE.start <= mark.at <= SCALE.end for mark in all_marks)
    assert {spot.kind for spot in found} == {kind for kind, _ in kinds_of(found)}
    assert len(happenings(all_marks, START, UTC)) == len(all_marks)


def test_what_stands_together_is_told_together():
    near = [*marked(10, 11), *marked(12, kind=MarkKind.TARGET), *marked(40)]
    first, second = spots(near, SCALE, UTC)
    assert (first.kind, first.count, first.at) == ("several", 3, "10.00%")
    assert first.text == "11 Oct: day 10\n12 Oct: day 11\n13 Oct: day 12"
    assert (second.kind, second.count) == ("scope", 1)
    assert kinds_of((first, second)) == (("scope", "Scope changed"), ("several", "Several at once"))


def test_a_long_story_is_cut_and_says_so():
    (spot,) = spots(marked(*[1 + place / 100 for place in range(40)]), SCALE, UTC)
    assert spot.count == 40
    assert spot.text.endswith("and 34 more")


@pytest.mark.parametrize(
    ("span", "said", "line"),
    [
        (None, "Q4 2026 (1 Oct 2026 – 31 Dec 2026)", "0.0,1000.0 559.6,434.8 1000.0,0.0"),
        (
            (date(2026, 11, 1), date(2026, 12, 10)),
            "Q4 2026 (own days 1 Nov 2026 – 10 Dec 2026)",
            "425.7,1000.0 719.6,434.8 1000.0,0.0",
        ),
    ],
)
def test_what_is_expected_is_drawn_over_the_days_it_is_reckoned_by(client_for, span, said, line):
    company = seeded()
    saved = replace(company.saved[0], state=replace(company.saved[0].state, span=span))
    with client_for(company).application.test_request_context():
        view = explanation_now(company, LocatedObjective("main", saved), everything=False)
    assert view.cycle == said
    assert [one.parts for one in view.chart.curves if one.name == "expected"] == [(line,)]
