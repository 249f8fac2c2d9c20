"""A field that an answer leaves out is not an empty field: it moves no number, on the event path as in the resync, and is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox import PEOPLE, issue_json
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import create
from connectors.sandbox.site_state.state import person
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import inbox
from mappings import presets
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.full_read import resync
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.work.site_read import read_ahead
from tests.actors import TESTER
from tests.plugin.sync.conftest import PROGRESS, Company

CLOUD_AND_DATACENTER = pytest.mark.parametrize("small", ["cloud", "datacenter"], indirect=True)


def plat(small: Company) -> tuple[Any, list[Any]]:
    """The objective of PLAT and its stories."""
    epic = next(one for one in small.records(scheme.EPIC) if one.project.key == "PLAT")
    return epic, [one for one in small.records() if one.parent_id == epic.id]


def progress(small: Company, objective_id: str) -> Any:
    with small.connector.store.read() as conn:
        state = objectives.load(conn, "main", objective_id).state
    return [one.measurement.ledger.total for one in state.key_results]


def open_gaps(small: Company) -> list[tuple[str, str]]:
    with small.connector.store.read() as conn:
        return [(one.gap.issue_key, one.gap.field) for one in gaps.open_gaps(conn, "main")]


def points(small: Company, issue_id: str) -> object:
    with small.connector.store.read() as conn:
        return mirror.get(conn, "main", [issue_id])[issue_id].fields.get(scheme.POINTS)


def deliver(small: Company, record: Any) -> None:
    with small.connector.store.write() as conn:
        body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": record.id}}).encode()
        inbox.store(conn, "main", f"{record.id}-{small.clock()}", body, small.clock(), "jira:issue_updated")


@CLOUD_AND_DATACENTER
def test_story_points_deleted_in_jira_move_no_number_by_an_event(small: Company) -> None:
    epic, stories = plat(small)
    before, held = progress(small, epic.id), small.in_jira(epic.id)
    kept = points(small, stories[0].id)
    assert before[-1] is not None
    assert isinstance(kept, int | float)

    del small.sandbox.sandbox.fields[scheme.POINTS]
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], summary="Another name")
    deliver(small, stories[0])
    refresh(small.context, "worker")
    small.work_off()

    assert points(small, stories[0].id) == kept
    assert (progress(small, epic.id), small.in_jira(epic.id)) == (before, held)
    assert open_gaps(small) == [(stories[0].key, scheme.POINTS)]


def test_the_same_in_a_resync_and_when_the_field_comes_back(small: Company) -> None:
    epic, stories = plat(small)
    before = progress(small, epic.id)
    field = small.sandbox.sandbox.fields.pop(scheme.POINTS)
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], summary="Another name")

    resync(small.context)
    small.work_off()

    assert progress(small, epic.id) == before
    assert len(open_gaps(small)) == 60

    small.sandbox.sandbox.fields[scheme.POINTS] = field
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], **{scheme.POINTS: 100})
    resync(small.context)
    small.work_off()

    assert open_gaps(small) == []
    assert points(small, stories[0].id) == 100
    assert progress(small, epic.id) != before


def test_a_field_that_was_emptied_is_empty(small: Company) -> None:
    _, stories = plat(small)
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], **{scheme.POINTS: None})

    resync(small.context)

    assert points(small, stories[0].id) is None
    assert open_gaps(small) == []


def test_what_a_preview_reads_keeps_what_an_answer_leaves_out(small: Company) -> None:
    _, stories = plat(small)
    kept = points(small, stories[0].id)
    field = small.sandbox.sandbox.fields.pop(scheme.POINTS)
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], summary="Another name")
    small.sandbox.sandbox.fields[scheme.POINTS] = field
    activate(small.connector, TESTER, "main", presets.text("epics-as-objectives"), file="okr.yaml")

    read_ahead(small.connector, "main", presets.text("epics-as-objectives"), lambda _done, _total: None)

    assert points(small, stories[0].id) == kept


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_an_epic_link_that_is_gone_takes_no_issue_from_its_epic(small: Company) -> None:
    epic, stories = plat(small)
    before = progress(small, epic.id)
    del small.sandbox.sandbox.fields[scheme.EPIC_LINK]
    small.sandbox.sandbox.fields.pop(scheme.PARENT_LINK, None)
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], summary="Another name")

    resync(small.context)
    small.work_off()

    assert progress(small, epic.id) == before
    assert small.mirror()[stories[0].id].parent_id == epic.id
    assert (stories[0].key, "parent") in open_gaps(small)
    assert PROGRESS in small.context.written_places


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """From then on no answer of Jira names this system field."""

    def leave_out(name: str) -> None:
        plain = issue_json.IssueWriter.fields

        def without(self: Any, record: Any, fields: Any) -> Any:
            found = dict(plain(self, record, fields))
            if name == "statusCategory" and "status" in found:
                found["status"] = {k: v for k, v in found["status"].items() if k != name}
            found.pop(name, None)
            return found

        monkeypatch.setattr(issue_json.IssueWriter, "fields", without)

    return leave_out


@CLOUD_AND_DATACENTER
@pytest.mark.parametrize("name", ["resolution", "labels", "duedate", "statusCategory"])
def test_a_system_field_that_is_left_out_stays_as_it_was_known(
    small: Company, name: str, left_out: Callable[[str], None]
) -> None:
    epic, stories = plat(small)
    record = stories[0]
    small.move(record, "Done")
    known = small.sandbox.sandbox.records[record.id]
    refused = next(one for one in small.sandbox.sandbox.resolutions if one.name == "Won't Do")
    small.sandbox.sandbox.records[record.id] = replace(known, resolution=refused)
    small.edit(record, labels=["blue"], duedate="2026-12-24")
    small.clock.pass_by(minutes=1)
    resync(small.context)
    small.work_off()
    before, mirrored, held = progress(small, epic.id), small.mirror()[record.id], small.in_jira(epic.id)
    assert (mirrored.resolution.name, mirrored.labels, str(mirrored.due)) == (
        "Won't Do",
        ("blue",),
        "2026-12-24",
    )
    assert open_gaps(small) == []

    left_out(name)
    small.clock.pass_by(minutes=1)
    small.edit(record, summary="Another name")
    deliver(small, record)
    refresh(small.context, "worker")
    small.work_off()

    now = small.mirror()[record.id]
    assert replace(now, updated=mirrored.updated, summary=mirrored.summary) == mirrored
    assert now.summary == "Another name"
    assert (progress(small, epic.id), small.in_jira(epic.id)) == (before, held)
    assert open_gaps(small) == [(record.key, name)]
    with small.connector.store.read() as conn:
        assert [one.gap.omitted for one in gaps.open_gaps(conn, "main")] == [(name,)]

    resync(small.context)
    assert small.mirror()[record.id].resolution.name == "Won't Do"
    assert (record.key, name) in open_gaps(small)


def test_what_was_never_known_may_be_left_out(small: Company, left_out: Callable[[str], None]) -> None:
    _, stories = plat(small)
    assert small.mirror()[stories[0].id].due is None
    left_out("duedate")
    left_out("resolution")
    left_out("priority")
    small.edit(stories[0], summary="Another name")

    known = {one.key for one in small.records() if small.mirror()[one.id].priority}
    resync(small.context)

    assert {key for key, _ in open_gaps(small) if key in {one.key for one in small.records()}} == known


def test_an_issue_that_leaves_its_epic_has_no_parent_any_more(small: Company) -> None:
    """Jira leaves out the key of the parent where there is none: that is its word."""
    _, stories = plat(small)
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], parent=None)

    resync(small.context)

    assert small.mirror()[stories[0].id].parent_id is None
    assert open_gaps(small) == []


def test_a_field_of_the_scope_that_is_left_out_takes_no_issue_out_of_it(small: Company) -> None:
    _, stories = plat(small)
    record = stories[0]
    small.remap(
        "scope: project in (PLAT, CORE, GROW)",
        "scope: project in (PLAT, CORE, GROW) AND cf[10016] < 1000 OR type = Epic",
    )
    resync(small.context)
    small.work_off()
    size = len(small.mirror())
    assert record.id in small.mirror()

    del small.sandbox.sandbox.fields[scheme.POINTS]
    small.clock.pass_by(minutes=1)
    small.edit(record, summary="Another name")
    deliver(small, record)
    refresh(small.context, "worker")

    assert len(small.mirror()) == size
    assert open_gaps(small) == [(record.key, scheme.POINTS)]


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_a_parent_out_of_sight_keeps_what_still_names_it(small: Company) -> None:
    epic, stories = plat(small)
    other = next(one for one in small.records(scheme.EPIC) if one.project.key == "CORE")
    before, there = progress(small, epic.id), progress(small, other.id)
    small.sandbox.sandbox.forbid(epic.id)
    small.clock.pass_by(minutes=1)
    small.edit(stories[0], summary="Another name")
    deliver(small, stories[0])

    refresh(small.context, "worker")
    resync(small.context)
    small.work_off()

    assert small.mirror()[stories[0].id].summary == "Another name"
    assert {small.mirror()[one.id].parent_id for one in stories} == {epic.id}
    assert progress(small, epic.id) == before

    small.clock.pass_by(minutes=1)
    small.edit(stories[0], **{scheme.EPIC_LINK: other.key})
    small.sandbox.sandbox.forbid(other.id)
    small.context.jira._sight.hide([other.key])
    deliver(small, stories[0])
    refresh(small.context, "worker")
    small.work_off()

    assert small.mirror()[stories[0].id].parent_id is None
    assert progress(small, other.id) == there


@CLOUD_AND_DATACENTER
def test_a_sub_task_whose_parent_is_left_out_stays_where_it_was(
    small: Company, left_out: Callable[[str], None]
) -> None:
    """Without a parent there is no sub-task: where the key is missing it is the answer that lacks something."""
    _, stories = plat(small)
    record = stories[0]
    made = create(
        small.sandbox.sandbox,
        {
            "fields": {
                "project": {"key": "PLAT"},
                "issuetype": {"id": scheme.SUBTASK.id},
                "summary": "A step",
                "parent": {"key": record.key},
            }
        },
        "3",
        person(PEOPLE[0]),
    )
    resync(small.context)
    assert small.mirror()[made.id].parent_id == record.id
    assert open_gaps(small) == []

    left_out("parent")
    small.clock.pass_by(minutes=1)
    small.edit(made, summary="Another step")
    deliver(small, made)
    refresh(small.context, "worker")

    assert (small.mirror()[made.id].parent_id, small.mirror()[made.id].summary) == (record.id, "Another step")
    assert open_gaps(small) == [(made.key, "parent")]
