"""What was chosen without YAML is put into the document; what was not asked stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from mappings import presets
from mappings.document.choices import (
    Choices,
    CycleChoice,
    ListedCycle,
    ObjectiveChoice,
    ScopeChoice,
    SumsChoice,
    alias_uses,
    cycle_choice,
    fractions_by_status,
    scope_choice,
    sums_places,
    with_choices,
)
from mappings.document.schema import FieldPart
from mappings.document.text.canonical import plain
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Status

TEXT = presets.text("epics-as-objectives")
PROPERTY = TEXT.partition("write_back:")[0] + (
    "write_back:\n  - target: objective\n"
    "    property: {key: jira-okr.rollup, values: [progress_percent, summary], round: 1, unknown: leave}\n"
)
OPTIONS = {
    level: f"It is {level}"
    for level in ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")
}
RULED = {"every": "quarter", "starts": "02-01"}


def changed(choices: Choices, text: str = TEXT) -> dict[str, Any]:
    made = with_choices(read_document(text).require(), choices)
    assert made.diagnostics == ()
    return plain(read_document(made.text).require())


@pytest.mark.parametrize("text", [TEXT, PROPERTY])
def test_what_was_not_asked_stays(text: str) -> None:
    before = plain(read_document(text).require())
    assert changed(Choices(), text) == before
    assert changed(Choices(name="renamed"), text) == {**before, "name": "renamed"}


@pytest.mark.parametrize(
    ("scope", "projects", "rest"),
    [
        ("project in (PLAT, 'CORE')", ("PLAT", "CORE"), ""),
        ("project = PLAT AND labels = okr", ("PLAT",), "labels = okr"),
        ("project = PLAT AND (a = 1 OR b = 2)", ("PLAT",), "(a = 1 OR b = 2)"),
        ("project = PLAT AND a = 1 OR b = 2", None, "project = PLAT AND a = 1 OR b = 2"),
        ("labels = okr", None, "labels = okr"),
    ],
)
def test_a_scope_is_taken_apart_and_put_together(
    scope: str, projects: tuple[str, ...] | None, rest: str
) -> None:
    assert scope_choice(scope) == ScopeChoice(projects, rest)
    quoted = (
        "project in (PLAT, CORE)" if scope.startswith("project in") else scope.replace("= PLAT", "in (PLAT)")
    )
    assert changed(Choices(scope=scope_choice(scope)))["scope"] == (quoted if projects else scope)


def test_a_project_whose_key_is_a_word_of_jql_stays_in_quotes() -> None:
    scope = 'project in (PLAT, "OR", 10000) AND labels = okr'
    assert changed(Choices(scope=scope_choice(scope)))["scope"] == scope


def test_fields_statuses_options_and_queries() -> None:
    value = changed(
        Choices(
            fields={
                "points": FieldPart(id="customfield_7", name="Points"),
                "nobody": FieldPart(id="customfield_8"),
            },
            by_category={"new": "0", "indeterminate": "0.3", "done": "1"},
            by_status={"10": "0.9"},
            options={(0, "okr_health"): OPTIONS, (1, "okr_progress"): OPTIONS},
            objectives={0: ObjectiveChoice("labels = goal", "aspirational", {1: "type = Story"})},
        )
    )
    assert value["fields"]["points"] == {"id": "customfield_7", "name": "Points"}
    assert "nobody" not in value["fields"]
    assert value["statuses"]["by_category"]["indeterminate"] == 0.3
    assert [one.get("when") for one in value["statuses"]["overrides"]] == ["project = CORE", None]
    assert value["statuses"]["overrides"][1]["by_status"] == {"10": 0.9}
    assert value["write_back"][0]["set"]["okr_health"]["options"] == OPTIONS
    assert value["objectives"][0]["select"] == "labels = goal"
    assert value["objectives"][0]["commitment"] == "aspirational"
    assert [one["select"] for one in value["objectives"][0]["key_results"]] == [
        'issuetype = "Key Result"',
        "type = Story",
    ]


def test_own_fractions_by_name_and_by_id_and_none_of_them() -> None:
    catalogue = Catalogue(
        statuses=(Status("10", "in review", None), Status("11", "Doing", None), Status("12", "Idle", None))
    )
    made = with_choices(read_document(TEXT).require(), Choices(by_status={"In Review": "0.8", "11": "0"}))
    document = read_document(made.text).require()
    assert fractions_by_status(document, catalogue) == {"10": "0.8", "11": "0"}
    none = changed(Choices(by_status={}))
    assert [one.get("when") for one in none["statuses"]["overrides"]] == ["project = CORE"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (CycleChoice(("quarter",), "02-01", ()), {**RULED, "listed": []}),
        (
            CycleChoice(("quarter", "year"), "", (ListedCycle("Q", "2026-01-01", "2026-03-31"),)),
            {
                "every": ["quarter", "year"],
                "starts": "01-01",
                "listed": [{"id": "Q", "start": "2026-01-01", "end": "2026-03-31"}],
            },
        ),
        (
            CycleChoice((), "", (ListedCycle("Q", "2026-01-01", "2026-03-31"), ListedCycle("", "", ""))),
            [{"id": "Q", "start": "2026-01-01", "end": "2026-03-31"}],
        ),
    ],
)
def test_cycles_that_recur_and_cycles_that_are_listed(choice: CycleChoice, expected: object) -> None:
    made = with_choices(read_document(TEXT).require(), Choices(cycles=choice))
    assert made.diagnostics == ()
    document = read_document(made.text).require()
    if isinstance(expected, list):
        assert cycle_choice(document).every == ()
        expected = {"listed": expected}
    else:
        every = expected["every"]
        assert cycle_choice(document).every == ((every,) if isinstance(every, str) else tuple(every))
        assert cycle_choice(document).starts == expected["starts"]
    assert [(one.id, one.start, one.end, one.former) for one in cycle_choice(document).listed] == [
        (one["id"], one["start"], one["end"], one["id"]) for one in expected["listed"]
    ]


def test_a_renamed_cycle_keeps_what_the_form_does_not_show() -> None:
    text = TEXT.replace(
        "cycles: {every: quarter}",
        "cycles: [{id: H1, start: 2026-01-01, end: 2026-06-30, close_after: 90d}]",
    )
    renamed = CycleChoice((), "", (ListedCycle("First half", "2026-01-01", "2026-06-29", "H1"),))
    (cycle,) = changed(Choices(cycles=renamed), text)["cycles"]
    assert (cycle["id"], cycle["end"], cycle["close_after"]) == ("First half", "2026-06-29", "90d")


def test_what_makes_no_document_is_said_without_a_line() -> None:
    made = with_choices(read_document(TEXT).require(), Choices(by_category={"new": "many"}))
    assert made.text == ""
    assert [(one.severity.value, one.line) for one in made.diagnostics] == [("error", 0)]


SUMS = """version: 1
name: sums
scope: project = PLAT
fields:
  done: {id: customfield_10064}
