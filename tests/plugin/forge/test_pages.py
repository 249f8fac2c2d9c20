"""What the app's pages are told: ids, keys and numbers of the caller's own site, and no title of an issue, whatever is asked."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.forge.contributions import contributing_issues
from plugin.use_cases.objectives.objectives import SavedObjective, list_all
from tests.forge_company import World


@pytest.fixture
def measured(world: World) -> SavedObjective:
    """An objective with key results that are issues and have rows."""
    return next(
        one
        for one in list_all(world.connector, COMMAND_LINE, "main")
        if one.state.progress and any(len(part.measurement.ledger.rows) > 1 for part in one.state.key_results)
    )


def beside(world: World, issue_id: str, **more: Any) -> Any:
    return world.get("/api/issue", "okr-context", context__extension={"issue": {"id": issue_id}}, **more)


def test_an_objective_is_told_with_its_key_results_and_rows(world: World, measured: SavedObjective) -> None:
    said = beside(world, measured.state.id).json["objective"]
    state = measured.state
    assert (said["id"], said["issue_id"], said["key"], said["title"]) == (state.id, state.id, state.key, None)
    assert said["health"] == state.health.level.value
    assert state.progress is not None
    assert abs(said["progress"] - float(state.progress) * 100) <= 1
    assert [one["issue_id"] for one in said["key_results"]] == [one.issue_id for one in state.key_results]
    assert [one["id"] for one in said["rows"]] == [one.id for one in state.ledger.rows]
    assert said["rows_total"] == len(state.ledger.rows)
    assert sum(one["share"] for one in said["rows"]) == pytest.approx(float(state.progress) * 100, abs=0.1)


def test_an_issue_is_told_which_numbers_it_is_part_of(world: World, measured: SavedObjective) -> None:
    part, row = next(
        (part, row)
        for part in measured.state.key_results
        for row in part.measurement.ledger.rows
        if row.id.isdigit()
    )
    said = beside(world, row.id).json
    assert said["objective"] is None
    (feed,) = [one for one in said["feeds"] if one["objective"]["id"] == measured.state.id]
    assert feed["key_result"]["id"] == part.id
    assert (feed["disposition"], feed["share"]) == (
        row.disposition.value,
        pytest.approx(float(row.share) * 100, abs=0.01),
    )


def test_an_issue_that_counts_for_nothing(world: World) -> None:
    assert beside(world, "999999").json == {"objective": None, "feeds": [], "why": ""}


def test_the_signed_issue_counts_and_no_other(world: World, measured: SavedObjective) -> None:
    answer = world.client.get(
        f"/forge/api/issue?issue={measured.state.id}",
        headers=world.forge.headers(world.now, "okr-context", context__extension={"issue": {"id": "999999"}}),
    )
    assert answer.json["objective"] is None
    assert world.get("/api/issue", "okr-context", context__extension=None).status_code == 400


def test_the_list_is_of_the_callers_site(world: World) -> None:
    known = {one.state.id for one in list_all(world.connector, COMMAND_LINE, "main") if not one.state.plain}
    said = world.get("/api/objectives", "okr-objectives").json
    assert {one["id"] for one in said["items"]} == known
    assert said["next"] is None
    south = world.get("/api/objectives", "okr-gadget", **world.south()).json
    assert (south["items"], south["teams"]) == ([], [])
    changes = world.south(context__extension={"issue": {"id": next(iter(known))}})
    assert world.get("/api/issue", "okr-context", **changes).json == {
        "objective": None,
        "feeds": [],
        "why": "",
    }


def test_the_list_of_a_team(world: World) -> None:
    path = "/api/objectives?team="
    every = world.get("/api/objectives", "okr-gadget").json
    for team in every["teams"]:
        said = world.client.get(
            f"/forge{path}{team}", headers=world.forge.headers(world.now, "okr-gadget")
        ).json
        assert {one["id"] for one in said["items"]} == {
            one["id"] for one in every["items"] if (one["team"] or "") == team
        }
    long = world.client.get(f"/forge{path}{'x' * 300}", headers=world.forge.headers(world.now, "okr-gadget"))
    assert long.status_code == 400


@pytest.mark.parametrize("cursor", ["x", "e30", "WyJ4IiwxLCIiXQ", "%00"])
def test_a_cursor_of_another_list_is_refused(world: World, cursor: str) -> None:
    headers = world.forge.headers(world.now, "okr-objectives")
    answer = world.client.get(f"/forge/api/objectives?cursor={cursor}", headers=headers)
    assert (answer.status_code, answer.content_type) == (400, "application/json")


def test_no_title_of_an_issue_is_told(world: World) -> None:
    """Whoever looks may not see each of them; Jira tells those that they may."""
    titles = {one.summary for one in world.sandbox.sandbox.records.values()}
    titles = {one for one in titles if len(one) > 8}
    assert len(titles) > 100
    texts = [world.get("/api/objectives", "okr-objectives").text, world.get("/api/status", "okr-admin").text]
    for one in list_all(world.connector, COMMAND_LINE, "main"):
        texts.append(beside(world, one.state.id).text)
        texts += [beside(world, row.id).text for row in one.state.ledger.rows if row.id.isdigit()]
    assert [title for title in titles if any(title in text for text in texts)] == []


def test_the_page_of_the_jira_admin(world: World) -> None:
    said = world.get("/api/status", "okr-admin").json
    assert (said["site"], said["heartbeat_at"], said["token_expires"]) == ("main", None, None)
    stranger = world.get(
        "/api/status", "okr-admin", app__environment={"type": "DEVELOPMENT", "id": "another"}
    ).json
    assert {name for name, value in stranger.items() if value} == {"version"}


# -- the JQL function


def function(world: World, *arguments: Any, operator: str = "in", **changes: Any) -> Any:
    said = {"field": "key", "type": ["issue"], "operator": operator, "functionName": "contributesTo"}
    return world.post(
        "/jql",
        "okr-contributes",
        {"precomputationId": "8", "clause": {**said, "arguments": list(arguments)}},
        **changes,
    )


def test_jira_finds_what_the_function_answers(world: World, measured: SavedObjective) -> None:
    said = function(world, measured.state.key).json
    found = requests.post(
        f"{world.sandbox.url}/rest/api/3/search/jql",
        json={"jql": said["jql"], "fields": ["summary"], "maxResults": 100},
        auth=(CONNECTOR.email, CONNECTOR.token),
        timeout=10,
    ).json()
    rows = [row for part in measured.state.key_results for row in part.measurement.ledger.rows]
    counted = {row.id for row in rows if row.disposition is Disposition.COUNTED and row.id.isdigit()}
    assert counted
    assert {one["id"] for one in found["issues"]} == {
        *counted,
        *(one.issue_id for one in measured.state.key_results if one.issue_id),
    }


def test_not_in_is_everything_else(world: World, measured: SavedObjective) -> None:
    within, without = (
        function(world, measured.state.key, operator=one).json["jql"] for one in ("in", "not in")
    )
    assert without == within.replace("id in", "id not in")


@pytest.mark.parametrize("name", ["PLAT-99999", "", "x" * 5000, 'PLAT-1") OR (key is not EMPTY'])
def test_what_is_no_objective_is_said_and_not_kept(world: World, name: str) -> None:
    said = function(world, name).json
    assert said["storeErrorAsPrecomputation"] is False
    assert "is no objective" in said["error"]


def test_another_installation_finds_none_of_it(world: World, measured: SavedObjective) -> None:
    assert "error" in function(world, measured.state.key, **world.south()).json


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"clause": {}}', b'{"clause": {"operator": "=", "arguments": ["A"]}}', b'{"clause": {"operator": "in", "arguments": []}}']
)  # fmt: skip
def test_another_shape_is_400(world: World, body: bytes) -> None:
    assert world.post("/jql", "okr-contributes", body).status_code == 400


def state_of(*ids: str, disposition: Disposition = Disposition.COUNTED) -> ObjectiveState:
    health = Health(HealthLevel.ON_TRACK, "x", "x")
    rows = tuple(Contribution(one, "", "", disposition, "") for one in ids)
    return ObjectiveState("1", "rule", "title", None, health, Ledger(rows))


@pytest.mark.parametrize(
    ("state", "ids"),
    [
        (state_of("7", "8", "7"), ("7", "8")),
        (state_of("7", "@company", "7/delivery", "derived", "²"), ("7",)),
        (state_of("7", disposition=Disposition.NOT_ACHIEVED), ("7",)),
        (state_of("7", disposition=Disposition.GAP), ("7",)),
        (state_of("7", disposition=Disposition.EXCLUDED), ()),
        (state_of("7", disposition=Disposition.WEIGHTLESS), ()),
        (state_of("7", disposition=Disposition.UNKNOWN), ()),
        (state_of("7", disposition=Disposition.ELSEWHERE), ()),
        (state_of("7", disposition=Disposition.BY_CHILDREN), ()),
    ],
)
def test_what_contributes(state: ObjectiveState, ids: tuple[str, ...]) -> None:
    assert contributing_issues(state) == ids
