"""Entity properties in the sync: refused ones, interrupted ones, and reads that are older than our own write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connectors.clock import system_clock
from connectors.jira.http.errors import JiraOutage
from connectors.sandbox import Fault, SandboxServer
from connectors.sandbox.issue_json import IssueWriter
from connectors.sandbox.site_state import scheme
from connectors.store.mirror import mirror
from connectors.store.schema import write as written
from connectors.store.work import inbox
from connectors.store.writes import refusals, writes
from mappings import presets
from mappings.facts.issue import Issue
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import demo_world
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import land_issues
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.write_back.hold import MOST_REWRITES, release
from plugin.sync.write_back.places import may_be_target, with_places
from plugin.use_cases.mappings.mapping_life import activate, preview_text
from tests.actors import TESTER
from tests.plugin.sync.conftest import Company

KEY = "jira-okr.rollup"
FIELD = f"property:{KEY}"
PROGRESS = "customfield_10060"
PRESET = presets.text("epics-as-objectives")
MAPPING = (
    PRESET.replace(
        "  - target: objective\n    set:\n", f"  - target: objective\n    property: {KEY}\n    set:\n", 1
    )
    + "\nbrake: {share: 0.1, floor: 10}\n"
)
WRONG = {"progress_percent": 1, "health": "on_track"}


class Quiet:
    """A synced world without an engine, whose mapping writes a property."""

    def __init__(self, sandbox: SandboxServer, connector: Any) -> None:
        self.sandbox = sandbox
        self.connector = connector

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def objective(self, at: int = 0) -> str:
        """The id of an objective that has a number in Jira."""
        held = self.sandbox.sandbox.properties
        return sorted((id_ for id_, kept in held.items() if KEY in kept), key=int)[at]

    def held(self, id_: str) -> Any:
        return self.sandbox.sandbox.properties[id_].get(KEY)

    def spoil(self, id_: str, *, with_field: bool = False) -> None:
        """Somebody writes our property (and our field), and the mirror knows."""
        self.context.jira.put_property(id_, KEY, WRONG)
        if with_field:
            self.context.jira.edit(id_, {PROGRESS: 1})
        read = self.read(id_)
        with self.connector.store.write() as conn:
            mirror.put(conn, "main", read)

    def read(self, id_: str) -> list[Issue]:
        return list(self.context.jira.read([id_], self.context.fields).issues)

    def mirrored(self, id_: str) -> Issue:
        with self.connector.store.read() as conn:
            return mirror.get(conn, "main", [id_])[id_]

    def refused(self, id_: str) -> list[Any]:
        with self.connector.store.read() as conn:
            return [one for one in refusals.load_all(conn, "main") if one.issue_id == id_]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quiet]:
    with demo_world(
        tmp_path_factory.mktemp("quiet"), clock=system_clock, quiet_seconds=0, resync_minutes=0
    ) as demo:
        activate(demo.connector, TESTER, "main", MAPPING, file="okr.yaml")
        sync_site(demo.connector, "main")
        yield Quiet(demo.sandbox, demo.connector)


@pytest.mark.parametrize(
    ("status", "at", "remedy"),
    [
        (400, 0, "Use another key than jira-okr.rollup"),
        (403, 1, "Edit issues"),
        (404, 2, "still exists"),
        (413, 3, "Write fewer values"),
    ],
)
def test_a_refused_property_holds_back_no_field_and_waits_for_a_person(
    quiet: Quiet, status: int, at: int, remedy: str
) -> None:
    id_ = quiet.objective(at)
    right, field = quiet.held(id_), quiet.mirrored(id_).fields[PROGRESS]
    quiet.spoil(id_, with_field=True)
    quiet.sandbox.faults.add(Fault("status", "PUT", f"{id_}/properties", status=status, shape="jira"))

    applied = reconcile(quiet.context, id_).applied

    assert [change.field_id for change in applied.written] == [PROGRESS]
    assert [one.change.field_id for one in applied.refused] == [FIELD]
    assert quiet.read(id_)[0].fields[PROGRESS] == field
    assert quiet.held(id_) == WRONG
    [refused] = quiet.refused(id_)
    assert remedy in refused.remedy
    assert refused.field_name == f"entity property {KEY}"
    assert not reconcile(quiet.context, id_).applied.written

    with quiet.connector.store.write() as conn:
        refusals.clear(conn, "main", id_)
    assert [change.field_id for change in reconcile(quiet.context, id_).applied.written] == [FIELD]
    assert quiet.held(id_) == right


def test_a_refused_field_holds_back_no_property(quiet: Quiet) -> None:
    id_ = quiet.objective(4)
    right = quiet.held(id_)
    quiet.spoil(id_, with_field=True)
    quiet.sandbox.faults.add(Fault("status", "PUT", f"issue/{id_}", status=403, shape="jira"))

    applied = reconcile(quiet.context, id_).applied

    assert [change.field_id for change in applied.written] == [FIELD]
    assert quiet.held(id_) == right
    with quiet.connector.store.write() as conn:
        refusals.clear(conn, "main", id_)
    reconcile(quiet.context, id_)


def test_a_write_whose_answer_never_came_is_looked_up_and_not_repeated(quiet: Quiet) -> None:
    id_ = quiet.objective(5)
    right = quiet.held(id_)
    quiet.spoil(id_)
    quiet.sandbox.faults.add(Fault("status", "PUT", f"{id_}/properties", status=503))
    with pytest.raises(JiraOutage):
        reconcile(quiet.context, id_)
    quiet.context.jira.put_property(id_, KEY, right)  # it had arrived all the same
    counted = quiet.sandbox.site.calls.writes[id_, FIELD]

    reconcile(quiet.context, id_)

    assert quiet.sandbox.site.calls.writes[id_, FIELD] == counted
    assert quiet.mirrored(id_).fields[FIELD] == right
    with quiet.connector.store.read() as conn:
        assert not writes.load_unsettled(conn, "main", id_)
        last = writes.last_write(conn, "main", id_, FIELD)
    assert last is not None
    assert last.outcome == "confirmed"


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_a_property_that_may_not_be_read_is_none_that_is_gone(small: Company) -> None:
    small.remap(
        "  - target: objective\n    set:\n", f"  - target: objective\n    property: {KEY}\n    set:\n"
    )
    small.work_off()
    epic = next(one for one in small.records(scheme.EPIC) if one.project.key == "PLAT")
    right = small.sandbox.sandbox.properties[epic.id][KEY]
    assert right["progress_percent"] > 0
    plain = [replace(one, fields={}) for one in small.context.jira.read([epic.id], ()).issues]
    forbidden = Fault("status", "GET", f"/issue/{epic.id}", status=403, shape="jira")

    small.sandbox.faults.add(forbidden)
    assert with_places(small.context, plain, anew=True)[0].fields == {FIELD: right}, "it is what was known"
    small.sandbox.faults.add(forbidden)
    assert with_places(small.context, plain, first=True)[0].fields == {}, "nothing was known"
    del small.sandbox.sandbox.properties[epic.id][KEY]
    assert with_places(small.context, plain)[0].fields == {FIELD: right}, "nobody told of it"
    assert with_places(small.context, plain, {epic.id: {FIELD}})[0].fields == {}, (
        "Jira says that there is none"
    )
    assert with_places(small.context, plain, anew=True)[0].fields == {}


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_what_a_property_holds_is_asked_where_it_is_news(small: Company) -> None:
    """Data Center shows properties with single issues only: a full read asks for each, what changed of late for what went unheard."""
    small.remap(
        "  - target: objective\n    set:\n", f"  - target: objective\n    property: {KEY}\n    set:\n"
    )
    small.work_off()
    small.clock.pass_by(hours=1)
    epics = small.records(scheme.EPIC)
    right = {one.id: small.sandbox.sandbox.properties[one.id][KEY] for one in epics}
    resync_recent(small.context)
    small.work_off()
    small.calls()
    resync_recent(small.context)
    assert small.calls("GET /rest/api/2/issue/{}") == 0
    assert {one.id: small.mirror()[one.id].fields[FIELD] for one in epics} == right

    told = epics[0].id
    small.edit(epics[0], summary="Another, and nobody tells of it")
    small.sandbox.sandbox.properties[told][KEY] = WRONG
    resync_recent(small.context)
    assert small.calls("GET /rest/api/2/issue/{}") == 1, "who edited it may have set the property too"
    small.work_off()
    assert small.sandbox.sandbox.properties[told][KEY] == right[told]
    small.calls()

    small.sandbox.sandbox.properties[told][KEY] = WRONG
    body = {"webhookEvent": "issue_property_set", "issue": {"id": told, "key": epics[0].key}}
    stored = json.dumps(body | {"property": {"key": KEY, "value": WRONG}}).encode()
    with small.connector.store.write() as conn:
        inbox.store(conn, "main", "a property", stored, small.clock(), "issue_property_set")
    small.work_off()
    assert small.calls("GET /rest/api/2/issue/{}") == 2, "the issue, and its property"
    assert small.sandbox.sandbox.properties[told][KEY] == right[told]

    small.clock.pass_by(minutes=5)
    small.sandbox.sandbox.properties[told][KEY] = WRONG
    resync(small.context)
    assert small.calls("GET /rest/api/2/issue/{}") == len(epics) == 3
    small.work_off()
    assert small.sandbox.sandbox.properties[told][KEY] == right[told], "what nobody told of is healed too"

    other = replace(small.sandbox.sandbox.records[small.records()[0].id], type=scheme.EPIC, labels=("okr",))
    small.sandbox.sandbox.records[other.id] = other
    small.edit(other, summary="An objective from now on")
    small.calls()
    resync_recent(small.context)
    assert small.calls("GET /rest/api/2/issue/{}") == 1, "nobody looked at it before"


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_what_may_not_be_read_is_neither_cleared_nor_forgotten(small: Company) -> None:
    """The rule leaves the mapping while Jira forbids to look: whether the property is still ours nobody knows."""
    small.remap(
        "  - target: objective\n    set:\n", f"  - target: objective\n    property: {KEY}\n    set:\n"
    )
    small.work_off()
    epic = next(one for one in small.records(scheme.EPIC) if one.project.key == "PLAT")
    text = presets.text("epics-as-objectives")
    activate(small.connector, TESTER, "main", text, file="okr.yaml", large=True)
    small.sandbox.faults.add(
        Fault("status", "GET", f"/issue/{epic.id}", status=403, shape="jira", skip=1)
    )  # after the issue its property

    reconcile(small.context, epic.id)
    assert KEY in small.sandbox.sandbox.properties[epic.id]
    assert small.sandbox.faults.waiting() == []

    reconcile(small.context, epic.id)
    assert KEY not in small.sandbox.sandbox.properties[epic.id], "it is tried again"


def test_a_read_that_is_older_than_our_write_does_not_undo_it(quiet: Quiet) -> None:
    id_ = quiet.objective(6)
    right = quiet.held(id_)
    quiet.spoil(id_)
    read_at, old = quiet.connector.clock(), quiet.read(id_)
    reconcile(quiet.context, id_)

    for moment in (read_at, None):
        with quiet.connector.store.write() as conn:
            land_issues(quiet.context, conn, old, set(), moment)
        assert quiet.mirrored(id_).fields[FIELD] == right

    later = quiet.connector.clock() + timedelta(seconds=1)
    with quiet.connector.store.write() as conn:
        marked, _ = land_issues(quiet.context, conn, old, set(), later)
    assert id_ in marked
    assert quiet.mirrored(id_).fields[FIELD] == WRONG
    reconcile(quiet.context, id_)


def test_an_answer_that_says_nothing_of_properties_empties_none(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be written again with each full sync, and each time with success."""
    id_ = quiet.objective(5)
    held, plain = quiet.held(id_), IssueWriter.with_properties
    sync_site(quiet.connector, "main")

    def silent(self: Any, record: Any, text: bytes, asked: Any) -> bytes:
        found = json.loads(plain(self, record, text, asked))
        found.pop("properties", None)
        return json.dumps(found).encode()

    monkeypatch.setattr(IssueWriter, "with_properties", silent)
    wrote = quiet.sandbox.site.calls.writes.total()
    _, done = sync_site(quiet.connector, "main")

    assert quiet.mirrored(id_).fields[FIELD] == held
    assert (done.written, quiet.sandbox.site.calls.writes.total()) == (0, wrote)


