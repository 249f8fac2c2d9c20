"""Bad input and bad days: nothing is believed that should not be, and nothing is lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from connectors.sandbox import PEOPLE
from connectors.store.work import inbox
from mappings import presets
from plugin.runtime.composition import site_from

PROGRESS, HEALTH = "customfield_10060", "customfield_10061"


def sign(secret: str, body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def deliver(world: Any, body: bytes, headers: dict[str, str]) -> requests.Response:
    return requests.post(f"{world.url}/webhooks/jira/main", data=body, headers=headers, timeout=10)


def stored_ids(world: Any) -> list[int]:
    return [delivery.id for delivery in stored(world)]


def stored(world: Any) -> list[Any]:
    with world.connector.store.read() as conn:
        return inbox.recent(conn, "main", 100)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": ""},
        {"X-Hub-Signature": "sha256=" + "0" * 64},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
        {"X-Hub-Signature": "nonsense"},
    ],
)
def test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored(
    quiet_world: Any, headers: dict[str, str]
) -> None:
    world = quiet_world
    before = stored_ids(world)
    answer = deliver(world, b'{"webhookEvent": "jira:issue_updated"}', headers)

    assert answer.status_code == 401
    assert stored_ids(world) == before


@pytest.mark.parametrize(
    "body", [b"not json", b"", b"[]", b"42", b'{"hello": "world"}', b'{"webhookEvent": 7}', b"[" * 5000]
)
def test_a_signed_body_that_is_no_webhook_is_accepted_and_recorded_as_ignored(
    quiet_world: Any, eventually: Any, body: bytes
) -> None:
    world = quiet_world
    answer = deliver(world, body, sign(world.secret, body))

    assert answer.status_code == 204
    eventually(lambda: stored(world)[0].status == "ignored")
    assert stored(world)[0].note
    assert stored(world)[0].body == body


def test_an_unknown_site_is_not_found(quiet_world: Any) -> None:
    assert (
        requests.post(f"{quiet_world.url}/webhooks/jira/elsewhere", data=b"{}", timeout=10).status_code == 404
    )


def test_a_retry_of_a_delivery_is_stored_once(quiet_world: Any) -> None:
    world, before = quiet_world, len(stored(quiet_world))
    body = json.dumps(
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "10002", "key": "PLAT-1"}}
    ).encode()
    headers = {**sign(world.secret, body), "X-Atlassian-Webhook-Identifier": "one-and-the-same"}

    answers = [deliver(world, body, headers).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert len(stored(world)) == before + 1


def test_an_oversized_body_is_refused_before_it_is_read(quiet_world: Any) -> None:
    world, before = quiet_world, stored_ids(quiet_world)
    import socket
    from urllib.parse import urlsplit

    address = urlsplit(world.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        head = f"POST /webhooks/jira/main HTTP/1.1\r\nHost: x\r\nContent-Length: {26 * 1024 * 1024}\r\n\r\n"
        connection.sendall(head.encode())
        answer = connection.recv(200)

    assert b" 413 " in answer.splitlines()[0] + b" "
    assert stored_ids(world) == before


def test_jira_down_during_a_webhook_is_reconciled_when_jira_is_back(world: Any, eventually: Any) -> None:
    story, epic = world.open_story()
    before = world.issue(epic)["fields"][PROGRESS]
    world.break_reads(503)
    world.move(story, "Done")
    eventually(lambda: any(one.status == "pending" for one in stored(world)))
    assert world.sandbox.settle()
    assert world.issue(epic)["fields"][PROGRESS] == before

    world.mend()

    eventually(lambda: world.issue(epic)["fields"][PROGRESS] != before, 15)


def test_a_field_that_is_not_on_the_screen_is_refused_with_its_remedy_and_the_others_go_through(
    world: Any, command: Any, eventually: Any, tmp_path: Path
) -> None:
    """On GROW the text field for the summary is on no screen: everything else is written all the same.

    Looked at is an objective whose cycle runs: one that is over may have had its last write before the mapping has the field.
    """
    context = world.connector.context("main")
    running = {cycle.id for cycle in context.mapping.cycles.running(context.instant.today)}
    looked_at = [
        key
        for key, state in world.states().items()
        if state.cycle_id in running and state.expected is not None
    ]
    story, plat = (next(key for key in looked_at if key.startswith(project)) for project in ("GROW", "PLAT"))
    world.admin("PUT", f"/rest/api/3/issue/{story}", json={"fields": {PROGRESS: 1}})
    mapping = tmp_path / "with-summary.yaml"
    text = presets.text("epics-as-objectives")
    text = text.replace("  okr_health: {", "  okr_summary: {name: OKR summary}\n  okr_health: {")
    mapping.write_text(
        text.replace("      okr_health:\n", "      okr_summary: {value: summary}\n      okr_health:\n")
    )
    command("mapping", "activate", str(mapping))
    world.sync()

    refused = {one.issue_key: one for one in world.refusals()}

    assert refused
    assert all(key.startswith("GROW") for key in refused)
    assert "screen" in refused[story].message
    assert refused[story].field_id in refused[story].remedy
    assert story in refused[story].remedy
    assert world.issue(story)["fields"][PROGRESS] != 1
    eventually(world.idle)  # what the server's own workers held when the sync ended they write a moment later
    assert "%" in world.issue(plat)["fields"]["customfield_10062"]
    edits = dict(world.sandbox.site.calls.edits)
    world.sync()
    assert dict(world.sandbox.site.calls.edits) == edits, "a refused field is not tried again by itself"


@pytest.mark.slow
def test_killed_between_write_and_acknowledgement_nothing_is_written_twice(tmp_path: Path) -> None:
    """A process that is really killed right after Jira took the write; the next one finds it there and writes nothing."""
    script = Path(__file__).with_name("killed_after_write.py")
    outcome = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=dict(os.environ),
    )

    assert outcome.returncode == 0, outcome.stderr[-3000:]
    report = json.loads(outcome.stdout.splitlines()[-1])
    assert report["first_exit"] == -signal.SIGKILL
    assert report["edits_after_kill"] == 1
    assert report["edits_after_restart"] == 1
    assert report["value_in_jira"] == report["value_wanted"]
    assert report["due_left"] == 0


def test_an_account_that_may_not_silence_notifications_writes_all_the_same(world: Any) -> None:
    """`notifyUsers=false` needs project administration; without it Jira refuses the whole edit."""
    person = PEOPLE[0]
    jira = world.connector.settings.jira.model_copy(
        update={"email": person.email, "token": SecretStr(person.token)}
    )
    site = site_from(jira, world.connector.settings, world.connector.store)
    world.connector.sites = {"main": site}
    _, epic = world.open_story()
    world.jira("PUT", f"/rest/api/3/issue/{epic}", json={"fields": {PROGRESS: 1}})

    world.sync()

    assert world.issue(epic)["fields"][PROGRESS] == round(world.states()[epic].progress * 100)
    assert world.refusals() == []
