"""What the editor offers at a place, however unfinished the text."""

from __future__ import annotations

import pytest

from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import IssueType, Status
from plugin.use_cases.mappings.completion import complete

NUMBER = "com.atlassian.jira.plugin.system.customfieldtypes:float"
SITE = Catalogue(
    fields=(Field("customfield_1", "OKR progress", "number", custom=NUMBER),),
    issue_types=(IssueType("1", "Epic"), IssueType("2", "Key Result")),
    statuses=(Status("3", "In Review", "indeterminate"),),
)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("", "version"),
        ("ver", "version"),
        ("version: 1\nfields:\n  points: {na", "name"),
        ("version: 1\nfields:\n  points: {name: OKR pr", "OKR progress"),
        ("fields:\n  points:\n    id: ", "OKR progress"),
        ("objectives:\n  - id: epics\n    com", "commitment"),
        ("objectives:\n  - id: epics\n    commitment: ", "aspirational"),
        ("objectives:\n  - id: e\n    key_results:\n      - id: a\n        progress: {kind: ", "delivery"),
        (
            "objectives:\n  - id: e\n    key_results:\n      - id: a\n        progress: {kind: transition, st",
            "start",
        ),
        ("objectives:\n  - id: e\n    select: issuetype = ", "Key Result"),
        ("objectives:\n  - id: e\n    select: status in (", "In Review"),
        ("scope: project = X and lab", "labels"),
        ("fields:\n  mine: {name: x}\nwrite_back:\n  - target: objective\n    set:\n      ", "mine"),
        ("write_back:\n  - target: ", "key_result"),
        ("cycles:\n  ev", "every"),
        ("cycles:\n  every: ", "tertial"),
        ("cycles: {every: quarter}\nobjectives:\n  - id: e\n    cycle: ", "current"),
        ("cycles:\n  - {id: spring, start: 2027-03-01}\nobjectives:\n  - id: e\n    cycle: ", "spring"),
    ],
)
def test_what_could_stand_here_is_offered(text: str, offered: str) -> None:
    lines = text.split("\n")
    found = complete(text, len(lines), len(lines[-1]) + 1, SITE)
    assert offered in [one.label for one in found]


@pytest.mark.parametrize("text", ["}", ": : :", "- - -\n  - x:", "{{{{", "a: [", '"', "\t", "é:\n  ü"])
def test_no_text_is_too_broken(text: str) -> None:
    for line in range(3):
        for column in range(6):
            complete(text, line, column, SITE)


def test_a_name_of_several_words_replaces_what_was_typed_of_it() -> None:
    text = "fields:\n  points: {name: OKR pr"
    first = complete(text, 2, len("  points: {name: OKR pr") + 1, SITE)[0]
    assert (first.text, first.replaces) == ('"OKR progress"', len("OKR pr"))
