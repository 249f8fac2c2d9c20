"""Rules of a mapping tried on a few issues: what they take is what the rollup takes, and what they do not take says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.document.binder import bind
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, Link, Project, Status
from mappings.facts.moment import Moment
from mappings.rollup.measurement import assess
from mappings.rollup.structure.trial import Requirement, RuleBench

INITIATIVE, EPIC = IssueType("0", "Initiative", 2), IssueType("1", "Epic", 1)
STORY, SUB = IssueType("2", "Story"), IssueType("3", "Sub-task", -1)
PLAT, CORE = Project("1", "PLAT", "Platform"), Project("2", "CORE", "Core")
TODO = Status("1", "To Do", "new")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
CATALOGUE = Catalogue(statuses=(TODO,), issue_types=(INITIATIVE, EPIC, STORY, SUB), projects=(PLAT, CORE))
TEXT = """
version: 1
name: tried
scope: project = PLAT
cycles: {every: quarter}
objectives:
  - id: company
    select: issuetype = Initiative
    cycle: current
    key_results:
      - {id: linked, relation: {link: is measured by}, progress: {kind: milestone}}
  - id: epics
    select: issuetype in (Epic, Initiative) AND labels = okr
    cycle: current
    key_results:
      - id: delivery
        select: issuetype = Story
        relation: descendant
        subtasks: through_parent
        progress: {kind: delivery}
      - id: named
        select: labels = kr
        relation: {jql: issuetype = Story}
        progress: {kind: milestone}
