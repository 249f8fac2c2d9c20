"""What goes on where issues are shown by permission: acts stand on everything that there is, and what leaves is cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from connectors.store.visibility import issue_sights, modes
from connectors.store.visibility.modes import Visibility
from connectors.store.work import inbox
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.connector import Connector
from plugin.runtime.settings import NotifySettings
from plugin.use_cases.check_ins.check_ins import Statement, check_in
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.cycles.cycles import show_cycle
from plugin.use_cases.subscriptions.subscriptions import relay, subscribe
from tests.actors import TESTER
from tests.webhook_server import WebhookServer, webhook_server


@pytest.fixture
def hub() -> Iterator[WebhookServer]:
    with webhook_server(lambda _headers, _body: (204, {}, "")) as server:
        yield server


def hide(connector: Connector) -> None:
    """Issues are shown by permission from now on; TESTER is nobody in Jira and sees none."""
    with connector.store.write() as conn:
        modes.put(conn, "main", Visibility.TITLES, connector.clock())
    connector.modes = (float("-inf"), {})


def test_who_sees_no_title_closes_a_cycle_by_the_mark_of_all_that_there_is(
    quarter: tuple[Any, str, str, list[str]],
) -> None:
    hand = quarter[0]
    whole = show_cycle(hand.connector, COMMAND_LINE, "main", "2026-Q4")
    hide(hand.connector)
    seen = show_cycle(hand.connector, TESTER, "main", "2026-Q4")
    assert {one.state.title for one in seen.objectives} == {"Restricted objective"}
    assert seen.preview == whole.preview != ""
    closed = close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="counted", agreed=seen.preview)
    assert closed.version == 1
    assert {
        one.state.title for one in show_cycle(hand.connector, COMMAND_LINE, "main", "2026-Q4").objectives
    } == {one.state.title for one in whole.objectives}


def test_an_event_tells_no_key_and_no_title_of_what_a_stranger_may_not_see(
    quarter: tuple[Any, str, str, list[str]], hub: WebhookServer
) -> None:
    hand, epic, metric, _ = quarter
    notify = NotifySettings(hosts=(hub.url, "127.0.0.1"))
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
    record = hand.sandbox.sandbox.records[epic]
    subscribe(hand.connector, TESTER, "main", hub.url, ["objective.changed", "check_in.made"])
    statement = Statement(key_result=metric, value=Fraction(10), note=f"for {record.key}")
    check_in(hand.connector, TESTER, "main", epic, statement)
    hand.work_off()
    hide(hand.connector)
    relay(hand.connector, "main")
    told = {one["type"]: one["data"] for one in (json.loads(each.body) for each in hub.taken)}
    changed = told["objective.changed"]
    assert (changed["objective"], changed["key"], changed["title"]) == (
        epic,
        None,
        "An issue you may not see",
    )
    assert changed["progress_exact"] == "3/4"
    assert told["check_in.made"]["note"] == "for an issue you may not see"
    assert not any(word in one.body.decode() for one in hub.taken for word in (record.key, record.summary))


@pytest.mark.parametrize(("field", "kept"), [("security", False), ("project", False), ("summary", True)])
def test_what_jira_said_of_an_issue_is_dropped_with_its_security_level_or_its_project(
    quarter: tuple[Any, str, str, list[str]], field: str, kept: bool
) -> None:
    hand, epic, _, (story, *_) = quarter
    body = {
        "webhookEvent": "jira:issue_updated",
        "timestamp": 1,
        "issue": {"id": epic, "key": hand.sandbox.sandbox.records[epic].key},
        "changelog": {"id": "1", "items": [{"field": field, "fieldId": field, "from": "1", "to": "2"}]},
    }
    with hand.connector.store.write() as conn:
        issue_sights.put(conn, "main", "vera", {epic: True, story: True}, hand.clock())
        inbox.store(conn, "main", "event", json.dumps(body).encode(), hand.clock(), "jira:issue_updated")
    hand.work_off()
    with hand.connector.store.read() as conn:
        found = issue_sights.get(conn, "main", "vera", [epic, story])
    assert (epic in found, story in found) == (kept, True)
