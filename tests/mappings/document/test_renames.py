"""The names of today in the place of former ones: the text stays as it was written, and means what it meant."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.document.binder import bind
from mappings.document.names import compare, overlay
from mappings.document.text.renames import _candidates, reword_text
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import IssueType, JiraValue, Project, Status

SITE = Catalogue(
    fields=(Field("customfield_10050", "Team", "option"), Field("customfield_10016", "Points", "number")),
    statuses=(Status("1", "To Do", "new"), Status("3", "Building", "indeterminate")),
    issue_types=(IssueType("1", "Epic", 1), IssueType("2", "Story")),
    projects=(Project("100", "PLAT", "Platform"),),
    resolutions=(JiraValue("2", "Won't Do"),),
    link_types=(LinkType("9", "Contribution", "is helped by", "helps"),),
)
TODAY = replace(
    SITE,
    fields=(
        Field("customfield_10050", "Crew", "option"),
        Field("customfield_10016", "Size: points", "number"),
    ),
    statuses=(Status("1", "To Do", "new"), Status("3", 'In "the" making', "indeterminate")),
    issue_types=(IssueType("1", "Goal", 1), IssueType("2", "User story")),
    projects=(Project("100", "FORM", "Formation"),),
    link_types=(LinkType("9", "Contribution", "is carried by", "carries"),),
)
TEXT = """\
version: 1
name: names
scope: project = PLAT   # the platform
fields:
  points: {name: Points}   # of a story
statuses:
  excluded: none
  overrides:
    - {when: project = plat, by_status: {Building: 0.7}}
objectives:
  - id: o
    select: "issuetype = Epic AND Team is not EMPTY"
    aligned_to: {link: helps}
    key_results:
      - id: d
        select: 'issuetype in (Story, Epic)'
        progress: {kind: delivery, weight: points}
      - id: e
        select: Team is not EMPTY AND issuetype = "Story"
        progress: {kind: delivery}
"""
REWORDED = """\
version: 1
name: names
scope: project = FORM   # the platform
fields:
  points: {name: "Size: points"}   # of a story
statuses:
  excluded: none
  overrides:
    - {when: project = FORM, by_status: {In "the" making: 0.7}}
objectives:
  - id: o
    select: "issuetype = Goal AND Crew is not EMPTY"
    aligned_to: {link: carries}
    key_results:
      - id: d
        select: 'issuetype in ("User story", Goal)'
        progress: {kind: delivery, weight: points}
      - id: e
        select: Crew is not EMPTY AND issuetype = "User story"
        progress: {kind: delivery}
"""


def by_names_of(today: Catalogue, text: str = TEXT):
    known = SITE
    renames = compare(bind(read_document(text).require(), known).names, known, today).renames
    return reword_text(text, known, overlay(known, today), renames)


def test_every_place_says_the_name_of_today_and_nothing_else_moves():
    found = by_names_of(TODAY)
    assert found.text == REWORDED
    assert (found.changed, found.left) == (11, ())
    before, after = (
        bind(read_document(text).require(), site) for text, site in ((TEXT, SITE), (REWORDED, TODAY))
    )
    assert [one.by_id for one in after.selectors()] == [one.by_id for one in before.selectors()]


def test_nothing_is_done_where_nothing_was_renamed():
    assert by_names_of(SITE).text == TEXT
    assert by_names_of(SITE).changed == 0


def test_a_text_that_cannot_be_read_stays_as_it_is():
    assert reword_text("version: [", SITE, TODAY, ()).text == "version: ["


@pytest.mark.parametrize(
    "folded",
    [
        "    select: >-\n      issuetype\n      = Epic\n",
        "    select: |-\n      issuetype = Epic\n",
    ],
)
def test_a_place_in_a_folded_text_is_changed_or_left_to_a_person(folded):
    text = TEXT.replace('    select: "issuetype = Epic AND Team is not EMPTY"\n', folded)
    found = by_names_of(TODAY, text)
    assert found.changed + len(found.left) == 10
    assert bind(read_document(found.text).require(), overlay(SITE, TODAY)).objectives[0].select.by_id == (
        bind(read_document(text).require(), SITE).objectives[0].select.by_id
    )


BARE = ["a = New b", 'a = "New" b', "a = 'New' b", 'a = \\"New\\" b', "a = ''New'' b"]


@pytest.mark.parametrize(
    ("line", "former", "now", "ways"),
    [
        ("a = Old b", "Old", "New", BARE),
        ("a = OLD b", '"Old"', "New", BARE),
        ('a = "Old" b', "Old", "New", ['a = "New" b']),
        ("a = 'Old' b", "Old", "It's", ["a = 'It's' b", "a = 'It''s' b"]),
        ('a = "Old" b', "Old", 'a "n"', ['a = "a "n"" b', 'a = "a \\"n\\"" b']),
        ("a = Young b", "Old", "New", []),
        ("a = Ol", "Old", "New", []),
    ],
)
def test_a_name_is_written_in_each_way_that_may_be_right_at_its_place(
    line: str, former: str, now: str, ways: list[str]
) -> None:
    for before in ("", "first: line\n", "first: line\n\n"):
        text = f"{before}{line}\nlast: line\n"
        place: Any = SimpleNamespace(
            line=before.count("\n") + 1, column=5, value=former, valid=(now, "other")
        )
        assert list(_candidates(text, place)) == [f"{before}{way}\nlast: line\n" for way in ways]
    nowhere: Any = SimpleNamespace(line=0, column=5, value=former, valid=(now,))
    assert list(_candidates(f"{line}\n", nowhere)) == []
