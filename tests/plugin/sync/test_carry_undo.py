"""That an objective was carried forward is taken back: what was set is set back, copies are left or deleted, and what was done since forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage
from connectors.sandbox import CONNECTOR
from connectors.store.cycles import carries
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.work import due
from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.work import reconcile_claim
from plugin.use_cases.check_ins import check_ins
from plugin.use_cases.cycles.carry import carry_forward, preview_carry
from plugin.use_cases.cycles.carry_undo import preview_undo, undo_carry
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal
from plugin.use_cases.objectives.as_of import read_histories
from plugin.use_cases.permission import PermissionRefusal
from tests.plugin.sync.test_carry_copies import COPY, EDITOR, START, carry, made, record
from tests.quarter import MAPPING, state, told

VIEWER = Actor("vera", Permission.VIEWER)


@pytest.fixture
def closed(quarter: tuple[Any, str, str, list[str]]) -> tuple[Any, str, str, list[str]]:
    hand = quarter[0]
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long")
    hand.work_off()
    return quarter


def back(hand: Any, *chosen: str, delete_copies: bool = False) -> Any:
    done = undo_carry(hand.connector, EDITOR, "main", "2026-Q4", chosen, delete_copies=delete_copies)
    hand.work_off()
    return done


def hindrances(hand: Any) -> tuple[str, ...]:
    (one,) = preview_undo(hand.connector, VIEWER, "main", "2026-Q4").objectives
    return one.undo.hindrances


def shown(hand: Any) -> Any:
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4").objectives
    return one


def test_the_same_issue_stays_in_the_old_cycle_and_its_start_is_what_it_was(closed):
    hand, epic, metric, _ = closed
    carry(hand, choice=CarryChoice())
    key = record(hand, epic).key
    assert (record(hand, epic).labels, hand.field(metric, START)) == (("okr", "2026-Q4", "2027-Q1"), 4)
    (one,) = preview_undo(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert [(each.issue_key, each.name, each.before, each.after) for each in one.undo.writes] == [
        (record(hand, metric).key, "KR start", "4", "0"),
        (key, "Labels", "2027-Q1", "taken away"),
    ]
    assert back(hand, key.lower()).told == f"{key} stays in 2026-Q4"
    assert (record(hand, epic).labels, hand.field(metric, START)) == (("okr", "2026-Q4"), 0)
    assert (state(hand, epic).cycle_id, state(hand, epic).progress) == ("2026-Q4", Fraction(9, 20))
    assert (shown(hand).state.value, shown(hand).note, shown(hand).times) == ("undone", "", 0)
    with hand.connector.store.read() as conn:
        entry = audit.recent(conn, 1)[0]
    assert (entry.who, entry.what, entry.detail["objectives"]) == (
        "edith",
        "carrying forward taken back",
        [key],
    )
    assert carry(hand, choice=CarryChoice()).carried == ()  # only where it is named
    assert (shown(hand).standing, shown(hand).why_not) == ("taken back out of 2027-Q1", "it was taken back")
    assert carry(hand, key, choice=CarryChoice()).carried == (key,)
    assert state(hand, epic).cycle_id == "2027-Q1"


def as_an_earlier_version_kept_it(hand: Any) -> None:
    """Without how it stood, and without what a field held before."""
    with hand.connector.store.write() as conn:
        for kept in carries.of_cycle(conn, "main", "2026-Q4").values():
            writes = tuple(replace(one, former=None) for one in kept.plan.writes)
            carries.settle(conn, "main", replace(kept.plan, stood={}, writes=writes), kept.state)


def read_what_happened(hand: Any) -> None:
    with hand.connector.store.read() as conn:
        ids = [id_ for id_, _ in mirror.ids(conn, "main")]
    read_histories(hand.connector, EDITOR, "main", ids)


def test_what_an_earlier_version_carried_is_taken_back_where_histories_tell_how_it_stood(closed):
    hand, epic, metric, _ = closed
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4")
    hand.clock.now += timedelta(minutes=1)
    hand.work_off()
    as_an_earlier_version_kept_it(hand)
    (said,) = hindrances(hand)
    assert said.startswith("an earlier version carried it, and what was done since is told by histories")
    assert f"look at how {record(hand, epic).key} stood at 2027-01-" in said
    with pytest.raises(CycleRefusal, match="or set it back by hand"):
        back(hand, epic)
    read_what_happened(hand)
    assert hindrances(hand) == ()
    hand.clock.now += timedelta(minutes=1)
    hand.edit(metric, **{START: 3})
    told(hand, epic, metric)
    assert hindrances(hand) != ()
    read_what_happened(hand)
    assert [one.partition(" ")[2] for one in hindrances(hand)] == ["KR start: 4 → 3"]
    hand.edit(metric, **{START: 4})
    told(hand, epic, metric)
    read_what_happened(hand)
    assert hindrances(hand) == ()
    back(hand, epic)
    assert (record(hand, epic).labels, hand.field(metric, START)) == (("okr", "2026-Q4"), 0)
    assert (state(hand, epic).cycle_id, shown(hand).note) == ("2026-Q4", "")


def test_copies_of_an_earlier_version_are_a_persons(closed):
    hand = closed[0]
    carry(hand)
    as_an_earlier_version_kept_it(hand)
    read_what_happened(hand)
    (said,) = hindrances(hand)
    assert said.startswith("an earlier version made the copies")


def test_copies_are_left_for_a_person_and_work_moves_back(closed):
    hand, epic, _, stories = closed
    carry(hand)
    objective, key_result = made(hand)
    done = back(hand, record(hand, epic).key)
    assert done.by_hand == (
        f"delete {objective.key} in Jira, the copy of {record(hand, epic).key}",
        f"delete {key_result.key} in Jira, the copy of {record(hand, closed[2]).key}",
    )
    assert [one.id for one in made(hand)] == [objective.id, key_result.id]
    assert "2027-Q1" not in record(hand, objective.id).labels
    assert [record(hand, one).parent_id for one in stories] == [epic, epic]
    assert state(hand, objective.id).cycle_id is None
    assert shown(hand).note == f"Left to do: {'; '.join(done.by_hand)}."
    carry(hand, record(hand, epic).key)
    assert [one.id for one in made(hand)] == [objective.id, key_result.id]  # found by their labels
    assert state(hand, objective.id).cycle_id == "2027-Q1"


def test_copies_are_deleted_with_a_yes(closed):
    hand, epic, _, stories = closed
    carry(hand)
    objective = made(hand)[0]
    assert back(hand, objective.key, delete_copies=True).by_hand == ()
    assert (made(hand), state(hand, objective.id), shown(hand).note) == ([], None, "")
    assert [record(hand, one).parent_id for one in stories] == [epic, epic]
    carry(hand, record(hand, epic).key)
    assert len(made(hand)) == 2
    assert state(hand, made(hand)[0].id).cycle_id == "2027-Q1"


def test_work_that_jira_does_not_show_while_copies_are_deleted_stays_known(closed):
    """It was not deleted: what is lost waits for a person, as everywhere."""
    hand, _, _, stories = closed
    carry(hand)
    objective, site = made(hand)[0], hand.sandbox.sandbox
    del site.records[stories[1]], site.index[stories[1]]
    site.children[objective.id].remove(stories[1])
    back(hand, objective.key, delete_copies=True)
    assert (made(hand), shown(hand).state.value) == ([], "undone")
    with hand.connector.store.read() as conn:
        assert [*mirror.get(conn, "main", [stories[1], objective.id])] == [stories[1]]


@pytest.mark.parametrize("copied", [True, False])
def test_nothing_is_taken_back_once_something_was_done_on_what_was_carried(closed, copied):
    hand, epic, metric, stories = closed
    carry(hand, choice=COPY if copied else CarryChoice())
    objective, key_result = [one.id for one in made(hand)] if copied else (epic, metric)
    assert hindrances(hand) == ()
    story = record(hand, stories[1]).key
    hand.status(stories[1], "Done")
    told(hand, objective, stories[1])
    assert hindrances(hand) == (f"{story} Status: To Do → Done",)
    hand.edit(key_result, customfield_10052=6)
    late = hand.issue("Story", objective)
    told(hand, objective, key_result, late)
    hand.clock.now = datetime(2027, 1, 3, 9, tzinfo=UTC)
    check_ins.check_in(
        hand.connector, EDITOR, "main", objective, check_ins.Statement(key_result, Fraction(7), "x")
    )
    assert set(hindrances(hand)) == {
        "edith checked in on 2027-01-03",
        f"{story} Status: To Do → Done",
        f"{record(hand, key_result).key} KR current: 4 → 6",
        f"{record(hand, late).key} was added",
    }
    with pytest.raises(
        CycleRefusal, match=r"is not taken back: edith checked in on 2027-01-03; .* was added\."
    ):
        back(hand, record(hand, epic).key)
    assert state(hand, objective).cycle_id == "2027-Q1"


def test_who_may_and_what_there_is_to_take_back(closed):
    hand, epic, *_ = closed
    assert preview_undo(hand.connector, VIEWER, "main", "2026-Q4").objectives == ()
    with pytest.raises(CycleRefusal, match="PLAT-999: not carried forward out of 2026-Q4"):
        back(hand, "PLAT-999")
    with pytest.raises(CycleRefusal, match="Name the objectives"):
        back(hand)
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4")
    with pytest.raises(PermissionRefusal):
        undo_carry(hand.connector, VIEWER, "main", "2026-Q4", [record(hand, epic).key])
    with pytest.raises(CycleRefusal, match="Jira is being told of it still"):
        undo_carry(hand.connector, EDITOR, "main", "2026-Q4", [record(hand, epic).key])


def test_what_jira_refuses_on_the_way_back_is_said_with_what_was_set_back_and_asked_for_again(closed):
    hand, epic, metric, _ = closed
    carry(hand, choice=CarryChoice())
    key, fields = record(hand, epic).key, hand.sandbox.sandbox.fields
    fields[START] = replace(fields[START], writable=False)
    back(hand, key)
    assert (record(hand, epic).labels, hand.field(metric, START)) == (("okr", "2026-Q4"), 4)
    one = shown(hand)
    assert one.state.value == "done"
    assert one.note == (
        f"It was not taken back: Jira refused it: Field '{START}' cannot be set. It is not on the appropriate screen, or unknown. "
        f"What is as it was all the same: {key} Labels."
    )
    assert hindrances(hand) == ()
    fields[START] = replace(fields[START], writable=True)
    back(hand, key)
    assert (shown(hand).state.value, hand.field(metric, START)) == ("undone", 0)


def test_what_is_done_between_the_yes_and_the_worker_is_not_deleted(closed):
    """No delivery told of it yet: it is looked at in Jira before anything is taken back."""
    hand, epic, _, stories = closed
    carry(hand)
    objective, key_result = made(hand)
    undo_carry(hand.connector, EDITOR, "main", "2026-Q4", [record(hand, epic).key], delete_copies=True)
    hand.edit(key_result.id, customfield_10052=6)
    hand.work_off()
    assert [one.id for one in made(hand)] == [objective.id, key_result.id]
    assert record(hand, stories[1]).parent_id == objective.id
    assert (shown(hand).state.value, shown(hand).note) == (
        "done",
        f"It was not taken back: {key_result.key} KR current: 4 → 6.",
    )


@pytest.mark.parametrize("sent", range(4))
def test_what_died_while_it_was_taken_back_is_finished(closed, sent, monkeypatch):
    """Killed before the mark, before the move, before each deletion."""
    hand, epic, _, stories = closed
    carry(hand)
    objective = made(hand)[0].id
    undo_carry(hand.connector, EDITOR, "main", "2026-Q4", [record(hand, epic).key], delete_copies=True)
    context, calls = hand.context, []
    tell = context.jira.tell

    def dying(request: Any, *, notify: bool = False) -> None:
        if len(calls) == sent:
            raise JiraOutage("the power went")
        calls.append(request)
        tell(request, notify=notify)

    monkeypatch.setattr(context.jira, "tell", dying)
    with pytest.raises(JiraOutage):
        reconcile(context, epic)
    monkeypatch.undo()
    hand.work_off()
    assert (made(hand), shown(hand).state.value) == ([], "undone")
    assert record(hand, stories[1]).parent_id == epic
    assert state(hand, objective) is None


@pytest.mark.parametrize("cycle", ["current", "2026-Q4"])
def test_a_copy_runs_in_the_next_cycle_and_the_old_one_stays_where_the_mapping_says_the_cycle_of_all(
    hand, cycle
):
    epic = hand.issue("Epic", labels=["okr"])
    stories = [hand.issue("Story", epic, "Done"), hand.issue("Story", epic)]
    text = MAPPING.replace('cycle: {label: ""}', f"cycle: {cycle}")
    hand.activate(text)
    hand.sync()
    hand.clock.now = datetime(2026, 12, 31, 23, 0, 30, tzinfo=UTC)
    told(hand, epic, epic)
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    hand.work_off()
    key = record(hand, epic).key
    if cycle != "current":
        with pytest.raises(
            CycleRefusal, match=r"objectives\[epics\].cycle says 2026-Q4: write 2027-Q1 there"
        ):
            carry(hand, key)
        hand.activate(text.replace(f"cycle: {cycle}", "cycle: 2027-Q1"))
        hand.sync()
        assert state(hand, epic).cycle_id == "2027-Q1"
    carry(hand, key)
    (objective,) = made(hand)
    hand.sync()
    assert (state(hand, epic).cycle_id, state(hand, epic).progress) == ("2026-Q4", Fraction(1, 2))
    assert (state(hand, objective.id).cycle_id, state(hand, objective.id).progress) == ("2027-Q1", 0)
    assert [record(hand, one).parent_id for one in stories] == [epic, objective.id]
    back(hand, key, delete_copies=True)
    hand.sync()
    assert state(hand, epic).cycle_id == "2027-Q1"


def test_a_copy_that_was_half_made_is_named_where_the_objective_goes_on_as_itself(closed):
    hand, epic, *_ = closed
    plat = hand.sandbox.sandbox.projects["PLAT"]
    hand.sandbox.sandbox.projects["PLAT"] = replace(plat, off_screen={"Key Result": frozenset({"labels"})})
    carry(hand)
    (orphan,) = made(hand)
    hand.sandbox.sandbox.projects["PLAT"] = plat
    carry(hand, record(hand, epic).key, choice=CarryChoice())
    assert (shown(hand).state.value, shown(hand).copy_key) == ("done", "")
    assert shown(hand).note == (
        f"Made before Jira refused the rest, and still there: {orphan.key}. Delete that in Jira."
    )
    assert state(hand, epic).cycle_id == "2027-Q1"
    back(hand, record(hand, epic).key, delete_copies=True)
    assert (made(hand), record(hand, epic).labels) == ([], ("okr", "2026-Q4"))


@pytest.mark.parametrize("as_copy", [False, True])
def test_a_claim_is_kept_through_all_that_is_carried_and_taken_back(closed, as_copy):
    """Each call takes more than half a lease; nobody else gets hold of the objective meanwhile."""
    hand, epic, *_ = closed
    thieves: list[Any] = []
    lease = hand.context.lease

    def slowly(event: Any) -> None:
        if (
            event.actor.id == CONNECTOR.id and event.name != "issuelink_deleted"
        ):  # which a deletion tells of besides
            hand.clock.pass_by(seconds=0.6 * lease.total_seconds())
            with hand.connector.store.write() as conn:
                thieves.append(due.claim(conn, "thief", hand.clock(), lease, 1, objective_id=epic))

    def worked_off() -> int:
        with hand.connector.store.write() as conn:
            (claim,) = due.claim(conn, "worker", hand.clock(), lease, 1, objective_id=epic)
        thieves.clear()
        assert reconcile_claim(hand.context, claim) is not None
        return len(thieves)

    hand.sandbox.sandbox.listeners.append(slowly)
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4", choice=CarryChoice(as_copy=as_copy))
    assert worked_off() >= (5 if as_copy else 2)
    assert shown(hand).state.value == "done"
    assert thieves == [[]] * len(thieves)
    named = shown(hand).copy_key or record(hand, epic).key
    undo_carry(hand.connector, EDITOR, "main", "2026-Q4", (named,), delete_copies=as_copy)
    assert worked_off() >= 2
    assert shown(hand).state.value != "done"
    assert made(hand) == []
    assert thieves == [[]] * len(thieves)
