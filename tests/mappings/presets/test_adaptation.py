"""Presets made to fit a site that has other names than the demo, in another language, and lacks what the demo has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings import presets
from mappings.document.binder import bind
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import IssueType, JiraValue, Project, Status
from mappings.presets.adaptation import adapt

BARE = Catalogue(
    fields=(Field("customfield_10030", "Story Points", "number"), Field("labels", "Labels", "array", "string")),
    statuses=(Status("1", "Offen", "new"), Status("2", "Fertig", "done")),
    issue_types=(IssueType("1", "Epik", 1), IssueType("2", "Aufgabe"), IssueType("3", "Fehler"), IssueType("4", "Unteraufgabe", -1)),
    projects=(Project("1", "SEA", "Sea"), Project("2", "OR", "Ore")),
    resolutions=(JiraValue("1", "Fertig"), JiraValue("2", "Won't Do")),
    priorities=(JiraValue("1", "Hoch"),),
)  # fmt: skip
FITTING = ("epics-as-objectives", "initiatives-and-epics", "marketing")
"""Presets of which something is left on a site with nothing but epics and work below them."""


def preset(name):
    return read_document(presets.text(name)).require()


@pytest.mark.parametrize("name", presets.names())
def test_no_word_of_the_demo_is_left(name):
    text = adapt(preset(name), BARE).text
    assert not [word for word in ("PLAT", "CORE", "GROW", "Epic,", "Story,", "In Review") if word in text]
    assert 'project in (SEA, "OR")' in text or not text  # OR has to stand in quotes


@pytest.mark.parametrize("name", FITTING)
def test_what_is_left_can_be_activated(name):
    mapping = bind(read_document(adapt(preset(name), BARE, ["sea"]).text).require(), BARE)
    assert mapping.document.scope == "project in (SEA)"


def test_what_the_site_lacks_is_told_and_what_stands_for_it_is_taken():
    found = adapt(preset("epics-as-objectives"), BARE, ["SEA"])
    rule = read_document(found.text).require().objectives[0]
    assert rule.select == "issuetype = Epik AND labels = okr"
    assert [(one.id, one.select) for one in rule.key_results] == [
        ("delivery", "issuetype in (Aufgabe, Fehler)")
    ]
    assert found.notes == (
        "Work is weighed by Story Points.",
        "It looks at SEA: 1 of 2 projects. Others are added in the scope.",
        "Where the preset says Epic, the site says Epik.",
        "Left out: the key results “metric”, for the site has no field for kr_current, kr_start, kr_target.",
        "Where the preset says Story, Task, Bug, the site says Aufgabe, Fehler.",
        "Nothing is written to Jira yet: the fields for it are not there.",
    )
    assert [(one.name, one.kind, one.written, len(one.options)) for one in found.lacking if one.written] == [
        ("OKR progress", "number", True, 0),
        ("OKR health", "choice", True, 6),
    ]


SOME = (
    IssueType("1", "Epic", 1),
    IssueType("2", "Task"),
    IssueType("3", "Key Result"),
    IssueType("4", "Anfrage"),
)


@pytest.mark.parametrize(
    ("types", "work", "said"),
    [
        # one of three is there: the others are called otherwise here, but for what the preset means by its name
        (SOME, "issuetype in (Task, Anfrage)", "Where the preset says Story, Bug, the site says Anfrage."),
        # two of three are there: the third is missing, and what else there is counts where somebody says so
        (
            (*SOME, IssueType("5", "Story")),
            "issuetype in (Story, Task)",
            "Where the preset says Bug, the site has Anfrage, which do not count: name those that should.",
        ),
    ],
)  # fmt: skip
def test_types_of_which_the_site_has_some_are_never_left_out_without_a_word(types, work, said):
    found = adapt(preset("epics-as-objectives"), replace(BARE, issue_types=types), ["SEA"])
    rule = read_document(found.text).require().objectives[0]
    assert [one.select for one in rule.key_results] == [work]
    assert said in found.notes


def test_without_a_label_what_runs_is_an_objective_of_the_running_cycle():
    rule = (
        read_document(adapt(preset("epics-as-objectives"), BARE, marked=False).text).require().objectives[0]
    )
    assert rule.select == "issuetype = Epik AND (statusCategory != Done OR resolved >= startOfYear())"
    assert rule.cycle == "current"


def test_the_preset_stays_as_it_is_where_the_site_has_everything():
    from tests.mappings.presets.test_presets import SITE

    for name in presets.names():
        document = preset(name)
        found = read_document(adapt(document, SITE, ["PLAT", "CORE", "GROW"]).text).require()
        assert found.objectives == document.objectives
        assert found.write_back == document.write_back


def test_a_kpi_that_nothing_of_the_site_answers_is_left_out_and_told():
    found = adapt(preset("engineering"), BARE)
    assert "Left out: the KPI “repair-time”, for the site has nothing that it counts." in found.notes
    assert "repair-time" not in found.text