write_back:
  - {rows: issuetype = Story, parents: issuetype = Epic, set: {done: {value: issues_done}}}
"""


@pytest.mark.parametrize(
    ("choice", "rule"),
    [
        (SumsChoice(), ("issuetype = Epic", "issuetype = Story", "child")),
        (
            SumsChoice(parents="issuetype = Task", relation="descendant"),
            ("issuetype = Task", "issuetype = Story", "descendant"),
        ),
        (SumsChoice(rows=""), ("issuetype = Epic", "", "child")),
        (SumsChoice(rows="issuetype = Bug"), ("issuetype = Epic", "issuetype = Bug", "child")),
    ],
)
def test_sums_on_plain_parents_are_chosen(choice: SumsChoice, rule: tuple[str, str, str]) -> None:
    document = read_document(SUMS).require()
    made = with_choices(document, Choices(sums={0: choice}))
    found = read_document(made.text).require().write_back[0]
    assert (found.parents, found.rows, found.relation) == rule
    assert sums_places(document) == (0,)
    wrong = with_choices(document, Choices(sums={0: SumsChoice(parents="issuetype =")}))
    assert [one.path for one in wrong.diagnostics] == ["write_back[0].parents"]


def test_a_field_that_is_chosen_is_named_by_what_is_said_of_it() -> None:
    known = plain(read_document(TEXT).require())["fields"]
    alias = next(iter(known))
    found = changed(Choices(fields={alias: FieldPart(id="customfield_1"), "nobody": FieldPart(id="x")}))
    assert found["fields"] == {**known, alias: {"id": "customfield_1"}}
    text = with_choices(
        read_document(TEXT).require(), Choices(fields={alias: FieldPart(id="customfield_1")})
    ).text
    assert "null" not in text


USES = """
version: 1
name: used
scope: project = PLAT
team: {field: squad}
fields:
  squad: {id: customfield_1}
  view: {id: customfield_2}
  begin: {id: customfield_3}
  now: {id: customfield_4}
  heavy: {id: customfield_5}
  shown: {id: customfield_6}
  idle: {id: customfield_7}
cycles: {every: quarter}
objectives:
  - id: epics
    select: issuetype = Epic
    cycle: current
    perspective: {field: view}
    key_results:
      - id: metric
        relation: child
        weight: heavy
        progress: {kind: transition, start: begin, current: now, target: 5}
write_back:
  - target: objective
    set:
      shown: {value: progress_percent}
"""


def test_what_each_alias_is_for_is_told_and_what_is_written_first() -> None:
    assert alias_uses(read_document(USES).require()) == {
        "squad": "read: team of objectives",
        "view": "read: perspective of objectives",
        "begin": "read: start of key results",
        "now": "read: current of key results",
        "heavy": "read: weight of key results",
        "shown": "written: progress in percent",
    }
