"""Atlassian Goals in the sync, over real HTTP: posted once, right, seldom, never over another hand, and never twice after an interruption."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.goals import client, dispatch, goals_of
from connectors.jira.http.errors import JiraError
from connectors.sandbox import CONNECTOR, PEOPLE, Fault
from connectors.sandbox.goals.goal import CLOUD_ID, words_of
from connectors.sandbox.site_state import scheme
from connectors.store.mirror import mirror
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from mappings.diagnostic import MappingError
from mappings.facts.issue import JiraValue
from mappings.write_back.plan import Change
from mappings.write_back.targets import writings_of
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Refusal
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.work import reconcile_claim
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import status
from plugin.use_cases.mappings.mapping_life import check_text, preview_text
from plugin.use_cases.objectives import goals
from plugin.use_cases.work import held_writes
from tests.actors import TESTER

BARE = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
  goal: {id: customfield_10062}
cycles: [{id: autumn, start: 2026-10-01, end: 2026-12-31}]
objectives:
  - id: epics
    cycle: autumn
    select: issuetype = Epic AND labels = okr
    key_results:
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
write_back:
  - {target: objective, set: {okr_progress: {value: progress_percent}}}
"""
GOALS = BARE + "  - {target: objective, goal: goal}\n"


def epic(hand: Any, goal: str = "NORTH-1", *, done: int = 1, of: int = 10) -> str:
    """An epic that feeds a goal, `done` of whose stories are done."""
    made: str = hand.issue("Epic", labels=["okr"])
    hand.edit(made, **{scheme.OKR_SUMMARY: goal})
    for number in range(of):
        hand.issue("Story", made, "Done" if number < done else "To Do")
    return made


def finish(hand: Any, parent: str, count: int = 1, hours: float = 1) -> None:
    """So many more stories are done, some hours later, and what that brings is worked off."""
    hand.clock.pass_by(hours=hours)
    records = list(hand.sandbox.sandbox.records.values())
    left = [one for one in records if one.parent_id == parent and one.status.name == "To Do"]
    for story in left[:count]:
        hand.status(story.id, "Done")
        hand.land(story.id)
    reconcile_now(hand, parent)


def reconcile_now(hand: Any, objective_id: str) -> Any:
    return reconcile(hand.context, objective_id)


def goal_of(hand: Any, key: str = "NORTH-1") -> Any:
    return hand.sandbox.sandbox.goals.named(key)


def posted(hand: Any, key: str = "NORTH-1") -> list[tuple[str, str, int, str]]:
    """Who posted what to a goal, oldest first."""
    return [(one.creator.name, *one.new, words_of(one.summary)) for one in goal_of(hand, key).updates]


def said(status: str, score: int, text: str, by: str = "OKR Connector") -> tuple[str, str, int, str]:
    return by, status, score, f"{text} — why?"


@pytest.fixture
def fed(hand: Any, begin: Any) -> str:
    """An objective at 70 % that feeds NORTH-1, synced."""
    one: str = begin(hand, feeding)
    return one


def feeding(hand: Any) -> str:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, done=7)
    hand.activate(GOALS)
    hand.sync()
    return one


def test_a_goal_follows_its_objective_and_tells_people_seldom(hand: Any, fed: str) -> None:
    first = said("on_track", 70, "70 % · on track")
    assert posted(hand) == [first]
    [update] = goal_of(hand).updates
    assert f"https://okr.acme.example/why/{fed}" in update.summary
    hand.clock.pass_by(hours=1)
    hand.sync()
    reconcile_now(hand, fed)
    assert posted(hand) == [first], "what is right is not said again"

    finish(hand, fed)
    assert hand.field(fed) == 80, "the field follows at once"
    assert posted(hand) == [first], "the same status is told once a day"
    with hand.connector.store.read() as conn:
        assert due.pending_count(conn, "main") == 1
    hand.clock.now = datetime.fromisoformat("2026-11-10T00:00:30+00:00")
    hand.work_off()
    assert posted(hand) == [first, said("on_track", 80, "80 % · on track")]


def test_another_status_is_told_on_the_same_day_and_a_third_waits(hand: Any) -> None:
    book = hand.sandbox.sandbox.goals
    book.add("Be there", CONNECTOR)
    book.scoring = "SIMPLE"
    one = epic(hand, done=1)
    hand.activate(GOALS)
    hand.sync()
    assert posted(hand) == [said("off_track", 0, "10 % · off track")], "no score where none is given"
    finish(hand, one)
    assert posted(hand)[1:] == [said("at_risk", 0, "20 % · at risk")]
    finish(hand, one, 4)
    assert len(posted(hand)) == 2
    hand.clock.pass_by(hours=20)
    hand.work_off()
    assert posted(hand)[2:] == [said("on_track", 0, "60 % · on track")]


