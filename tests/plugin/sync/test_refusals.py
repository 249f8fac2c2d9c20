"""What Jira refuses, what only looks like a refusal, and that neither is for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, Fault
from connectors.sandbox.site_state import scheme
from connectors.store.work import due
from connectors.store.writes import refusals
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent

PROGRESS = "customfield_10060"
BOTH = pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)


def epics(firm: Any) -> list[str]:
    return [one.id for one in firm.records(scheme.EPIC)]


def refused(firm: Any) -> list[refusals.RefusedField]:
    with firm.connector.store.read() as conn:
        return refusals.load_all(conn, "main")


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
    [
        (302, "html"),
        (400, "text"),
        (403, "html"),
        (403, "list"),
        (404, "empty"),
        (405, "html"),
        (403, "gateway"),
        (400, "gateway"),
        (200, "html"),
        (200, "object"),
        (200, "empty"),
        (201, "object"),
    ],
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


def on_screen(firm: Any, shown: bool) -> None:
    """The number is on the edit screens, or on none."""
    fields = firm.sandbox.sandbox.fields
    fields[PROGRESS] = replace(fields[PROGRESS], writable=shown)


def edits(firm: Any) -> int:
    """How often Jira was asked to edit an issue since the last time somebody asked for it."""
    counted = firm.sandbox.site.calls.by_endpoint
    found = sum(number for name, number in counted.items() if name.startswith("PUT") and "/issue/" in name)
    firm.sandbox.site.calls.clear()
    return found


def refuse_all(firm: Any) -> list[str]:
    """Five of six epics have another number, and the field is on no screen: four in PLAT and CORE, one in GROW."""
    on_screen(firm, False)
    five = epics(firm)[:5]
    for epic in five:
        finish(firm, epic)
        firm.clock.pass_by(minutes=1)
        resync_recent(firm.context)
        firm.work_off()
    assert {(one.issue_id, one.field_id, one.after) for one in refused(firm)} == {
        (epic, PROGRESS, 100) for epic in five
    }
    firm.clock.pass_by(hours=1)
    return five


def test_a_full_sync_tries_one_of_each_kind_again_and_all_once_it_passes(firm: Any) -> None:
    five = refuse_all(firm)
    edits(firm)

    settled(firm)
    assert edits(firm) == 3, "one in each of three projects, of five that are refused"
    assert len(refused(firm)) == 5

    on_screen(firm, True)
    settled(firm)
    assert [firm.in_jira(epic) for epic in five] == [100] * 5
    assert refused(firm) == []
    edits(firm)
    settled(firm)
    assert edits(firm) == 0


def test_an_event_alone_does_not_try_again_but_knows_what_is_wanted_by_now(firm: Any) -> None:
    five = refuse_all(firm)
    edits(firm)
    story = next(one for one in firm.records() if one.parent_id == five[0])
    back = {"status": scheme.TO_DO, "resolution": None, "updated": firm.clock()}
    firm.sandbox.sandbox.add(replace(story, **back, cache={}), story.creator, announce=False)

    resync_recent(firm.context)
    firm.work_off()

    assert edits(firm) == 1, "the health alone"
    wanted = next(one.after for one in refused(firm) if one.issue_id == five[0])
    assert wanted not in (100, None)


def test_a_catalogue_that_changed_tries_again(firm: Any) -> None:
    five = refuse_all(firm)
    on_screen(firm, True)
    firm.connector.catalogue("main", fresh=True)
    firm.work_off()
    assert len(refused(firm)) == 5, "the same catalogue is no news"

    fields = firm.sandbox.sandbox.fields
    notes = next(one for one in fields.values() if one.name == "OKR notes")
    fields[notes.id] = replace(notes, name="OKR remarks")
    firm.connector.catalogue("main", fresh=True)
    firm.work_off()

    assert refused(firm) == []
    assert [firm.in_jira(epic) for epic in five] == [100] * 5


def test_a_permission_that_comes_back_is_noticed_by_the_next_look_at_what_changed(firm: Any) -> None:
    looks_alone = frozenset({"BROWSE_PROJECTS"})
    say(firm, **{"*": looks_alone})
    first, second, *_ = epics(firm)
    finish(firm, first)
    finish(firm, second)
    for _ in range(2):
        firm.clock.pass_by(minutes=5)
        resync_recent(firm.context)
        firm.work_off()
    assert {(one.issue_id, one.field_id) for one in refused(firm)} >= {(first, PROGRESS), (second, PROGRESS)}
    assert dead(firm) == []
    edits(firm)

    say(firm, **{"*": looks_alone | {"EDIT_ISSUES", "ADMINISTER_PROJECTS"}})
    firm.clock.pass_by(minutes=5)
    resync_recent(firm.context)
    firm.work_off()

    assert refused(firm) == []
    assert [firm.in_jira(first), firm.in_jira(second)] == [100, 100]


def test_a_person_tries_one_again_and_what_is_refused_alike_follows(firm: Any) -> None:
    five = refuse_all(firm)
    on_screen(firm, True)
    with firm.connector.store.write() as conn:
        assert refusals.try_again(conn, "main", five[0]) == 1
        firm.context.mark(conn, [five[0]], "a person asked to try again")
    assert len(refused(firm)) == 5, "it stands until Jira takes it"

    firm.work_off()

    assert {one.issue_id for one in refused(firm)} == {five[1], five[2], five[4]}
    assert (firm.in_jira(five[0]), firm.in_jira(five[3])) == (100, 100), "both in PLAT"


def test_what_is_refused_like_a_field_that_is_wanted_no_more_is_tried_in_its_place(firm: Any) -> None:
    """The probe becomes right by hand before it is tried: the other of its kind must not wait for the next full read."""
    five = refuse_all(firm)
    on_screen(firm, True)
    with firm.connector.store.write() as conn:
        assert refusals.try_again(conn, "main", five[0]) == 1
        firm.context.mark(conn, [five[0]], "a person asked to try again")
    firm.edit(firm.sandbox.sandbox.records[five[0]], **{PROGRESS: 100})

    firm.work_off()

    assert {one.issue_id for one in refused(firm)} == {five[1], five[2], five[4]}
    assert firm.in_jira(five[3]) == 100, "both in PLAT"


def test_refusals_of_what_is_no_objective_any_more_or_right_by_now_go_away(firm: Any) -> None:
    gone, unlabelled, by_hand, *_ = refuse_all(firm)
    sandbox = firm.sandbox.sandbox
    for story in [one for one in firm.records() if one.parent_id == gone]:
        firm.delete(story)
    firm.delete(sandbox.records[gone])
    firm.edit(sandbox.records[unlabelled], labels=["someday"])
    on_screen(firm, True)
    firm.context.jira.edit(by_hand, {PROGRESS: 100})
    on_screen(firm, False)

    resync(firm.context, accept_loss=True)
    firm.work_off()

    left = {one.issue_id: one.after for one in refused(firm)}
    names = {gone: "gone", unlabelled: "unlabelled", by_hand: "by hand"}
    assert {names.get(id_, "other"): after for id_, after in left.items()} == {
        "other": 100,
        "unlabelled": None,
    }, "the field of what is none any more is to be cleared, and Jira refuses that as well"


def test_a_sync_that_leaves_wrong_numbers_says_so_and_exits_with_one(quiet: Any, command: Any) -> None:
    """An account that may only look: every edit is refused."""
    wrong = quiet.objectives()[:4]
    for epic in wrong:
        quiet.context.jira.edit(epic, {PROGRESS: 1})
    looks_alone = frozenset({"BROWSE_PROJECTS"})
    account = replace(CONNECTOR, administrator=False, grants={"*": looks_alone})
    quiet.sandbox.sandbox.accounts[CONNECTOR.id] = account

    code, said = command("sync")
    assert code == 1
    assert "right already" not in said
    assert "0 fields written, 4 refused, 0 held, 0 gaps." in said
    code, said = command("sync", "--json")
    told = json.loads(said)
    assert (code, told["written"], told["refused"], told["held"], told["gaps"]) == (1, 0, 4, 0, 0)
    code, said = command("status")
    assert code == 1
    assert "Jira does not have our number in 4 fields: it refuses them." in said

    quiet.sandbox.sandbox.accounts[CONNECTOR.id] = CONNECTOR
    code, said = command("sync", "--json")
    told = json.loads(said)
    assert (code, told["written"], told["refused"]) == (0, 4, 0)
    code, said = command("sync")
    assert (code, "everything was right already" in said) == (0, True)
