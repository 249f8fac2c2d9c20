"""The goals of the sandbox: strict about the query, refusing as the gateway does, and shown on a plain page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from graphql import build_schema, find_breaking_changes, print_schema

from connectors.sandbox import CONNECTOR, VIEWER, Fault, SandboxServer
from connectors.sandbox.goals.gateway import schema
from connectors.sandbox.goals.goal import CONTAINER, band
from tests.contracts import gateway

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
POST = """mutation q($i: TownsquareGoalsCreateUpdateInput) @optIn(to: "Townsquare") {
  goals_createUpdate(input: $i) { success errors { message extensions { statusCode } } update { ari newScore newState { value } } }
}"""
MEASURE = """mutation q($i: TownsquareGoalsCreateAddMetricTargetInput!) @optIn(to: "Townsquare") {
  goals_createAndAddMetricTarget(input: $i) { success errors { message } goal { metricTargets { edges { node { id metric { id source externalEntityId } } } } } }
}"""

COSTLY = """query q @optIn(to: "Townsquare") { townsquare { goalTql(q: "", first: 50) { edges { node {
  updates(first: 50) { edges { node { ari summary newScore oldScore } } }
} } } } }"""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[SandboxServer, list[str]]]:
    problems: list[str] = []
    with SandboxServer(seed=None, now=NOW) as server:
        official = gateway.contract()
        if official is not None:
            gateway.watch(server.app, official, problems)
        yield server, problems


@pytest.fixture
def site(running: Any) -> Iterator[Any]:
    """A sandbox with one goal; its answers keep the contract."""
    server, problems = running
    book = server.sandbox.goals
    book.goals.clear()
    book.scoring, book.on = "OKR", True
    book.add("Be there", CONNECTOR)
    yield server
    assert problems == []


@pytest.fixture
def goal(site: Any) -> Any:
    return site.sandbox.goals.named("NORTH-1")


@pytest.fixture
def ask(site: Any) -> Any:
    def send(query: str, account: Any = CONNECTOR, name: str | None = "q", **variables: Any) -> Any:
        body = {"query": query, "operationName": name, "variables": variables}
        auth = (account.email, account.token)
        answer = requests.post(f"{site.url}{gateway.PATH}", json=body, auth=auth, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return send


def adf(text: str) -> str:
    inner = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
    return json.dumps({"type": "doc", "version": 1, "content": inner})


def test_what_is_served_is_a_part_of_the_official_types() -> None:
    official = gateway.contract()
    if official is None:
        pytest.skip(gateway.MISSING)
    served = schema()
    assert find_breaking_changes(build_schema(print_schema(served)), official) == []
    for name, type_ in served.type_map.items():
        for field, mine in getattr(type_, "fields", {}).items():
            assert str(mine.type) == str(official.type_map[name].fields[field].type), (name, field)


@pytest.mark.parametrize(
    ("query", "name", "told"),
    [
        ("{ goals_byId(goalId: 1) { key } }", None, "The operation must be named, and be the only one."),
        ("query q { goals_byId(goalId: 1) { key } }", "p", "The operation must be named, and be the only one."),
        ("query q { goals_byId(goalId: 1) { nothing } }", "q", "Cannot query field 'nothing' on type 'TownsquareGoal'."),
        ("query q { goals_byId { key } }", "q", "Argument 'Query.goals_byId(goalId:)' of type 'ID!' is required"),
        ("query q { goals_byId(goalId: 1) { updates { edges { cursor } } } }", "q", "The field updates is experimental"),
        ("query q { goals_byId(goalId: 1) { key }", "q", "Syntax Error"),
        ("query q { ...f } fragment f on Query { townsquare { __typename } }", "q", "Named fragments are not served"),
        (COSTLY, "q", "The query is too complex"),
        ('query q { goals_appSettings(containerId: "ari:x") { scoringMode } }', "q", "The container does not exist."),
        (f'query q {{ townsquare {{ goalTql(q: "x", containerId: "{CONTAINER}") {{ edges {{ cursor }} }} }} }}', "q", "The sandbox does not understand"),
    ],
)  # fmt: skip
def test_a_question_that_is_not_right_is_refused_with_status_200(
    ask: Any, query: str, name: str, told: str
) -> None:
    answer = ask(query, name=name)
    assert answer["errors"][0]["message"].startswith(told)
    assert answer["errors"][0]["extensions"]["statusCode"] in (400, 404)


def test_an_experimental_field_is_opted_into_by_itself_or_by_the_whole(ask: Any, goal: Any) -> None:
    inner = "capabilities %s { canCreateUpdates }"
    query = "query q($g: ID!) %s { goals_byId(goalId: $g) { " + inner + " } }"
    opted = '@optIn(to: ["Townsquare"])'
    for placed in ((opted, ""), ("", opted)):
        answer = ask(query % placed, g=goal.ari)
        assert answer == {"data": {"goals_byId": {"capabilities": {"canCreateUpdates": True}}}}


@pytest.mark.parametrize(
    ("said", "scoring", "message"),
    [
        ({"status": "great"}, "OKR", "Invalid status: great"),
        ({"status": "pending", "score": 5}, "OKR", "A score cannot be set for the status pending."),
        ({"status": "done", "score": 100}, "OKR", "A score cannot be set for the status done."),
        ({"score": 0}, "OKR", "The score must be between 1 and 100."),
        ({"score": 101}, "OKR", "The score must be between 1 and 100."),
        ({"status": "on_track", "score": 70}, "SIMPLE", "Goals of this site are not scored."),
        ({"status": "on_track", "summary": "62 %"}, "SIMPLE", "Invalid ADF"),
        ({"status": "on_track", "summary": adf("x" * 281)}, "SIMPLE", "The summary is longer than 280 characters."),
        ({"goalId": "ari:nothing"}, "OKR", "The goal does not exist."),
    ],
)  # fmt: skip
def test_an_update_that_cannot_be_is_refused_in_the_payload(
    site: Any, goal: Any, ask: Any, said: Any, scoring: str, message: str
) -> None:
    site.sandbox.goals.scoring = scoring
    payload = ask(POST, i={"goalId": goal.ari, **said})["data"]["goals_createUpdate"]
    assert (payload["success"], payload["update"], payload["errors"][0]["message"]) == (False, None, message)
    assert (goal.updates, goal.status) == ([], "pending")


def test_who_may_only_look_posts_nothing(goal: Any, ask: Any) -> None:
    payload = ask(POST, VIEWER, i={"goalId": goal.ari, "status": "on_track"})["data"]["goals_createUpdate"]
    assert payload["errors"][0]["extensions"]["statusCode"] == 403
    assert goal.updates == []


@pytest.mark.parametrize(("score", "status"), [(1, "off_track"), (34, "off_track"), (35, "at_risk"), (64, "at_risk"), (65, "on_track"), (100, "on_track")])  # fmt: skip
def test_where_goals_are_scored_the_status_follows(goal: Any, ask: Any, score: int, status: str) -> None:
    payload = ask(POST, i={"goalId": goal.ari, "score": score, "status": "off_track"})["data"]
    assert payload["goals_createUpdate"]["update"]["newState"] == {"value": status}
    assert payload["goals_createUpdate"]["update"]["newScore"] == score
    assert (goal.status, goal.score, band(score)) == (status, score, status)


def test_only_the_latest_update_can_be_taken_back(goal: Any, ask: Any) -> None:
    drop = """mutation q($i: TownsquareGoalsDeleteLatestUpdateInput) @optIn(to: "Townsquare") {
      goals_deleteLatestUpdate(input: $i) { success errors { message } }
    }"""
    for score in (20, 80):
        ask(POST, i={"goalId": goal.ari, "score": score})
    first, second = goal.updates
    refused = ask(drop, i={"updateId": first.ari})["data"]["goals_deleteLatestUpdate"]
    assert refused == {"success": False, "errors": [{"message": "Only the latest update can be deleted."}]}
    assert ask(drop, i={"updateId": second.ari})["data"]["goals_deleteLatestUpdate"]["success"]
    assert (goal.status, goal.score, len(goal.updates)) == ("off_track", 20, 1)


def test_nothing_hinders_two_metrics_of_one_origin(goal: Any, ask: Any) -> None:
    metric = {"goalId": goal.ari, "name": "Availability", "type": "NUMERIC", "value": 1.5}
    own = {**metric, "source": "jira-okr", "externalEntityId": "kr-1"}
    said = {"goalId": goal.ari, "createMetric": own, "startValue": 0, "targetValue": 3}
    ask(MEASURE, i=said)
    made = ask(MEASURE, i=said)["data"]["goals_createAndAddMetricTarget"]["goal"]["metricTargets"]["edges"]
    assert [(one["node"]["metric"]["source"], one["node"]["metric"]["externalEntityId"]) for one in made] == [("jira-okr", "kr-1")] * 2  # fmt: skip
    edit = """mutation q($i: TownsquareGoalsEditMetricInput!) { goals_editMetric(input: $i) { success metric { latestValue { value } } } }"""
    changed = ask(edit, i={"metricId": made[0]["node"]["metric"]["id"], "value": 2.5})
    assert changed["data"]["goals_editMetric"] == {"success": True, "metric": {"latestValue": {"value": 2.5}}}
    assert goal.updates == []


def test_a_stranger_is_sent_away_and_data_center_has_no_gateway(site: Any) -> None:
    body = {"query": "query q { __typename }", "operationName": "q"}
    assert requests.post(f"{site.url}{gateway.PATH}", json=body, timeout=10).status_code == 401
    site.faults.add(Fault("rate_limit", path="/gateway/"))
    auth = (CONNECTOR.email, CONNECTOR.token)
    limited = requests.post(f"{site.url}{gateway.PATH}", json=body, auth=auth, timeout=10)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
    with SandboxServer(seed=None, now=NOW, deployment="datacenter") as other:
        answer = requests.post(f"{other.url}{gateway.PATH}", json=body, auth=auth, timeout=10)
        assert answer.status_code == 404


def test_a_person_posts_on_the_page(site: Any, goal: Any) -> None:
    form = {"status": "at_risk", "score": "45", "summary": "Slower than we hoped"}
    answer = requests.post(f"{site.url}/goals/NORTH-1/update", data=form, timeout=10)
    assert answer.status_code == 200
    assert '<span class="health" data-goal-status="NORTH-1">at_risk</span>' in answer.text
    assert '<output data-goal-score="NORTH-1">0.45</output>' in answer.text
    assert "pending → at_risk (0.45) Slower than we hoped" in answer.text
    refused = requests.post(f"{site.url}/goals/NORTH-1/update", data={**form, "score": "450"}, timeout=10)
    assert "Not posted: The score must be between 1 and 100." in refused.text
    assert len(goal.updates) == 1
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(f"{site.url}/goals/NORTH-1/update", data=form, headers=foreign, timeout=10).status_code == 403  # fmt: skip
    assert len(goal.updates) == 1


def test_the_company_has_goals(server: Any) -> None:
    goals = [(one.key, one.name, one.parent.key if one.parent else None) for one in server.sandbox.goals.goals.values()]  # fmt: skip
    assert goals[:4] == [
        ("NORTH-1", "Robots that customers never have to think about", None),
        ("NORTH-2", "Be the safest arm on the factory floor", None),
        ("NORTH-3", "Win the mid-size warehouse", None),
        ("NORTH-4", "Customers trust our platform to be there when they need it", "NORTH-1"),
    ]
    page = requests.get(f"{server.url}/goals", timeout=10).text
    assert all(f'id="{key}"' in page for key, _, _ in goals)
