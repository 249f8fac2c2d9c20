"""Nothing stale is left behind: what leaves the mapping is cleared on every way out, and only where it is still ours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox import Fault
from connectors.store.absence import losses
from connectors.store.work import inbox
from connectors.store.writes import written_values
from mappings.write_back.plan import Change
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import land_issues, refresh
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.write_back import leftovers
from plugin.sync.write_back.clearing_look import ClearingLook
from plugin.use_cases.mappings.mapping_life import preview_text, rollback
from tests.actors import TESTER

PROGRESS, RAW = "customfield_10060", "customfield_10054"
MAPPING = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
  start: {id: customfield_10051}
  current: {id: customfield_10052}
  target: {id: customfield_10053}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    key_results:
      - {id: metric, select: 'issuetype = "Key Result"', progress: {kind: transition, start: start, current: current, target: target}}
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
write_back:
  - target: objective
    set: {okr_progress: {value: progress_percent}}
"""
LABELS = "issuetype = Epic AND labels = okr"
NARROW = MAPPING.replace(LABELS, LABELS + " AND labels = kept")
WITH_KEY_RESULTS = MAPPING + "  - {target: key_result, set: {okr_progress: {value: progress_percent}}}\n"


def epic(hand: Any, *labels: str) -> str:
    """An objective at 50."""
    made: str = hand.issue("Epic", labels=["okr", *labels])
    hand.issue("Story", made, "Done")
    hand.issue("Story", made)
    return made


def key_result(hand: Any, parent: str, current: int) -> str:
    made: str = hand.issue("Key Result", parent)
    hand.edit(made, customfield_10051=0, customfield_10052=current, customfield_10053=10)
    return made


def lost(hand: Any) -> list[losses.Loss]:
    with hand.connector.store.read() as conn:
        return losses.load_all(conn, "main")


def synced(hand: Any, text: str = MAPPING) -> int:
    hand.activate(text)
    hand.sync()
    return len(hand.writes())


def an_epic_synced(hand: Any) -> tuple[str, int]:
    made = epic(hand)
    return made, synced(hand)


@pytest.fixture
def at_fifty(hand: Any, begin: Any) -> tuple[str, int]:
    """An objective that is read and written, and how many writes that took."""
    goes, before = begin(hand, an_epic_synced)
    return goes, before


def test_a_narrowed_selector_clears_what_leaves_and_preview_counts_it(hand: Any) -> None:
    stays, goes = epic(hand, "kept"), epic(hand)
    before = synced(hand)
    previewed = preview_text(hand.connector, TESTER, "main", NARROW)
    assert [(one.objective_id, len(one.changes)) for one in previewed.preview.plans] == [(goes, 1)]
    assert previewed.preview.cost.writes == 1
    hand.activate(NARROW)
    hand.work_off()
    assert hand.writes()[before:] == [(goes, None)]
    assert (hand.field(stays), hand.field(goes)) == (50, None)
    hand.sync()
    assert len(hand.writes()) == before + 1
    with hand.connector.store.read() as conn:
        assert [one.issue_id for one in written_values.every(conn, "main")] == [stays]


def test_a_key_result_that_went_to_an_objective_with_a_gap_is_not_cleared(hand: Any) -> None:
    """What stands for a gap is stored as it was: it does not say yet that the key result is its own."""
    from_, to = epic(hand), epic(hand)
    moves = key_result(hand, from_, 5)
    unread = hand.issue("Story", to)
    synced(hand, WITH_KEY_RESULTS)
    hand.clock.pass_by(minutes=30)
    hand.sandbox.sandbox.spoil(unread, project=None)
    hand.edit(moves, parent={"id": to})
    resync_recent(hand.context)
    hand.work_off()
    hand.edit(from_, labels=["okr", "anything"])
    hand.land(from_)
    hand.work_off()
    assert hand.field(moves) == 50
    hand.sandbox.sandbox.garbage.clear()
    hand.sync()
    assert hand.field(moves) == 50


