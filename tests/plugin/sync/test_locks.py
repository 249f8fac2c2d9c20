"""A locked cycle: its objectives and key results keep their terms, what they stand at goes on moving, and what changed waits."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.state import person
from connectors.store.people import audit
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.objectives import GetArguments, okr_get
from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.sync.reconcile.measurement import measure_objective
from plugin.use_cases.cycles.cycles import CycleRefusal, CycleState, list_cycles, show_cycle
from plugin.use_cases.cycles.locks import lock_cycle, lock_due, show_lock, unlock_cycle, waits_behind_lock
from plugin.use_cases.mappings.mapping_life import preview_text
from plugin.use_cases.objectives.as_of import as_of
from plugin.use_cases.permission import PermissionRefusal
from tests.actors import TESTER
from tests.plugin.sync.test_cycle_doors import Door
from tests.quarter import MAPPING, state, told

VIEWER = Actor("vera", Permission.VIEWER)
EDITOR = Actor("edith", Permission.EDITOR)
START, CURRENT, TARGET = "customfield_10051", "customfield_10052", "customfield_10053"


def running(hand: Any) -> tuple[Any, str, str, list[str]]:
    """An objective of 2026-Q4: a metric at 4 on its way from 0 to 10, and two stories of which one is done. It is 2 November."""
    hand.clock.now = datetime(2026, 11, 2, 9, tzinfo=UTC)
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    stories = [hand.issue("Story", epic, "Done"), hand.issue("Story", epic)]
    metric = hand.issue("Key Result", epic)
    hand.activate(MAPPING)
    hand.edit(metric, **{START: 0, CURRENT: 4, TARGET: 10})
    hand.sync()
    assert state(hand, epic).progress == Fraction(9, 20)
    return hand, epic, metric, stories


@pytest.fixture
def locked(hand: Any) -> Any:
    found = running(hand)
    lock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "the quarter is agreed")
    hand.work_off()
    return found


def key(hand: Any, issue_id: str) -> str:
    return str(hand.sandbox.sandbox.records[issue_id].key)


def read_for(hand: Any, objective_id: str) -> int:
    """How many times issues and all below them are read to measure an objective."""
    context, said = hand.connector.context("main"), []
    engine = context.store.engine

    def note(*given: Any) -> None:
        said.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        with context.store.read() as conn:
            measure_objective(context, conn, objective_id)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sum("RECURSIVE" in one for one in said)


def waiting(hand: Any) -> list[str]:
    return [one.sentence for one in show_lock(hand.connector, VIEWER, "main", "2026-Q4").changes]


def test_terms_stand_what_is_measured_moves_and_unlocking_lets_what_waited_take_effect(locked):
    hand, epic, metric, stories = locked
    assert state(hand, epic).progress == Fraction(9, 20)
    assert waiting(hand) == []
    hand.edit(metric, **{START: 2, TARGET: 20, CURRENT: 5})
    second = hand.issue("Key Result", epic)
    hand.edit(second, **{START: 0, CURRENT: 10, TARGET: 10})
    hand.status(stories[1], "Done")
    one = told(hand, epic, epic, metric, second, *stories)
    # 5 of 0 to 10, and both stories: (1/2 + 1) / 2
    assert one.progress == Fraction(3, 4)
    assert next((each.key, each.measurement.start, each.measurement.target) for each in one.key_results) == (
        key(hand, metric),
        Fraction(0),
        Fraction(10),
    )
    assert waiting(hand) == [
        f"{one.key}, {key(hand, metric)}: start 0, would be 2",
        f"{one.key}, {key(hand, metric)}: target 10, would be 20",
        f"{one.key}, {key(hand, second)}: would become a key result",
    ]
    unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "agreed anew")
    hand.work_off()
    # (1/6 + 1 + 1) / 3
    assert state(hand, epic).progress == Fraction(13, 18)
    assert show_lock(hand.connector, VIEWER, "main", "2026-Q4").lock is None


def test_an_earlier_day_is_seen_under_the_lock_that_held_on_it_and_now_as_it_stands(locked):
    hand, epic, metric, _ = locked
    hand.clock.pass_by(days=2)
    hand.edit(metric, **{START: 2, TARGET: 6})
    stands = told(hand, epic, epic, metric)
    moment = hand.clock()
    now = as_of(hand.connector, VIEWER, "main", epic, moment).stood
    assert (now.state.progress, now.state.health) == (stands.progress, stands.health)
    hand.clock.pass_by(days=1)
    unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "agreed anew")
    hand.work_off()
    assert state(hand, epic).progress == Fraction(1, 2)  # (2 of 4, and one of two stories)
    assert as_of(hand.connector, VIEWER, "main", epic, moment).stood.state.progress == Fraction(9, 20)


def test_nothing_joins_or_leaves_a_locked_cycle_and_it_ends_with_its_terms(locked):
    hand, epic, metric, _ = locked
    late = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.issue("Story", late, "Done")
    hand.edit(epic, labels=["later"])
    told(hand, epic, epic, late)
    assert state(hand, late) is None
    assert (state(hand, epic).cycle_id, state(hand, epic).progress) == ("2026-Q4", Fraction(9, 20))
    assert [one.partition(": ")[2] for one in waiting(hand)] == [
        "would leave the cycle",
        "would join the cycle",
    ]
    hand.sync()
    assert state(hand, late) is None
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    hand.edit(metric, **{TARGET: 5})
    told(hand, epic, epic, metric)
    hand.sync()
    assert (state(hand, epic).cycle_id, state(hand, epic).progress) == ("2026-Q4", Fraction(9, 20))
    assert show_cycle(hand.connector, VIEWER, "main", "2026-Q4").shown.state is CycleState.ENDED


def test_an_objective_that_came_too_late_is_explained_wherever_it_is_looked_for(locked):
    """By its key; what no lock keeps out is answered as ever."""
    hand, epic, *_ = locked
    late, other = hand.issue("Epic", labels=["okr", "2026-Q4"]), hand.issue("Epic")
    told(hand, epic, late, other)
    name, said = key(hand, late), f"{key(hand, late)} would be an objective of 2026-Q4, which was locked on"
    assert said in waits_behind_lock(hand.connector, VIEWER, "main", name.lower())
    assert waits_behind_lock(hand.connector, VIEWER, "main", key(hand, epic)) == ""
    assert waits_behind_lock(hand.connector, VIEWER, "main", key(hand, other)) == ""
    call = Door(hand.connector)
    status, problem = call("GET", f"/objectives/{name}")
    assert (status, said in problem["detail"]) == (404, True)
    assert said not in call("GET", f"/objectives/{key(hand, other)}")[1]["detail"]
    headers = {"Authorization": f"Bearer {call.tokens['viewer']}", "Accept": "text/html"}
    for path in (f"/objectives/{name}", f"/why/{name}"):
        page = call.client.get(path, headers=headers)
        assert (page.status_code, said in page.get_data(as_text=True)) == (404, True), path
    with pytest.raises(UnanswerableQuestion, match=said):
        okr_get(ToolAsker(hand.connector, VIEWER), GetArguments(objective_key=name))
    unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "agreed anew")
    hand.work_off()
    assert waits_behind_lock(hand.connector, VIEWER, "main", name) == ""
    assert state(hand, late).cycle_id == "2026-Q4"


def test_a_key_result_that_is_moved_away_stays_and_one_that_is_deleted_can_no_longer_be_measured(locked):
    hand, epic, metric, _ = locked
    other = hand.issue("Epic")
    assert read_for(hand, epic) == 1, "its key result stands below it, and is read with the rest"
    hand.edit(metric, parent={"id": other})
    assert told(hand, epic, metric, epic).progress == Fraction(9, 20)
    assert read_for(hand, epic) == 2, "and where it stands now"
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[metric], person(PEOPLE[0]))
    hand.sync()
    one = state(hand, epic)
    assert one.progress == Fraction(1, 2)  # the stories alone: unknown is left out, never 0
    assert "after the cycle was locked" in one.key_results[0].measurement.reason


def test_a_change_of_the_mapping_waits_too(locked):
    hand, epic, _, _ = locked
    changed = MAPPING.replace("start: start, current: current", "start: 2, current: current").replace(
        "progress: {kind: delivery}", "commitment: aspirational, progress: {kind: delivery}"
    )
    (one,) = preview_text(hand.connector, TESTER, "main", changed).preview.objectives
    assert one.before == one.after
    hand.activate(changed)
    hand.sync()
    assert state(hand, epic).progress == Fraction(9, 20)
    assert [one.partition(": ")[2] for one in waiting(hand)] == [
        "start 0, would be 2",
        "commitment committed, would be aspirational",
    ]
    unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "agreed anew")
    hand.work_off()
    assert state(hand, epic).progress == Fraction(3, 8)  # (2 of 8, and one of two stories)


def test_who_may_when_and_that_it_is_kept(hand):
    hand, _, _, _ = running(hand)
    with pytest.raises(PermissionRefusal):
        lock_cycle(hand.connector, VIEWER, "main", "2026-Q4")
    with pytest.raises(CycleRefusal, match="There is no cycle 2026-H2"):
        lock_cycle(hand.connector, EDITOR, "main", "2026-H2")
    with pytest.raises(CycleRefusal, match="2026-Q3 ended on 2026-09-30"):
        lock_cycle(hand.connector, EDITOR, "main", "2026-Q3")
    with pytest.raises(CycleRefusal, match="is not locked"):
        unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "why")
    assert lock_due(hand.connector, "main") == ()
    hand.activate(MAPPING.replace("{every: quarter}", "{every: quarter, lock: 32d}"))
    assert lock_due(hand.connector, "main") == ("2026-Q4",)  # 1 October and 32 days
    assert lock_due(hand.connector, "main") == ()
    with pytest.raises(CycleRefusal, match="2026-Q4 is locked already"):
        lock_cycle(hand.connector, EDITOR, "main", "2026-Q4")
    (shown,) = (one for one in list_cycles(hand.connector, VIEWER, "main") if one.cycle.id == "2026-Q4")
    assert shown.state is CycleState.LOCKED
    with pytest.raises(CycleRefusal, match="wants a reason"):
        unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", " ")
    unlock_cycle(hand.connector, EDITOR, "main", "2026-Q4", "why not")
    assert lock_due(hand.connector, "main") == ()  # whoever unlocked it meant it
    with hand.connector.store.read() as conn:
        said = [(one.who, one.what) for one in audit.recent(conn, 2)]
    assert said == [("edith", "cycle unlocked"), ("calendar", "cycle locked")]


def test_it_is_locked_and_unlocked_by_api_and_what_waits_is_told(hand):
    hand, epic, metric, _ = running(hand)
    call = Door(hand.connector)
    assert call("POST", "/cycles/2026-Q4/lock")[0] == 403
    status, found = call("POST", "/cycles/2026-Q4/lock", "editor", reason="agreed")
    assert (status, found["locked"]["objectives"], found["locked"]["reason"], found["changes"]) == (
        200,
        1,
        "agreed",
        [],
    )
    hand.edit(metric, **{TARGET: 20})
    told(hand, epic, epic, metric)
    (change,) = call("GET", "/cycles/2026-Q4/lock")[1]["changes"]
    assert (change["what"], change["locked"], change["now"]) == ("target", "10", "20")
    status, problem = call("POST", "/cycles/2026-Q4/lock", "editor")
    assert (status, problem["title"]) == (409, "Not locked")
    assert call("GET", "/cycles/2026-Q4")[1]["state"] == "locked"
    assert call("POST", "/cycles/2026-Q4/unlock", "editor", reason="agreed anew")[1]["changes"] == [change]
    assert call("GET", "/cycles/2026-Q4")[1]["state"] == "running"
    assert call("GET", "/cycles/winter/lock")[0] == 404
