"""The brake holds what nothing in Jira explains, change by change; ordinary catching up is written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import edit
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.people import audit
from connectors.store.work import due
from connectors.store.writes import brakes, writes
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.write_back import hold
from tests.plugin.sync.conftest import revived, worked_off

PROGRESS = "customfield_10060"
LOW = "name: epics-as-objectives\nbrake: {share: 0.1, floor: 2}"


@pytest.fixture
def braked(tmp_path: Any, snapshots: Any) -> Any:
    """A firm whose brake holds where three values would change."""
    with revived(snapshots(60, 10, "cloud", brake_at_three), tmp_path) as firm:
        yield firm


def brake_at_three(firm: Any) -> None:
    worked_off(firm)
    firm.clock.pass_by(minutes=5)
    firm.remap("name: epics-as-objectives", LOW)
    resync(firm.context)
    firm.work_off()
    firm.clock.pass_by(hours=1)


def epics(firm: Any) -> list[str]:
    return [one.id for one in firm.records(scheme.EPIC)]


def finish(firm: Any, epic: str, *, edited: bool) -> None:
    """All stories of an epic are done: because somebody did them, or because something else changed in Jira."""
    sandbox = firm.sandbox.sandbox
    for story in [one for one in firm.records() if one.parent_id == epic]:
        record = sandbox.records[story.id]
        if edited:
            reopened = replace(record, status=scheme.TO_DO, resolution=None, cache={})
            sandbox.hold(reopened)
            to_status(sandbox, reopened, scheme.DONE, person(PEOPLE[0]))
        else:
            sandbox.hold(replace(record, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0]))


def comment(firm: Any, epic: str) -> None:
    """Somebody comments on all stories of an epic: each is newer, and its history tells of nothing."""
    for story in [one for one in firm.records() if one.parent_id == epic]:
        firm.sandbox.sandbox.touch(story.id)


def held(firm: Any) -> dict[str, object]:
    """The numbers that are held, by issue."""
    with firm.connector.store.read() as conn:
        return {one.issue_id: one.after for one in writes.load_held(conn, "main") if one.field_id == PROGRESS}


def brake(firm: Any) -> Any:
    with firm.connector.store.read() as conn:
        return brakes.load_standing(conn, "main")


@pytest.mark.parametrize("read", [resync, resync_recent])
def test_ordinary_catching_up_after_an_outage_is_written(braked: Any, read: Any) -> None:
    for epic in epics(braked):
        finish(braked, epic, edited=True)

    report = read(braked.context)
    braked.work_off()

    assert report.held is None
    assert [braked.in_jira(epic) for epic in epics(braked)] == [100] * 6
    assert held(braked) == {}


def test_a_read_that_goes_on_where_it_stopped_explains_as_one_in_one_go(braked: Any) -> None:
    """Interrupted after its last page, and gone on with: what people did is written, what nobody did is held."""
    spoken, silent = epics(braked)[:3], epics(braked)[3:]
    for epic in epics(braked):
        finish(braked, epic, edited=epic in spoken)

    def stop(_done: int, _total: int | None) -> None:
        if braked.mirror() != before:
            raise KeyboardInterrupt

    before = braked.mirror()
    with pytest.raises(KeyboardInterrupt):
        resync(braked.context, stop)
    report = resync(braked.context)
    braked.work_off()

    assert report.resumed
    assert report.held is not None
    assert report.held.objectives == set(silent)
    assert [braked.in_jira(epic) for epic in spoken] == [100] * 3
    assert held(braked) == dict.fromkeys(silent, 100)


def test_what_an_activation_made_due_is_its_own_however_often_everything_is_read_before_it_is_served(
    braked: Any,
) -> None:
    """It was previewed and braked by itself, what stands there from another hand included."""
    for epic in epics(braked):
        braked.context.jira.edit(epic, {PROGRESS: 1})
    braked.remap("name: epics-as-objectives", LOW.replace("0.1", "0.2"))

    assert [resync(braked.context).held for _ in range(2)] == [None, None]
    braked.work_off()

    assert 1 not in [braked.in_jira(epic) for epic in epics(braked)]
    assert held(braked) == {}


def test_the_objectives_that_an_activation_brings_are_its_own(braked: Any) -> None:
    """No number of theirs of another revision tells so."""
    first, *others = braked.records(scheme.EPIC)
    braked.remap_whole(lambda text: text.replace("issuetype = Epic AND labels = okr", f"key = {first.key}"))
    braked.work_off()
    for epic in others:
        braked.context.jira.edit(epic.id, {PROGRESS: 1})
    braked.remap("name: epics-as-objectives", LOW)

    assert [resync(braked.context).held for _ in range(2)] == [None, None]
    braked.work_off()

    assert 1 not in [braked.in_jira(epic) for epic in epics(braked)]
    assert held(braked) == {}


def test_what_an_activation_made_due_stays_its_own_while_it_is_being_served(braked: Any) -> None:
    """A read finds a silent change of an objective that a worker is at: that is marked anew, and is no later than the activation for it."""
    braked.remap("name: epics-as-objectives", LOW.replace("0.1", "0.2"))
    braked.clock.pass_by(minutes=1)
    with braked.connector.store.write() as conn:
        claims = due.claim(conn, "slow", braked.clock(), timedelta(hours=2), 20, site="main")
    assert {one.objective_id for one in claims} == set(epics(braked))
    for epic in epics(braked):
        finish(braked, epic, edited=False)

    assert resync(braked.context).held is None
    braked.clock.pass_by(hours=3)
    braked.work_off()

    assert [braked.in_jira(epic) for epic in epics(braked)] == [100] * 6
    assert held(braked) == {}


def test_once_an_activation_is_served_the_first_read_of_everything_is_braked_like_any_other(
    braked: Any,
) -> None:
    braked.remap("name: epics-as-objectives", LOW.replace("0.1", "0.2"))
    braked.work_off()
    braked.clock.pass_by(hours=1)
    for epic in epics(braked):
        finish(braked, epic, edited=False)

    report = resync(braked.context)
    braked.work_off()

    assert report.held is not None
    assert held(braked) == dict.fromkeys(epics(braked), 100)


@pytest.mark.parametrize("read", [resync, resync_recent])
def test_a_comment_on_a_row_that_changed_without_an_edit_explains_nothing(braked: Any, read: Any) -> None:
    """Its `updated` grew, its history does not tell of what moved: held, while what was done is written. A later comment lets go of nothing either."""
    silent, spoken = epics(braked)[:4], epics(braked)[4:]
    before = {epic: braked.in_jira(epic) for epic in silent}
    for epic in silent:
        finish(braked, epic, edited=False)
        comment(braked, epic)
    for epic in spoken:
        finish(braked, epic, edited=True)

    report = read(braked.context)
    braked.work_off()

    assert report.held is not None
    assert report.held.objectives == set(silent)
    assert held(braked) == dict.fromkeys(silent, 100)
    assert [braked.in_jira(epic) for epic in spoken] == [100, 100]
    braked.clock.pass_by(minutes=10)
    for epic in silent:
        comment(braked, epic)
    resync_recent(braked.context)
    braked.work_off()
    assert {epic: braked.in_jira(epic) for epic in silent} == before
    assert held(braked) == dict.fromkeys(silent, 100)


def test_histories_are_asked_only_where_the_brake_would_hold(braked: Any, monkeypatch: Any) -> None:
    asked: list[list[str]] = []
    steps = braked.context.jira.__class__.steps

    def counted(jira: Any, ids: Any, *others: Any) -> Any:
        asked.append(sorted(ids))
        return steps(jira, ids, *others)

    monkeypatch.setattr(braked.context.jira.__class__, "steps", counted)
    finish(braked, epics(braked)[0], edited=True)
    assert resync(braked.context).held is None
    assert asked == []
    braked.work_off()
    for epic in epics(braked)[1:]:
        finish(braked, epic, edited=True)
    assert resync(braked.context).held is None
    assert len(asked) == 1
    assert len(asked[0]) > 3


def test_edits_whose_histories_cannot_be_had_wait_for_a_person(braked: Any) -> None:
    for epic in epics(braked):
        finish(braked, epic, edited=True)
    for history in braked.sandbox.sandbox.histories.values():
        history.clear()

    report = resync(braked.context)
    braked.work_off()

    assert report.held is not None
    assert held(braked) == dict.fromkeys(epics(braked), 100)


def test_the_clock_alone_explains_what_it_moves(braked: Any) -> None:
    healths = {one.id: one.customs.get("customfield_10061") for one in braked.records(scheme.EPIC)}
    braked.clock.now = braked.clock.now.replace(month=12, day=31)

    report = resync(braked.context)
    braked.work_off()

    after = {one.id: one.customs.get("customfield_10061") for one in braked.records(scheme.EPIC)}
    assert report.held is None
    assert sum(after[id_] != healths[id_] for id_ in after) >= 3
    assert held(braked) == {}


def test_healths_that_edits_explain_are_no_reason_to_hold_what_they_do_not(braked: Any) -> None:
    """One silent change is below the brake, and the five others are explained, though their healths change with them."""
    for number, epic in enumerate(epics(braked)):
        finish(braked, epic, edited=number > 0)

    report = resync(braked.context)
    braked.work_off()

    assert report.held is None
    assert [braked.in_jira(epic) for epic in epics(braked)] == [100] * 6


def test_what_changed_without_an_edit_is_held_and_the_rest_is_written(braked: Any) -> None:
    silent, spoken = epics(braked)[:4], epics(braked)[4:]
    before = {epic: braked.in_jira(epic) for epic in epics(braked)}
    for epic in silent:
        finish(braked, epic, edited=False)
    for epic in spoken:
        finish(braked, epic, edited=True)

    report = resync(braked.context)
    braked.work_off()

    assert report.held is not None
    assert report.held.objectives == set(silent)
    assert held(braked) == dict.fromkeys(silent, 100)
    assert [braked.in_jira(epic) for epic in silent] == [before[epic] for epic in silent]
    assert [braked.in_jira(epic) for epic in spoken] == [100, 100]
    resync(braked.context)
    braked.work_off()
    assert held(braked) == dict.fromkeys(silent, 100), "and again"


def test_an_event_writes_what_it_explains_and_no_more(braked: Any) -> None:
    """A held objective keeps what was not explained; where the very rows are edited it is written, without a person."""
    first, second, *_ = silent = epics(braked)[:4]
    before = braked.in_jira(first)
    for epic in silent:
        finish(braked, epic, edited=False)
    resync(braked.context)
    braked.work_off()
    sandbox, stories = (
        braked.sandbox.sandbox,
        [one for one in braked.records() if one.parent_id == first],
    )

    edit(
        sandbox, sandbox.records[stories[0].id], {"fields": {"customfield_10016": 13}}, "3", person(PEOPLE[0])
    )
    for one in stories[1:3]:
        sandbox.add(
            replace(sandbox.records[one.id], status=scheme.TO_DO, resolution=None, updated=braked.clock(), cache={}),
            one.creator,
            announce=False,
        )  # fmt: skip
    resync_recent(braked.context)
    braked.work_off()
    wanted = held(braked)[first]
    assert braked.in_jira(first) == before, "its other rows are not explained yet"
    assert wanted not in (100, before)

    braked.clock.pass_by(minutes=1)
    finish(braked, first, edited=True)
    resync_recent(braked.context)
    braked.work_off()
    assert braked.in_jira(first) == 100
    assert first not in brake(braked).objectives
    assert braked.in_jira(second) != 100


def test_what_another_hand_overwrote_in_bulk_is_held_until_something_else_is_wanted(braked: Any) -> None:
    right = {epic: braked.in_jira(epic) for epic in epics(braked)}
    for epic in epics(braked):
        braked.context.jira.edit(epic, {PROGRESS: 1})
    braked.clock.pass_by(minutes=1)
    assert resync(braked.context).held is not None
    braked.work_off()
    first, second, *_ = epics(braked)
    assert held(braked) == right

    finish(braked, first, edited=True)
    resync_recent(braked.context)
    braked.work_off()

    assert (braked.in_jira(first), braked.in_jira(second)) == (100, 1)
    assert set(held(braked)) == set(right) - {first}


def test_what_is_wanted_no_more_waits_no_more(braked: Any) -> None:
    before = {one.id: one for one in braked.records()}
    silent = epics(braked)[:4]
    for epic in silent:
        finish(braked, epic, edited=False)
    resync(braked.context)
    braked.work_off()
    for record in before.values():
        braked.sandbox.sandbox.add(replace(record, cache={}), record.creator, announce=False)

    resync(braked.context)
    braked.work_off()

    assert held(braked) == {}
    assert brake(braked) is None


def test_a_dropped_change_leaves_jira_as_it_is_until_something_else_is_wanted(braked: Any) -> None:
    silent = epics(braked)[:4]
    before = {epic: braked.in_jira(epic) for epic in silent}
    for epic in silent:
        finish(braked, epic, edited=False)
    resync(braked.context)
    braked.work_off()
    with braked.connector.store.write() as conn:
        hold.end(conn, "main", writes.drop, braked.clock())

    for _ in range(2):
        found = resync(braked.context)
        braked.work_off()
        assert found.held is None
    assert {epic: braked.in_jira(epic) for epic in silent} == before
    assert held(braked) == {}

    story = next(one for one in braked.records() if one.parent_id == silent[0])
    open_ = {"status": scheme.TO_DO, "resolution": None, "updated": braked.clock() + timedelta(minutes=1)}
    braked.sandbox.sandbox.add(replace(story, **open_, cache={}), story.creator, announce=False)
    braked.clock.pass_by(minutes=2)
    resync_recent(braked.context)
    braked.work_off()
    assert braked.in_jira(silent[0]) not in (100, before[silent[0]])


def test_a_person_looks_at_what_is_held_and_releases_or_drops_it(quiet: Any, command: Any) -> None:
    ids = quiet.objectives()
    for epic in ids:
        quiet.context.jira.edit(epic, {PROGRESS: 1, "customfield_10061": {"value": "Pending"}})
    assert command("sync")[0] == 1

    waiting = len(quiet.held())
    planned = json.loads(command("plan", "--json")[1])
    assert [one["waits"] for one in planned] == ["held"] * waiting
    assert "as it should be" not in command("plan")[1]
    code, said = command("held", "list", "--json")
    listed = json.loads(said)
    assert (code, len(listed)) == (1, waiting)
    first, second = (
        listed[0]["objective"],
        next(one["objective"] for one in listed if one["objective"] != listed[0]["objective"]),
    )

    of_first = sum(one["objective"] == first for one in listed)
    assert json.loads(command("held", "release", first, "--json")[1]) == {"released": of_first}
    assert command("held", "drop", second)[0] == 0
    quiet.reconcile(first)
    quiet.reconcile(second)
    assert (quiet.in_jira(first) != 1, quiet.in_jira(second)) == (True, 1)
    assert command("held", "release")[0] == 2
    assert command("held", "drop", second)[0] == 1

    assert command("held", "release", "--all")[0] == 0
    assert command("held", "list") == (0, "Nothing is held.\n")
    with quiet.connector.store.read() as conn:
        said = {one.what for one in audit.recent(conn, 50)}
    assert said >= {"held writes released", "held writes dropped"}
