"""What Jira lets a Forge app do alone, against the official contract and as strictly as Jira says it: whose a field or function is, all or nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.goals.goal import CLOUD_ID
from connectors.sandbox.site_state.forge_apps import InstalledApp, fields_of, install

TOKEN, OTHERS = "a-token-of-the-app", "a-token-of-another-app"
FIELD, FUNCTION = "app/field/value", "jql/function/computation"


class World:
    """A site with two apps; the first answers its function by what `said` holds for an argument."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.app: InstalledApp = install(server.sandbox, "app-a", "prod", TOKEN)
        self.other: InstalledApp = install(server.sandbox, "app-b", "prod", OTHERS)
        self.asked: list[dict[str, Any]] = []
        self.said: dict[str, Any] = {}
        self.app.compute = self.compute
        self.progress, self.health = fields_of(server.sandbox, self.app)
        self.epics = [one.id for one in server.sandbox.records.values() if one.type.name == "Epic"][:3]

    def compute(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        found: dict[str, Any] = self.said[body["clause"]["arguments"][0]]
        return found

    def call(self, method: str, path: str, token: str = TOKEN, **more: Any) -> requests.Response:
        place = f"{self.server.url}/ex/jira/{CLOUD_ID}/rest/api/3/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, place, headers=headers, timeout=10, **more)

    def write(self, *updates: tuple[str, list[int], Any], token: str = TOKEN, log: str = "false") -> int:
        body = {
            "updates": [{"customField": key, "issueIds": ids, "value": value} for key, ids, value in updates]
        }
        return self.call("POST", f"{FIELD}?generateChangelog={log}", token, json=body).status_code

    def search(self, jql: str) -> requests.Response:
        place = f"{self.server.url}/rest/api/3/search/jql"
        said = {"jql": jql, "fields": ["summary"], "maxResults": 100}
        return requests.post(place, json=said, auth=(CONNECTOR.email, CONNECTOR.token), timeout=10)

    def found(self, jql: str) -> set[str]:
        return {one["id"] for one in self.search(jql).json()["issues"]}

    def held(self, id_: str) -> Any:
        return self.server.sandbox.records[id_].customs.get(self.progress)


@pytest.fixture
def world() -> Any:
    with SandboxServer(seed=1) as server:
        yield World(server)


def test_the_app_writes_its_own_fields_and_nobody_else_does(world: World) -> None:
    first, second, _ = map(int, world.epics)
    before = world.server.sandbox.records[world.epics[0]].updated
    assert world.write((world.progress, [first, second], 62), (world.health, [first], "At risk")) == 204
    assert [world.held(id_) for id_ in world.epics] == [62, 62, None]
    assert world.server.sandbox.records[world.epics[0]].updated == before
    assert world.found(f"cf[{world.progress.rpartition('_')[2]}] = 62") == set(world.epics[:2])
    assert world.write((world.progress, [first], 63), log="true") == 204
    assert world.server.sandbox.records[world.epics[0]].updated > before
    assert world.write((world.progress, [first], 64), token=OTHERS) == 403
    place = f"{world.server.url}/rest/api/3/issue/{first}"
    edit = requests.put(
        place, json={"fields": {world.progress: 1}}, auth=(CONNECTOR.email, CONNECTOR.token), timeout=10
    )
    assert edit.status_code == 400
    assert world.held(world.epics[0]) == 63
    assert (
        world.call(
            "PUT",
            f"app/field/{world.progress}/value",
            json={"updates": [{"issueIds": [first], "value": None}]},
        ).status_code
        == 204
    )
    assert world.held(world.epics[0]) is None


def test_it_is_all_or_nothing(world: World) -> None:
    first, second, _ = map(int, world.epics)
    for updates, status in (
        ([(world.progress, [first], 1), (world.progress, [first], 2)], 400),
        ([(world.progress, [first], 1), (world.progress, [999_999], 1)], 400),
        ([(world.progress, [first], 1), (world.progress, [second], "one")], 400),
        ([(world.progress, [first], 1), ("customfield_99999", [first], 1)], 404),
        ([(world.progress, [first], 1), (fields_of(world.server.sandbox, world.other)[0], [first], 1)], 403),
        ([(world.progress, [first], 1), ("customfield_10060", [first], 1)], 403),
        ([], 400),
    ):
        assert world.write(*updates) == status, updates
    assert [world.held(id_) for id_ in world.epics] == [None, None, None]


def test_an_issue_that_was_written_too_often_holds_up_the_whole_call() -> None:
    with SandboxServer(seed=1, monotonic=lambda: 0.0) as server:
        world = World(server)
        first, second, _ = map(int, world.epics)
        assert {world.write((world.progress, [second], number)) for number in range(20)} == {204}
        assert world.write((world.progress, [first, second], 62)) == 429
        assert (world.held(world.epics[0]), world.held(world.epics[1])) == (None, 19)


def test_what_a_function_says_is_asked_once_and_kept_until_the_app_brings_another(world: World) -> None:
    first, second, third = world.epics
    world.said["PLAT-1"] = {"jql": f"id in ({first}, {second})"}
    jql = 'project in (PLAT, CORE, GROW) AND issue in contributesTo("PLAT-1")'
    assert world.found(jql) == {first, second}
    assert world.found(jql) == {first, second}
    [asked] = world.asked
    assert asked["clause"] == {
        "field": "issue", "type": ["issue"], "operator": "in", "functionName": "contributesTo", "arguments": ["PLAT-1"],
    }  # fmt: skip
    [kept] = world.call("GET", FUNCTION).json()["values"]
    assert (kept["functionKey"], kept["value"]) == (
        world.app.ari("okr-contributes"),
        f"id in ({first}, {second})",
    )
    assert world.call("GET", FUNCTION, OTHERS).json()["values"] == []
    brought = {"values": [{"id": kept["id"], "value": f"id in ({third})"}]}
    assert world.call("POST", FUNCTION, OTHERS, json=brought).status_code == 404, "each app has its own"
    assert world.call("POST", FUNCTION, json=brought).status_code == 204
    assert world.found(jql) == {third}
    assert world.call("GET", FUNCTION, "sandbox-service-token").status_code == 401
    later = world.server.sandbox.clock() + timedelta(days=8)
    world.server.sandbox.clock = lambda: later
    assert world.call("GET", FUNCTION).json()["values"] == [], "what nobody used for a week is dropped"


def test_what_is_brought_names_what_is_kept_and_one_thing(world: World) -> None:
    world.said["PLAT-1"] = {"jql": "id = -1"}
    assert world.found('issue in contributesTo("PLAT-1")') == set()
    [kept] = world.call("GET", FUNCTION, params={"functionKey": world.app.ari("okr-contributes")}).json()[
        "values"
    ]
    assert world.call("GET", FUNCTION, params={"functionKey": "ari:x"}).status_code == 404
    for one in ({"id": kept["id"]}, {"id": kept["id"], "value": "id = 1", "error": "no"}):
        assert world.call("POST", FUNCTION, json={"values": [one]}).status_code == 400
    gone = {"values": [{"id": "gone", "value": "id = 1"}, {"id": kept["id"], "error": "It is no objective."}]}
    refused = world.call("POST", FUNCTION, json=gone)
    assert (refused.status_code, refused.json()["notFoundPrecomputationIDs"]) == (404, ["gone"])
    taken = world.call("POST", f"{FUNCTION}?skipNotFoundPrecomputations=true", json=gone)
    assert taken.json() == {"notFoundPrecomputationIDs": ["gone"]}
    found = world.call("POST", f"{FUNCTION}/search", json={"precomputationIDs": [kept["id"], "gone"]}).json()
    assert (found["precomputations"][0]["error"], found["notFoundPrecomputationIDs"]) == (
        "It is no objective.",
        ["gone"],
    )
    assert "It is no objective." in world.search('issue in contributesTo("PLAT-1")').text


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ('status in contributesTo("PLAT-1")', "does not support the field"),
        ("issue in contributesTo()", "expects 1 argument"),
        ('issue in contributesTo("GONE-1")', "GONE-1 is no objective"),
        ('issue in contributesTo("BIG-1")', "more than 1000 values"),
        ('issue in contributesTo("MUTE-1")', "did not answer"),
    ],
)
def test_where_there_is_no_answer_the_search_is_refused_with_the_reason(
    world: World, jql: str, said: str
) -> None:
    world.said = {
        "GONE-1": {"error": "GONE-1 is no objective.", "storeErrorAsPrecomputation": False},
        "BIG-1": {"jql": f"id in ({', '.join(map(str, range(1, 1003)))})"},
        "MUTE-1": {},
    }
    answer = world.search(jql)
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


def test_data_center_has_none_of_it() -> None:
    with SandboxServer(seed=None, deployment="datacenter") as server:
        for path in (FIELD, FUNCTION):
            headers = {"Authorization": f"Bearer {CONNECTOR.token}"}
            answer = requests.post(f"{server.url}/rest/api/2/{path}", json={}, headers=headers, timeout=10)
            assert answer.status_code == 404