def test_what_a_person_posted_after_us_stands_until_somebody_resumes(hand: Any, fed: str) -> None:
    hand.clock.pass_by(hours=24)
    book = hand.sandbox.sandbox.goals
    book.post(goal_of(hand).ari, PEOPLE[0], None, 45, None, {})
    finish(hand, fed)
    person = (PEOPLE[0].name, "at_risk", 45, "")
    assert posted(hand)[1:] == [person]
    assert hand.field(fed) == 80, "what is written to Jira goes on"
    [held] = held_writes.list_held(hand.connector, TESTER, "main")
    assert held.why == (
        f"{PEOPLE[0].name} posted on NORTH-1 after us: at risk 45. Nothing is posted there until this is released."
    )
    assert held.reason.startswith('goal NORTH-1: at risk 45 → on track 80 "80 % · on track"')
    assert (held.stands["status"], held.wanted["status"]) == ("at_risk", "on_track")
    hand.work_off()
    with hand.connector.store.read() as conn:
        assert due.pending_count(conn, "main") == 0, "it waits for a person, and costs nothing meanwhile"

    hand.clock.pass_by(hours=24)
    hand.sync()
    finish(hand, fed)
    assert posted(hand)[1:] == [person], "neither a resync nor another number resumes it"
    assert len(held_writes.list_held(hand.connector, TESTER, "main")) == 1

    held_writes.release(hand.connector, TESTER, "main", [fed])
    hand.clock.pass_by(minutes=1)
    hand.work_off()
    assert posted(hand)[2:] == [said("on_track", 90, "90 % · on track")]
    hand.clock.pass_by(hours=24)
    finish(hand, fed)
    assert posted(hand)[3:] == [said("on_track", 100, "100 % · achieved")], "and goes on from then"


def test_that_nothing_differs_any_more_is_no_word_of_an_editor(hand: Any, fed: str) -> None:
    hand.clock.pass_by(hours=24)
    book = hand.sandbox.sandbox.goals
    book.post(goal_of(hand).ari, PEOPLE[0], None, 45, None, {})
    finish(hand, fed)
    story = next(
        one.id
        for one in hand.sandbox.sandbox.records.values()
        if one.parent_id == fed and one.status.name == "Done"
    )
    hand.clock.pass_by(minutes=5)
    hand.status(story, "To Do")
    hand.land(story)
    reconcile_now(hand, fed)
    finish(hand, fed, 2)
    assert len(posted(hand)) == 2
    [held] = held_writes.list_held(hand.connector, TESTER, "main")
    assert held.wanted["score"] == 90


@pytest.mark.parametrize("arrived", [True, False])
def test_an_update_whose_answer_never_came_is_looked_up_and_not_posted_twice(
    hand: Any, fed: str, arrived: bool
) -> None:
    hand.clock.pass_by(hours=24)
    story = next(
        one.id
        for one in hand.sandbox.sandbox.records.values()
        if one.parent_id == fed and one.status.name == "To Do"
    )
    hand.status(story, "Done")
    hand.land(story)
    hand.sandbox.faults.add(Fault("status", "POST", "/gateway/", status=503, skip=3))
    reconcile_now(hand, fed)
    assert hand.field(fed) == 80, "Jira is not held up by Goals"
    with hand.connector.store.read() as conn:
        [left] = writes.load_unsettled(conn, "main", fed)
    assert (left.field_id, metrics(hand)[f"{fed}/delivery"][2]) == ("goal:okr", 80)
    assert len(posted(hand)) == 1
    if arrived:
        change = Change(fed, "", "goal:okr", "", None, left.after, "")
        [(_, writing)] = writings_of([change])
        dispatch.tell(goals_of(hand.context.jira), writing.request)

    for _ in range(3):
        hand.clock.pass_by(minutes=15)
        hand.work_off()
        reconcile_now(hand, fed)
    assert posted(hand)[1:] == [said("on_track", 80, "80 % · on track")]
    with hand.connector.store.read() as conn:
        assert not writes.load_unsettled(conn, "main", fed)


def test_a_process_that_dies_after_the_call_leaves_one_update(
    hand: Any, fed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.clock.pass_by(hours=24)
    story = next(
        one.id
        for one in hand.sandbox.sandbox.records.values()
        if one.parent_id == fed and one.status.name == "To Do"
    )
    hand.status(story, "Done")
    hand.land(story)

    class Killed(BaseException):
        pass

    def dies(goals: Any, request: Any, keep: Any) -> None:
        told(goals, request, keep)
        if request.path == "update":
            raise Killed

    told = dispatch.tell
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "tell", dies)
        with pytest.raises(Killed):
            reconcile_now(hand, fed)
    assert len(posted(hand)) == 2
    for _ in range(2):
        reconcile_now(hand, fed)
    assert posted(hand)[1:] == [said("on_track", 80, "80 % · on track")]


