from __future__ import annotations

import re

import pytest
import requests

HERE = {"timeout": 10}


def test_the_board_shows_every_issue_of_the_project(server):
    page = requests.get(server.url, params={"project": "CORE"}, **HERE)
    shown = set(re.findall(r'data-key="([A-Z]+-\d+)"', page.text))
    assert shown == {
        one.key
        for one in server.sandbox.records.values()
        if one.project.key == "CORE" and one.type.level == 0
    }
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son[a-z]+=|style=", page.text)


def test_a_button_moves_a_card_and_webhooks_hear_of_it(server, jira, receiver):
    jira.post(
        "/rest/webhooks/1.0/webhook", {"name": "x", "url": receiver.url, "events": ["jira:issue_updated"]}
    )
    story = next(
        one for one in server.sandbox.records.values() if one.type.name == "Story" and not one.resolution
    )
    page = requests.post(f"{server.url}/board/move", data={"issue": story.id, "status": "10001"}, **HERE)
    assert page.status_code == 200
    assert server.sandbox.records[story.id].status.name == "Done"
    assert server.settle()
    assert receiver.events == ["jira:issue_updated"]


def test_the_objective_shows_what_was_written(server, jira):
    epic = next(
        one
        for one in server.sandbox.records.values()
        if one.type.name == "Epic" and one.project.key == "PLAT"
    )
    jira.put(
        f"/issue/{epic.id}", {"fields": {"customfield_10060": 62, "customfield_10061": {"value": "At risk"}}}
    )
    page = requests.get(server.url, params={"project": "PLAT"}, **HERE).text
    assert f'data-epic="{epic.key}">62 %' in page
    assert 'data-health="At risk"' in page


def test_an_issue_has_a_page_where_numbers_are_set(server):
    metric = next(one for one in server.sandbox.records.values() if one.type.name == "Key Result")
    assert metric.summary in requests.get(f"{server.url}/browse/{metric.key}", **HERE).text
    form = {"customfield_10052": "12.5", "customfield_10054": ""}
    assert requests.post(f"{server.url}/browse/{metric.key}/numbers", data=form, **HERE).status_code == 200
    assert server.sandbox.records[metric.id].customs["customfield_10052"] == 12.5
    refused = requests.post(
        f"{server.url}/browse/{metric.key}/numbers", data={"customfield_10052": "<b>"}, **HERE
    )
    assert "Not saved" in refused.text
    assert "<b>" not in refused.text


@pytest.mark.parametrize(
    ("path", "data"), [("/board/move", {"issue": "10001", "status": "77"}), ("/browse/NO-1", None)]
)
def test_what_does_not_exist(server, path, data):
    answer = (
        requests.post(server.url + path, data=data, **HERE)
        if data
        else requests.get(server.url + path, **HERE)
    )
    assert answer.status_code in (400, 404)


def test_a_form_of_another_site_moves_nothing(server):
    form = {"issue": "10001", "status": "10001"}
    answer = requests.post(
        f"{server.url}/board/move", data=form, headers={"Sec-Fetch-Site": "cross-site"}, **HERE
    )
    assert answer.status_code == 403
