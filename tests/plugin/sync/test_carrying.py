"""An objective of a closed cycle goes on in the next one: its mark in Jira, its starts, its rows; once, whatever dies in between."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage
from connectors.store.cycles import carries
from connectors.store.people import audit
from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.reconcile.reconcile import reconcile
from plugin.use_cases.check_ins import check_ins
from plugin.use_cases.cycles.carry import carry_forward, preview_carry
from plugin.use_cases.cycles.closure import close_cycle, reopen_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle, show_cycle
from plugin.use_cases.permission import PermissionRefusal
from tests.actors import TESTER
from tests.quarter import MAPPING, state, told

START = "customfield_10051"
VIEWER = Actor("vera", Permission.VIEWER)
EDITOR = Actor("edith", Permission.EDITOR)


@pytest.fixture
def closed(quarter: tuple[Any, str, str, list[str]]) -> tuple[Any, str, str, list[str]]:
    hand = quarter[0]
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long")
    hand.work_off()
    return quarter


def carry(hand: Any, *chosen: str, **words: Any) -> Any:
    done = carry_forward(hand.connector, EDITOR, "main", "2026-Q4", chosen, **words)
    hand.work_off()
    return done


def record(hand: Any, issue_id: str) -> Any:
    return hand.sandbox.sandbox.records[issue_id]


def test_the_preview_says_what_would_be_set_and_nothing_is_done_by_looking(closed):
    hand, epic, metric, _ = closed
    found = preview_carry(hand.connector, VIEWER, "main", "2026-Q4")
    (one,) = found.objectives
    assert (found.into.id, one.meant, one.why_not, one.plan.problem) == ("2027-Q1", True, "", "")
    assert [(each.field_id, each.before, each.after, each.adds) for each in one.plan.writes] == [
        (START, "0", "4", False),
        ("labels", "okr, 2026-Q4", "okr, 2026-Q4, 2027-Q1", True),
    ]
    assert [each.issue_key for each in one.plan.writes] == [record(hand, metric).key, record(hand, epic).key]
    assert [(each.along, each.reason, each.flags) for each in one.plan.key_results] == [
        (True, "comes along", ()),
        (True, "1 issue was done in 2026-Q4 and counts there", ()),
    ]
    hand.work_off()
    assert record(hand, epic).labels == ("okr", "2026-Q4")
    assert hand.field(metric, START) == 0


def test_it_gets_the_next_mark_and_keeps_the_old_one_and_begins_where_it_stood(closed):
    hand, epic, metric, stories = closed
    assert carry(hand).carried == (record(hand, epic).key,)
    assert record(hand, epic).labels == ("okr", "2026-Q4", "2027-Q1")
    assert hand.field(metric, START) == 4
    now = state(hand, epic)
    assert (now.cycle_id, now.progress) == ("2027-Q1", Fraction(0))
    measured = {one.rule_id: one.measurement for one in now.key_results}
    assert (measured["metric"].start, measured["metric"].current, measured["metric"].target) == (4, 4, 10)
    rows = {row.id: (row.disposition.value, row.reason) for row in measured["delivery"].ledger.rows}
    assert rows[stories[0]] == ("counted_elsewhere", "counted in 2026-Q4")
    assert rows[stories[1]][0] == "counted"
    assert hand.field(epic) == 0
    (frozen,) = show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert frozen.state.progress == Fraction(9, 20)


def test_a_row_that_is_reopened_counts_again(closed):
    hand, epic, _, stories = closed
    carry(hand)
    hand.status(stories[0], "In Progress")
    hand.status(stories[1], "Done")
    found = told(hand, epic, *stories)
    delivery = next(one for one in found.key_results if one.rule_id == "delivery")
    assert delivery.measurement.progress == Fraction(3, 4)
    hand.status(stories[0], "Done")
    found = told(hand, epic, stories[0])
    delivery = next(one for one in found.key_results if one.rule_id == "delivery")
    assert (delivery.measurement.progress, delivery.measurement.reason) == (Fraction(1), "1 issue of 2 count")


def test_a_fixed_number_to_count_to_is_less_by_what_was_done(hand):
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    done = [hand.issue("Story", epic, "Done") for _ in range(2)]
    left = [hand.issue("Story", epic) for _ in range(2)]
    hand.activate(MAPPING.replace("{kind: delivery}", "{kind: delivery, count_to: 5}"))
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic, *done)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    carry(hand)
    hand.status(left[0], "Done")
    (one,) = told(hand, epic, *left).key_results
    assert (one.measurement.progress, one.measurement.ledger.aim) == (Fraction(1, 3), 3)
    assert one.measurement.reason == "1 issue done of the 3 aimed at"


def test_twice_is_once_and_both_acts_are_told_apart(closed):
    hand, epic, metric, _ = closed
    carry(hand)
    written = len(hand.sandbox.sandbox.histories[epic])
    hand.edit(metric, **{START: 5})
    again = carry(hand)
    assert (again.carried, again.before) == ((), (record(hand, epic).key,))
    assert hand.field(metric, START) == 5  # what somebody set since stays
    assert len(hand.sandbox.sandbox.histories[epic]) == written
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert (one.state.value, one.into, one.times) == ("done", "2027-Q1", 1)
    with hand.connector.store.read() as conn:
        entries = [one for one in audit.recent(conn, 10) if one.what == "carried forward"]
    assert [(one.who, one.detail["into"]) for one in entries] == [("edith", "2027-Q1")]


@pytest.mark.parametrize("sent", range(2))
def test_what_died_between_two_edits_is_finished_by_the_next_reconcile(closed, sent, monkeypatch):
    """Killed before the first edit, and between the metric's and the objective's."""
    hand, epic, metric, _ = closed
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4")
    context, told_so_far = hand.context, []
    tell = context.jira.tell

    def dying(request: Any, *, notify: bool = False) -> None:
        if len(told_so_far) == sent:
            raise JiraOutage("the power went")
        told_so_far.append(request)
        tell(request, notify=notify)

    monkeypatch.setattr(context.jira, "tell", dying)
    with pytest.raises(JiraOutage):
        reconcile(context, epic)
    assert record(hand, epic).labels == ("okr", "2026-Q4")
    monkeypatch.undo()
    hand.work_off()
    assert record(hand, epic).labels == ("okr", "2026-Q4", "2027-Q1")
    assert hand.field(metric, START) == 4
    assert state(hand, epic).cycle_id == "2027-Q1"
    starts = [one for one in hand.writes(START) if one[0] == metric]
    assert starts == [(metric, "4")]


def test_what_was_reached_stays_behind_unless_it_is_chosen(closed_reached):
    hand, epic, metric = closed_reached
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert [(each.along, each.reason) for each in one.plan.key_results] == [
        (False, "reached: it stays behind"),
        (True, "comes along"),
    ]
    with pytest.raises(CycleRefusal, match=r"plat-999: no key result of 2026-Q4\."):
        carry_forward(hand.connector, EDITOR, "main", "2026-Q4", choice=CarryChoice(frozenset({"PLAT-999"})))
    chosen = CarryChoice(along=frozenset({record(hand, metric).key.lower()}))
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4", choice=chosen).objectives
    assert one.plan.key_results[0].flags == ("it stands at or past its target: it needs a new one",)
    carry(hand)
    now = state(hand, epic)
    assert [each.rule_id for each in now.key_results] == ["delivery"]
    left = next(row for row in now.ledger.rows if row.id == metric)
    assert (left.disposition.value, left.reason, left.share) == (
        "counted_elsewhere",
        "stayed behind in 2026-Q4",
        0,
    )
    assert hand.field(metric, START) == 0


@pytest.fixture
def closed_reached(hand: Any) -> tuple[Any, str, str]:
    """One key result at its target, one of which nothing is done."""
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.issue("Story", epic)
    metric = hand.issue("Key Result", epic)
    hand.edit(metric, customfield_10051=0, customfield_10052=10, customfield_10053=10)
    hand.activate(MAPPING)
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    hand.work_off()
    return hand, epic, metric


def test_starts_and_rows_stay_as_they_are_where_that_is_chosen(closed):
    hand, epic, metric, _ = closed
    carry(hand, choice=CarryChoice(keep_start=True, all_rows=True))
    assert hand.field(metric, START) == 0
    assert (state(hand, epic).cycle_id, state(hand, epic).progress) == ("2027-Q1", Fraction(9, 20))


def test_check_ins_stay_behind(quarter):
    hand, epic, metric, _ = quarter
    late = check_ins.Statement(metric, Fraction(6), "the bill came on 2 January")
    check_ins.check_in(hand.connector, EDITOR, "main", epic, late)
    hand.work_off()
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    carry(hand)
    assert hand.field(metric, START) == 6  # where it stood at the end
    found = {one.rule_id: one for one in state(hand, epic).key_results}
    assert (found["metric"].check_in, found["metric"].measurement.current) == (None, 4)


def test_a_milestone_keeps_a_date_of_the_new_cycle_and_loses_an_earlier_one(hand):
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    early = hand.issue("Key Result", epic, duedate="2026-12-10")
    later = hand.issue("Key Result", epic, duedate="2027-02-10")
    text = MAPPING.replace(
        "{kind: transition, start: start, current: current, target: target}", "{kind: milestone}"
    )
    hand.activate(text)
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert [each.flags for each in one.plan.key_results if each.id in (early, later)] == [
        ("its date 2026-12-10 lies before 2027-01-01: it is cleared, and the end of the cycle stands in",),
        (),
    ]
    carry(hand)
    assert (record(hand, early).due, record(hand, later).due) == (None, date(2027, 2, 10))


def test_it_is_refused_before_closing_into_what_is_over_and_by_whoever_may_not(quarter):
    hand, _, _, _ = quarter
    with pytest.raises(
        CycleRefusal, match="2026-Q4 is not closed: close it, then carry forward what goes on"
    ):
        carry_forward(hand.connector, EDITOR, "main", "2026-Q4")
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    with pytest.raises(PermissionRefusal):
        carry_forward(hand.connector, VIEWER, "main", "2026-Q4")
    with pytest.raises(CycleRefusal, match="2026-Q3 ends on 2026-09-30, not after 2026-Q4"):
        carry_forward(hand.connector, EDITOR, "main", "2026-Q4", into="2026-Q3")
    with pytest.raises(UnknownCycle, match="There is no cycle 2027-H3"):
        carry_forward(hand.connector, EDITOR, "main", "2026-Q4", into="2027-H3")
    with pytest.raises(CycleRefusal, match=r"PLAT-999: no objective of 2026-Q4. Those are: PLAT-\d+\."):
        carry_forward(hand.connector, EDITOR, "main", "2026-Q4", ["PLAT-999"])


def test_what_jira_refuses_is_said_and_may_be_asked_for_again(closed):
    hand, epic, _, _ = closed
    hand.activate(MAPPING.replace('cycle: {label: ""}', 'cycle: {version: "OKR "}'))
    hand.edit(epic, labels=["okr"])
    carry(hand)
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert one.state.value == "refused"
    key = record(hand, epic).key
    assert one.note.startswith("Jira refused it: Version is not valid. It was to be set: ")
    assert f"{key} Fix versions → OKR 2027-Q1" in one.note
    hand.activate(MAPPING.replace('cycle: {label: ""}', "cycle: 2026-Q4"))
    with pytest.raises(CycleRefusal, match=f"{key}: .*write 2027-Q1 there"):
        carry(hand, key)  # nothing could be set: it would stand as carried, and run nowhere
    hand.activate(MAPPING)
    assert carry(hand).carried == (key,)
    assert record(hand, epic).labels == ("okr", "2027-Q1")


def test_a_cycle_opened_again_keeps_what_was_carried(closed):
    hand, epic, _, _ = closed
    carry(hand)
    reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "a late bill")
    hand.work_off()
    assert state(hand, epic).cycle_id == "2027-Q1"
    with hand.connector.store.read() as conn:
        (kept,) = carries.of_cycle(conn, "main", "2026-Q4").values()
    assert (kept.state.value, kept.plan.carried.counted) != ("open", {})
