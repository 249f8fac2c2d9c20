"""What Jira refuses, what only looks like a refusal, and that neither is for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, Fault, scheme
from connectors.store import due, refusals
from plugin.sync.resync import resync

PROGRESS = "customfield_10060"
BOTH = pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)


def epics(firm: Any) -> list[str]:
    return [one.id for one in firm.records(scheme.EPIC)]


def refused(firm: Any) -> list[refusals.Refused]:
    with firm.connector.store.read() as conn:
        return refusals.all(conn, "main")


def dead(firm: Any) -> list[due.DeadLetter]:
    with firm.connector.store.read() as conn:
        return due.dead(conn, "main")


def finish(firm: Any, epic: str) -> None:
    """All stories of an epic are done: its number becomes 100."""
    for story in firm.records():
        if story.parent_id == epic:
            done = {"status": scheme.DONE, "resolution": scheme.RESOLUTIONS[0], "updated": firm.clock()}
            firm.sandbox.sandbox.add(replace(story, **done, cache={}), story.creator, announce=False)


def settled(firm: Any) -> None:
    """A full read, and everything that follows from it."""
    resync(firm.context)
    firm.work_off()


def say(firm: Any, **grants: frozenset[str]) -> None:
    """What the connector's account may do from now on, by project."""
    account = replace(CONNECTOR, administrator=False, grants=grants)
    firm.sandbox.sandbox.accounts[CONNECTOR.id] = account


@BOTH
@pytest.mark.parametrize(
    ("status", "shape"),
    [(302, "html"), (400, "text"), (403, "html"), (403, "list"), (404, "empty"), (405, "html")],
)
def test_what_a_proxy_says_of_a_write_is_no_refusal(firm: Any, status: int, shape: str) -> None:
    epic = epics(firm)[0]
    finish(firm, epic)
    firm.sandbox.faults.add(Fault("status", "PUT", f"issue/{epic}", status=status, shape=shape))

    settled(firm)

    assert firm.sandbox.faults.waiting() == []
    assert firm.in_jira(epic) == 100
    assert refused(firm) == []
    assert dead(firm) == []


def test_a_proxy_that_answers_everything_with_pages_for_an_hour_changes_nothing_for_good(firm: Any) -> None:
    three = epics(firm)[:3]
    before = [firm.in_jira(epic) for epic in three]
    for epic in three:
        finish(firm, epic)
    firm.sandbox.faults.add(Fault("status", "PUT", status=403, times=10_000))
    settled(firm)
    assert [firm.in_jira(epic) for epic in three] == before
    assert 100 not in before

    firm.sandbox.faults.clear()
    firm.clock.pass_by(hours=1)
    firm.work_off()

    assert [firm.in_jira(epic) for epic in three] == [100, 100, 100]
    assert refused(firm) == []


@pytest.mark.parametrize(
    ("status", "shape"), [(403, "jira"), (404, "jira"), (400, "jira"), (403, "html"), (200, "list")]
)
def test_a_look_up_of_permissions_that_fails_is_no_refusal_of_a_field(
    firm: Any, status: int, shape: str
) -> None:
    epic = epics(firm)[0]
    finish(firm, epic)
    firm.clock.pass_by(hours=2)
    firm.sandbox.faults.add(Fault("status", "GET", "mypermissions", status=status, shape=shape))

    settled(firm)

    assert firm.in_jira(epic) == 100
    assert refused(firm) == []


def test_an_account_that_may_no_longer_keep_silent_writes_aloud(firm: Any) -> None:
    """The permission goes within the hour for which it is remembered: Jira forbids the silent edit, not the edit."""
    first, second, *_ = epics(firm)
    finish(firm, first)
    settled(firm)
    firm.clock.pass_by(minutes=5)
    may = frozenset({"BROWSE_PROJECTS", "EDIT_ISSUES"})
    say(firm, **{"*": may})
    finish(firm, second)

    settled(firm)

    assert firm.in_jira(second) == 100
    assert refused(firm) == []
