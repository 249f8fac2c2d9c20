"""Inside Jira as a Jira admin has it: the app paired by a code, its panel read, its function searched by, its fields and a goal that follow a dragged card."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR, PEOPLE
from connectors.sandbox.site_state.forge_apps import fields_of, install
from connectors.store.mappings import revisions
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli import cli
from plugin.runtime.serving.server import serve
from plugin.use_cases.forge.contributions import bring_up_to_date, contributing_issues
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.objectives.objectives import list_all
from tests.forge import APP_ID, PRODUCTION
from tests.forge_company import ADMIN_TOKEN, World, company_with_forge

TOKEN = "a-token-of-the-app"
FIELDS = """  app_progress: {name: OKR progress (app)}
  app_health: {name: OKR health (app)}
"""
RULES = """  - target: objective
    app_set: {{app_progress: {{value: progress_percent}}, app_health: {{value: health}}}}
    goal: {{goals: {{{key}: {goal}}}}}
"""
SECRET_KEY = "a key that only this test knows, and nobody else"
PATIENCE_S = 60.0

pytestmark = pytest.mark.slow


def until(truth: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while not (found := truth()):
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.1)
    return found


@dataclass
class Jira:
    """A Jira with the app in it, and the served connector; what people do in Jira, and what Forge makes of it."""

    world: World
    address: str
    fields: list[str]

    def forge(
        self, method: str, path: str, module: str, body: Any = None, **changes: Any
    ) -> requests.Response:
        headers = self.world.forge.headers(self.world.now, module, **changes)
        headers |= {"x-forge-oauth-user": ADMIN_TOKEN, "x-forge-oauth-system": TOKEN}
        return requests.request(method, f"{self.address}/forge{path}", json=body, headers=headers, timeout=25)

    def compute(self, body: dict[str, Any]) -> dict[str, Any]:
        """What Forge does for a function that stands in a search."""
        changes = {"principal": None, "context__extension": None}
        answer = self.forge("POST", "/jql", "okr-contributes", body, **changes)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def panel(self, issue_id: str) -> Any:
        context = {
            "context__extension": {"type": "jira:issueContext", "issue": {"id": issue_id, "key": "X-1"}}
        }
        answer = self.forge("GET", "/api/issue", "okr-context", **context)
        assert answer.ok, answer.text
        return answer.json()

    def call(self, method: str, path: str, **more: Any) -> Any:
        auth = (PEOPLE[0].email, PEOPLE[0].token)
        answer = requests.request(
            method, f"{self.world.sandbox.url}/rest/api/3/{path}", auth=auth, timeout=10, **more
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def search(self, jql: str) -> set[str]:
        found = self.call("POST", "search/jql", json={"jql": jql, "fields": ["summary"], "maxResults": 100})
        assert "nextPageToken" not in found
        return {one["id"] for one in found["issues"]}

    def told(self, issue_id: str) -> None:
        """Forge tells of a change: no webhook is registered here."""
        event = {
            "eventType": "avi:jira:updated:issue",
            "timestamp": str(time.time_ns()),
            "issue": {"id": issue_id},
        }
        changes = {"principal": None, "context__extension": None}
        assert self.forge("POST", "/events", "issue-events", event, **changes).status_code == 204

    def drag(self, issue_id: str) -> None:
        ways = self.call("GET", f"issue/{issue_id}/transitions")["transitions"]
        done = next(one["id"] for one in ways if one["to"]["statusCategory"]["key"] == "done")
        self.call("POST", f"issue/{issue_id}/transitions", json={"transition": {"id": done}})
        self.told(issue_id)

    def state(self, issue_id: str) -> Any:
        every = list_all(self.world.connector, COMMAND_LINE, "main")
        return next(one.state for one in every if one.state.issue_id == issue_id)

    def held(self, issue_id: str) -> tuple[Any, Any]:
        customs = self.world.sandbox.sandbox.records[issue_id].customs
        return customs.get(self.fields[0]), customs.get(self.fields[1])

    def card(self) -> tuple[str, str]:
        """A card that is not done, and the objective that it counts for."""
        for saved in list_all(self.world.connector, COMMAND_LINE, "main"):
            parts = [
                one for one in saved.state.key_results if one.kind == "delivery" and saved.state.issue_id
            ]
            for row in (row for part in parts for row in part.measurement.ledger.rows):
                if row.disposition.value == "counted" and row.progress == 0 and row.weight:
                    return row.id, str(saved.state.issue_id)
        raise AssertionError("no objective has an open card")


@pytest.fixture
def jira(tmp_path: Any, synced_demo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Jira]:
    settings = {"base_url": "https://okr.acme.example", "quiet_seconds": 0, "secret_key": SECRET_KEY}
    with (
        company_with_forge(synced_demo, tmp_path, **settings) as world,
        serve(world.connector, "127.0.0.1", 0, 2) as served,
    ):
        for name, value in {
            "DATABASE_URL": world.connector.settings.database_url,
            "SECRET_KEY": SECRET_KEY,
            "FORGE__APP_ID": APP_ID,
            "JIRA__URL": world.sandbox.url,
            "JIRA__EMAIL": CONNECTOR.email,
            "JIRA__TOKEN": CONNECTOR.token,
        }.items():
            monkeypatch.setenv(f"JIRA_OKR_{name}", value)
        sandbox = world.sandbox.sandbox
        app = install(sandbox, APP_ID.rpartition("/")[2], PRODUCTION.rpartition("/")[2], TOKEN)
        made = Jira(world, served.url, fields_of(sandbox, app))
        app.compute = made.compute
        yield made


def test_paired_read_searched_and_moved(jira: Jira) -> None:
    card, epic = jira.card()
    key = jira.world.sandbox.sandbox.records[epic].key
    assert jira.forge("GET", "/api/issue", "okr-context").status_code == 403, "not paired yet"
    said = CliRunner().invoke(cli, ["forge", "code"]).output
    code = re.search(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b", said)
    assert code is not None, said
    answer = jira.forge("POST", "/api/pair", "okr-admin", {"code": code[0]})
    assert (answer.status_code, answer.json()) == (200, {"site": "main"})

    panel = jira.panel(card)
    [feed] = [one for one in panel["feeds"] if one["objective"]["key"] == key][:1]
    assert (feed["disposition"], feed["progress"]) == ("counted", 0)
    assert jira.panel(epic)["objective"]["progress"] == pytest.approx(
        float(jira.state(epic).progress * 100), abs=0.51
    )

    there = jira.search(f'project in (PLAT, CORE, GROW) AND issue in contributesTo("{key}")')
    rows = {row.id for part in jira.state(epic).key_results for row in part.measurement.ledger.rows}
    assert card in there
    assert there <= {*rows, *(one.issue_id for one in jira.state(epic).key_results)}
    assert jira.search(f'issue not in contributesTo("{key}") AND parent = {key}').isdisjoint(there)

    goal = jira.world.sandbox.sandbox.goals.add("Told by the connector", CONNECTOR)
    with jira.world.connector.store.read() as conn:
        ruling = revisions.active(conn, "main")
    assert ruling is not None
    text = ruling.text.replace("\nfields:\n", f"\nfields:\n{FIELDS}", 1)
    text = text.replace("\nwrite_back:\n", f"\nwrite_back:\n{RULES.format(key=key, goal=goal.key)}", 1)
    jira.world.connector.catalogue("main", fresh=True)
    activate(jira.world.connector, COMMAND_LINE, "main", text, file="okr.yaml")
    until(lambda: jira.held(epic)[0] is not None and goal.targets and goal.updates)
    assert goal.status == goal.updates[-1].new[0]
    before = {target.metric.name: target.metric.value for target in goal.targets}
    jira.drag(card)
    until(lambda: jira.panel(card)["feeds"][0]["progress"] == 100)
    until(lambda: {target.metric.name: target.metric.value for target in goal.targets} != before)
    until(lambda: jira.held(epic)[0] == pytest.approx(float(jira.state(epic).progress * 100), abs=0.51))

    records = jira.world.sandbox.sandbox.records
    gone = min((id_ for id_ in there - {card} if records[id_].parent_id == epic), key=int)
    jira.call("PUT", f"issue/{gone}", json={"fields": {"parent": {"none": True}}})
    jira.told(gone)
    until(lambda: gone not in contributing_issues(jira.state(epic)))
    assert bring_up_to_date(jira.world.connector, "main") >= 1, "as each ten minutes"
    assert gone not in jira.search(f'project in (PLAT, CORE, GROW) AND issue in contributesTo("{key}")')
