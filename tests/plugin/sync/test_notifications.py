"""Whether Jira is asked to keep silent about an edit, and how often it is asked whether it would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.jira.http.errors import JiraError, JiraOutage, JiraRefusal
from connectors.sandbox import CONNECTOR, Fault
from mappings.write_back.target import Request
from plugin.sync.write_back.notification import NotificationPolicy

EDITS = frozenset({"BROWSE_PROJECTS", "EDIT_ISSUES"})
SILENT = EDITS | {"ADMINISTER_PROJECTS"}


@pytest.fixture
def notifying(hand: Any) -> NotificationPolicy:
    return NotificationPolicy(hand.connector.sites["main"].jira, hand.clock)


def may(hand: Any, **grants: frozenset[str]) -> None:
    """What the connector's account may do from now on, by project."""
    account = replace(CONNECTOR, administrator=False, grants=grants)
    hand.sandbox.sandbox.accounts[CONNECTOR.id] = account


def asked(hand: Any) -> int:
    """How often Jira was asked for permissions since the last time somebody asked for it."""
    counted = hand.sandbox.site.calls.by_endpoint
    found = sum(number for name, number in counted.items() if name.endswith("mypermissions"))
    hand.sandbox.site.calls.clear()
    return found


def test_each_project_is_asked_once_an_hour(hand: Any, notifying: NotificationPolicy) -> None:
    may(hand, PLAT=SILENT, CORE=EDITS)
    hand.sandbox.site.calls.clear()
    assert [notifying.needed(key) for key in ("PLAT-1", "PLAT-2", "CORE-1", "CORE-22")] == [
        False,
        False,
        True,
        True,
    ]
    assert asked(hand) == 2
    may(hand, PLAT=EDITS, CORE=SILENT)
    hand.clock.pass_by(minutes=59, seconds=59)
    assert (notifying.needed("PLAT-1"), notifying.needed("CORE-1"), asked(hand)) == (False, True, 0)
    hand.clock.pass_by(seconds=1)
    assert (notifying.needed("PLAT-1"), notifying.needed("CORE-1"), asked(hand)) == (True, False, 2)


@pytest.mark.parametrize(("granted", "needed"), [(SILENT, False), (EDITS, True)])
def test_a_refused_edit_asks_again_unless_that_was_a_moment_ago(
    hand: Any, notifying: NotificationPolicy, granted: frozenset[str], needed: bool
) -> None:
    may(hand, PLAT=SILENT)
    assert notifying.needed("PLAT-1") is False
    may(hand, PLAT=granted)
    asked(hand)
    hand.clock.pass_by(seconds=59)
    assert (notifying.needed_after_all("PLAT-1"), asked(hand)) == (False, 0)
    hand.clock.pass_by(seconds=1)
    assert (notifying.needed_after_all("PLAT-1"), asked(hand)) == (needed, 1)
    assert (notifying.needed("PLAT-1"), asked(hand)) == (needed, 0)


def test_where_jira_declines_to_say_it_is_tried_silently_and_then_aloud(
    hand: Any, notifying: NotificationPolicy
) -> None:
    may(hand, PLAT=SILENT)
    hand.sandbox.faults.add(Fault(kind="status", times=3, status=403, shape="jira", path="mypermissions"))
    asked(hand)
    assert [notifying.needed("PLAT-1") for _ in range(2)] == [False, False]
    assert hand.sandbox.faults.waiting()[0].times == 2
    assert [notifying.needed_after_all("PLAT-1") for _ in range(2)] == [True, True]
    assert hand.sandbox.faults.waiting() == []
    assert notifying.needed_after_all("PLAT-1") is False, "now it says so"


def test_where_jira_cannot_be_asked_that_is_no_answer(hand: Any, notifying: NotificationPolicy) -> None:
    may(hand, PLAT=EDITS)
    hand.sandbox.faults.add(Fault(kind="status", times=100, status=503, path="mypermissions"))
    with pytest.raises(JiraError) as found:
        notifying.needed("PLAT-1")
    assert isinstance(found.value, JiraOutage)
    assert not isinstance(found.value, JiraRefusal)
    hand.sandbox.faults.clear()
    assert notifying.needed("PLAT-1") is True


PROGRESS = "customfield_10060"
MAPPING = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    key_results: [{id: delivery, select: issuetype = Story, relation: child, progress: {kind: delivery}}]
write_back: [{target: objective, set: {okr_progress: {value: progress_percent}}}]
"""


@pytest.mark.parametrize(
    ("request_of", "known", "granted", "status", "sent", "arrives"),
    [
        # the silence alone is forbidden by now: it is written aloud
        ("edit", SILENT, EDITS, None, 2, True),
        # the account may be silent: what is forbidden is the edit
        ("edit", SILENT, SILENT, 403, 1, False),
        # what is wrong with it is wrong aloud as well
        ("edit", SILENT, EDITS, 400, 1, False),
        # it was not silent
        ("edit", EDITS, EDITS, 403, 1, False),
        # Jira tells nobody of a property, so nothing was silenced
        ("property", SILENT, EDITS, 403, 1, False),
        ("edit", SILENT, SILENT, None, 1, True),
        ("edit", EDITS, EDITS, None, 1, True),
        ("property", SILENT, EDITS, None, 1, True),
    ],
)
def test_what_was_forbidden_is_written_aloud_where_the_silence_may_be_why_and_else_refused(
    hand: Any,
    request_of: str,
    known: frozenset[str],
    granted: frozenset[str],
    status: int | None,
    sent: int,
    arrives: bool,
) -> None:
    hand.activate(MAPPING)
    epic = hand.issue("Epic", labels=["okr"])
    key = hand.sandbox.sandbox.records[epic].key
    path = f"/issue/{epic}" if request_of == "edit" else f"/issue/{epic}/properties/okr"
    body = {"fields": {PROGRESS: 7}} if request_of == "edit" else {"progress": 7}
    may(hand, PLAT=known)
    context = hand.context
    assert context.notifies(key) is (known == EDITS)
    may(hand, PLAT=granted)
    hand.clock.pass_by(minutes=1)
    if status is not None:
        hand.sandbox.faults.add(Fault("status", "PUT", path, times=9, status=status, shape="jira"))
    hand.sandbox.site.calls.clear()
    request = Request("PUT", path, body, notifies=request_of == "edit")
    if arrives:
        context.tell(request, key)
    else:
        with pytest.raises(JiraRefusal):
            context.tell(request, key)
    left = sum(one.times for one in hand.sandbox.faults.waiting())
    seen = sum(n for name, n in hand.sandbox.site.calls.by_endpoint.items() if name.startswith("PUT"))
    assert (seen if status is None else 9 - left) == sent
    hand.sandbox.faults.clear()
    site = hand.sandbox.sandbox
    if request_of == "edit":
        assert site.records[epic].customs.get(PROGRESS) == (7 if arrives else None)
    else:
        assert site.properties[epic].get("okr") == ({"progress": 7} if arrives else None)
