"""`jira-okr serve` is killed with SIGKILL while it reads or writes slowly; started again, it is right within seconds, not after leases."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import time
from typing import Any

import pytest
import requests

from connectors.sandbox import PEOPLE, Fault, SandboxServer
from connectors.store import open_store
from connectors.store.numbers import objectives
from connectors.store.work import due, inbox
from mappings.numbers import percent

pytestmark = pytest.mark.slow


PROGRESS, POINTS = "customfield_10060", "customfield_10016"


class Scene:
    """Jira, and what the connector's database says."""

    def __init__(self, commands: Any) -> None:
        self.commands = commands
        self.sandbox: SandboxServer = commands.sandbox
        self.store = open_store(commands.environment["JIRA_OKR_DATABASE_URL"])
        self.number = 0

    def idle(self) -> bool:
        with self.store.read() as conn:
            return (
                not inbox.load_pending(conn, 1)
                and due.pending_count(conn) == 0
                and bool(objectives.ids(conn, "main"))
            )

    def story(self) -> tuple[str, str]:
        """Ids of an issue that counts and is not done, and of the objective it moves."""
        with self.store.read() as conn:
            states = [saved.state for saved in objectives.load_all(conn, "main")]
        for state in states:
            for one in state.key_results:
                for row in one.measurement.ledger.rows:
                    open_ = row.weight and row.progress is not None and row.progress < 1
                    if one.kind == "delivery" and one.contributing and open_ and state.issue_id:
                        return row.id, state.id
        raise AssertionError("no open story")

    def estimate(self, url: str, issue_id: str, points: float) -> None:
        """Somebody estimates anew, and Jira tells."""
        who, body = (PEOPLE[0].email, PEOPLE[0].token), {"fields": {POINTS: points}}
        address = f"{self.sandbox.url}/rest/api/3/issue/{issue_id}"
        requests.put(address, json=body, auth=who, timeout=10).raise_for_status()
        self.number += 1
        sent = json.dumps(
            {"webhookEvent": "jira:issue_updated", "timestamp": self.number, "issue": {"id": issue_id}}
        ).encode()
        secret = self.commands.environment["JIRA_OKR_JIRA__WEBHOOK_SECRET"]
        signed = "sha256=" + hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()
        answer = requests.post(
            f"{url}/webhooks/jira/main", data=sent, headers={"X-Hub-Signature": signed}, timeout=10
        )
        assert answer.status_code == 204

    def met(self) -> bool:
        """Whether a call hangs in a planned fault."""
        return any(fault.times < 50 for fault in self.sandbox.faults.waiting())

    def held(self) -> set[str]:
        with self.store.read() as conn:
            return due.holders(conn) | inbox.holders(conn)

    def right(self, objective_id: str, former: object) -> bool:
        """Whether the field in Jira is another than before and the one that the stored state asks for."""
        with self.store.read() as conn:
            saved = objectives.load(conn, "main", objective_id)
        shown = self.sandbox.sandbox.records[objective_id].customs.get(PROGRESS)
        assert saved is not None
        return shown != former and shown == percent(saved.state.progress)


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/issue/"), ("POST", "bulkfetch")], ids=["writing", "reading"]
)
def test_killed_in_the_middle_it_is_right_within_seconds(
    commands: Any, eventually: Any, method: str, path: str
) -> None:
    scene = Scene(commands)
    first = commands.serve("--workers", "2")
    eventually(scene.idle, 60)
    story, objective_id = scene.story()
    former = scene.sandbox.sandbox.records[objective_id].customs.get(PROGRESS)
    assert former is not None

    scene.sandbox.faults.add(
        Fault("timeout", method, path, times=50, seconds=20.0, skip=0 if method == "POST" else 1)
    )
    scene.estimate(first.url, story, 40)
    eventually(scene.met)
    assert scene.held()
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    scene.sandbox.faults.clear()
    assert scene.held(), "what it held is still written there"

    second = commands.serve("--workers", "2")
    begun = time.monotonic()
    eventually(lambda: scene.right(objective_id, former), 30)
    assert time.monotonic() - begun < 20, "a lease lasts two minutes"
    eventually(scene.idle, 30)

    shown = json.loads(commands.run("status", "--json").stdout)["processes"]
    assert [one["alive"] for one in shown] == [True]
    second.process.send_signal(signal.SIGKILL)
    second.process.wait(10)
    ended = commands.run("status")
    assert "GONE: it was killed or crashed" in ended.stdout
    assert "heard" in ended.stdout
    scene.store.close()


def test_a_site_that_is_not_there_is_wrong_usage_and_the_known_ones_are_named(commands: Any) -> None:
    ended = commands.run("status", "--site", "elsewhere")
    assert ended.returncode == 2
    assert "'elsewhere'" in ended.stderr
    assert "Known sites: main" in ended.stderr