def test_while_goals_are_out_of_reach_jira_is_written_and_they_are_tried_again(hand: Any, fed: str) -> None:
    hand.clock.pass_by(hours=24)
    hand.sandbox.faults.add(Fault("status", path="/gateway/", status=503, times=2))
    finish(hand, fed)
    assert (hand.field(fed), len(posted(hand))) == (80, 1)
    hand.clock.pass_by(minutes=11)
    hand.work_off()
    hand.clock.pass_by(minutes=11)
    hand.work_off()
    assert posted(hand)[1:] == [said("on_track", 80, "80 % · on track")]


def test_an_update_that_is_refused_waits_with_what_to_do_and_holds_nothing_back(hand: Any, fed: str) -> None:
    hand.clock.pass_by(hours=24)
    goal_of(hand).archived = True
    finish(hand, fed)
    with hand.connector.store.read() as conn:
        refused = refusals.load_all(conn, "main")
    assert ({one.field_id for one in refused}, hand.field(fed)) == ({"goal:okr"}, 80)
    assert refused[0].message.startswith("Jira refused the call (400): The goal is archived.")
    assert "NORTH-1" in refused[0].remedy


def test_a_preview_shows_it_and_a_list_names_goals_before_a_field_does(hand: Any) -> None:
    book = hand.sandbox.sandbox.goals
    for name in ("Be there", "Be quick"):
        book.add(name, CONNECTOR)
    one = epic(hand, "NORTH-1", done=7)
    other = epic(hand, "nothing", done=7)
    hand.activate(BARE)
    hand.sync()
    key = hand.sandbox.sandbox.records[one].key
    text = BARE + f"  - {{target: objective, goal: {{field: goal, goals: {{{key}: NORTH-2}}}}}}\n"
    previewed = preview_text(hand.connector, TESTER, "main", text)
    changes = [change for plan in previewed.preview.plans for change in plan.changes]
    assert [(change.issue_id, change.field_name, change.reason) for change in changes] == [
        (one, "metrics of the Atlassian goal", "goal metrics NORTH-2: delivery none → 70"),
        (one, "Atlassian goal", 'goal NORTH-2: nothing → on track 70 "70 % · on track"'),
    ]
    assert (previewed.preview.cost.writes, previewed.preview.cost.calls) == (2, 2)
    assert posted(hand, "NORTH-2") == []
    hand.activate(text)
    hand.work_off()
    assert posted(hand, "NORTH-2") == [said("on_track", 70, "70 % · on track")]
    assert posted(hand, "NORTH-1") == []
    assert hand.field(other) == 70


def test_an_objective_that_leaves_takes_nothing_back(hand: Any, fed: str) -> None:
    hand.clock.pass_by(hours=24)
    hand.edit(fed, labels=[])
    hand.land(fed)
    hand.work_off()
    assert hand.field(fed) is None
    assert posted(hand) == [said("on_track", 70, "70 % · on track")]


def codes(hand: Any, text: str) -> list[tuple[str, str]]:
    found = check_text(hand.connector, TESTER, "main", text)
    return [(one.code, one.message) for one in found if "goal" in one.code]


def test_the_check_knows_the_goals_of_the_site(hand: Any) -> None:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    epic(hand)
    listed = BARE + "  - {target: objective, goal: {goals: {PLAT-1: NORTH-1, PLAT-2: NORTH-7}}}\n"
    [(code, message)] = codes(hand, listed)
    assert code == "unknown-goal"
    assert "NORTH-7" in message
    assert codes(hand, GOALS) == []
    hand.sandbox.sandbox.goals.on = False
    found = codes(hand, GOALS)
    assert found == [("no-goals", "goals cannot be written: This site does not have Goals.")]
    with pytest.raises(MappingError):
        hand.activate(GOALS)


@pytest.mark.parametrize("hand", ["datacenter"], indirect=True)
def test_a_data_center_has_no_goals(hand: Any) -> None:
    epic(hand)
    assert [code for code, _ in codes(hand, GOALS)] == ["no-goals"]
    with pytest.raises(MappingError):
        hand.activate(GOALS)


def test_an_objective_is_linked_to_a_goal_by_its_field(hand: Any) -> None:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, "", done=7)
    hand.activate(GOALS)
    hand.sync()
    assert posted(hand) == []
    hand.sandbox.sandbox.goals.add("Be quick", CONNECTOR)
    key = hand.sandbox.sandbox.records[one].key
    address = f"{hand.sandbox.url}/o/northwind/s/1/goal/NORTH-2"
    for objective, goal in ((key, "NORTH-7"), ("PLAT-99", "NORTH-2"), (key, "nothing")):
        with pytest.raises(Refusal):
            goals.link(hand.connector, TESTER, "main", objective, goal)
    made = goals.link(hand.connector, TESTER, "main", key, address)
    assert made == goals.LinkedGoal(key, "NORTH-2", "OKR summary")
    assert hand.field(one, scheme.OKR_SUMMARY) == "NORTH-2"
    hand.clock.pass_by(minutes=1)
    hand.work_off()
    assert posted(hand, "NORTH-2") == [said("on_track", 70, "70 % · on track")]
    hand.activate(BARE)
    with pytest.raises(Refusal, match="names no field"):
        goals.link(hand.connector, TESTER, "main", key, "NORTH-1")