def test_a_property_leaves_the_time_of_the_last_edit_as_jira_has_it(quiet: Quiet) -> None:
    id_ = quiet.objective(7)
    quiet.spoil(id_)
    reconcile(quiet.context, id_)
    assert quiet.mirrored(id_).updated == quiet.read(id_)[0].updated


def test_a_draft_that_writes_another_property_says_that_the_mirror_lacks_it(quiet: Quiet) -> None:
    previewed = preview_text(quiet.connector, TESTER, "main", MAPPING.replace(KEY, "jira-okr.other"))
    assert previewed.missing_fields == ("entity property jira-okr.other (property:jira-okr.other)",)
    changes = [change for plan in previewed.preview.plans for change in plan.changes]
    assert changes
    assert {change.field_id: change.after is None for change in changes} == {
        "property:jira-okr.other": False,
        FIELD: True,
    }, "the former one is taken away"
    assert previewed.preview.cost.calls == len(changes)


def test_who_may_get_a_property(quiet: Quiet) -> None:
    context = quiet.context
    id_ = quiet.objective()
    epic = quiet.mirrored(id_)
    story = replace(epic, type=replace(epic.type, id="10001", name="Story", level=0), labels=())
    assert may_be_target(context.mapping, epic, context.moment(), 2)
    assert not may_be_target(context.mapping, story, context.moment(), 2)
    assert not may_be_target(context.mapping, epic, context.moment(), 3), (
        "Cloud shows properties with a search"
    )


