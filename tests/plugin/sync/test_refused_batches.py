"""One id that Jira refuses holds up nothing else: neither its batch nor the inbox. What is read one by one shares its look-ups."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.jira import Jira
from connectors.sandbox.site_state import scheme
from connectors.store.work import inbox
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.full_read import resync
from tests.plugin.sync.conftest import PROGRESS, Company


def deliver(small: Company, records: list[Any], event: str = "jira:issue_updated") -> None:
    with small.connector.store.write() as conn:
        for one in records:
            body = json.dumps({"webhookEvent": event, "issue": {"id": one.id}}).encode()
            inbox.store(conn, "main", f"{one.id}-{small.clock()}", body, small.clock(), event)


def test_the_other_deliveries_land_and_the_guilty_one_says_why(small: Company) -> None:
    stories = small.records()[:20]
    guilty = stories[7]
    small.sandbox.sandbox.unfetchable.add(guilty.id)
    small.clock.pass_by(minutes=1)
    for one in stories:
        small.edit(one, summary="Another name")
    deliver(small, stories)

    assert refresh(small.context, "worker") == 20

    with small.connector.store.read() as conn:
        assert inbox.load_pending(conn, 100, "main") == []
        notes = [one.note for one in inbox.recent(conn, "main", 100) if "could not be read" in one.note]
    refused = f"Jira refuses to return it: Issue {guilty.id} cannot be had."
    assert notes == [f"jira:issue_updated; issue {guilty.id} could not be read: {refused}"]
    assert sum(one.summary == "Another name" for one in small.mirror().values()) == 19


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
@pytest.mark.parametrize(("shows_our_writes", "alone"), [(True, 0), (False, 2)])
def test_what_leaves_a_scope_is_read_in_batches(small: Company, shows_our_writes: bool, alone: int) -> None:
    """Objectives that an index shows as they were before we wrote to them, a moment ago, are read alone."""
    small.remap("scope: project in (PLAT, CORE, GROW)", "scope: project = PLAT")
    if not shows_our_writes:
        for one in small.records(scheme.EPIC):
            small.sandbox.sandbox.index[one.id] = replace(
                small.sandbox.sandbox.index[one.id], customs={**one.customs, PROGRESS: 1.0}
            )
    small.sandbox.site.calls.clear()

    found = resync(small.context)

    assert (found.removed, len(small.mirror())) == (42, 21)
    counted = small.sandbox.site.calls.by_endpoint
    assert counted["GET /rest/api/2/issue/{}"] == alone
    # and once per full read, the options of the fields that are written
    assert sum(number for name, number in counted.items() if "/issue/" in name) == alone + 1
    assert sum(number for name, number in counted.items() if name.endswith("/search")) <= 4


def leaving(small: Company) -> list[Any]:
    """The objectives of two projects leave the scope, and nothing of theirs is cleared yet."""
    small.remap("scope: project in (PLAT, CORE, GROW)", "scope: project = PLAT")
    resync(small.context)
    return [one for one in small.records(scheme.EPIC) if one.project.key != "PLAT"]


@pytest.mark.parametrize("small", ["cloud", "datacenter"], indirect=True)
def test_objectives_that_leave_together_are_looked_at_together(small: Company) -> None:
    """One read, and an edit for each, of the health too; what somebody wrote over us meanwhile stands, though Data Center's search does not show it."""
    left = leaving(small)
    cloud = small.deployment == "cloud"
    small.edit(left[0], **{PROGRESS: 7})
    if not cloud:
        small.sandbox.sandbox.index[left[0].id] = left[0]
    small.sandbox.site.calls.clear()

    small.work_off()

    counted = small.sandbox.site.calls.by_endpoint.copy()
    assert [small.in_jira(one.id) for one in left] == [7] + [None] * (len(left) - 1)
    assert sum(number for name, number in counted.items() if name.startswith("PUT")) == len(left)
    assert counted["POST /rest/api/3/issue/bulkfetch"] == (1 if cloud else 0)
    assert counted["GET /rest/api/2/issue/{}"] == (0 if cloud else len(left))
    assert counted["POST /rest/api/2/search"] == 0


def test_what_a_delivery_tells_of_since_the_look_is_looked_at_anew(small: Company) -> None:
    left = leaving(small)
    listeners, edited = small.sandbox.sandbox.listeners, []

    def meanwhile(event: Any) -> None:
        listeners.remove(meanwhile)
        edited.append(next(one for one in left if one.id != event.record.id))
        small.edit(edited[0], **{PROGRESS: 7})
        deliver(small, edited)

    listeners.append(meanwhile)

    small.work_off()

    assert {one.id: small.in_jira(one.id) for one in left} == {
        one.id: 7 if one in edited else None for one in left
    }
    assert len(edited) == 1


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_parents_of_what_is_read_one_by_one_are_looked_up_together(small: Company) -> None:
    ids = [one.id for one in small.records(scheme.STORY)[:20]]
    jira: Jira = small.connector.site("main").jira
    small.sandbox.site.calls.clear()

    read = jira.read(ids, small.context.fields)

    assert len(read.issues) == 20
    assert len({one.parent_id for one in read.issues} - {None}) == 1
    assert small.calls("/search") == 1


@pytest.mark.parametrize("small", ["cloud", "datacenter"], indirect=True)
@pytest.mark.parametrize(("event", "looks"), [("jira:issue_deleted", 1), ("jira:issue_updated", 2)])
def test_a_deletion_that_an_event_tells_is_looked_at_once(small: Company, event: str, looks: int) -> None:
    """Its word and one answer are two; where no event says that an issue is gone, Jira is asked twice."""
    gone = small.records()[:8]
    small.clock.pass_by(minutes=1)
    for one in gone:
        small.delete(one)
    deliver(small, gone, event)
    small.sandbox.site.calls.clear()

    refresh(small.context, "worker")

    counted = small.sandbox.site.calls.by_endpoint
    cloud = small.deployment == "cloud"
    name = "POST /rest/api/3/issue/bulkfetch" if cloud else "GET /rest/api/2/issue/{}"
    assert counted[name] == (looks if cloud else looks * len(gone))
    told = event.endswith("deleted") or not cloud
    assert small.mirror().keys().isdisjoint(one.id for one in gone) is told
