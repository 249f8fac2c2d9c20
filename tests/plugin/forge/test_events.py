"""Events of the Forge app: stored at once, known again however they come, and worked off as webhooks are."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
import requests

from connectors.jira.webhooks.hints import Hints, IgnoredBody, read_hints
from connectors.sandbox import CONNECTOR
from connectors.store.mirror import mirror
from connectors.store.work import due, inbox
from connectors.store.writes import refusals
from mappings.write_back.plan import Change
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.sync.refresh.reread import refresh
from plugin.use_cases.health.status import status
from plugin.use_cases.work import sync
from tests.forge_company import World

ISSUE = {
    "eventType": "avi:jira:updated:issue",
    "timestamp": "1791038284541",
    "selfGenerated": False,
    "atlassianId": "5b10a2844c20165700ede21g",
    "issue": {"id": "10010", "key": "PLAT-1", "fields": {"summary": "A story"}},
    "changelog": {"id": "10124", "items": [{"field": "status", "fieldId": "status", "from": "1", "to": "3"}]},
    "associatedUsers": {"associatedUsers": []},
}
AGAIN = {"retryCount": 1, "retryReason": "TIMEOUT_ERROR", "retryData": None}
LINK = {
    "eventType": "avi:jira:created:issuelink",
    "timestamp": "1791038284541",
    "id": "20001",
    "sourceIssueId": "10010",
    "destinationIssueId": "10011",
    "issueLinkType": {"id": "1", "name": "contributes to"},
}
SPRINT = {
    "eventType": "avi:jira-software:closed:sprint",
    "timestamp": "7",
    "sprint": {"id": "12", "originBoardId": "3"},
}
VERSION = {"eventType": "avi:jira:released:version", "timestamp": "7", "version": {"id": "10100"}}


@pytest.mark.parametrize(
    "again",
    [
        ISSUE,
        ISSUE | {"retryContext": AGAIN},
        {"payload": ISSUE, "retryContext": AGAIN},
        {"payload": ISSUE, "retryContext": AGAIN | {"retryCount": 4}},
        dict(reversed(ISSUE.items())),
    ],
)
def test_one_that_comes_again_is_known(world: World, again: dict[str, Any]) -> None:
    assert [world.post("/events", "issue-events", one).status_code for one in (ISSUE, again)] == [204, 204]
    assert len(world.inbox("main")) == 1


OTHERS: tuple[dict[str, Any], ...] = (
    ISSUE | {"timestamp": "1791038284542"},
    ISSUE | {"eventType": "avi:jira:deleted:issue"},
    ISSUE | {"issue": {"id": "10011"}},
    ISSUE | {"changelog": {"id": "10125", "items": []}},
    LINK,
    LINK | {"id": "20002"},
    SPRINT,
    SPRINT | {"sprint": {"id": "13"}},
    VERSION,
    VERSION | {"version": {"id": "10101"}},
    {"eventType": "avi:jira:updated:issue"},
    {"eventType": "avi:jira:updated:issue", "issue": {"id": "7"}},
    {},
)


def test_others_are_not_taken_for_it(world: World) -> None:
    for one in (ISSUE, *OTHERS, *(dict(one, retryContext=AGAIN) for one in OTHERS)):
        assert world.post("/events", "issue-events", one).status_code == 204
    assert len(world.inbox("main")) == 1 + len(OTHERS)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"eventType": 7}']
)
def test_what_cannot_be_read_is_kept_and_touches_nothing(world: World, body: bytes) -> None:
    """It is Forge's, so it is no attack; an answer other than 204 would make it come again."""
    assert world.post("/events", "plan-events", body).status_code == 204
    assert len(world.inbox("main")) == 1
    assert isinstance(read_hints(body), IgnoredBody)


def test_a_body_larger_than_forge_sends_is_refused(world: World) -> None:
    answer = world.post("/events", "issue-events", b" " * ((1 << 20) + 1))
    assert (answer.status_code, answer.content_type) == (413, "application/json")
    assert world.inbox("main") == []