def test_going_back_writes_it_again(hand: Any, at_fifty: tuple[str, int]) -> None:
    goes, before = at_fifty
    hand.activate(NARROW)
    hand.work_off()
    rollback(hand.connector, TESTER, "main")
    hand.work_off()
    assert hand.writes()[before:] == [(goes, None), (goes, "50")]


@pytest.mark.parametrize("way", ["event", "sync"])
def test_a_label_that_is_taken_off_clears(hand: Any, at_fifty: tuple[str, int], way: str) -> None:
    goes, before = at_fifty
    hand.clock.pass_by(minutes=30)
    hand.edit(goes, labels=[])
    if way == "event":
        hand.land(goes)
        hand.work_off()
    else:
        hand.sync()
    assert hand.writes()[before:] == [(goes, None)]


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_a_field_that_leaves_the_mapping_is_cleared_everywhere(hand: Any) -> None:
    one, other = epic(hand), epic(hand)
    text = MAPPING.replace("fields:\n", "fields:\n  raw: {id: customfield_10054}\n").replace(
        "set: {okr_progress", "set: {raw: {value: progress_percent}, okr_progress"
    )
    synced(hand, text)
    assert (hand.field(one, RAW), hand.field(other, RAW)) == (50, 50)
    previewed = hand.activate(MAPPING)
    assert previewed.preview.cost.writes == 2
    hand.work_off()
    assert (hand.field(one, RAW), hand.field(other, RAW)) == (None, None)
    assert (hand.field(one), hand.field(other)) == (50, 50)


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_a_property_that_leaves_the_mapping_is_taken_away(hand: Any) -> None:
    one = epic(hand)
    synced(hand, MAPPING + "    property: jira-okr.rollup\n")
    assert hand.sandbox.sandbox.properties[one]["jira-okr.rollup"]["progress_percent"] == 50
    hand.activate(MAPPING)
    hand.work_off()
    assert hand.sandbox.sandbox.properties[one] == {}
    assert hand.field(one) == 50


def test_leave_leaves_it_whatever_a_later_revision_says(hand: Any) -> None:
    goes = epic(hand)
    before = synced(hand, MAPPING + "    on_leave: leave\n")
    hand.activate(NARROW)
    hand.sync()
    assert hand.writes()[before:] == []
    assert hand.field(goes) == 50


def test_what_somebody_else_wrote_stays(hand: Any) -> None:
    known, unknown = epic(hand), epic(hand)
    before = synced(hand)
    hand.clock.pass_by(minutes=30)
    hand.edit(known, customfield_10060=7)
    hand.edit(unknown, customfield_10060=8)
    hand.edit(known, labels=[])
    hand.edit(unknown, labels=[])
    hand.land(known)
    reconcile(hand.context, known)
    hand.activate(NARROW)  # nothing told us of the other one
    hand.work_off()
    assert hand.writes()[before:] == []
    assert (hand.field(known), hand.field(unknown)) == (7, 8)


def test_an_objective_of_a_cycle_that_has_ended_keeps_its_number(hand: Any) -> None:
    text = MAPPING.replace(
        "objectives:\n", "cycles:\n  - {id: q4, start: 2026-10-01, end: 2026-12-31}\nobjectives:\n"
    )
    text = text.replace("    key_results:\n", "    cycle: q4\n    key_results:\n")
    goes = epic(hand)
    before = synced(hand, text)
    hand.clock.pass_by(days=60)
    hand.activate(text.replace(LABELS, LABELS + " AND labels = kept"))
    hand.sync()
    assert hand.writes()[before:] == []
    assert hand.field(goes) == 50


