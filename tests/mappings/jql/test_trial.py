"""A JQL clause by clause agrees with the JQL as a whole, and says what the issue holds."""

from __future__ import annotations

import pytest

from mappings.facts.issue import JiraValue, User
from mappings.jql import compile_selector
from mappings.jql.fields.fields import SYSTEM
from mappings.jql.trial import SKIPS_EMPTY, answer, clauses

KEYS = {"7": "PLAT-7"}


@pytest.fixture
def tried(site, moment, an_issue):
    def of(jql, **facts):
        clause = clauses(jql, site)
        assert clause is not None
        issue = an_issue(**facts)
        found = answer(clause, issue, moment, lambda id_: KEYS.get(id_, id_))
        assert found.holds == compile_selector(jql, site).matches(issue, moment)
        return found

    return of


def test_each_condition_says_whether_it_holds_and_what_the_issue_holds(tried):
    found = tried('project = PLAT AND (labels = okr OR assignee = Ada) AND "Story points" > 3',
                  labels=("plan", "q4"), assignee=User("u1", "Ada"), fields={"customfield_10010": 2})  # fmt: skip
    assert (found.join, found.holds) == ("AND", False)
    project, either, points = found.parts
    assert (project.text, project.holds, project.held) == ("project = PLAT", True, "PLAT")
    assert (either.join, either.holds) == ("OR", True)
    assert [(one.text, one.holds, one.held) for one in either.parts] == [
        ("labels = okr", False, "plan, q4"),
        ("assignee = Ada", True, "Ada"),
    ]
    assert (points.holds, points.held) == (False, "2")
    assert [one.text for one in found.broken] == ['"Story points" > 3']


def test_not_turns_round_what_stands_below_it_as_jira_does(tried):
    found = tried("NOT (labels = okr OR status in (Done)) AND summary ~ plan", summary="Another plan")
    assert found.join == "AND"
    assert [one.text for one in found.parts] == [
        "labels != okr",
        "status not in (Done)",
        "summary ~ plan",
    ]


def test_an_empty_field_is_never_another_one_and_that_is_said(tried):
    found = tried("labels != okr")
    assert (found.holds, found.held, found.note) == (False, "empty", SKIPS_EMPTY)
    assert tried("labels != okr", labels=("plan",)).note == ""
    assert tried("labels = okr").note == ""


def test_what_stands_above_is_told_by_its_key(tried):
    assert tried("parent = 7", parent_id="7").held == "PLAT-7"
    assert tried("parent is EMPTY").held == "empty"


def test_a_jql_without_conditions_has_no_clauses(site):
    assert clauses("ORDER BY created", site) is None


def test_every_field_says_what_an_issue_holds(an_issue):
    issue = an_issue(resolution=JiraValue("71", "Fixed"), fields={"timespent": 5400})
    silent = [one.name for one in SYSTEM if one.shown is None]
    assert silent == ["text"]  # it is several fields at once
    shown = {one.name: one.shown(issue) for one in SYSTEM if one.shown is not None}
    assert shown["timeSpent"] == "1h 30m"
    assert shown["resolution"] == issue.resolution
    assert shown["statusCategory"] == "To Do"