METRIC = """
      - {id: metric, select: 'issuetype = "Key Result"', progress: {kind: transition, start: start, current: current, target: target}}
"""
MEASURED = GOALS.replace(
    "fields:\n",
    "fields:\n  start: {id: customfield_10051}\n  current: {id: customfield_10052}\n  target: {id: customfield_10053}\n",
).replace("    key_results:\n", "    key_results:" + METRIC)


def metrics(hand: Any, key: str = "NORTH-1") -> dict[str, tuple[str, float, float, float]]:
    """The metrics of a goal by their id with us: name, start, value, target; two of one origin fail."""
    found = [one for one in goal_of(hand, key).targets if one.metric.source == "jira-okr"]
    made = {
        one.metric.external_id: (one.metric.name, one.start, one.metric.value, one.target) for one in found
    }
    assert len(made) == len(found)
    return made


def key_result(hand: Any, parent: str, current: float) -> str:
    made: str = hand.issue("Key Result", parent)
    hand.edit(made, customfield_10051=0, customfield_10052=current, customfield_10053=10)
    return made


@pytest.fixture
def measured(hand: Any) -> tuple[str, str]:
    """An objective with a metric of its own at 3 of 10 besides its stories, of which half are done, and the issue of the metric."""
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, done=5)
    result = key_result(hand, one, 3)
    hand.activate(MEASURED)
    hand.sync()
    return one, result


def test_each_key_result_is_a_metric_that_follows_quietly(hand: Any, measured: tuple[str, str]) -> None:
    one, result = measured
    kept = {
        result: ("A Key Result", 0.0, 3.0, 10.0),
        f"{one}/delivery": ("delivery", 0.0, 50.0, 100.0),
    }
    assert metrics(hand) == kept
    assert list(goal_of(hand).work_items) == [f"ari:cloud:jira:{CLOUD_ID}:issue/{one}"]
    told = len(posted(hand))
    book = hand.sandbox.sandbox.goals
    theirs = {"goalId": goal_of(hand).ari, "name": "Kim's", "type": "NUMERIC", "value": 1.0}
    book.measure(goal_of(hand).ari, PEOPLE[0], theirs, 0, 5)
    hand.clock.pass_by(hours=1)
    hand.edit(result, customfield_10052=4, customfield_10053=12)
    hand.land(result)
    reconcile_now(hand, one)
    assert metrics(hand) == {**kept, result: ("A Key Result", 0.0, 4.0, 12.0)}
    assert len(posted(hand)) == told, "metrics tell nobody"
    hand.sandbox.site.calls.clear()
    reconcile_now(hand, one)
    assert not [name for name in hand.sandbox.site.calls.by_endpoint if "gateway" in name]

    hand.clock.pass_by(hours=1)
    hand.edit(result, customfield_10053=None)
    hand.land(result)
    reconcile_now(hand, one)
    assert metrics(hand).keys() == {f"{one}/delivery"}
    assert [one.metric.name for one in goal_of(hand).targets] == ["delivery", "Kim's"]


