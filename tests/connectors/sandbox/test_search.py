from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import PEOPLE, VIEWER, Fault, seed_many

EVERYTHING = "project in (PLAT, CORE, GROW)"
BAD_PAYLOAD = {
    "errorMessages": ["Invalid request payload. Refer to the REST API documentation and try again."]
}


def refusal(message: str) -> dict[str, Any]:
    return {"errorMessages": [message], "errors": {}}


def test_a_search_that_names_no_field_gives_ids_alone(jira):
    page = jira.search(EVERYTHING, maxResults=2)
    assert [set(issue) for issue in page["issues"]] == [{"id"}, {"id"}]


@pytest.mark.parametrize(
    ("fields", "size"),
    [(["summary"], 100), (["*all"], 100), (["id"], 150), (["key"], 150), (["id", "status"], 100)],
)
def test_a_page_holds_a_hundred_issues_as_soon_as_a_field_is_asked_for(jira, fields, size):
    page = jira.search(EVERYTHING, fields=fields, maxResults=150)
    assert len(page["issues"]) == size
    assert page["isLast"] is False


def test_pages_follow_by_token_and_the_last_one_has_none(jira, server):
    seen: list[str] = []
    token = None
    while True:
        page = jira.search(
            f"{EVERYTHING} ORDER BY id", fields=["summary"], **({"nextPageToken": token} if token else {})
        )
        seen += [issue["id"] for issue in page["issues"]]
        if page["isLast"]:
            break
        token = page["nextPageToken"]
    assert "nextPageToken" not in page
    assert seen == sorted(server.sandbox.records, key=int)


@pytest.mark.parametrize(
    "extra", [{"startAt": 0}, {"total": True}, {"fields": "summary"}, {"maxResults": "ten"}]
)
def test_an_unknown_or_misshapen_property_is_refused_without_an_errors_key(jira, extra):
    answer = jira.post("/search/jql", {"jql": EVERYTHING, **extra})
    assert (answer.status_code, answer.json()) == (400, BAD_PAYLOAD)


def test_properties_are_shown_with_the_issues_that_are_asked_for(jira):
    one, other = (issue["id"] for issue in jira.search(EVERYTHING)["issues"][:2])
    assert jira.put(f"/issue/{one}/properties/okr.a", {"n": 1}).status_code == 201
    body = {"issueIdsOrKeys": [one, other], "fields": ["summary"], "properties": ["okr.a", "okr.b"]}
    read = {
        issue["id"]: issue["properties"] for issue in jira.post("/issue/bulkfetch", body).json()["issues"]
    }
    assert read == {one: {"okr.a": {"n": 1}}, other: {}}
    for fields in (["id"], ["summary"]):
        [found] = jira.search(f"id = {one}", fields=fields, properties=["okr.a"])["issues"]
        assert found["properties"] == {"okr.a": {"n": 1}}
    assert jira.get(f"/issue/{one}", fields="id", properties="okr.a,okr.b")["properties"] == {
        "okr.a": {"n": 1}
    }
    assert "properties" not in jira.search(f"id = {one}", fields=["summary"])["issues"][0]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/search/jql", {"jql": EVERYTHING}), ("/issue/bulkfetch", {"issueIdsOrKeys": ["1"]})],
)
def test_more_than_five_properties_are_refused(jira, path, body):
    answer = jira.post(path, {**body, "fields": ["summary"], "properties": [f"p{n}" for n in range(6)]})
    assert (answer.status_code, answer.json()) == (400, BAD_PAYLOAD)


def test_a_property_is_limited_in_size_and_key(jira):
    assert jira.put("/issue/CORE-2/properties/okr.a", {"x": "y" * 32_768}).status_code == 400
    assert jira.put(f"/issue/CORE-2/properties/{'k' * 256}", {"x": 1}).status_code == 400


@pytest.mark.parametrize("jql", ["", "order by created"])
def test_unbounded_jql_is_refused(jira, jql):
    answer = jira.post("/search/jql", {"jql": jql})
    expected = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
    assert (answer.status_code, answer.json()) == (400, refusal(expected))


@pytest.mark.parametrize("size", [0, 5001])
def test_a_page_size_out_of_bounds_is_refused(jira, size):
    answer = jira.post("/search/jql", {"jql": EVERYTHING, "maxResults": size})
    assert answer.json() == refusal("The max results parameter has to be between 1 and 5,000.")