def test_a_property_that_somebody_writes_against_us_is_held(quiet: Quiet) -> None:
    id_ = quiet.objective(8)
    for _ in range(MOST_REWRITES + 2):
        quiet.spoil(id_)
        reconcile(quiet.context, id_)
    assert quiet.held(id_) == WRONG
    with quiet.connector.store.read() as conn:
        assert [(one.issue_id, one.field_id) for one in writes.load_held(conn, "main")] == [(id_, FIELD)]
    assert release(quiet.context, [id_]) == 1
    assert [change.field_id for change in reconcile(quiet.context, id_).applied.written] == [FIELD]


def test_a_resync_that_would_change_too_many_properties_waits_for_a_person(quiet: Quiet) -> None:
    everything = [quiet.objective(at) for at in range(15) if at != 8]  # that one flaps
    with quiet.connector.store.write() as conn:
        conn.execute(update(written).values(settled_at=written.c.settled_at - 60_000))
    for id_ in everything:
        quiet.context.jira.put_property(id_, KEY, WRONG)

    found, done = sync_site(quiet.connector, "main")

    assert found.held is not None
    assert found.held.count == len(everything)
    assert done.written == 0
    assert all(quiet.held(id_) == WRONG for id_ in everything)
    release(quiet.context)
    for id_ in everything:
        reconcile(quiet.context, id_)
    assert [id_ for id_ in everything if quiet.held(id_) == WRONG] == []