def test_a_process_that_dies_between_any_two_calls_leaves_no_second_metric(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = ("the link", "a metric", "the other metric", "the update")
    for name in orders:
        hand.sandbox.sandbox.goals.add(name, CONNECTOR)
    hand.activate(MEASURED)
    hand.sync()

    class Killed(BaseException):
        pass

    def dying(transport: Any, operation: Any, *more: Any) -> Any:
        answer = asked(transport, operation, *more)
        if not operation.reads:
            left.pop()
            if not left:
                raise Killed
        return answer

    asked = client.ask
    for place, _ in enumerate(orders):
        goal = f"NORTH-{place + 1}"
        one = epic(hand, goal, done=5)
        result = key_result(hand, one, 3)
        hand.land(*(record.id for record in hand.sandbox.sandbox.records.values()))
        left = list(orders[: place + 1])
        with monkeypatch.context() as patched:
            patched.setattr(client, "ask", dying)
            with pytest.raises(Killed):
                reconcile_now(hand, one)
        for _ in range(3):
            reconcile_now(hand, one)
        assert metrics(hand, goal) == {
            result: ("A Key Result", 0.0, 3.0, 10.0),
            f"{one}/delivery": ("delivery", 0.0, 50.0, 100.0),
        }
        assert len(posted(hand, goal)) == 1
        assert len(goal_of(hand, goal).work_items) == 1
        with hand.connector.store.read() as conn:
            assert not writes.load_unsettled(conn, "main", one)


def test_a_goal_that_another_process_came_to_know_is_known(hand: Any) -> None:
    book = hand.sandbox.sandbox.goals
    book.add("Be there", CONNECTOR)
    one = epic(hand, "NORTH-2", done=7)
    hand.activate(GOALS)
    hand.sync()
    book.add("Be quick", CONNECTOR)
    other = build_connector(hand.connector.settings, hand.clock)
    hand.clock.pass_by(minutes=1)
    other.catalogue("main", fresh=True)
    other.store.close()
    reconcile_now(hand, one)
    assert posted(hand, "NORTH-2") == [said("on_track", 70, "70 % · on track")]


def test_an_achieved_objective_is_done_once_its_cycle_is_closed(hand: Any, fed: str) -> None:
    hand.clock.pass_by(hours=24)
    finish(hand, fed, 3)
    assert posted(hand)[1:] == [said("on_track", 100, "100 % · achieved")]
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    hand.sync()
    close_cycle(hand.connector, TESTER, "main", "autumn")
    hand.work_off()
    done = said("done", 0, "100 % · achieved")
    assert posted(hand)[2:] == [done]
    hand.clock.pass_by(hours=48)
    hand.sync()
    assert posted(hand)[2:] == [done]
    previewed = preview_text(hand.connector, TESTER, "main", GOALS + "brake: {floor: 11}\n")
    assert previewed.preview.plans == ()


def feed(hand: Any, objective: str, goal: str) -> None:
    """From now on, a day later, it feeds this goal."""
    hand.clock.pass_by(hours=24)
    hand.edit(objective, **{scheme.OKR_SUMMARY: goal})
    hand.land(objective)
    reconcile_now(hand, objective)


def post_as_a_person(hand: Any) -> tuple[str, str, int, str]:
    hand.clock.pass_by(hours=24)
    hand.sandbox.sandbox.goals.post(goal_of(hand).ari, PEOPLE[0], None, 45, None, {})
    return PEOPLE[0].name, "at_risk", 45, ""


@pytest.mark.parametrize("meanwhile", [True, False])
def test_an_objective_that_comes_back_to_a_goal_repeats_nothing_and_overwrites_nobody(
    hand: Any, fed: str, meanwhile: bool
) -> None:
    hand.sandbox.sandbox.goals.add("Be quick", CONNECTOR)
    hand.connector.catalogue("main", fresh=True)
    ours = said("on_track", 70, "70 % · on track")
    feed(hand, fed, "NORTH-2")
    theirs = [post_as_a_person(hand)] if meanwhile else []
    feed(hand, fed, "NORTH-1")
    assert (posted(hand), posted(hand, "NORTH-2")) == ([ours, *theirs], [ours])
    held = held_writes.list_held(hand.connector, TESTER, "main")
    assert [one.stands["status"] for one in held] == (["at_risk"] if meanwhile else [])
    if not meanwhile:
        assert reconcile(hand.context, fed, write=False).plan.changes == (), "what stands there is known"
    hand.clock.pass_by(hours=24)
    finish(hand, fed)
    again = [] if meanwhile else [said("on_track", 80, "80 % · on track")]
    assert posted(hand)[1:] == [*theirs, *again]


def test_what_may_not_be_looked_at_is_not_written_over(hand: Any, fed: str) -> None:
    theirs = post_as_a_person(hand)
    hand.sandbox.faults.add(Fault("status", path="/gateway/", status=403, shape="jira"))
    finish(hand, fed)
    assert (posted(hand)[1:], hand.field(fed)) == ([theirs], 80)
    hand.clock.pass_by(minutes=11)
    hand.work_off()
    assert posted(hand)[1:] == [theirs]
    assert len(held_writes.list_held(hand.connector, TESTER, "main")) == 1


def test_what_a_person_posted_after_a_first_update_whose_answer_never_came_stands(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, done=7)
    hand.activate(BARE)
    hand.sync()
    hand.activate(GOALS)

    class Killed(BaseException):
        pass

    def dies(goals: Any, request: Any, keep: Any) -> None:
        told(goals, request, keep)
        if request.path == "update":
            raise Killed

    told = dispatch.tell
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "tell", dies)
        with pytest.raises(Killed):
            reconcile_now(hand, one)
    theirs = post_as_a_person(hand)
    for _ in range(3):
        reconcile_now(hand, one)
    assert posted(hand) == [said("on_track", 70, "70 % · on track"), theirs]
    hand.clock.pass_by(minutes=1)
    held_writes.release(hand.connector, TESTER, "main", [one])
    hand.clock.pass_by(minutes=1)
    hand.work_off()
    assert posted(hand)[2:] == [said("on_track", 70, "70 % · on track")]


def test_a_mapping_that_feeds_no_goals_any_more_asks_nothing_of_them(hand: Any, fed: str) -> None:
    hand.activate(BARE)
    hand.sandbox.site.calls.clear()
    hand.sync()
    finish(hand, fed)
    assert hand.field(fed) == 80
    assert not [name for name in hand.sandbox.site.calls.by_endpoint if "gateway" in name]
    hand.activate(GOALS)
    finish(hand, fed)
    assert posted(hand) == [said("on_track", 70, "70 % · on track")]
    hand.clock.pass_by(hours=24)
    hand.work_off()
    assert posted(hand)[1:] == [said("on_track", 90, "90 % · on track")]


