"""People on pages: by name where an account says one, and what they said in one place, newest first."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from connectors.store.numbers.check_ins import KeptCheckIn
from docs.screenshots.company import NOW, ZONE, seeded
from mappings.explain.check_in import CheckIn, Measure
from mappings.explain.confidence import Confidence, ConfidenceLevel, SpokenConfidence
from plugin.pages.frame.person_names import person_namer
from plugin.pages.views.objectives.explanation import explanation
from plugin.pages.views.objectives.objective_context import ObjectiveContext

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("noor@acme.example", "Noor Bellweather"),
        ("Checked in by Noor@acme.example: 60 %", "Checked in by Noor Bellweather: 60 %"),
        ("noor@acme.example (token CI)", "Noor Bellweather (token CI)"),
        ("stranger@acme.example", "stranger@acme.example"),
        ("command line", "command line"),
        ("", ""),
    ],
)
def test_an_address_is_shown_as_the_name_of_its_account(text, shown):
    with Flask("names").app_context():
        assert person_namer(seeded())(text) == shown


def spoken(points, at):
    return SpokenConfidence(Confidence(ConfidenceLevel.AT, points), "noor@acme.example", at)


def test_what_was_said_stands_together_newest_first_with_how_sure_they_were_before():
    saved = next(one for one in seeded().saved if one.state.key_results)
    state, kr = saved.state, saved.state.key_results[0]
    early, late = NOW - 9 * DAY, NOW - 2 * DAY
    said = [
        CheckIn(
            state.id,
            kr.id,
            Measure.PROGRESS,
            Fraction(3, 5),
            "noor@acme.example",
            late,
            "Two stores signed.",
            date(2026, 12, 31),
            confidence=spoken(4, late),
        ),
        CheckIn(
            state.id,
            kr.id,
            Measure.PROGRESS,
            None,
            "noor@acme.example",
            early,
            "Waiting for legal.",
            confidence=spoken(6, early),
            comment="77",
        ),
    ]
    kept = [KeptCheckIn(one) for one in said[::-1]]
    view = explanation(saved, [], ObjectiveContext(NOW, ZONE, lambda key: None, check_ins=kept))
    assert [(one.value, one.sure, one.note, one.by_comment) for one in view.remarks] == [
        ("60\u202f%", "4 of 10, was 6 of 10", "Two stores signed.", False),
        ("", "6 of 10", "Waiting for legal.", True),
    ]
    assert {(one.key_result, one.anchor) for one in view.remarks} == {(kr.title, "kr-1")}


def test_the_page_of_an_objective_has_what_people_said_as_a_section(client, company):
    said = next(one for one in company.saved if any(kr.check_in for kr in one.state.key_results))
    page = BeautifulSoup(client.get(f"/objectives/{said.state.id}").text, "html.parser")
    section = page.find("section", {"aria-labelledby": "check-ins"})
    assert section is not None
    assert len(section.select(".talk li")) == sum(kr.check_in is not None for kr in said.state.key_results)