"""


def an_issue(id_: str, type_: IssueType = STORY, **facts: Any) -> Issue:
    plain = {"key": f"PLAT-{id_}", "project": PLAT, "status": TODO, "created": NOW, "updated": NOW}
    return Issue(id=id_, type=type_, **{**plain, **facts})


ISSUES = (
    an_issue("1", INITIATIVE, labels=("okr",), links=(Link("9", "Measure", "is measured by", "6"),)),
    an_issue("2", EPIC, labels=("okr",)),
    an_issue("3", EPIC),
    an_issue("4", parent_id="2"),
    an_issue("5", SUB, parent_id="4"),
    an_issue("6", labels=("kr",), parent_id="3"),
    an_issue("7", EPIC, key="CORE-7", project=CORE, labels=("okr",)),
    an_issue("8"),
    an_issue("9", EPIC, labels=("okr",), archived=True),
)


@pytest.fixture(scope="module")
def bench() -> RuleBench:
    mapping = bind(read_document(TEXT).require(), CATALOGUE)
    return RuleBench(mapping, CATALOGUE, Forest.of(ISSUES), Moment(NOW))


def keys(bench: RuleBench, rule: str) -> list[str]:
    return [one.issue.key for one in bench.taken(rule)]


def told(bench: RuleBench, rule: str, id_: str) -> list[str]:
    issue = bench.forest.by_id[id_]
    found = bench.tried(rule, issue)
    assert found.taken == (issue.key in keys(bench, rule))
    return [one.why or one.told for one in found.unmet]


def test_rules_are_named_in_the_order_of_the_mapping(bench):
    assert [one.name for one in bench.rules()] == [
        "scope", "company", "company/linked", "epics", "epics/delivery", "epics/named",
    ]  # fmt: skip


def test_objectives_that_are_taken_are_those_that_are_measured(bench):
    states = assess(bench.mapping, bench.forest, bench.moment)
    taken = {one.issue.id for rule in ("company", "epics") for one in bench.taken(rule)}
    assert taken == set(states) == {"1", "2"}


def test_what_keeps_an_issue_from_being_an_objective_is_named(bench):
    assert told(bench, "epics", "2") == []
    assert told(bench, "epics", "3") == ["not labels = okr; it holds: empty"]
    assert told(bench, "epics", "7") == ["not project = PLAT; it holds: CORE"]
    assert told(bench, "epics", "9") == ["Jira has archived it"]
    assert "“company” stands earlier" in told(bench, "epics", "1")[0]
    assert told(bench, "scope", "7") == ["not project = PLAT; it holds: CORE"]


def test_rows_are_those_of_the_ledger_and_say_whose_they_are(bench):
    states = assess(bench.mapping, bench.forest, bench.moment)
    rows = {row.id for one in states["2"].key_results for row in one.measurement.ledger.rows}
    assert keys(bench, "epics/delivery") == ["PLAT-4"]
    assert "4" in rows
    assert bench.tried("epics/delivery", bench.forest.by_id["4"]).whose == ("PLAT-2",)


def test_of_many_objectives_the_first_are_named_and_the_rest_is_counted(bench):
    epics = tuple(an_issue(str(n), EPIC, labels=("okr",)) for n in range(10, 18))
    many = RuleBench(bench.mapping, CATALOGUE, Forest.of((*ISSUES, *epics)), bench.moment)
    belongs = many.tried("epics/named", many.forest.by_id["6"]).requirements[0]
    assert belongs.why == "It belongs to PLAT-2, PLAT-10, PLAT-11, PLAT-12, PLAT-13 and 4 more"


def test_what_keeps_an_issue_from_a_key_result_is_named(bench):
    assert told(bench, "epics/delivery", "6") == ["Above it: PLAT-3, which is none"]
    assert told(bench, "epics/delivery", "8") == ["It has no parent"]
    through = told(bench, "epics/delivery", "5")
    assert "it counts through PLAT-4" in through[1]
    assert keys(bench, "company/linked") == ["PLAT-6"]
    assert told(bench, "company/linked", "8") == ["It has no link"]
    assert keys(bench, "epics/named") == ["PLAT-6"]
    assert told(bench, "epics/named", "8") == ["not labels = kr; it holds: empty"]


def test_there_is_no_rule_of_another_name(bench):
    assert bench.rule("nope") is None
    with pytest.raises(KeyError):
        bench.taken("nope")
    with pytest.raises(KeyError):
        bench.tried("epics/nope", ISSUES[0])


def test_weeks_begin_where_the_mapping_says_also_on_the_bench(bench):
    text = TEXT.replace("cycles:", "week_starts: mon\ncycles:").replace(
        "labels = kr", "created >= startOfWeek()"
    )
    monday = Moment(NOW.replace(day=23))  # what was created on Sunday is of last week
    for said, holds in ((text, False), (text.replace("week_starts: mon", "week_starts: sun"), True)):
        mapping = bind(read_document(said).require(), CATALOGUE)
        tried = RuleBench(mapping, CATALOGUE, bench.forest, monday)
        asked = tried.tried("epics/named", bench.forest.by_id["6"])
        clause = asked.requirements[-2].clause
        assert clause is not None
        assert (asked.taken, clause.holds) == (holds, holds)


RELATIONS = """
version: 1
name: tried
scope: project = PLAT
cycles: {every: quarter}
fields: {jql: {id: customfield_1}}
objectives:
  - id: nobody
    select: issuetype = Sub-task AND labels = none
    cycle: current
    key_results:
      - {id: none, relation: child, progress: {kind: milestone}}
  - id: epics
    select: issuetype = Epic AND labels = okr
    cycle: current
    key_results:
      - {id: child, relation: child, progress: {kind: milestone}}
      - {id: descendant, relation: descendant, progress: {kind: delivery}}
      - {id: link, relation: {link: is measured by}, progress: {kind: milestone}}
      - {id: own, relation: {jql_field: jql}, progress: {kind: delivery}}
      - {id: jql, relation: {jql: labels = kr}, progress: {kind: milestone}}
  - id: written
    title: Company
    cycle: current
    key_results:
      - {id: kr, relation: {jql: labels = kr}, progress: {kind: milestone}}
