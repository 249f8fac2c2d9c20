"""The test bench by page, API and command: the same answer at each door, from the local copy alone, for admins alone."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Refusal
from plugin.use_cases.mappings.trial import try_rules
from plugin.use_cases.permission import PermissionRefusal

JQL = "project = PLAT AND issuetype = Epic AND labels != okr"


def asked_by_command(company: Any, *words: str) -> dict[str, Any]:
    answer = company.command("mapping", "try", "--json", *words)
    assert answer.exit_code == 0, answer.output
    return dict(json.loads(answer.output))


def test_every_door_says_the_same_and_asks_jira_nothing(company):
    connector = company.connector
    before = company.audited()
    found = try_rules(connector, COMMAND_LINE, "main", rule="epics")
    (epics,) = found.tried
    assert epics.count == len(epics.issues) > 5
    key = epics.issues[0].issue.key
    by_command = asked_by_command(company, "--rule", "epics", "--issue", key, "--limit", "50")
    by_api = company.api("POST", "/sites/main/mapping/try", {"rule": "epics", "issue": key}).json
    assert by_api == by_command
    assert by_api["tried"][0]["count"] == epics.count
    assert by_api["answers"][0]["taken"] is True
    page = company.look(f"/mapping/main/try?tried=epics&key={key}")
    assert f"{epics.count} of {found.looked_at} issues are taken" in page
    assert f"{key} is taken" in page
    assert company.audited() == before


def test_of_every_rule_the_issues_are_counted_and_one_issue_is_answered_for(company):
    connector = company.connector
    rows = try_rules(connector, COMMAND_LINE, "main")
    counts = {one.rule.name: one.count for one in rows.tried}
    assert counts["scope"] == rows.looked_at
    assert not any(one.issues for one in rows.tried)
    key = try_rules(connector, COMMAND_LINE, "main", rule="epics/metric").tried[0].issues[0].issue.key
    taking = [
        one.rule.name
        for one in try_rules(connector, COMMAND_LINE, "main", any_issue=key.lower()).answers
        if one.taken
    ]
    assert taking == ["scope", "epics/metric"]
    said = company.command("mapping", "try", "--issue", key).output
    assert "epics/metric" in said


def test_a_typed_jql_is_answered_clause_by_clause_and_what_is_wrong_with_it_has_its_place(company):
    page = company.look(f"/mapping/main/try?jql={quote(JQL)}&key=PLAT-12")
    assert "labels != okr" in page
    assert "it holds: empty" in page
    wrong = company.browser.get(f"/mapping/main/try?jql={quote('statsu = Done')}")
    assert wrong.status_code == 422
    assert "did you mean" in wrong.get_data(as_text=True)
    refused = company.api("POST", "/sites/main/mapping/try", {"jql": "labels == okr"})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["column"] == 9
    both = company.api("POST", "/sites/main/mapping/try", {"jql": JQL, "rule": "epics"})
    assert both.status_code == 422
    assert company.command("mapping", "try", "--jql", JQL, "--rule", "epics").exit_code == 2
    assert company.command("mapping", "try", "--jql", "statsu = Done").exit_code == 1


def test_a_draft_is_tried_before_it_is_activated(company, tmp_path):
    connector = company.connector
    text = company.api("GET", "/sites/main/mapping").json["text"]
    changed = text.replace(
        "issuetype = Epic AND labels = okr", "issuetype = Epic AND labels = okr AND project = PLAT"
    )
    assert changed != text
    every = try_rules(connector, COMMAND_LINE, "main", rule="epics").tried[0].count
    few = try_rules(connector, COMMAND_LINE, "main", changed, rule="epics").tried[0].count
    assert 0 < few < every
    company.page("/mapping/main/edit", text=changed, action="trial")
    assert f"{few} of " in company.look("/mapping/main/try?tried=epics")
    file = tmp_path / "draft.yaml"
    file.write_text(changed)
    assert asked_by_command(company, str(file), "--rule", "epics")["tried"][0]["count"] == few


def test_a_draft_with_errors_says_them_and_a_jql_can_be_tried_all_the_same(company):
    company.page("/mapping/main/edit", text="version: 1\nname: x\nscop: project = PLAT\n", action="trial")
    answer = company.browser.get("/mapping/main/try")
    assert answer.status_code == 422
    assert "The draft cannot be used yet" in answer.get_data(as_text=True)
    assert "issues match" in company.look("/mapping/main/try?jql=project+%3D+PLAT")


def test_what_is_not_there_is_said_with_what_is(company):
    with pytest.raises(Refusal, match="Its rules: scope, "):
        try_rules(company.connector, COMMAND_LINE, "main", rule="nope")
    with pytest.raises(Refusal, match="PLAT-99999 is not in the local copy"):
        try_rules(company.connector, COMMAND_LINE, "main", any_issue="PLAT-99999")
    unread = try_rules(company.connector, COMMAND_LINE, "main", jql="description ~ robot")
    assert unread.unread
    assert "every issue matches" in str(
        try_rules(company.connector, COMMAND_LINE, "main", jql="ORDER BY key").findings[0]
    )


def test_who_is_no_admin_tries_nothing(doors):
    with pytest.raises(PermissionRefusal):
        try_rules(doors.connector, Actor("ed@acme.example", Permission.EDITOR, 9), "main")
    assert doors.browser.get("/mapping/main/try").status_code == 403
    assert doors.api("POST", "/sites/main/mapping/try", {}).status_code == 403
