"""An objective of a closed cycle goes on as a new issue: what is copied, what stays, and that it is made once, whatever dies in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage, RateLimitError
from connectors.jira.read import bulk
from connectors.jira.write import create
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.store.cycles import carries
from connectors.store.people import audit
from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.reconcile.reconcile import reconcile
from plugin.use_cases.cycles.carry import carry_forward, preview_carry, preview_values
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.cycles.cycles import show_cycle
from tests.quarter import MAPPING, begun, state, told

START = "customfield_10051"
VIEWER = Actor("vera", Permission.VIEWER)
EDITOR = Actor("edith", Permission.EDITOR)
COPY = CarryChoice(as_copy=True)


@pytest.fixture
def closed(quarter: tuple[Any, str, str, list[str]]) -> tuple[Any, str, str, list[str]]:
    hand = quarter[0]
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long")
    hand.work_off()
    return quarter


def carry(hand: Any, *chosen: str, choice: CarryChoice = COPY) -> Any:
    done = carry_forward(hand.connector, EDITOR, "main", "2026-Q4", chosen, choice=choice)
    hand.work_off()
    return done


def record(hand: Any, issue_id: str) -> Any:
    return hand.sandbox.sandbox.records[issue_id]


def kept(hand: Any) -> Any:
    with hand.connector.store.read() as conn:
        (one,) = carries.of_cycle(conn, "main", "2026-Q4").values()
    return one


def made(hand: Any) -> list[Any]:
    """The issues that carry the label of a copy, in the order of their making."""
    found = [
        one
        for one in hand.sandbox.sandbox.records.values()
        if any(label.startswith("okr-continues-") for label in one.labels)
    ]
    return sorted(found, key=lambda one: int(one.id))


def links(hand: Any, issue_id: str) -> list[tuple[str, str, str]]:
    return [(one.type.name, one.source, one.destination) for one in hand.sandbox.sandbox.links_on(issue_id)]


def test_the_preview_says_what_would_be_made_and_nothing_is_done_by_looking(closed):
    hand, epic, metric, stories = closed
    before = len(hand.sandbox.sandbox.records)
    (one,) = preview_values(preview_carry(hand.connector, VIEWER, "main", "2026-Q4", choice=COPY))[
        "objectives"
    ]
    assert (one["writes"], one["meant"], one["problem"], one["copied_as"]) == ([], True, "", "")
    objective, key_result = one["copies"]
    assert (objective["of"], objective["type"]) == (record(hand, epic).key, "Epic")
    assert (objective["sets"][0]["name"], objective["sets"][0]["value"]) == (
        "Labels",
        f"okr, okr-continues-main/{epic}-2027-Q1, 2027-Q1",
    )
    assert key_result["of"] == record(hand, metric).key
    assert {each["field"]: each["value"] for each in key_result["sets"]}[START] == "4"
    assert [each["issue"] for each in one["moves"]] == [record(hand, stories[1]).key]
    hand.work_off()
    assert len(hand.sandbox.sandbox.records) == before


def test_a_new_issue_goes_on_where_the_old_one_stood_and_the_old_one_stays_as_it_is(closed):
    hand, epic, metric, stories = closed
    labels, summary = record(hand, epic).labels, record(hand, epic).summary
    assert carry(hand).carried == (record(hand, epic).key,)
    objective, key_result = made(hand)
    assert (
        objective.summary,
        objective.type.name,
        set(objective.labels) & {"okr", "2026-Q4", "2027-Q1"},
    ) == (
        summary,
        "Epic",
        {"okr", "2027-Q1"},
    )
    assert (record(hand, epic).labels, hand.field(metric, START)) == (labels, 0)
    assert [hand.field(key_result.id, f"customfield_1005{number}") for number in (1, 2, 3)] == [4, 4, 10]
    assert links(hand, objective.id) == [("Relates", objective.id, epic)]
    now = state(hand, objective.id)
    assert (now.cycle_id, now.progress) == ("2027-Q1", Fraction(0))
    assert {one.rule_id: one.issue_id for one in now.key_results} == {
        "metric": key_result.id,
        "delivery": None,
    }
    assert [record(hand, one).parent_id for one in stories] == [epic, objective.id]
    (frozen,) = show_cycle(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert (frozen.state.id, frozen.state.progress) == (epic, Fraction(9, 20))
    with hand.connector.store.read() as conn:
        entry = next(one for one in audit.recent(conn, 10) if one.what == "carried forward")
        assert carries.times(conn, "main", [objective.id, epic]) == {objective.id: 1, epic: 1}
    assert (entry.who, entry.detail["as"]) == ("edith", "copy")
    (one,) = preview_carry(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert (one.state.value, one.copy_key) == ("done", objective.key)


def test_a_copy_of_an_objective_hangs_where_the_objective_hangs(closed):
    hand, epic, *_ = closed
    above = hand.issue("Initiative")
    hand.edit(epic, parent={"id": above})
    hand.land(epic, above)
    carry(hand)
    objective, key_result = made(hand)
    assert (objective.parent_id, key_result.parent_id) == (above, objective.id)


def test_all_rows_move_where_those_that_were_done_shall_count_again(closed):
    hand, _epic, _, stories = closed
    carry(hand, choice=CarryChoice(as_copy=True, all_rows=True))
    objective, _ = made(hand)
    assert [record(hand, one).parent_id for one in stories] == [objective.id, objective.id]
    delivery = next(one for one in state(hand, objective.id).key_results if one.rule_id == "delivery")
    assert delivery.measurement.progress == Fraction(1, 2)


def test_work_that_was_done_moves_with_what_is_above_it_counts_in_the_old_cycle_and_lowers_a_fixed_number(
    hand,
):
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    story = hand.issue("Story", epic)
    parts = [hand.issue("Sub-task", story, "Done"), hand.issue("Sub-task", story)]
    rule = "{kind: delivery, count_to: 5}"
    hand.activate(
        MAPPING.replace("issuetype = Story", "issuetype = Sub-task").replace("{kind: delivery}", rule)
    )
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    carry(hand)
    (objective,) = made(hand)
    assert record(hand, story).parent_id == objective.id
    (one,) = state(hand, objective.id).key_results
    rows = {row.id: (row.disposition.value, row.reason) for row in one.measurement.ledger.rows}
    assert rows[parts[0]] == ("counted_elsewhere", "counted in 2026-Q4")
    assert (rows[parts[1]][0], one.measurement.ledger.aim) == ("counted", 4)


def test_twice_is_once(closed):
    hand, epic, *_ = closed
    carry(hand)
    assert carry(hand).before == (record(hand, epic).key,)
    assert len(made(hand)) == 2


@pytest.mark.parametrize("answered", range(2))
def test_a_copy_whose_answer_never_came_is_found_and_not_made_again(closed, answered, monkeypatch):
    """Jira makes the first (or the second) issue, and the answer is lost; nothing is asked for again, the label finds it."""
    hand, epic, *_ = closed
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4", choice=COPY)
    real, calls = create.create, []

    def lost(*given: Any) -> Any:
        calls.append(real(*given))
        if len(calls) == answered + 1:
            raise JiraOutage("the line broke")
        return calls[-1]

    hand.sandbox.sandbox.search_lag = timedelta(seconds=30)
    monkeypatch.setattr(create, "create", lost)
    with pytest.raises(JiraOutage):
        reconcile(hand.context, epic)
    assert len(made(hand)) == answered + 1
    reconcile(hand.context, epic)
    hand.clock.now += timedelta(seconds=90)
    hand.work_off()
    assert len(made(hand)) == 2
    assert kept(hand).state.value == "done"
    assert state(hand, made(hand)[0].id).cycle_id == "2027-Q1"


def test_what_was_never_made_waits_for_a_person_who_may_ask_again(closed, monkeypatch):
    hand, epic, *_ = closed
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4", choice=COPY)

    def never(*_given: Any) -> Any:
        raise JiraOutage("the line broke")

    monkeypatch.setattr(create, "create", never)
    with pytest.raises(JiraOutage):
        reconcile(hand.context, epic)
    monkeypatch.undo()
    hand.clock.now += timedelta(minutes=30)
    reconcile(hand.context, epic)
    assert (kept(hand).state.value, made(hand)) == ("open", [])
    hand.clock.now += timedelta(minutes=31)
    reconcile(hand.context, epic)
    assert kept(hand).state.value == "refused"
    assert f"Look there for the label okr-continues-main/{epic}-2027-Q1" in kept(hand).note
    carry(hand, record(hand, epic).key)
    assert (kept(hand).state.value, len(made(hand))) == ("done", 2)


def test_what_only_has_to_be_read_may_fail_without_anybody_being_asked(closed, monkeypatch):
    """The description cannot be read: nothing was asked to be made, so nothing is looked for."""
    hand, epic, *_ = closed
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4", choice=COPY)

    def unread(*_given: Any) -> Any:
        raise JiraOutage("the line broke")

    with monkeypatch.context() as patched:
        patched.setattr(bulk.BulkReader, "read", unread)
        with pytest.raises(JiraOutage):
            reconcile(hand.context, epic)
    assert (kept(hand).made, made(hand)) == ((), [])
    hand.work_off()
    assert (kept(hand).state.value, len(made(hand))) == ("done", 2)


@pytest.mark.parametrize("answered", [0, 1])
def test_what_jira_declined_to_make_is_not_looked_for(closed, answered, monkeypatch):
    """A limit is said before anything is made: it is asked for again as soon as that is over, and what stands is known."""
    hand, epic, *_ = closed
    carry_forward(hand.connector, EDITOR, "main", "2026-Q4", choice=COPY)
    real, calls = create.create, []

    def declined(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == answered + 1:
            raise RateLimitError("burst")
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(create, "create", declined)
        with pytest.raises(RateLimitError):
            reconcile(hand.context, epic)
    assert [one.id for one in kept(hand).made] == [one.id for one in made(hand)]
    assert len(made(hand)) == answered
    reconcile(hand.context, epic)
    assert (kept(hand).state.value, len(made(hand))) == ("done", 2)


def test_what_jira_refuses_is_told_and_what_stands_is_taken_on(closed):
    """The objective is made, its key result is not: its type takes no new ones."""
    hand, epic, metric, _ = closed
    plat = hand.sandbox.sandbox.projects["PLAT"]
    hand.sandbox.sandbox.projects["PLAT"] = replace(plat, off_screen={"Key Result": frozenset({"labels"})})
    carry(hand)
    key = record(hand, metric).key
    assert (kept(hand).state.value, len(made(hand))) == ("refused", 1)
    assert "the field Labels is not on the create screen of Key Result in PLAT" in kept(hand).note
    assert kept(hand).note.startswith(f"{key} was not copied: ")
    assert "2027-Q1" not in made(hand)[0].labels
    hand.sandbox.sandbox.projects["PLAT"] = plat
    carry(hand, record(hand, epic).key)
    assert (kept(hand).state.value, len(made(hand))) == ("done", 2)


def test_fields_that_the_create_screen_lacks_are_set_after(closed, monkeypatch):
    hand, _, metric, _ = closed
    hand.edit(metric, assignee={"accountId": person(scheme.PEOPLE[0]).id})
    hand.land(metric)
    hand.work_off()
    real = create.create_fields
    monkeypatch.setattr(
        create,
        "create_fields",
        lambda *given: {id_: one for id_, one in real(*given).items() if id_ != "assignee"},
    )
    carry(hand)
    assert kept(hand).state.value == "done"
    assert made(hand)[1].assignee == record(hand, metric).assignee != None  # noqa: E711


def test_a_priority_that_no_screen_shows_is_left_to_jira(closed):
    """Jira gives every issue one, and lets nobody say it where the project shows none."""
    hand, _, metric, _ = closed
    assert record(hand, metric).priority is not None
    plat = hand.sandbox.sandbox.projects["PLAT"]
    hand.sandbox.sandbox.projects["PLAT"] = replace(plat, off_screen={"*": frozenset({"priority"})})
    carry(hand)
    assert (kept(hand).state.value, kept(hand).note, len(made(hand))) == ("done", "", 2)


@pytest.mark.parametrize("hand", ["datacenter"], indirect=True)
def test_a_copy_hangs_below_its_objective_where_the_create_screen_has_no_epic_link(hand, monkeypatch):
    begun(hand)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    hand.work_off()
    real = create.create_fields
    linked = {scheme.EPIC_LINK, scheme.PARENT_LINK}
    monkeypatch.setattr(
        create,
        "create_fields",
        lambda *given: {id_: one for id_, one in real(*given).items() if id_ not in linked},
    )
    carry(hand)
    objective, key_result = made(hand)
    assert (kept(hand).state.value, key_result.parent_id) == ("done", objective.id)
    assert [one.issue_id for one in state(hand, objective.id).key_results if one.rule_id == "metric"] == [
        key_result.id
    ]


def test_alignment_and_key_results_that_are_linked_are_linked_again(hand):
    """By the phrases of the mapping, each in its direction."""
    above = hand.issue("Epic", labels=["okr"])
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    metric = hand.issue("Key Result")
    hand.edit(metric, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    contributes, measures = scheme.LINK_TYPES[2], scheme.LINK_TYPES[3]
    actor = person(scheme.PEOPLE[0])
    hand.sandbox.sandbox.link(contributes, epic, above, actor)
    hand.sandbox.sandbox.link(measures, metric, epic, actor)
    linked = "select: 'issuetype = \"Key Result\"', relation: {link: is measured by},"
    text = MAPPING.replace("select: 'issuetype = \"Key Result\"',", linked)
    hand.activate(text.replace('cycle: {label: ""}', 'cycle: {label: ""}\n    aligned_to: contributes to'))
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="x")
    carry(hand)
    objective, key_result = made(hand)
    assert set(links(hand, objective.id)) == {
        ("Contributes", objective.id, above),
        ("Measures", key_result.id, objective.id),
        ("Relates", objective.id, epic),
    }
    now = state(hand, objective.id)
    assert [one.issue_id for one in now.key_results if one.rule_id == "metric"] == [key_result.id]
