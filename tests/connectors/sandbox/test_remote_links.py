"""Remote links of the sandbox: whole, by a global id, with a permission of their own, and told of in the history."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import VIEWER

WHOLE = {
    "globalId": "okr:1",
    "application": {"type": "dev.jira-okr", "name": "OKR connector"},
    "relationship": "OKR",
    "object": {
        "url": "https://okr.acme.example/why/1",
        "title": "OKR: 62 % — why?",
        "summary": "At risk",
        "icon": {"url16x16": "https://okr.acme.example/assets/link/okr.png", "title": "OKR connector"},
        "status": {
            "resolved": False,
            "icon": {"url16x16": "https://okr.acme.example/x.png", "title": "At risk"},
        },
    },
}
BARE = {"globalId": "okr:1", "object": {"url": "https://okr.acme.example/why/1", "title": "OKR: 63 %"}}


@pytest.fixture
def epic(server: Any) -> Any:
    return next(one for one in server.sandbox.records.values() if one.type.name == "Epic")


@pytest.fixture
def address(epic: Any) -> str:
    return f"/issue/{epic.id}/remotelink"


def test_a_global_id_makes_one_link_and_what_is_left_out_is_empty_then(jira: Any, address: str) -> None:
    first, second = jira.post(address, WHOLE), jira.post(address, BARE)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    [kept] = jira.get(address)
    assert kept["object"] == {**BARE["object"], "icon": {}, "status": {"icon": {}}}
    assert "relationship" not in kept
    assert jira.get(address, globalId="okr:1") == kept


def test_it_is_read_changed_and_removed_by_its_id_too(jira: Any, address: str) -> None:
    number = jira.post(address, WHOLE).json()["id"]
    assert jira.get(f"{address}/{number}")["globalId"] == "okr:1"
    assert jira.put(f"{address}/{number}", {**BARE, "globalId": "okr:2"}).status_code == 204
    assert [one["globalId"] for one in jira.get(address)] == ["okr:2"]
    assert jira.call("DELETE", f"{address}/{number}").status_code == 204
    assert jira.call("DELETE", f"{address}/{number}").status_code == 404
    assert jira.get(address) == []


def test_it_is_removed_by_its_global_id_and_no_other_goes(jira: Any, address: str) -> None:
    jira.post(address, WHOLE)
    jira.post(address, {**BARE, "globalId": "wiki"})
    assert jira.call("DELETE", address).status_code == 400
    assert jira.call("DELETE", address, globalId="okr:9").status_code == 404
    assert jira.call("DELETE", address, globalId="okr:1").status_code == 204
    assert [one["globalId"] for one in jira.get(address)] == ["wiki"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"object": {"url": "https://okr.acme.example"}}, "object.title"),
        ({"object": {"title": "x"}}, "object.url"),
        ({"object": {"title": "x", "url": "javascript:alert(1)"}}, "object.url"),
        ({"object": {"title": "x" * 256, "url": "https://okr.acme.example"}}, "object.title"),
        ({"globalId": "x" * 256}, "globalId"),
    ],
)
def test_what_jira_does_not_take_is_named(
    jira: Any, address: str, change: dict[str, Any], place: str
) -> None:
    answer = jira.post(address, {**WHOLE, **change})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [place])
    assert jira.get(address) == []


def test_it_takes_the_permission_to_link(server: Any, sign_in: Any, address: str, jira: Any) -> None:
    jira.post(address, WHOLE)
    reader = sign_in(server, VIEWER)
    assert reader.post(address, WHOLE).status_code == 403
    assert reader.call("DELETE", address, globalId="okr:1").status_code == 403
    assert len(reader.get(address)) == 1


def test_the_history_names_it_by_its_title_and_without_an_id(
    server: Any, jira: Any, epic: Any, address: str
) -> None:
    before = jira.get(f"/issue/{epic.id}", fields="updated")["fields"]["updated"]
    jira.post(address, WHOLE)
    jira.post(address, WHOLE)
    [item] = jira.get(f"/issue/{epic.id}/changelog")["values"][-1]["items"]
    assert item["field"] == "RemoteWorkItemLink"
    assert "fieldId" not in item
    assert item["toString"] == 'This issue links to "OKR: 62 % — why? (OKR connector)"'
    told = [one for one in server.sandbox.histories[epic.id] if one.items[0].field == "RemoteWorkItemLink"]
    assert len(told) == 1, "the same once more is no change"
    assert jira.get(f"/issue/{epic.id}", fields="updated")["fields"]["updated"] > before
