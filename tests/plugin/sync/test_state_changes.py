"""Sprints that end and versions that are released move issues into selectors and scopes and out of them without an edit: Jira's word about the sprint or the version explains that, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.sandbox import PEOPLE, administration
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.store import Store
from connectors.store.mirror import state_changes
from connectors.store.numbers import objectives
from connectors.store.reads import full_reads
from connectors.store.work import inbox
from connectors.store.writes import writes
from mappings.explain.cause import row_cause
from mappings.facts.issue import JiraValue
from mappings.fields.thing_states import ThingState
from plugin.sync.context import Context
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.full_read import resync
from plugin.sync.write_back.state_changes import _begun, all_read_at
from plugin.use_cases.objectives.movement import movement_between
from tests.plugin.sync.conftest import revived, worked_off
from tests.plugin.sync.test_explained import LOW, PROGRESS, epics, held

SPRINT = {"id": 12, "name": "Sprint 12", "boardId": 1, "goal": "", "state": "active"}
NEXT = {**SPRINT, "id": 13, "name": "Sprint 13", "state": "future"}
STORIES = "select: issuetype in (Story, Task, Bug)"
VERSION = JiraValue("801", "2.0")


def stories(firm: Any, epic: str) -> list[Any]:
    return [one for one in firm.records() if one.parent_id == epic]


def put(firm: Any, issue: Any, *sprints: Any) -> None:
    """The sprints of an issue are these, or in these states: nothing of the issue is new, its time of change least of all."""
    sandbox = firm.sandbox.sandbox
    record = sandbox.records[issue.id]
    others = {name: value for name, value in record.customs.items() if name != scheme.SPRINT}
    sandbox.hold(
        replace(record, customs={**others, **({scheme.SPRINT: [*sprints]} if sprints else {})}, cache={})
    )


def in_two_sprints(firm: Any) -> None:
    """Of each epic the first story, which is done, is in the sprint that runs, and the second, which is not, in the next one."""
    sandbox = firm.sandbox.sandbox
    for epic in epics(firm):
        first, second, *_ = stories(firm, epic)
        sandbox.hold(replace(sandbox.records[first.id], status=scheme.DONE, cache={}))
        sandbox.hold(replace(sandbox.records[second.id], status=scheme.TO_DO, resolution=None, cache={}))
        put(firm, first, SPRINT)
        put(firm, second, NEXT)


def settled(change: Callable[[str], str]) -> Callable[[Any], None]:
    def happened(firm: Any) -> None:
        in_two_sprints(firm)
        for record in firm.records():
            sandbox = firm.sandbox.sandbox
            sandbox.hold(replace(sandbox.records[record.id], fix_versions=(VERSION,), cache={}))
        worked_off(firm)
        firm.clock.pass_by(minutes=5)
        firm.remap_whole(lambda text: change(text).replace("name: epics-as-objectives", LOW))
        resync(firm.context)
        firm.work_off()
        firm.clock.pass_by(hours=1)

    return happened


def of_open_sprints(text: str) -> str:
    return text.replace(STORIES, f"{STORIES} AND Sprint in openSprints()")


def of_the_scope(which: str) -> Callable[[str], str]:
    """Epics, and of the rest these alone."""

    def scoped(text: str) -> str:
        scope = next(line for line in text.splitlines() if line.startswith("scope:"))
        wanted = scope.removeprefix("scope:").split("#")[0].strip()
        return text.replace(scope, f"scope: ({wanted}) AND (issuetype = Epic OR {which})")

    return scoped


def of_open_versions(text: str) -> str:
    return text.replace(STORIES, f"{STORIES} AND fixVersion in unreleasedVersions()")


PREPARED = {
    "selector": settled(of_open_sprints),
    "scope": settled(of_the_scope("Sprint in openSprints()")),
    "version": settled(of_open_versions),
    "scope by version": settled(of_the_scope("fixVersion in unreleasedVersions()")),
}


@pytest.fixture(params=["cloud", "datacenter"])
def deployment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def where(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "selector"))


@pytest.fixture
def braked(tmp_path: Any, snapshots: Any, deployment: str, where: str) -> Iterator[Any]:
    """A firm whose brake holds where three values would change without an explanation."""
    with revived(snapshots(60, 10, deployment, PREPARED[where]), tmp_path) as firm:
        yield firm


def close(firm: Any, **closed: Any) -> None:
    """The sprint ends, and the next one begins."""
    for epic in epics(firm):
        first, second, *_ = stories(firm, epic)
        put(firm, first, {**SPRINT, "state": "closed", **closed})
        put(firm, second, {**NEXT, "state": "active", "startDate": firm.clock().isoformat()})


def numbers(firm: Any) -> set[Any]:
    return {firm.in_jira(epic) for epic in epics(firm)}


def reasons(firm: Any) -> list[str]:
    with firm.connector.store.read() as conn:
        made = [writes.load_latest(conn, "main", epic, PROGRESS) for epic in epics(firm)]
    return [one.reason for one in made]


def causes(firm: Any, since: Any) -> set[str]:
    """What moved the objectives since, without the key of the row."""
    with firm.connector.store.read() as conn:
        ids = [one.state.id for one in objectives.load_all(conn, "main")]
        told = [movement_between(conn, "main", id_, since, firm.clock()) for id_ in ids]
    found = [row_cause(row) for one in told for row in one.movement.rows]
    return {one.partition(": ")[2] or one for one in found}


BOTH = {"Sprint 12 was closed", "Sprint 13 was started"}


@pytest.mark.parametrize("where", ["selector", "scope"], indirect=True)
def test_an_ordinary_end_of_a_sprint_is_written_and_told_as_what_it_was(braked: Any, where: str) -> None:
    assert numbers(braked) == {100}
    began = braked.clock()
    braked.clock.pass_by(minutes=30)
    close(braked)
    braked.clock.pass_by(minutes=30)

    report = resync(braked.context)
    braked.work_off()

    assert report.held is None
    assert held(braked) == {}
    assert numbers(braked) == {0}, where
    assert all("Sprint 12 was closed" in one or "Sprint 13 was started" in one for one in reasons(braked))
    assert causes(braked, began) == BOTH


@pytest.mark.parametrize("where", ["selector", "scope"], indirect=True)
def test_a_sprint_that_is_gone_explains_nothing(braked: Any, where: str) -> None:
    for epic in epics(braked):
        first, second, *_ = stories(braked, epic)
        put(braked, first)
        put(braked, second, {**NEXT, "state": "active", "startDate": braked.clock().isoformat()})
    braked.clock.pass_by(minutes=5)

    report = resync(braked.context)
    braked.work_off()

    assert report.held is not None, where
    assert numbers(braked) == {100}


def test_another_sprint_in_another_state_explains_nothing(braked: Any) -> None:
    """The sprint that was left has not closed, whatever the one that took its place is."""
    for epic in epics(braked):
        put(braked, stories(braked, epic)[0], {**NEXT, "state": "closed"})
    braked.clock.pass_by(minutes=5)
    assert resync(braked.context).held is not None


def test_what_changed_besides_a_sprint_that_ended_is_not_explained_by_it(braked: Any) -> None:
    """The status is another one without an edit, too."""
    sandbox = braked.sandbox.sandbox
    close(braked)
    for epic in epics(braked):
        second = stories(braked, epic)[1]
        sandbox.hold(replace(sandbox.records[second.id], status=scheme.DONE, cache={}))
        first = stories(braked, epic)[0]
        sandbox.hold(replace(sandbox.records[first.id], status=scheme.TO_DO, cache={}))
    braked.clock.pass_by(minutes=5)
    report = resync(braked.context)
    assert report.silent
    with braked.connector.store.read() as conn:
        kept = state_changes.load_since(conn, "main", braked.clock() - timedelta(days=1))
    assert kept == []


def test_a_comment_on_an_issue_whose_sprint_ended_takes_nothing_away_from_the_explanation(
    braked: Any,
) -> None:
    close(braked)
    for epic in epics(braked):
        for story in stories(braked, epic):
            braked.sandbox.sandbox.touch(story.id)
    braked.clock.pass_by(minutes=5)
    report = resync(braked.context)
    braked.work_off()
    assert report.held is None
    assert numbers(braked) == {0}


@pytest.mark.parametrize("where", ["scope"], indirect=True)
def test_who_comes_in_by_a_sprint_is_explained_by_its_beginning_or_by_an_event_and_by_nothing_else(
    braked: Any, where: str
) -> None:
    """The issues of the next sprint were never known: when it began tells Jira by its date, or by the event about it."""
    assert where == "scope"
    for epic in epics(braked):
        second = stories(braked, epic)[1]
        long_ago = (braked.clock() - timedelta(days=20)).isoformat()
        put(braked, second, {**NEXT, "state": "active", "startDate": long_ago})
    braked.clock.pass_by(minutes=5)
    deliver(braked, "sprint_started", sprint={"id": 14, "name": "Sprint 14", "state": "active"})
    assert resync(braked.context).held is not None


@pytest.mark.parametrize("where", ["scope"], indirect=True)
def test_an_event_about_a_sprint_explains_who_comes_in_by_it(braked: Any, where: str) -> None:
    assert where == "scope"
    for epic in epics(braked):
        put(braked, stories(braked, epic)[1], {**NEXT, "state": "active"})
    deliver(braked, "sprint_started", sprint={"id": 13, "name": "Sprint 13", "state": "active"})
    assert braked.wants_full_read()
    braked.clock.pass_by(minutes=5)
    assert resync(braked.context).held is None
    braked.work_off()
    assert max(numbers(braked)) < 100
    assert all("Sprint 13 was started" in one for one in reasons(braked))


def deliver(firm: Any, event: str, **thing: Any) -> None:
    body = {"webhookEvent": event, "timestamp": int(firm.clock().timestamp() * 1000), **thing}
    with firm.connector.store.write() as conn:
        inbox.store(conn, "main", f"{event}-{firm.clock()}", json.dumps(body).encode(), firm.clock(), event)
    assert refresh(firm.context, "worker") == 1


@pytest.mark.parametrize("where", ["version", "scope by version"], indirect=True)
def test_a_version_that_is_released_is_written_and_told_as_what_it_was(braked: Any, where: str) -> None:
    began, before = braked.clock(), {epic: braked.in_jira(epic) for epic in epics(braked)}
    sandbox = braked.sandbox.sandbox
    left = {epic: stories(braked, epic)[0] for epic in epics(braked)}
    for story in left.values():
        other = JiraValue("802", "1.9")
        sandbox.hold(replace(sandbox.records[story.id], fix_versions=(other,), cache={}))
    braked.clock.pass_by(minutes=5)
    assert resync(braked.context).held is None, "another version without an edit changes no number yet"
    braked.work_off()
    braked.clock.pass_by(minutes=5)
    administration.release(sandbox, JiraValue("802", "1.9"), person(PEOPLE[0]))

    assert resync(braked.context).held is None
    braked.work_off()

    assert all(braked.in_jira(epic) != before[epic] for epic in epics(braked))
    assert all("1.9 was released" in one for one in reasons(braked)), where
    assert causes(braked, began) == {"1.9 was released"}


@pytest.mark.parametrize(
    ("event", "thing"),
    [
        ("sprint_closed", {"sprint": {"id": 12, "name": "Sprint 12", "state": "closed"}}),
        ("sprint_started", {"sprint": {"id": 12, "name": "Sprint 12", "state": "active"}}),
        ("jira:version_released", {"version": {"id": "801", "name": "2.0", "released": True}}),
        ("jira:version_unreleased", {"version": {"id": "801", "name": "2.0", "released": False}}),
    ],
)
def test_an_event_about_a_sprint_or_a_version_has_everything_read_again(
    braked: Any, event: str, thing: Any
) -> None:
    """It names no issue, and none of those that it concerns is edited."""
    assert not braked.wants_full_read()
    deliver(braked, event, **thing)
    assert braked.wants_full_read()


def test_a_version_that_was_deleted_tells_of_no_state(braked: Any) -> None:
    deliver(braked, "jira:version_deleted", version={"id": "801", "name": "2.0", "released": True})
    deliver(braked, "sprint_deleted", sprint={"id": 12, "name": "Sprint 12", "state": "closed"})
    with braked.connector.store.read() as conn:
        assert state_changes.load_since(conn, "main", braked.clock() - timedelta(days=1)) == []


@pytest.mark.parametrize("where", ["scope"], indirect=True)
def test_what_was_noted_is_asked_for_once_a_page_however_many_come(
    braked: Any, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once to note what brought them in, and once for the brake."""
    assert where == "scope"
    asked: list[Any] = []
    load = state_changes.load_since

    def counted(*about: Any) -> Any:
        asked.append(about)
        return load(*about)

    monkeypatch.setattr(state_changes, "load_since", counted)
    braked.clock.pass_by(minutes=30)
    close(braked)
    braked.clock.pass_by(minutes=30)
    assert resync(braked.context).held is None
    assert len(asked) == 2


NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
READ_AT, MOMENT = NOW - timedelta(hours=1), timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("kind", "state", "since", "was"),
    [
        ("sprint", "active", READ_AT, None),
        ("sprint", "active", READ_AT + MOMENT, "future"),
        ("sprint", "closed", READ_AT + MOMENT, "active"),
        ("sprint", "closed", NOW, "active"),
        ("sprint", "closed", NOW + MOMENT, None),
        ("sprint", "closed", None, None),
        ("sprint", "future", NOW, None),
        ("version", "released", NOW, None),
    ],
)
def test_a_sprint_began_or_ended_since_all_were_read_by_its_own_date_alone(
    kind: str, state: str, since: datetime | None, was: str | None
) -> None:
    """After that read and up to now; of the same moment the read may tell, and of one to come nobody can."""
    found = _begun(ThingState(kind, "12", "Twelve", state, since), READ_AT, NOW)
    told = None if found is None else (found.kind, found.id, found.name, found.was, found.now)
    assert told == (None if was is None else ("sprint", "12", "Twelve", was, state))


def test_what_was_not_known_may_have_come_from_ten_minutes_before_all_were_read_last(
    sqlite_store: Store,
) -> None:
    """Clocks may be so far apart, and a search may lag; where all were never read nothing is said."""
    context = cast("Context", SimpleNamespace(site="main"))
    with sqlite_store.write() as conn:
        full_reads.note(conn, "other", full_reads.FullRead(NOW))
        assert all_read_at(context, conn) is None
        full_reads.note(conn, "main", full_reads.FullRead(NOW))
        assert all_read_at(context, conn) == NOW - timedelta(minutes=10)
