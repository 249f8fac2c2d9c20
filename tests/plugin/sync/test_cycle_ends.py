"""An objective of a cycle that has ended stands still: nothing decays, and nothing that happens afterwards moves it or its fields."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from connectors.sandbox import PEOPLE, administration
from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.state import person
from connectors.store.mirror import mirror
from mappings.explain.week import WeekMove
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.refresh import issue_steps
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.cycles.cycles import show_cycle
from plugin.use_cases.digests.digests import preview_digest
from plugin.use_cases.mappings.mapping_life import preview_text
from plugin.use_cases.objectives.objective_lines import every_line
from plugin.use_cases.work import losses
from tests.actors import TESTER
from tests.quarter import MAPPING, begun, noted, state, told

VIEWER = Actor("vera", Permission.VIEWER)


def test_nothing_decays_after_the_end(quarter):
    hand, epic, _, _ = quarter
    hand.clock.now = datetime(2027, 3, 1, 9, tzinfo=UTC)
    found = told(hand, epic, epic)
    assert (found.progress, found.expected, found.pace) == (Fraction(9, 20), 1, Fraction(9, 20))
    assert {one.kind: (one.health.level.value, one.health.rule) for one in found.key_results} == {
        "transition": ("at_risk", "pace-at-risk"),
        "delivery": ("at_risk", "pace-at-risk"),
    }


def test_what_happens_after_the_end_moves_neither_the_number_nor_the_field(quarter):
    hand, epic, metric, stories = quarter
    before, written = state(hand, epic), len(hand.writes())
    hand.status(stories[1], "Done")
    hand.edit(metric, customfield_10052=9)
    late = hand.issue("Story", epic)
    hand.edit(epic, labels=["2026-Q4"])  # no longer an objective by its label
    assert told(hand, epic, *stories, metric, late, epic) == before
    assert len(hand.writes()) == written
    assert hand.field(epic) == 45
    assert noted(hand, epic).facts.exact


def test_a_metric_that_is_edited_after_the_end_stays_a_number_at_every_later_look(hand: Any) -> None:
    """What it was at the end is known by its own history alone, and is read back from what was noted once the issue is gone."""
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    metric, story = hand.issue("Key Result", epic), hand.issue("Story", epic)
    hand.activate(MAPPING)
    hand.clock.now = datetime(2026, 12, 27, 12, tzinfo=UTC)
    hand.edit(metric, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    hand.edit(metric, customfield_10052=9)
    assert told(hand, epic, metric).progress == Fraction(1, 5)
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[metric], person(PEOPLE[0]))
    hand.sync()
    losses.accept(hand.connector, TESTER, "main", None)
    hand.work_off()
    assert told(hand, epic, story).progress == Fraction(1, 5)
    assert hand.field(epic) == 20


def test_what_is_archived_after_the_end_counts_in_the_number_of_then(quarter):
    """Tidying up makes no issue newer."""
    hand, epic, metric, stories = quarter
    before, written = state(hand, epic), len(hand.writes())
    jira = hand.sandbox.sandbox
    for id_ in (stories[0], metric, epic):
        administration.archive(jira, jira.records[id_])
        hand.clock.pass_by(minutes=5)
        hand.sync()
        assert told(hand, epic, id_) == before
    assert len(hand.writes()) == written


def test_what_is_archived_after_the_end_stands_under_a_later_mapping_too(hand: Any) -> None:
    _, epic, _, _ = begun(hand)
    hand.activate(MAPPING.replace("name: hand-made", "name: later"))
    hand.sync()
    before, jira = state(hand, epic), hand.sandbox.sandbox
    administration.archive(jira, jira.records[epic])
    hand.sync()
    assert told(hand, epic, epic) == before
    assert before.progress == Fraction(9, 20)


def test_what_hung_below_an_issue_that_is_deleted_after_the_end_counts_in_the_number_of_then(
    hand: Any,
) -> None:
    """Its orphans are no newer."""
    above = hand.issue("Initiative", labels=["okr", "2026-Q4"])
    epic = hand.issue("Epic", above)
    story, other = hand.issue("Story", epic, "Done"), hand.issue("Story", epic)
    hand.activate(MAPPING.replace("issuetype = Epic", "issuetype = Initiative"))
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert told(hand, above, above).progress == Fraction(1, 2)
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[epic], person(PEOPLE[0]))
    hand.sync()
    losses.accept(hand.connector, TESTER, "main", None)
    hand.work_off()
    assert told(hand, above, story, other).progress == Fraction(1, 2)


def test_a_linked_key_result_that_is_deleted_after_the_end_counts_whether_histories_are_kept_or_not(
    hand: Any,
) -> None:
    epic, metric = hand.issue("Epic", labels=["okr", "2026-Q4"]), hand.issue("Key Result")
    hand.contributes(metric, epic)
    hand.edit(metric, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.activate(
        MAPPING.replace("progress: {kind: transition", "relation: {link: is contributed to by}, progress: {kind: transition")
    )  # fmt: skip
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert told(hand, epic, epic).progress == Fraction(2, 5)
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[metric], person(PEOPLE[0]))
    hand.sync()
    losses.accept(hand.connector, TESTER, "main", None)
    hand.clock.pass_by(hours=5)
    with hand.connector.store.read() as conn:
        updated = mirror.get(conn, "main", [epic])[epic].updated
    issue_steps.read(hand.context, {epic: updated})
    assert told(hand, epic, epic).progress == Fraction(2, 5)
    assert noted(hand, epic).facts.exact


def test_a_key_result_that_moved_elsewhere_after_the_end_shows_what_it_stood_at(hand: Any) -> None:
    """It is no longer below its objective, of which it was a key result at the end all the same."""
    both = MAPPING + "  - {target: key_result, set: {okr_progress: {value: progress_percent}}}\n"
    _, epic, metric, _ = begun(hand, both)
    assert hand.field(metric) == 40
    hand.edit(metric, parent={"key": hand.sandbox.sandbox.records[hand.issue("Epic")].key})
    hand.edit(metric, customfield_10060=1)
    told(hand, epic, metric)
    assert hand.field(metric) == 40


def test_a_key_result_that_goes_on_below_another_objective_shows_how_it_stands_there(hand: Any) -> None:
    both = MAPPING + "  - {target: key_result, set: {okr_progress: {value: progress_percent}}}\n"
    _, epic, metric, _ = begun(hand, both)
    following = hand.issue("Epic", labels=["okr", "2027-Q1"])
    hand.edit(metric, parent={"key": hand.sandbox.sandbox.records[following].key})
    hand.edit(metric, customfield_10052=9)
    told(hand, following, metric, following)
    told(hand, epic, metric)
    assert hand.field(metric) == 90
    assert state(hand, epic).progress == Fraction(9, 20)


def test_a_preview_measures_what_is_above_an_ended_objective_with_what_it_stood_at(hand: Any) -> None:
    """A later mapping aligns it: it stands as it ended, aligned to nothing, in the preview and after it."""
    above = hand.issue("Initiative", labels=["okr"])
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.contributes(epic, above)
    hand.issue("Story", epic, "Done")
    hand.activate(MAPPING)
    hand.sync()
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    aligned = MAPPING.replace(
        "objectives:\n",
        "objectives:\n  - {id: above, select: issuetype = Initiative}\n",
    ).replace(
        "    key_results:", "    aligned_to: {link: contributes to, contributes: true}\n    key_results:", 1
    )
    previewed = preview_text(hand.connector, TESTER, "main", aligned).preview
    hand.activate(aligned, large=True)
    hand.sync()
    (shown,) = [one for one in previewed.objectives if one.id == above]
    found = state(hand, above)
    assert found is not None
    assert shown.after is not None
    assert (shown.after.progress, found.progress) == (None, None), "nothing is aligned to it yet"


def test_a_fact_of_before_the_end_that_comes_late_enters(quarter):
    hand, epic, _, stories = quarter
    hand.clock.now = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)  # its webhook was held up
    hand.status(stories[1], "Done")
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert told(hand, epic, stories[1]).progress == Fraction(14, 20)
    hand.status(stories[0], "To Do")
    assert told(hand, epic, stories[0]).progress == Fraction(14, 20)


def test_an_objective_that_goes_on_in_the_next_cycle_runs_there_and_its_end_stays(quarter):
    hand, epic, _, stories = quarter
    ended = noted(hand, epic).state
    hand.edit(epic, labels=["okr", "2026-Q4", "2027-Q1"])
    hand.status(stories[1], "Done")
    found = told(hand, epic, epic, stories[1])
    assert (found.cycle_id, found.progress) == ("2027-Q1", Fraction(14, 20))
    assert hand.field(epic) == 70
    assert noted(hand, epic).state == ended


def test_what_it_stood_at_in_the_cycle_before_is_no_movement_of_this_one(quarter):
    """At 70 % of the quarter that is over it goes on in the next, where it begins anew: nothing of it went down."""
    hand, epic, _, stories = quarter
    weekly = 'tell:\n  - {id: weekly, every: week, on: mon, at: "09:00", to: ["slack:okr"]}\n'
    hand.activate(MAPPING + weekly)
    hand.work_off()
    before = state(hand, epic)
    hand.clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)
    hand.edit(epic, labels=["okr", "2026-Q4", "2027-Q1"])
    hand.status(stories[0], "To Do")
    found = told(hand, epic, epic, stories[0])
    assert (found.cycle_id, found.progress != before.progress) == ("2027-Q1", True)
    (one,) = every_line(hand.connector, VIEWER, "main")
    assert one.week == WeekMove(
        None, ("It ran in 2026-Q4 a week ago: what it stood at there is not compared.",)
    )
    (prepared,) = preview_digest(hand.connector, TESTER, "main", "weekly")
    assert prepared.message.lead.endswith(
        "1 of them runs in another cycle than before, and what was before is not compared."
    )
    assert {one.title for one in prepared.message.sections} & {"Moved", "Health changed"} == set()
    hand.clock.now = datetime(2027, 1, 12, 9, tzinfo=UTC)  # by then the week lies in the cycle
    hand.status(stories[0], "Done")
    told(hand, epic, stories[0])
    (one,) = every_line(hand.connector, VIEWER, "main")
    assert one.week is not None
    assert one.week.total == Fraction(1, 4)
    (prepared,) = preview_digest(hand.connector, TESTER, "main", "weekly")
    assert "another cycle" not in prepared.message.lead
    assert "Moved" in {one.title for one in prepared.message.sections}


def test_a_later_revision_of_the_mapping_moves_no_ended_number_and_previews_so(quarter):
    hand, epic, _, _ = quarter
    before, written = state(hand, epic), len(hand.writes())
    other = MAPPING.replace("rollup: {headline: all}", "rollup: {headline: outcome_first}")
    previewed = preview_text(hand.connector, TESTER, "main", other).preview
    assert not [one for one in previewed.objectives if one.id == epic and one.before != one.after]
    hand.activate(other)
    hand.sync()
    assert state(hand, epic) == before
    assert len(hand.writes()) == written


def test_a_first_look_that_comes_late_says_what_is_not_certain(hand: Any) -> None:
    epic = hand.issue("Epic", labels=["okr", "2026-Q3"])
    story = hand.issue("Story", epic, "Done")
    hand.activate(MAPPING)
    hand.sync()  # it is November: everything was made after the end of the third quarter
    found = noted(hand, epic)
    assert found is not None
    assert state(hand, epic).cycle_id == "2026-Q3"
    assert found.facts.issues == () or {doubt.value for doubt, _ in found.facts.doubts} <= {"as-first-seen"}
    assert story not in {one.id for one in found.facts.issues}  # it did not exist then


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_later_events_change_nothing(quarter, seed):
    hand, epic, metric, stories = quarter
    before, written, chance = state(hand, epic), len(hand.writes()), random.Random(seed)
    issues = [*stories, metric, epic]
    for _ in range(100):
        hand.clock.pass_by(hours=chance.randint(1, 60))
        issue = chance.choice(issues)
        deed = chance.randrange(4)
        if deed == 0 and issue != metric:
            hand.status(issue, chance.choice(["To Do", "In Progress", "Done"]))
        elif deed == 1:
            hand.edit(metric, **{f"customfield_1005{chance.randint(1, 3)}": chance.randint(-9, 99)})
        elif deed == 2:
            issues.append(hand.issue("Story", epic, chance.choice(["To Do", "Done"])))
        else:
            hand.edit(chance.choice(stories), parent={"id": epic}, labels=[f"x{chance.randint(0, 9)}"])
    assert told(hand, epic, *issues) == before
    assert len(hand.writes()) == written


def test_a_cycle_that_is_measured_by_its_closing_goes_on_until_then_judged_at_its_end(hand: Any) -> None:
    """What is finished in January counts for the quarter, until it is closed; a look at an earlier day sees that day."""
    given = begun(
        hand, MAPPING.replace("cycles: {every: quarter}", "cycles: {every: quarter, measured: close}")
    )
    _, epic, _, stories = given
    assert state(hand, epic).progress == Fraction(9, 20)
    hand.status(stories[1], "Done")
    assert told(hand, epic, stories[1]).progress == Fraction(14, 20)
    assert (state(hand, epic).cycle_id, state(hand, epic).expected, hand.field(epic)) == ("2026-Q4", 1, 70)
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    hand.work_off()
    hand.status(stories[0], "To Do")
    assert told(hand, epic, stories[0]).progress == Fraction(14, 20)


def test_a_quarter_of_what_runs_in_whichever_runs_ends_and_closes_as_it_stood(hand):
    """`cycle: current`: the objective runs in the next quarter at once, and how it ended the last one is noted all the same."""
    epic = hand.issue("Epic", labels=["okr"])
    stories = [hand.issue("Story", epic, "Done"), hand.issue("Story", epic)]
    hand.activate(MAPPING.replace('cycle: {label: ""}', "cycle: current"))
    hand.clock.now = datetime(2026, 12, 27, 12, tzinfo=UTC)
    hand.sync()
    hand.clock.now = datetime(2026, 12, 31, 23, 0, 30, tzinfo=UTC)
    told(hand, epic, epic)
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    hand.status(stories[1], "Done")
    told(hand, epic, stories[1])
    assert (state(hand, epic).cycle_id, state(hand, epic).progress) == ("2027-Q1", 1)
    assert (noted(hand, epic).facts.cycle_id, noted(hand, epic).state.progress) == ("2026-Q4", Fraction(1, 2))
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="x")
    hand.work_off()
    (closed,) = show_cycle(hand.connector, TESTER, "main", "2026-Q4").objectives
    assert (closed.state.id, closed.score.value) == (epic, Fraction(1, 2))
    assert (state(hand, epic).cycle_id, hand.field(epic)) == ("2027-Q1", 100)