def test_a_key_result_that_leaves_is_cleared_and_one_that_moves_is_written_on(hand: Any) -> None:
    one, other = epic(hand), epic(hand)
    goes, moves = key_result(hand, one, 3), key_result(hand, one, 4)
    before = synced(hand, WITH_KEY_RESULTS)
    assert (hand.field(goes), hand.field(moves), hand.field(one)) == (30, 40, 35)
    hand.clock.pass_by(minutes=30)
    plain = hand.issue("Epic")
    hand.edit(goes, parent={"id": plain})
    hand.edit(moves, parent={"id": other})
    hand.land(goes, moves, plain)
    for objective_id in (one, other):
        reconcile(hand.context, objective_id)
    hand.work_off()
    assert sorted(hand.writes()[before:]) == [(one, "50"), (other, "40"), (goes, None)]
    assert hand.field(moves) == 40


def test_an_objective_that_becomes_a_key_result_is_written_once(hand: Any) -> None:
    upper, lower = epic(hand), epic(hand)
    linked = WITH_KEY_RESULTS.replace(
        "    key_results:\n",
        "    key_results:\n      - {id: part, select: labels = part, relation: {link: is contributed to by}, progress: {kind: milestone}}\n",
    )
    hand.contributes(lower, upper)
    before = synced(hand, linked)
    assert hand.field(lower) == 50
    hand.clock.pass_by(minutes=30)
    hand.edit(lower, labels=["part"])
    hand.land(lower)
    for objective_id in (lower, upper):
        reconcile(hand.context, objective_id)
    hand.work_off()
    assert sorted(hand.writes()[before:]) == [(upper, "25"), (lower, "0")]


def test_what_was_deleted_or_cannot_be_seen_is_not_written(hand: Any) -> None:
    goes = epic(hand)
    synced(hand)
    from connectors.sandbox import PEOPLE
    from connectors.sandbox.site_state.edits import delete
    from connectors.sandbox.site_state.state import person

    for story in [one.id for one in hand.sandbox.sandbox.records.values() if one.parent_id == goes]:
        delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[story], person(PEOPLE[0]))
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[goes], person(PEOPLE[0]))
    calls = hand.sandbox.site.calls.by_endpoint
    puts = sum(count for name, count in calls.items() if name.startswith("PUT"))
    hand.activate(NARROW)
    hand.work_off()
    assert sum(count for name, count in calls.items() if name.startswith("PUT")) == puts
    hand.clock.pass_by(minutes=30)
    resync(hand.context, accept_loss=True)
    hand.work_off()
    assert sum(count for name, count in calls.items() if name.startswith("PUT")) == puts
    with hand.connector.store.read() as conn:
        assert written_values.every(conn, "main") == []


def test_what_cannot_be_seen_for_a_while_is_cleared_once_it_is_shown_again(
    hand: Any, at_fifty: tuple[str, int]
) -> None:
    """Cloud answers for what is hidden as for what is not there: 404."""
    goes, before = at_fifty
    site = hand.sandbox.sandbox
    hidden = site.records.pop(goes), site.index.pop(goes)
    site.index_version += 1
    hand.activate(NARROW)
    hand.work_off()
    site.records[goes], site.index[goes] = hidden
    site.index_version += 1
    hand.clock.pass_by(minutes=30)
    hand.sync()
    assert hand.writes()[before:] == [(goes, None)]


def test_that_what_left_unsaid_is_not_shown_once_more_is_no_word_of_jira(
    hand: Any, at_fifty: tuple[str, int]
) -> None:
    """An event names it, which Jira delivers whether our account may see the issue or not."""
    goes, before = at_fifty
    site = hand.sandbox.sandbox
    hidden = site.records.pop(goes), site.index.pop(goes)
    site.index_version += 1
    hand.clock.pass_by(minutes=30)
    hand.sync()
    with hand.connector.store.write() as conn:
        body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": goes}}).encode()
        inbox.store(conn, "main", "one", body, hand.clock(), "jira:issue_updated")
    refresh(hand.context, "me")
    hand.activate(NARROW)
    hand.work_off()
    assert [one.state for one in lost(hand)] == ["left"]

    site.records[goes], site.index[goes] = hidden
    site.index_version += 1
    hand.clock.pass_by(minutes=30)
    hand.sync()
    assert hand.writes()[before:] == [(goes, None)]
    assert lost(hand) == []