"""


@pytest.fixture(scope="module")
def related() -> RuleBench:
    catalogue = Catalogue(
        statuses=CATALOGUE.statuses,
        issue_types=CATALOGUE.issue_types,
        projects=CATALOGUE.projects,
        fields=(Field("customfield_1", "JQL", "string"),),
    )
    issues = (
        *ISSUES,
        an_issue("11", parent_id="99"),
        an_issue("12", SUB, parent_id="11"),
        an_issue("13", links=tuple(Link("9", "M", "measures", str(n)) for n in (1, 98, 3, 4, 5, 6))),
        an_issue("14", EPIC, labels=("okr", "kr"), parent_id="1"),
    )
    return RuleBench(
        bind(read_document(RELATIONS).require(), catalogue), catalogue, Forest.of(issues), Moment(NOW)
    )


@pytest.mark.parametrize(
    ("rule", "id_", "asks", "holds", "why"),
    [
        (
            "nobody/none",
            "4",
            "as its child",
            False,
            "No issue is taken by “nobody”, so nothing can belong to one",
        ),
        ("epics/child", "4", "as its child", True, "It belongs to PLAT-2"),
        ("epics/child", "5", "as its child", False, "Above it: PLAT-4, which is none"),
        ("epics/descendant", "5", "somewhere below it", True, "It belongs to PLAT-2"),
        (
            "epics/descendant",
            "12",
            "somewhere below it",
            False,
            "Above it: PLAT-11, an issue that is not in the local copy (99), which are none",
        ),
        (
            "epics/descendant",
            "14",
            "somewhere below it",
            False,
            "It is such an objective itself; above it: PLAT-1",
        ),
        (
            "epics/link",
            "13",
            "by a link, “is measured by”",
            False,
            (
                "Its links are: measures PLAT-1, measures an issue that is not in the local copy (98), measures PLAT-3, "
                "measures PLAT-4, measures PLAT-5"
            ),
        ),
        ("epics/own", "12", "as its child with a JQL of its own", False, "Above it: PLAT-11, which is none"),
        ("epics/jql", "4", "by the JQL of the relation", False, "The JQL of the relation does not take it"),
        ("epics/jql", "6", "by the JQL of the relation", True, "It belongs to PLAT-2, PLAT-14"),
        ("epics/jql", "14", "by the JQL of the relation", True, "It belongs to PLAT-2"),
        ("written/kr", "6", "by the JQL of the relation", True, "It belongs to Company"),
    ],
)
def test_how_an_issue_belongs_to_an_objective_is_told_by_the_relation(related, rule, id_, asks, holds, why):
    belongs = related.tried(rule, related.forest.by_id[id_]).requirements[0]
    named = rule.partition("/")[0]
    assert belongs.asks == f"It belongs to an objective of “{named}”: {asks}"
    assert (belongs.holds, belongs.why) == (holds, why)
    assert belongs.told == ("" if holds else why)


def test_what_is_asked_without_words_or_clauses_is_told_by_what_it_asks():
    assert Requirement("It is calm", holds=False).told == "It is calm: no"
    assert Requirement("It is calm", holds=True, why="It always is").told == ""


def test_whose_an_issue_is_is_named_as_far_as_it_is_read(related):
    assert {one.issue.key: one.whose for one in related.taken("epics/descendant")} == {
        "PLAT-4": ("PLAT-2",),
        "PLAT-5": ("PLAT-2",),
    }
    assert {one.issue.key: one.whose for one in related.taken("written/kr")} == {
        "PLAT-6": ("Company",),
        "PLAT-14": ("Company",),
    }
    assert [one.whose for one in related.taken("epics")] == [(), ()]


def test_issues_that_a_jql_finds_belong_to_as_many_objectives_as_are_named(related):
    epics = tuple(an_issue(str(n), EPIC, labels=("okr",)) for n in range(20, 30))
    many = RuleBench(related.mapping, related.catalogue, Forest.of((*related.forest, *epics)), related.moment)
    named = ("PLAT-2", "PLAT-14", "PLAT-20", "PLAT-21", "PLAT-22")
    assert {one.issue.key: one.whose for one in many.taken("epics/jql")} == {
        "PLAT-6": named,
        "PLAT-14": ("PLAT-2", *named[2:], "PLAT-23"),
    }
    copy = replace(many.forest.by_id["14"], id="".join(["1", "4"]))
    assert "PLAT-14" not in many.tried("epics/jql", copy).whose