def test_an_unknown_token_is_refused(jira):
    answer = jira.post("/search/jql", {"jql": EVERYTHING, "nextPageToken": "nonsense"})
    assert answer.json() == refusal("The provided next page token is invalid or expired.")


def test_a_token_expires_on_demand(jira, server):
    token = jira.search(EVERYTHING)["nextPageToken"]
    server.faults.add(Fault("expired_token"))
    assert jira.post("/search/jql", {"jql": EVERYTHING, "nextPageToken": token}).status_code == 400
    assert jira.post("/search/jql", {"jql": EVERYTHING, "nextPageToken": token}).status_code == 200


def test_the_old_search_is_gone(jira):
    answer = jira.call("GET", "/search", jql=EVERYTHING)
    assert answer.status_code == 410
    assert "CHANGE-2046" in answer.json()["errorMessages"][0]


def test_the_index_lags_but_reads_by_id_do_not(jira, server):
    epic = jira.search("issuetype = Epic AND project = PLAT", fields=["key"])["issues"][0]["id"]
    jira.post("/_sandbox/faults", {"search_lag": 3600})
    jira.put(f"/issue/{epic}", {"fields": {"labels": ["fresh"]}})
    assert jira.search("labels = fresh")["issues"] == []
    assert jira.post("/search/approximate-count", {"jql": "labels = fresh"}).json() == {"count": 0}
    assert jira.get(f"/issue/{epic}", fields="labels")["fields"]["labels"] == ["fresh"]
    assert [one["id"] for one in jira.search("labels = fresh", reconcileIssues=[int(epic)])["issues"]] == [
        epic
    ]
    jira.call("DELETE", "/_sandbox/faults")
    assert [one["id"] for one in jira.search("labels = fresh")["issues"]] == [epic]


@pytest.mark.parametrize(
    "jql",
    [
        "parent in ({key}, 1)",
        "parent = {id}",
        "parent = {key} AND updated >= -365d",
        "parent in ({id}) AND issuetype != Epic",
    ],
)
def test_children_are_found_by_parent(jira, server, jql):
    epic = next(one for one in server.sandbox.records.values() if one.type.name == "Epic")
    found = jira.search(jql.format(key=epic.key, id=epic.id), maxResults=5000)["issues"]
    assert {one["id"] for one in found} == server.sandbox.children[epic.id]


def test_what_an_account_may_not_see_is_not_found(server, sign_in):
    viewer = sign_in(server, VIEWER)
    found = viewer.search("created < 2030-01-01", fields=["summary"], maxResults=1000)["issues"]
    assert {one["key"].split("-")[0] for one in found} == {"PLAT", "CORE"}
    assert viewer.search("project = GROW")["issues"] == []
    assert viewer.call("GET", "/issue/GROW-1").status_code == 404
    assert sign_in(server, PEOPLE[0]).call("GET", "/issue/GROW-1").status_code == 200


def test_jql_is_checked_by_the_parser(jira):
    queries = jira.post("/jql/parse", {"queries": ["project = PLAT", "project = ", "nofield = 1"]}).json()[
        "queries"
    ]
    assert ["errors" in one for one in queries] == [False, True, True]


def test_bulk_fetch_is_ordered_and_silent_about_what_is_missing(jira):
    ids = [one["id"] for one in jira.search("project = PLAT ORDER BY id DESC", maxResults=3)["issues"]]
    answer = jira.post(
        "/issue/bulkfetch", {"issueIdsOrKeys": [*ids, "999999", "NOPE-1"], "fields": ["summary"]}
    ).json()
    assert [one["id"] for one in answer["issues"]] == sorted(ids, key=int)
    assert answer["issueErrors"] == []


@pytest.mark.parametrize(
    ("count", "fields", "status"),
    [
        (100, None, 200),
        (101, None, 400),
        (1000, ["summary"], 200),
        (1001, ["summary"], 400),
        (101, ["*all"], 400),
    ],
)
def test_bulk_fetch_takes_a_thousand_only_for_named_fields(jira, count, fields, status):
    body = {"issueIdsOrKeys": [str(20_000 + one) for one in range(count)]} | (
        {"fields": fields} if fields else {}
    )
    assert jira.post("/issue/bulkfetch", body).status_code == status


def test_a_hundred_thousand_issues_can_be_seeded_and_read(serving, sign_in):
    server = serving(seed=None)
    assert seed_many(server.sandbox, 3_000) == 3_000
    found = sign_in(server).search("labels = okr", fields=["id"], maxResults=5000)["issues"]
    assert len(found) == 150
