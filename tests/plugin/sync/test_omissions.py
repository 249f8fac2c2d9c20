"""A field that an answer leaves out is not an empty field: it moves no number, on the event path as in the resync, and is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.sandbox import scheme
from connectors.store import gaps, inbox, mirror, objectives
from mappings import presets
from plugin.lifecycle import activate
from plugin.reading import read_ahead
from plugin.sync.refresh import refresh
from plugin.sync.resync import resync
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
    activate(small.connector, "main", presets.text("epics-as-objectives"), "test", file="okr.yaml")

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
    assert PROGRESS in small.context.written_fields
