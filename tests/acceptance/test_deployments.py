"""What the README promises, on Data Center as on Cloud (whose quick tests are in `test_spine`): Jira 10, which signs, and Jira 9, which
does not, below a context path.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR, PEOPLE, SandboxServer, WebhookFaults
from connectors.sandbox.issue_json import sprint_text
from connectors.sandbox.site_state import scheme
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import due, inbox
from mappings import presets
from mappings.fields.sprint import Sprint
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.serving.server import serve
from plugin.runtime.settings import read_settings
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.sites import webhook
from tests.actors import TESTER

PROGRESS = "customfield_10060"
LINKS = "\n  - {target: objective, remote_link: numbers}\n"
SITES: dict[str, dict[str, Any]] = {
    "cloud": {},
    "jira 10": {"deployment": "datacenter"},
    "jira 9 below a context path": {
        "deployment": "datacenter",
        "version": (9, 12, 5),
        "context": "/jira",
    },
}


@dataclass
class Site:
    """A served connector, and the Jira it serves."""

    sandbox: SandboxServer
    connector: Connector
    address: str
    """Where Jira delivers to."""

    @property
    def cloud(self) -> bool:
        return self.sandbox.sandbox.deployment == "cloud"

    def call(self, method: str, path: str, **more: Any) -> Any:
        """A call as a person makes it."""
        person = PEOPLE[0]
        auth: dict[str, Any] = {"headers": {"Authorization": f"Bearer {person.token}"}}
        if self.cloud:
            auth = {"auth": (person.email, person.token)}
        url = f"{self.sandbox.url}/rest/api/{3 if self.cloud else 2}/issue/{path}"
        answer = requests.request(method, url, timeout=10, **auth, **more)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def field(self, key: str) -> Any:
        return self.call("GET", key)["fields"].get(PROGRESS)

    def move(self, key: str, status: str) -> None:
        offered = self.call("GET", f"{key}/transitions")["transitions"]
        chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
        self.call("POST", f"{key}/transitions", json={"transition": {"id": chosen}})

    def states(self) -> dict[str, Any]:
        with self.connector.store.read() as conn:
            return {saved.state.key: saved.state for saved in objectives.load_all(conn, "main")}

    def idle(self) -> bool:
        with self.connector.store.read() as conn:
            return not inbox.load_pending(conn, 1) and due.pending_count(conn, "main") == 0

    def settle(self) -> None:
        assert self.sandbox.settle()
        until(self.idle)

    def open_story(self) -> tuple[str, Any]:
        """Key of an issue that counts and is not done, and the objective of the running cycle that it moves."""
        for state in self.states().values():
            for one in state.key_results:
                if one.kind != "delivery" or not one.contributing or state.issue_id is None:
                    continue
                for row in one.measurement.ledger.rows:
                    if row.weight and row.progress is not None and row.progress < 1:
                        return row.key, state
        raise AssertionError("the company has no open story that moves an objective")


def until(truth: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, "did not come true"
        time.sleep(0.02)


@pytest.fixture(scope="module", params=[pytest.param("cloud", marks=pytest.mark.slow), *list(SITES)[1:]])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with SandboxServer(**SITES[request.param]) as sandbox:
        access = {"pat": CONNECTOR.token}
        if sandbox.sandbox.deployment == "cloud":
            access = {"email": CONNECTOR.email, "token": CONNECTOR.token}
        if not sandbox.site.before_ten:
            access["webhook_secret"] = "a secret long enough for a test"
        settings = read_settings(
            env_file=None,
            database_url=f"sqlite:///{tmp_path_factory.mktemp('site') / 'okr.sqlite3'}",
            secret_key="a key that only this test knows, and nobody else",
            base_url="https://okr.acme.example",
            quiet_seconds=0,
            recent_minutes=0,
            jira={"url": sandbox.url, **access},
        )
        connector = build_connector(settings)
        activate(connector, TESTER, "main", presets.text("epics-as-objectives") + LINKS, file="okr.yaml")
        sync_site(connector, "main")
        with serve(connector, "127.0.0.1", 0, workers=2) as served:
            said = webhook.target(connector, TESTER, "main").address
            address = said.replace("https://okr.acme.example", served.url)
            webhook.register(connector, TESTER, "main", address)
            yield Site(sandbox, connector, address)
        connector.store.close()


@pytest.fixture(autouse=True)
def settled(site: Site) -> Iterator[None]:
    site.settle()
    yield
    site.sandbox.sender.faults = WebhookFaults()
    site.settle()


def test_every_ledger_sums_to_its_number_and_the_number_stands_in_jira(site: Site) -> None:
    states = site.states()
    assert len(states) >= 10
    for state in states.values():
        assert state.ledger.exact
        assert state.ledger.total == state.progress
    _, state = site.open_story()
    assert site.field(state.key) == int(state.progress * 100 + Fraction(1, 2))


def test_a_moved_issue_changes_the_field_of_its_epic_once(site: Site) -> None:
    story, state = site.open_story()
    before, edits = site.field(state.key), site.sandbox.site.calls.writes[state.issue_id, PROGRESS]
    site.move(story, "Done")
    until(lambda: site.field(state.key) != before)
    site.settle()
    assert site.field(state.key) == int(site.states()[state.key].progress * 100 + Fraction(1, 2))
    assert site.sandbox.site.calls.writes[state.issue_id, PROGRESS] == edits + 1


def test_the_link_of_an_objective_leads_to_its_why_page(site: Site) -> None:
    _, state = site.open_story()
    (link,) = site.call("GET", f"{state.key}/remotelink")
    assert link["object"]["url"].startswith("https://okr.acme.example/")
    assert str(int(site.field(state.key))) in link["object"]["title"]


def test_a_story_that_gets_another_epic_leaves_the_old_one_and_joins_the_new(site: Site) -> None:
    story, state = site.open_story()
    other = next(
        one
        for one in site.states().values()
        if one.key != state.key
        and one.cycle_id == state.cycle_id
        and one.key.split("-")[0] == state.key.split("-")[0]
        and any(part.kind == "delivery" for part in one.key_results)
    )
    id_ = site.call("GET", story)["id"]
    linked = {"parent": {"key": other.key}} if site.cloud else {"customfield_10014": other.key}
    site.call("PUT", story, json={"fields": linked})
    until(lambda: id_ in site.states()[other.key].touched and id_ not in site.states()[state.key].touched)


def test_what_no_webhook_told_is_found_by_a_sync_and_a_second_one_writes_nothing(site: Site) -> None:
    story, state = site.open_story()
    before = state.progress
    site.sandbox.sender.faults = WebhookFaults(drop=1.0)
    site.move(story, "Done")
    site.settle()
    assert sync_site(site.connector, "main")[0].drift == 1
    assert site.states()[state.key].progress > before
    edits = dict(site.sandbox.site.calls.edits)
    assert sync_site(site.connector, "main")[0].drift == 0
    assert dict(site.sandbox.site.calls.edits) == edits


def test_people_are_known_by_what_their_deployment_calls_them(site: Site) -> None:
    story, _ = site.open_story()
    raw = site.call("GET", story)
    said = raw["fields"]["reporter"]
    with site.connector.store.read() as conn:
        known = mirror.get(conn, "main", [raw["id"]])[raw["id"]].reporter
    assert ("accountId" in said) == site.cloud
    assert known is not None
    assert known.id == (said["accountId"] if site.cloud else said["name"])


def test_what_comes_without_a_proof_is_refused(site: Site) -> None:
    where, _, _ = site.address.partition("/webhooks/")
    body = b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "10001"}}'
    for path, headers in (("", {}), ("/guess", {}), ("", {"X-Hub-Signature": "sha256=00"})):
        url = f"{where}/webhooks/jira/main{path}"
        assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 401
    unsigned = 204 if site.sandbox.site.before_ten else 401
    answer = requests.post(site.address.rstrip("/"), data=body, timeout=10)
    assert answer.status_code == unsigned


def test_an_issue_that_jira_forbids_to_read_is_a_gap_and_no_number_moves_for_it(site: Site) -> None:
    """Data Center answers 403 behind a security level, where Cloud says 404 and the issue leaves."""
    story, state = site.open_story()
    id_ = site.call("GET", story)["id"]
    site.sandbox.sandbox.forbid(id_)
    try:
        sync_site(site.connector, "main")
        with site.connector.store.read() as conn:
            missing = [kept.gap.issue_id for kept in gaps.open_gaps(conn, "main")]
        assert missing == ([] if site.cloud else [id_])
        assert (id_ in site.states()[state.key].touched) == (not site.cloud)
        assert site.cloud or site.states()[state.key].progress == state.progress
    finally:
        site.sandbox.sandbox.pardon(id_)
        sync_site(site.connector, "main")
    assert site.states()[state.key].progress == state.progress


def test_parents_are_known_whichever_field_names_them(site: Site) -> None:
    """Cloud has `parent` at every level; Data Center the key of an epic in Epic Link, and what stands above it in Parent Link."""
    sandbox = site.sandbox.sandbox
    story, _ = site.open_story()
    below = sandbox.find(story)
    epic = next(one for one in sandbox.records.values() if one.type == scheme.EPIC and one.parent_id)
    assert below is not None
    for record, field, kind in ((below, scheme.EPIC_LINK, str), (epic, scheme.PARENT_LINK, (str, dict))):
        raw = site.call("GET", record.key)["fields"]
        assert isinstance(raw["parent"], dict) if site.cloud else isinstance(raw[field], kind)
        assert site.cloud or "parent" not in raw
        with site.connector.store.read() as conn:
            assert mirror.get(conn, "main", [record.id])[record.id].parent_id == record.parent_id


def test_sprints_are_known_as_objects_and_as_the_text_of_java(site: Site) -> None:
    story, _ = site.open_story()
    record = site.sandbox.sandbox.find(story)
    assert record is not None
    sprint = {"id": 266, "name": "Week 45, [hurry]", "boardId": 1, "goal": "a=b, c", "state": "active"}
    shown = sprint if site.cloud else sprint_text(sprint)
    site.sandbox.sandbox.spoil(record.id, **{scheme.SPRINT: [shown]})
    (raw,) = site.call("GET", story)["fields"][scheme.SPRINT]
    assert isinstance(raw, dict) if site.cloud else "Sprint@10a[id=266," in raw
    jira = site.connector.site("main").jira
    (issue,) = jira.read([record.id], [scheme.SPRINT]).issues
    held = issue.fields[scheme.SPRINT]
    assert [(one.id, one.name) for one in Sprint().things(held)] == [("266", "Week 45, [hurry]")]
    assert {one.state for one in Sprint().stated(held)} == {"active"}
    site.sandbox.sandbox.spoil(record.id)


def test_histories_are_understood_without_the_ids_of_their_fields(site: Site) -> None:
    story, _ = site.open_story()
    record = site.sandbox.sandbox.find(story)
    assert record is not None
    before = record.status.id
    site.move(story, "Done")
    path = f"{story}/changelog" if site.cloud else f"{story}?expand=changelog"
    said = site.call("GET", path)
    lines = [
        line
        for one in (said["values"] if site.cloud else said["changelog"]["histories"])
        for line in one["items"]
    ]
    assert all(("fieldId" in line) == site.cloud for line in lines)
    steps = site.connector.site("main").jira.steps([record.id], ["status", "parent"])[record.id]
    last = [one for one in steps if one.field_id == "status"][-1]
    assert (last.before_id, last.after_id) == (before, scheme.DONE.id)