def test_a_trial_that_cannot_be_taken_back_now_says_where_it_stands(hand: Any, fed: str) -> None:
    hand.sandbox.faults.add(Fault("status", path="/gateway/", status=503, skip=3))
    tried = goals.try_out(hand.connector, TESTER, "main", "NORTH-1")
    assert (tried.held, tried.taken_back, len(posted(hand))) == (("at_risk", 42), False, 2)
    [finding] = tried.findings
    assert finding.remedy == "Look at NORTH-1 in the browser, and delete the trial there."


def test_two_objectives_on_one_goal_do_not_take_turns_there(hand: Any, fed: str) -> None:
    second = epic(hand, done=2)
    hand.clock.pass_by(hours=24)
    hand.sync()
    first = said("on_track", 70, "70 % · on track")
    assert posted(hand) == [first], "the first goes on, the other waits"
    assert metrics(hand).keys() == {f"{fed}/delivery"}
    held = held_writes.list_held(hand.connector, TESTER, "main")
    keys = [hand.sandbox.sandbox.records[one].key for one in (fed, second)]
    why = f"{keys[0]} and {keys[1]} both feed NORTH-1. {keys[0]} goes on; name another for {keys[1]} or none, or take it from {keys[0]} and release this."
    assert {(one.objective_id, one.field_id, one.why) for one in held} == {
        (second, "goal:metrics", why),
        (second, "goal:okr", why),
    }

    finish(hand, fed)
    finish(hand, second)
    hand.clock.pass_by(hours=24)
    hand.work_off()
    assert posted(hand) == [first, said("on_track", 80, "80 % · on track")]
    assert metrics(hand) == {f"{fed}/delivery": ("delivery", 0.0, 80.0, 100.0)}

    hand.sandbox.sandbox.goals.add("Be quick", CONNECTOR)
    hand.connector.catalogue("main", fresh=True)
    feed(hand, second, "NORTH-2")
    assert posted(hand, "NORTH-2") == [said("off_track", 30, "30 % · at risk")]
    assert metrics(hand, "NORTH-2").keys() == {f"{second}/delivery"}
    assert held_writes.list_held(hand.connector, TESTER, "main") == ()


def test_a_goal_that_the_first_objective_left_is_fed_by_the_other_once_it_is_released(
    hand: Any, fed: str
) -> None:
    second = epic(hand, done=2)
    hand.clock.pass_by(hours=24)
    hand.sync()
    hand.sandbox.sandbox.goals.add("Be quick", CONNECTOR)
    hand.connector.catalogue("main", fresh=True)
    feed(hand, fed, "NORTH-2")
    hand.clock.pass_by(minutes=1)
    held_writes.release(hand.connector, TESTER, "main", [second])
    hand.clock.pass_by(minutes=1)
    hand.work_off()
    assert posted(hand)[1:] == [said("off_track", 20, "20 % · at risk")]
    assert metrics(hand)[f"{second}/delivery"] == ("delivery", 0.0, 20.0, 100.0)


def test_a_metric_that_goes_while_its_objective_was_out_of_the_mirror_is_taken_away(
    hand: Any, measured: tuple[str, str]
) -> None:
    """What stands there is known by what we wrote, also of an issue that left the mirror and came back: else nobody would take it away."""
    one, result = measured
    hand.clock.pass_by(hours=1)
    with hand.connector.store.write() as conn:
        mirror.delete(conn, "main", [one])
    hand.edit(result, customfield_10053=None)
    hand.edit(one, summary="Shown again")
    hand.land(result, one)
    reconcile_now(hand, one)
    assert metrics(hand).keys() == {f"{one}/delivery"}


def test_a_metric_that_goes_while_another_mapping_rules_is_taken_away_when_this_one_rules_again(
    hand: Any, measured: tuple[str, str]
) -> None:
    """The other one feeds no goals, and what was read under it said nothing of what stands there."""
    one, result = measured
    hand.activate(BARE)
    hand.clock.pass_by(hours=1)
    hand.edit(result, customfield_10053=None)
    hand.edit(one, summary="Edited meanwhile")
    hand.land(result, one)
    hand.work_off()
    assert metrics(hand).keys() == {f"{one}/delivery", result}

    hand.activate(MEASURED)
    hand.work_off()
    assert metrics(hand).keys() == {f"{one}/delivery"}


def test_who_is_no_objective_any_more_keeps_no_other_from_its_goal(hand: Any, fed: str) -> None:
    """Though what it posted stands there, and its leaving was not worked off yet."""
    hand.edit(fed, labels=[])
    hand.land(fed)
    second = epic(hand, done=2)
    hand.land(second, *(one.id for one in hand.sandbox.sandbox.records.values() if one.parent_id == second))
    hand.clock.pass_by(hours=24)
    reconcile_now(hand, second)
    held = held_writes.list_held(hand.connector, TESTER, "main")
    assert [one.why for one in held if "both feed" in one.why] == []
    assert posted(hand)[1:] == [said("off_track", 20, "20 % · at risk")]