def test_for_what_left_unsaid_full_reads_alone_ask(hand: Any) -> None:
    """Each event of its objective asked for it, for as long as the cycle went on. It comes back outside the scope, where no page shows it."""
    stays = hand.issue("Epic", labels=["okr"])
    goes, _ = (key_result(hand, stays, current) for current in (4, 6))
    synced(hand, WITH_KEY_RESULTS.replace("= PLAT", "= PLAT AND (labels is EMPTY OR labels = okr)"))
    site = hand.sandbox.sandbox
    hidden = site.records.pop(goes), site.index.pop(goes)
    site.index_version += 1
    hand.clock.pass_by(minutes=30)
    hand.sync()
    assert [(one.issue_id, one.state) for one in lost(hand)] == [(goes, "left")]
    before = len(hand.writes())

    hand.sandbox.site.calls.clear()
    calls = hand.sandbox.site.calls.by_endpoint
    assert not reconcile(hand.context, stays).plan
    assert calls.total() == 0
    hand.clock.pass_by(minutes=30)
    resync(hand.context)
    assert calls["POST /rest/api/3/issue/bulkfetch"] == 2  # what is not shown is asked for twice

    site.records[goes], site.index[goes] = hidden
    hand.edit(goes, labels=["elsewhere"])
    site.index_version += 1
    hand.clock.pass_by(minutes=30)
    hand.sync()
    assert hand.writes()[before:] == [(goes, None)]
    assert lost(hand) == []


def test_an_issue_that_leaves_the_scope_is_cleared_all_the_same(hand: Any, at_fifty: tuple[str, int]) -> None:
    goes, before = at_fifty
    hand.activate(MAPPING.replace("scope: project = PLAT", "scope: project = PLAT AND issuetype != Epic"))
    hand.sync()
    assert hand.writes()[before:] == [(goes, None)]


def test_many_that_would_leave_without_an_edit_wait_for_a_person(hand: Any) -> None:
    """Their labels are gone and nothing in Jira says who took them away."""
    epics = [epic(hand) for _ in range(12)]
    before = synced(hand)
    hand.clock.pass_by(minutes=30)
    site = hand.sandbox.sandbox
    for one in epics[:11]:
        silent = replace(site.records[one], labels=(), cache={})
        site.add(silent, silent.creator, announce=False)
    found, _ = hand.sync()
    assert found.held is not None
    assert found.held.count == 11
    assert hand.writes()[before:] == []


def test_many_that_somebody_took_out_are_cleared(hand: Any) -> None:
    epics = [epic(hand) for _ in range(12)]
    before = synced(hand)
    hand.clock.pass_by(minutes=30)
    for one in epics[:11]:
        hand.edit(one, labels=[])
    found, _ = hand.sync()
    assert found.held is None
    assert sorted(hand.writes()[before:]) == sorted((one, None) for one in epics[:11])


def test_what_jira_refused_to_clear_is_tried_again_by_a_sync(hand: Any, at_fifty: tuple[str, int]) -> None:
    goes, before = at_fifty
    hand.sandbox.faults.add(Fault("status", "PUT", "issue", times=1, status=500))
    hand.activate(NARROW)
    hand.work_off()
    hand.sync()
    assert hand.writes()[before:] == [(goes, None)]


