"""Closing a cycle freezes it: its records, its fields in Jira, and what everybody is shown; an admin may open it again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import update

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.cycles import closings
from connectors.store.people import audit
from connectors.store.schema import closing as closing_table
from connectors.store.work import due
from connectors.store.writes import refusals
from mappings.write_back.plan import Change, Plan
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.write_back.hold import RESYNC, note_held, release
from plugin.use_cases.check_ins import check_ins
from plugin.use_cases.check_ins.check_ins import CheckInRefusal
from plugin.use_cases.cycles.closure import ScoreStatement, close_cycle, close_due, reopen_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle, list_cycles, show_cycle, verify_records
from plugin.use_cases.permission import PermissionRefusal
from tests.actors import TESTER
from tests.quarter import MAPPING, begun, state, told

PROGRESS = "customfield_10060"
SUMMARY = "customfield_10062"
VIEWER = Actor("vera", Permission.VIEWER)
EDITOR = Actor("edith", Permission.EDITOR)


def closed(hand: Any, **words: Any) -> Any:
    done = close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long", **words)
    hand.work_off()
    return done


def test_a_cycle_is_never_closed_before_its_end_nor_twice_nor_by_whoever_may_not(quarter):
    hand, _, _, _ = quarter
    with pytest.raises(
        CycleRefusal, match="2027-Q1 runs until 2027-03-31: it can be closed from 2027-04-01 on"
    ):
        close_cycle(hand.connector, EDITOR, "main", "2027-Q1")
    with pytest.raises(UnknownCycle, match="There is no cycle 2026-H2"):
        close_cycle(hand.connector, EDITOR, "main", "2026-H2")
    assert show_cycle(hand.connector, TESTER, "main", "1999-Q1").preview == ""
    with pytest.raises(PermissionRefusal):
        close_cycle(hand.connector, VIEWER, "main", "2026-Q4", reason="x")
    closed(hand)
    with pytest.raises(CycleRefusal, match="2026-Q4 is closed already, as version 1"):
        closed(hand)


def test_what_nobody_has_looked_at_since_the_end_of_its_cycle_is_made_due(hand):
    """The refusal undoes what was begun for the closing; that the objective is to be looked at stays."""
    objective = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.issue("Story", objective, "Done")
    hand.activate(MAPPING)
    hand.clock.now = datetime(2026, 12, 27, 12, tzinfo=UTC)
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told = "1 objective of 2026-Q4 has not been looked at since its end. They are looked at by the workers, or by a sync; close it then."
    with pytest.raises(CycleRefusal) as refused:
        close_cycle(hand.connector, EDITOR, "main", "2026-Q4")
    assert refused.value.message == told
    with hand.connector.store.read() as conn:
        assert due.ids(conn, "main") == {objective}
        assert closings.acts(conn, "main", "2026-Q4") == []
    hand.work_off()
    assert closed(hand).objectives == 1


def test_a_commitment_below_one_and_a_score_of_ones_own_want_a_reason(quarter):
    hand, epic, _, _ = quarter
    with pytest.raises(CycleRefusal, match=r"want a reason: PLAT-\d+ \(0.45\)"):
        close_cycle(hand.connector, EDITOR, "main", "2026-Q4")
    with pytest.raises(CycleRefusal, match="PLAT-999: no objective of this cycle"):
        close_cycle(
            hand.connector, EDITOR, "main", "2026-Q4", {"PLAT-999": ScoreStatement(reason="x")}, reason="y"
        )
    done = close_cycle(
        hand.connector,
        EDITOR,
        "main",
        "2026-Q4",
        {epic: ScoreStatement(Fraction(3, 5), "half a market more")},
    )
    found = show_cycle(hand.connector, VIEWER, "main", "2026-Q4")
    (one,) = found.objectives
    assert (one.score.value, one.score.derived, one.score.reason) == (
        Fraction(3, 5),
        Fraction(9, 20),
        "half a market more",
    )
    assert (one.score.reading.value, one.state.progress) == ("missed", Fraction(9, 20))
    assert [(mean.commitment, mean.value, mean.scored) for mean in found.shown.means] == [
        ("committed", Fraction(3, 5), 1)
    ]
    assert (done.version, done.objectives) == (1, 1)
    with hand.connector.store.read() as conn:
        entry = audit.recent(conn, 1)[0]
    assert (entry.who, entry.what, entry.detail["cycle"], entry.detail["hash"]) == (
        "edith",
        "cycle closed",
        "2026-Q4",
        done.hash,
    )


@pytest.mark.parametrize("seed", range(3))
def test_after_a_hundred_later_events_a_closed_cycle_shows_what_was_closed(quarter, seed):
    hand, epic, metric, stories = quarter
    closed(hand)
    before, written = state(hand, epic), len(hand.writes())
    record = show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives
    chance = random.Random(seed)
    for _ in range(100):
        hand.clock.pass_by(hours=chance.randint(1, 30))
        deed = chance.randrange(4)
        if deed == 0:
            hand.status(chance.choice(stories), chance.choice(["To Do", "In Progress", "Done"]))
        elif deed == 1:
            hand.edit(metric, customfield_10052=chance.randint(-5, 50))
        elif deed == 2:
            hand.edit(epic, **{PROGRESS: chance.randint(0, 99)})
        else:
            hand.edit(epic, labels=chance.choice([["okr", "2026-Q4"], ["2026-Q4"], ["okr"], []]))
    assert told(hand, epic, epic, metric, *stories) == before
    hand.sync()
    assert show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives == record
    assert state(hand, epic).progress == Fraction(9, 20)
    assert len(hand.writes()) == written  # what people did to the field stays
    assert verify_records(hand.connector, VIEWER, "main").whole


def test_one_last_write_then_none_and_drift_is_not_counted(quarter):
    hand, epic, _, _ = quarter
    hand.edit(epic, **{PROGRESS: 7})
    hand.land(epic)
    closed(hand)
    assert hand.field(epic) == 45  # the last write
    hand.edit(epic, **{PROGRESS: 8})
    hand.land(epic)
    assert not reconcile(hand.context, epic).plan
    hand.sync()
    assert hand.field(epic) == 8


def test_what_jira_refused_of_the_last_write_stands_until_jira_takes_it_and_the_rest_is_left_alone(hand):
    two = MAPPING.replace("fields:\n", f"fields:\n  okr_summary: {{id: {SUMMARY}}}\n", 1)
    two = two.replace("{okr_progress:", "{okr_summary: {value: summary}, okr_progress:")
    _, epic, _, _ = begun(hand, two)
    fields = hand.sandbox.sandbox.fields
    fields[SUMMARY] = replace(fields[SUMMARY], writable=True)
    hand.edit(epic, **{PROGRESS: 7, SUMMARY: "what stood there"})
    hand.land(epic)
    fields[PROGRESS] = replace(fields[PROGRESS], writable=False)
    closed(hand)
    assert hand.field(epic, SUMMARY) != "what stood there"
    hand.edit(epic, **{SUMMARY: "a person's"})
    hand.land(epic)
    for _ in range(2):
        assert not reconcile(hand.context, epic).plan
        with hand.connector.store.read() as conn:
            (one,) = refusals.load_all(conn, "main", epic)
        assert (one.field_id, one.before, one.after) == (PROGRESS, 7, 45)
    fields[PROGRESS] = replace(fields[PROGRESS], writable=True)
    hand.sync()
    with hand.connector.store.read() as conn:
        assert refusals.load_all(conn, "main") == []
    assert (hand.field(epic), hand.field(epic, SUMMARY)) == (45, "a person's")
    hand.edit(epic, **{PROGRESS: 8})
    hand.land(epic)
    hand.sync()
    assert hand.field(epic) == 8  # it had its last write now


def test_an_objective_of_a_closed_cycle_that_goes_on_is_written_for_the_later_one(quarter):
    hand, epic, _, stories = quarter
    closed(hand)
    hand.edit(epic, labels=["okr", "2026-Q4", "2027-Q1"])
    hand.status(stories[1], "Done")
    found = told(hand, epic, epic, stories[1])
    assert (found.cycle_id, found.progress) == ("2027-Q1", Fraction(14, 20))
    assert hand.field(epic) == 70
    assert show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives[0].state.progress == Fraction(
        9, 20
    )


def test_a_check_in_after_the_end_counts_as_made_at_the_end_and_after_closing_it_is_refused(quarter):
    hand, epic, metric, _ = quarter
    said = check_ins.Statement(metric, Fraction(6))
    with pytest.raises(CheckInRefusal, match="2026-Q4 has ended: say why this is known only now"):
        check_ins.check_in(hand.connector, EDITOR, "main", epic, said)
    late = check_ins.Statement(metric, Fraction(6), "the bill came on 2 January")
    check_ins.check_in(hand.connector, EDITOR, "main", epic, late)
    hand.work_off()
    assert state(hand, epic).progress == Fraction(11, 20)
    closed(hand)
    assert show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives[0].score.value == Fraction(11, 20)
    with pytest.raises(CheckInRefusal, match="2026-Q4 is closed"):
        check_ins.check_in(hand.connector, EDITOR, "main", epic, late)


def test_an_admin_opens_it_again_with_a_reason_and_closing_makes_the_next_version(quarter):
    hand, epic, _, stories = quarter
    closed(hand)
    with pytest.raises(PermissionRefusal):
        reopen_cycle(hand.connector, EDITOR, "main", "2026-Q4", "x")
    with pytest.raises(CycleRefusal, match="Say why"):
        reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", " ")
    assert reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "a late bill") == 1
    hand.clock.now = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)  # a change of before the end is known only now
    hand.status(stories[1], "Done")
    hand.clock.now = datetime(2027, 1, 9, 9, tzinfo=UTC)
    assert told(hand, epic, stories[1]).progress == Fraction(14, 20)
    assert hand.field(epic) == 70
    assert closed(hand).version == 2
    found = show_cycle(hand.connector, VIEWER, "main", "2026-Q4")
    assert [(one.kind.value, one.version, one.by, one.note) for one in found.acts] == [
        ("closed", 1, "edith", ""),
        ("reopened", 1, TESTER.label, "a late bill"),
        ("closed", 2, "edith", ""),
    ]
    with hand.connector.store.read() as conn:
        versions = [closings.records(conn, "main", "2026-Q4", version) for version in (1, 2)]
    assert [one[0].score.derived for one in versions] == [Fraction(9, 20), Fraction(14, 20)]


def test_a_record_that_somebody_changed_is_noticed(quarter):
    hand, epic, _, _ = quarter
    closed(hand)
    with hand.connector.store.write() as conn:
        mine = closing_table.c.objective_id == epic
        conn.execute(update(closing_table).where(mine).values(version=7))
    found = verify_records(hand.connector, VIEWER, "main")
    assert found.faults == (f"2026-Q4 version 7, {epic}: it is not what was closed",)


def test_a_cycle_closes_by_itself_when_its_days_have_passed_and_one_opened_again_does_not(quarter):
    hand, _, _, _ = quarter
    hand.activate(MAPPING.replace("{every: quarter}", "{every: quarter, close_after: 21d}"))
    hand.work_off()
    hand.clock.now = datetime(2027, 1, 21, 12, tzinfo=UTC)
    assert close_due(hand.connector, "main") == ()
    hand.clock.now = datetime(2027, 1, 22, 12, tzinfo=UTC)
    assert close_due(hand.connector, "main") == ("2026-Q4",)
    (one,) = show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert (one.score.reason, one.score.value) == ("closed by itself, 21d after its end", Fraction(9, 20))
    reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "a late bill")
    assert close_due(hand.connector, "main") == ()


def test_a_cycle_in_which_another_lies_open_is_refused_by_name_and_the_list_shows_both(quarter):
    hand, _, _, _ = quarter
    hand.activate(MAPPING.replace("{every: quarter}", "{every: [quarter, year]}"))
    hand.work_off()
    with pytest.raises(CycleRefusal, match="2026-Q4 lies in 2026 and is not closed: close it first"):
        close_cycle(hand.connector, EDITOR, "main", "2026")
    closed(hand)
    assert close_cycle(hand.connector, EDITOR, "main", "2026").objectives == 0
    found = {
        one.cycle.id: (one.state.value, one.version) for one in list_cycles(hand.connector, VIEWER, "main")
    }
    assert found == {
        "2026": ("closed", 1),
        "2026-Q4": ("closed", 1),
        "2027": ("running", 0),
        "2027-Q1": ("running", 0),
    }


def test_an_objective_that_was_given_up_is_cancelled_and_not_unscored(hand):
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.issue("Story", epic, "Done")
    hand.activate(MAPPING)
    jira = hand.sandbox.sandbox
    wont_do = next(one for one in jira.resolutions if one.name == "Won't Do")
    done = next(one for one in scheme.STATUSES if one.name == "Done")
    to_status(jira, jira.records[epic], done, person(PEOPLE[0]), resolution=wont_do)
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    closed_now = close_cycle(hand.connector, EDITOR, "main", "2026-Q4")
    (one,) = show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert (closed_now.objectives, one.score.reading.value, one.score.value) == (1, "cancelled", None)


def test_a_value_that_waits_for_a_person_is_written_though_its_cycle_is_closed_by_then(hand: Any) -> None:
    """A cycle had its last write once that is written, not once it is held; another objective of the cycle, which had its own, is left alone."""
    objective, other = (hand.issue("Epic", labels=["okr", "2026-Q4"]) for _ in range(2))
    stories = [hand.issue("Story", objective), hand.issue("Story", objective)]
    hand.issue("Story", other)
    hand.activate(MAPPING)
    hand.clock.now = datetime(2026, 12, 30, 12, tzinfo=UTC)
    hand.sync()
    assert (hand.field(objective), hand.field(other)) == (0, 0)
    hand.status(stories[0], "Done")
    hand.land(stories[0])
    key, name = hand.sandbox.sandbox.records[objective].key, "OKR progress"
    held = Plan(objective, (Change(objective, key, PROGRESS, name, 0, 50, ""),))
    note_held(hand.context, held, held.changes, RESYNC, "too much at once")
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    reconcile(hand.context, objective)
    reconcile(hand.context, other)
    closed(hand)
    assert (state(hand, objective).progress, hand.field(objective)) == (Fraction(1, 2), 0)
    reconcile(hand.context, objective)
    hand.edit(other, **{PROGRESS: 7})
    hand.land(other)

    release(hand.context, [objective])
    reconcile(hand.context, objective)
    reconcile(hand.context, other)
    assert (hand.field(objective), hand.field(other)) == (50, 7)
    hand.edit(objective, **{PROGRESS: 7})
    hand.land(objective)
    reconcile(hand.context, objective)
    assert hand.field(objective) == 7, "and that was the last"