def test_metrics_of_which_nothing_is_known_any_more_go(hand: Any) -> None:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, of=0)
    result = key_result(hand, one, 3)
    hand.activate("".join(line for line in MEASURED.splitlines(keepends=True) if "id: delivery" not in line))
    hand.sync()
    assert metrics(hand) == {result: ("A Key Result", 0.0, 3.0, 10.0)}
    hand.clock.pass_by(hours=1)
    hand.edit(result, customfield_10053=None)
    hand.land(result)
    reconcile_now(hand, one)
    assert metrics(hand) == {}
    hand.sandbox.site.calls.clear()
    reconcile_now(hand, one)
    assert not [name for name in hand.sandbox.site.calls.by_endpoint if "gateway" in name]


def test_a_closed_cycle_had_its_last_write_though_its_goal_waits_for_a_person(hand: Any, fed: str) -> None:
    theirs = post_as_a_person(hand)
    finish(hand, fed, 3)
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    hand.sync()
    close_cycle(hand.connector, TESTER, "main", "autumn")
    hand.work_off()
    assert (hand.field(fed), posted(hand)[1:]) == (100, [theirs])
    hand.edit(fed, customfield_10060=7)
    hand.land(fed)
    reconcile_now(hand, fed)
    assert hand.field(fed) == 7, "what anybody does to a field of a closed cycle stands"

    hand.clock.pass_by(hours=24)
    held_writes.release(hand.connector, TESTER, "main", [fed])
    hand.clock.pass_by(minutes=1)
    hand.work_off()
    assert (hand.field(fed), posted(hand)[2:]) == (7, [said("done", 0, "100 % · achieved")])


def test_many_metrics_at_a_slow_gateway_keep_their_claim(hand: Any, measured: tuple[str, str]) -> None:
    one, _ = measured
    added = {
        f"more-{number}": {
            "name": f"More {number}",
            "type": "NUMERIC",
            "start": 0.0,
            "target": 9.0,
            "value": 1.0,
        }
        for number in range(3)
    }
    kept: list[int] = []
    goals_of(hand.context.jira).measure(
        goal_of(hand).ari, added, ["gone"], one, lambda: kept.append(len(metrics(hand)))
    )
    assert kept == [2, 3, 4], "asked before each call that writes"


def test_goals_that_stay_out_of_reach_are_a_concern_until_they_are_back(hand: Any, fed: str) -> None:
    def told() -> list[str]:
        stands = status(hand.connector, TESTER, "main")
        return [one.sentence for one in concerns(stands) if one.kind == "failing"]

    hand.sandbox.faults.add(Fault("status", path="/gateway/", status=503, times=1000))
    hand.clock.pass_by(hours=24)
    finish(hand, fed)
    assert told() == [], "once is no concern"
    for _ in range(2):
        hand.clock.pass_by(minutes=11)
        hand.work_off()
    [sentence] = told()
    assert sentence.startswith("Looking at and posting to Atlassian Goals has failed 3 times in a row")
    assert hand.field(fed) == 80
    hand.sandbox.faults.clear()
    hand.clock.pass_by(minutes=11)
    hand.work_off()
    assert told() == []
    assert posted(hand)[1:] == [said("on_track", 80, "80 % · on track")]


LINKED = GOALS.replace("customfield_10062", scheme.GOALS)


def linked(hand: Any, issue_id: str) -> list[str]:
    """The goals that an issue shows that it is linked to."""
    record = hand.sandbox.sandbox.records[issue_id]
    return [one.name for one in record.customs.get(scheme.GOALS, ())]


def test_the_goal_that_an_issue_is_linked_to_is_fed_and_of_several_none(hand: Any) -> None:
    book = hand.sandbox.sandbox.goals
    first, second = (book.add(name, CONNECTOR) for name in ("Be there", "Stay there"))
    one = epic(hand, "", done=7)
    hand.edit(one, **{scheme.GOALS: [{"id": first.ari}]})
    hand.activate(LINKED)
    hand.sync()
    assert [len(posted(hand, key)) for key in ("NORTH-1", "NORTH-2")] == [1, 0]
    assert linked(hand, one) == ["NORTH-1"], "our own link of the work item is this one"

    hand.edit(one, **{scheme.GOALS: [{"id": first.ari}, {"id": second.ari}]})
    hand.land(one)
    finish(hand, one, hours=30)
    assert [len(posted(hand, key)) for key in ("NORTH-1", "NORTH-2")] == [1, 0], "nobody said which of them"
    [found] = goals.check(hand.connector, TESTER, "main").findings
    key = hand.sandbox.sandbox.records[one].key
    assert (
        found.message == f"{key} is linked to 2 goals (NORTH-1, NORTH-2), so that none of them is fed by it."
    )
    record = hand.sandbox.sandbox.records[one]
    by_key = (
        JiraValue(first.ari, "NORTH-1"),
        JiraValue("NORTH-2", "NORTH-2"),
        JiraValue("ari:gone", "GONE-1"),
    )
    hand.sandbox.sandbox.hold(replace(record, customs={**record.customs, scheme.GOALS: by_key}))
    hand.land(one)
    [found] = goals.check(hand.connector, TESTER, "main").findings
    assert "3 goals (NORTH-1, NORTH-2, one out of sight)" in found.message

    hand.edit(one, **{scheme.GOALS: [{"id": second.ari}]})
    hand.land(one)
    hand.work_off()
    assert [len(posted(hand, key)) for key in ("NORTH-1", "NORTH-2")] == [1, 1]
    assert goals.check(hand.connector, TESTER, "main").findings == ()