@pytest.mark.parametrize(
    ("hand", "at_once", "a_moment_later"),
    [("cloud", 50, 77), ("datacenter", 77, 77)],
    indirect=["hand"],
)
def test_what_is_about_to_be_cleared_was_seen_a_moment_ago_and_on_data_center_just_now(
    hand: Any, at_once: int, a_moment_later: int
) -> None:
    """Somebody writes over it while the objectives of one turn are cleared one after another, and no delivery has told of it."""
    first, second = epic(hand), epic(hand)
    synced(hand)
    context = replace(hand.context, clearing_look=ClearingLook([first, second]))

    def seen(objective_id: str) -> Any:
        key = hand.sandbox.sandbox.records[objective_id].key
        left = Change(objective_id, key, PROGRESS, "OKR progress", 50, None, "it left", left=True)
        (issue,), _ = leftovers._shown(context, objective_id, [left])
        return issue.fields[PROGRESS]

    assert seen(first) == 50
    assert context.clearing_look is not None
    assert context.clearing_look.waiting == {second}, "who had their turn need not be looked for any more"
    hand.edit(second, **{PROGRESS: 77})
    assert seen(second) == at_once
    hand.clock.pass_by(seconds=1.5)
    assert seen(second) == a_moment_later


@pytest.mark.parametrize("deleted", [False, True], ids=["hidden meanwhile", "deleted meanwhile"])
def test_what_left_the_scope_and_is_then_not_shown_is_forgotten_by_a_word_alone(
    hand: Any, at_fifty: tuple[str, int], deleted: bool
) -> None:
    """It left the mirror in sight of everybody: that it is no more there did not prove that it is gone."""
    goes, before = at_fifty
    hand.activate(
        MAPPING.replace(
            "scope: project = PLAT", "scope: project = PLAT AND (labels is EMPTY OR labels != elsewhere)"
        )
    )
    hand.work_off()
    hand.edit(goes, labels=["okr", "elsewhere"])
    context, site = hand.context, hand.sandbox.sandbox
    with hand.connector.store.write() as conn:
        land_issues(context, conn, [], {goes}, hand.clock())
    hidden = site.records.pop(goes), site.index.pop(goes)
    site.index_version += 1
    if deleted:
        with hand.connector.store.write() as conn:
            body = json.dumps({"webhookEvent": "jira:issue_deleted", "issue": {"id": goes}}).encode()
            inbox.store(conn, "main", "one", body, hand.clock(), "jira:issue_deleted")
    hand.work_off()
    assert hand.writes()[before:] == []
    with hand.connector.store.read() as conn:
        standing = {one.issue_id for one in written_values.every(conn, "main")}
    assert standing == (set() if deleted else {goes})
    if deleted:
        return

    site.records[goes], site.index[goes] = hidden
    site.index_version += 1
    hand.clock.pass_by(minutes=30)
    hand.sync()
    assert hand.writes()[before:] == [(goes, None)]


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_what_jira_says_is_not_there_of_an_issue_that_is_out_of_sight_is_not_removed(hand: Any) -> None:
    """That there is no such property Cloud says of a hidden issue as well: its number stands there still, and goes once the issue is seen again."""
    hand.activate(
        MAPPING.replace(
            "select: issuetype = Story", 'select: "issuetype = Story AND labels = counts"'
        ).replace("    set:", "    property: jira-okr.rollup\n    set:")
    )
    objective, jira = hand.issue("Epic", labels=["okr"]), hand.sandbox.sandbox
    story = hand.issue("Story", objective, "Done", labels=["counts"])
    hand.sync()
    assert (hand.field(objective), bool(jira.properties[objective])) == (100, True)
    hand.edit(story, labels=[])
    hand.land(story)
    jira.forbid(objective)
    reconcile(hand.context, objective)
    assert jira.properties[objective], "it could not be removed"
    with hand.connector.store.read() as conn:
        known = {one.field_id: one.after for one in written_values.of_objective(conn, "main", objective)}
    assert known.get("property:jira-okr.rollup") == {"progress_percent": 100}
    hand.activate(MAPPING, large=True)
    jira.pardon(objective)
    hand.clock.pass_by(minutes=5)
    hand.sync()
    hand.work_off()
    assert (hand.field(objective), jira.properties[objective]) == (100, {}), (
        "the property is none of this mapping"
    )