@pytest.mark.parametrize(
    ("event", "touched", "sprints", "versions"),
    [
        (ISSUE, {"10010"}, set(), set()),
        ({"payload": ISSUE, "retryContext": AGAIN}, {"10010"}, set(), set()),
        (ISSUE | {"eventType": "avi:jira:created:issue"}, {"10010"}, set(), set()),
        (ISSUE | {"eventType": "avi:jira:deleted:issue"}, {"10010"}, set(), set()),
        (LINK, {"10010", "10011"}, set(), set()),
        (LINK | {"eventType": "avi:jira:deleted:issuelink"}, {"10010", "10011"}, set(), set()),
        *[
            (SPRINT | {"eventType": f"avi:jira-software:{verb}:sprint"}, set(), {"12"}, set())
            for verb in ("created", "started", "updated", "closed", "deleted")
        ],
        *[
            (VERSION | {"eventType": f"avi:jira:{verb}:version"}, set(), set(), {"10100"})
            for verb in (
                "created", "updated", "released", "unreleased", "archived", "unarchived", "merged", "moved", "deleted",
            )
        ],
        (VERSION | {"eventType": "avi:jira:merged:version", "mergedVersion": {"id": "10101"}}, set(), set(), {"10100", "10101"}),
        (
            ISSUE | {"changelog": {"id": "1", "items": [{"field": "IssueParentAssociation", "fieldtype": "jira", "from": "10001", "to": "10002"}]}},
            {"10010", "10001", "10002"}, set(), set(),
        ),
    ],
)  # fmt: skip
def test_what_each_event_touches(
    event: Any, touched: set[str], sprints: set[str], versions: set[str]
) -> None:
    found = read_hints(json.dumps(event).encode())
    assert isinstance(found, Hints)
    assert (found.touched, found.sprint_ids, found.version_ids) == (touched, sprints, versions)


def test_an_event_brings_what_changed_in_jira(world: World) -> None:
    """The body is a hint: what it says of the issue is not believed, what Jira says is read."""
    with world.connector.store.read() as conn:
        known = mirror.id_of_key(conn, "main", "PLAT-40")
    assert known is not None
    requests.put(
        f"{world.sandbox.url}/rest/api/3/issue/{known}",
        json={"fields": {"summary": "Another title"}},
        auth=(CONNECTOR.email, CONNECTOR.token),
        timeout=10,
    ).raise_for_status()
    event = ISSUE | {"issue": {"id": known, "key": "PLAT-40", "fields": {"summary": "a lie"}}}
    assert world.post("/events", "issue-events", event).status_code == 204
    refresh(world.connector.context("main"), "a test")
    with world.connector.store.read() as conn:
        assert mirror.get(conn, "main", [known])[known].summary == "Another title"
        (came,) = inbox.recent(conn, "main", 5)
    assert (came.status, came.note) == ("done", "issue_updated")


def test_sync_health_knows_the_source(world: World) -> None:
    world.post("/events", "issue-events", ISSUE)
    found = {one.source: one.name for one in status(world.connector, COMMAND_LINE, "main").sources}
    assert found["forge"] == "The Forge app"


def test_the_hourly_call_reads_what_changed(world: World) -> None:
    assert world.post("/heartbeat", "hourly", {}).status_code == 204
    for thread in threading.enumerate():
        if thread.name == "okr-sync":
            thread.join(60)
    done = sync.latest_sync(world.connector, COMMAND_LINE, "main")
    assert done is not None
    assert (done.by, done.state) == ("Forge app", "done")
    found = world.installation()
    assert found is not None
    assert found.heartbeat_at is not None


def test_without_a_mapping_the_hourly_call_is_taken_all_the_same(world: World) -> None:
    assert world.post("/heartbeat", "hourly", {}, **world.south()).status_code == 204


def test_what_forge_tells_of_the_app_is_taken(world: World) -> None:
    said = {"id": "0a3a", "eventType": "avi:forge:installed:app", "app": {"id": "8db3", "version": "1"}}
    assert world.post("/lifecycle", "app-lifecycle", said).status_code == 204


def test_what_waited_for_a_token_of_the_app_is_tried_again_with_the_next(world: World) -> None:
    epic = next(one for one in world.sandbox.sandbox.records.values() if one.type.name == "Epic")
    waiting = Change(epic.id, epic.key, "app:customfield_10200", "OKR progress (app)", None, 62, "")
    with world.connector.store.write() as conn:
        refusals.put(conn, "main", epic.id, waiting, "No token.", "Wait.", "a revision", world.now)
    token = {"x-forge-oauth-system": "an-opaque-token-of-the-app"}
    assert world.post("/lifecycle", "app-lifecycle", {}, tokens=token).status_code == 204
    with world.connector.store.write() as conn:
        [tried] = refusals.load_all(conn, "main")
        marked = due.pending_count(conn, "main")
        refusals.clear(conn, "main", epic.id)
    assert (tried.probing, marked >= 1) == (True, True)