def test_a_goal_is_linked_to_the_issue_in_jiras_own_field_and_no_link_of_others_is_taken_away(
    hand: Any,
) -> None:
    book = hand.sandbox.sandbox.goals
    first, second = (book.add(name, CONNECTOR) for name in ("Be there", "Stay there"))
    one = epic(hand, "", done=7)
    key = hand.sandbox.sandbox.records[one].key
    hand.activate(LINKED)
    hand.sync()
    made = goals.link(hand.connector, TESTER, "main", key, "NORTH-2")
    assert (made.objective, made.goal, made.field) == (key, "NORTH-2", "Goals")
    hand.work_off()
    assert linked(hand, one) == ["NORTH-2"]
    assert len(posted(hand, "NORTH-2")) == 1
    assert [goal.key for goal in book.of_issue(one)] == ["NORTH-2"]

    with pytest.raises(Refusal, match=f"{key} is linked to NORTH-2 already"):
        goals.link(hand.connector, TESTER, "main", key, "NORTH-1")
    assert linked(hand, one) == ["NORTH-2"]
    assert (first.work_items, len(second.work_items)) == ({}, 1)


def test_links_that_cannot_be_read_are_not_written_over(hand: Any) -> None:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, "", done=7)
    hand.activate(LINKED)
    hand.sync()
    record = hand.sandbox.sandbox.records[one]
    strange = (JiraValue("", ""),)
    hand.sandbox.sandbox.hold(replace(record, customs={**record.customs, scheme.GOALS: strange}))
    with pytest.raises(Refusal, match="cannot be read"):
        goals.link(hand.connector, TESTER, "main", record.key, "NORTH-1")
    assert hand.sandbox.sandbox.records[one].customs[scheme.GOALS] == strange
    hand.sandbox.faults.add(Fault("status", path="/issue/bulkfetch", status=503, times=1000))
    with pytest.raises(JiraError):
        goals.link(hand.connector, TESTER, "main", record.key, "NORTH-1")
    assert hand.sandbox.sandbox.records[one].customs[scheme.GOALS] == strange


def test_a_goal_is_named_by_a_field_of_rich_text_too(hand: Any) -> None:
    hand.sandbox.sandbox.goals.add("Be there", CONNECTOR)
    one = epic(hand, "", done=7)
    hand.activate(GOALS.replace("customfield_10062", scheme.OKR_NOTES))
    hand.sync()
    goals.link(hand.connector, TESTER, "main", hand.sandbox.sandbox.records[one].key, "NORTH-1")
    hand.work_off()
    assert posted(hand, "NORTH-1") == [said("on_track", 70, "70 % · on track")]


def test_a_field_that_names_no_goal_is_refused_with_what_could(hand: Any) -> None:
    epic(hand)
    wrong = GOALS.replace("customfield_10062", scheme.OKR_HEALTH)
    with pytest.raises(MappingError) as refused:
        hand.activate(wrong)
    [said] = refused.value.diagnostics
    assert (said.code, said.valid) == ("field-type", ("string", "doc", "goals"))
    assert said.path == "write_back[1].goal"


def test_a_claim_is_kept_between_the_calls_that_write_the_metrics_of_a_goal(
    hand: Any, measured: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of our writes takes many calls there, each of them more than half a lease."""
    one, result = measured
    lease, taken = hand.context.lease, []
    measure = client.Goals.measure

    def slowly(self: Any, goal: str, wanted: Any, left: Any, issue: str, keep: Any) -> None:
        for _ in range(3):
            hand.clock.pass_by(seconds=0.6 * lease.total_seconds())
            keep()
            with hand.connector.store.write() as conn:
                taken.append(due.claim(conn, "thief", hand.clock(), lease, 1, objective_id=one))
        measure(self, goal, wanted, left, issue, keep)

    monkeypatch.setattr(client.Goals, "measure", slowly)
    hand.clock.pass_by(hours=1)
    hand.edit(result, customfield_10052=4)
    hand.land(result)
    with hand.connector.store.write() as conn:
        (claim,) = due.claim(conn, "worker", hand.clock(), lease, 1, objective_id=one)
    assert reconcile_claim(hand.context, claim) is not None
    assert taken == [[]] * 3
    assert metrics(hand)[result][2] == 4.0
