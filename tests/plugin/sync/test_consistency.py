"""One change, one write: parents are computed with their children, whoever is served first, and never from what those left behind."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from connectors.sandbox import administration
from connectors.sandbox.site_state import scheme
from connectors.store.numbers import objectives
from connectors.store.work import due
from mappings import presets
from mappings.facts.gap import Gap
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh import gaps
from plugin.use_cases.mappings.mapping_life import preview_text
from tests.actors import TESTER

MAPPING = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
objectives:
  - id: epics
    select: issuetype = Epic
    aligned_to: {link: contributes to, contributes: true}
    key_results:
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
write_back:
  - target: objective
    set: {okr_progress: {value: progress_percent}}
"""

WITH_TASKS = MAPPING.replace("issuetype = Story", '"issuetype in (Story, Task)"')


def chain(hand: Any, length: int) -> list[str]:
    """Epics of which each contributes to the one before it, so that the topmost is served first; the last one has two stories."""
    epics = [hand.issue("Epic") for _ in range(length)]
    for upper, lower in itertools.pairwise(epics):
        hand.contributes(lower, upper)
    return epics


def test_a_first_sync_of_a_chain_writes_each_once(hand: Any) -> None:
    epics = chain(hand, 5)
    hand.issue("Story", epics[-1], "Done")
    hand.issue("Story", epics[-1])
    hand.activate(MAPPING)
    hand.sync()
    assert sorted(hand.writes()) == [(epic, "50") for epic in epics]
    assert [hand.points(epic) for epic in epics] == [[50.0]] * 5


def test_one_change_at_the_bottom_is_one_write_each_up_the_chain(hand: Any) -> None:
    epics = chain(hand, 5)
    hand.issue("Story", epics[-1], "Done")
    story = hand.issue("Story", epics[-1])
    hand.activate(MAPPING)
    hand.sync()
    before = len(hand.writes())
    hand.clock.pass_by(hours=1)
    hand.status(story, "In Progress")
    hand.land(story)
    hand.work_off()
    assert sorted(hand.writes()[before:]) == [(epic, "75") for epic in epics]
    assert [hand.points(epic) for epic in epics] == [[50.0, 75.0]] * 5


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_whichever_is_served_first_a_parent_is_never_written_a_number_in_between(
    hand: Any, order: tuple[int, ...]
) -> None:
    parent, one, other = (hand.issue("Epic") for _ in range(3))
    for child in (one, other):
        hand.contributes(child, parent)
    stories = [hand.issue("Story", child) for child in (one, other)]
    for child in (one, other):
        hand.issue("Story", child, "Done")
    hand.activate(MAPPING)
    hand.sync()
    assert hand.field(parent) == 50
    before = len(hand.writes())
    for story, status in zip(stories, ("In Progress", "Done"), strict=True):
        hand.status(story, status)
    hand.land(*stories)
    served = (parent, one, other)
    for place in order:
        reconcile(hand.context, served[place])
    hand.work_off()
    assert sorted(hand.writes()[before:]) == [(parent, "88"), (one, "75"), (other, "100")]
    assert hand.points(parent) == [50.0, 87.5]


def test_parts_that_cancel_below_write_nothing_above(hand: Any) -> None:
    parent, one, other = (hand.issue("Epic") for _ in range(3))
    for child in (one, other):
        hand.contributes(child, parent)
    up, down = hand.issue("Story", one), hand.issue("Story", other, "Done")
    hand.activate(MAPPING)
    hand.sync()
    assert (hand.field(parent), hand.field(one), hand.field(other)) == (50, 0, 100)
    before = len(hand.writes())
    hand.status(up, "Done")
    hand.status(down, "To Do")
    hand.land(up, down)
    hand.work_off()
    assert sorted(hand.writes()[before:]) == [(one, "100"), (other, "0")]
    assert hand.points(parent) == [50.0]


def test_a_link_that_nobody_stored_yet_counts_at_once(hand: Any) -> None:
    parent, child = hand.issue("Epic"), hand.issue("Epic")
    hand.issue("Story", parent)
    hand.issue("Story", child, "Done")
    hand.activate(MAPPING)
    hand.sync()
    before = len(hand.writes())
    hand.contributes(child, parent)
    hand.land(child, parent)
    reconcile(hand.context, parent)
    hand.work_off()
    assert hand.writes()[before:] == [(parent, "50")]


def test_a_circle_is_unknown_and_everything_comes_to_rest(hand: Any) -> None:
    top, one, other = (hand.issue("Epic") for _ in range(3))
    for epic in (one, other):
        hand.issue("Story", epic, "Done")
    hand.issue("Story", top, "Done")
    hand.contributes(one, other)
    hand.contributes(one, top)
    hand.activate(MAPPING)
    hand.sync()
    assert (hand.field(top), hand.field(one), hand.field(other)) == (100, 100, 100)
    hand.contributes(other, one)
    hand.land(one, other)
    hand.work_off()
    assert (hand.field(top), hand.field(one), hand.field(other)) == (100, None, None)
    with hand.connector.store.read() as conn:
        assert due.pending_count(conn, "main") == 0


def test_another_revision_is_not_believed(hand: Any) -> None:
    parent, child = hand.issue("Epic"), hand.issue("Epic")
    hand.contributes(child, parent)
    hand.issue("Story", child, "In Progress")
    hand.activate(MAPPING)
    hand.sync()
    before = len(hand.writes())
    previewed = hand.activate(MAPPING + "statuses: {by_category: {indeterminate: 0.2}}\n")
    with hand.connector.store.write() as conn:  # no matter what is due
        for claim in due.claim(conn, "test", hand.clock(), hand.context.lease, 9):
            due.finish(conn, claim)
    reconcile(hand.context, parent)
    assert hand.writes()[before:] == [(parent, "20")]
    reconcile(hand.context, child)
    assert hand.writes()[before:] == [(parent, "20"), (child, "20")]
    assert previewed.preview.cost.writes == 2


def parent_and_child(hand: Any, kind: str = "Task") -> tuple[str, str, str, str]:
    """An epic with a story to which another contributes, with a row of this type; all stands at nothing."""
    parent, child = chain(hand, 2)
    above, below = hand.issue("Story", parent), hand.issue(kind, child)
    hand.activate(WITH_TASKS)
    hand.sync()
    assert (hand.field(parent), hand.field(child)) == (0, 0)
    return parent, child, above, below


def done(hand: Any, story: str) -> None:
    hand.status(story, "Done")
    hand.land(story)


def type_made_anew(hand: Any) -> None:
    """Tasks get another type of the same name; those that are not read again have the former one."""
    administration.remake_type(hand.sandbox.sandbox, scheme.TASK.id, scheme.TASK.name, "19001")
    hand.connector.catalogue("main", fresh=True)
    assert hand.context.absences


def nothing_is_due(hand: Any) -> None:
    with hand.connector.store.write() as conn:
        for claim in due.claim(conn, "test", hand.clock(), hand.context.lease, 9):
            due.finish(conn, claim)


@pytest.mark.parametrize("new", [False, True], ids=["a task that it had", "a task that came"])
def test_above_what_stands_still_for_what_is_gone_nothing_is_written(hand: Any, new: bool) -> None:
    """The parent took its own story from now and its child from before: a number that was right at no time."""
    parent, child, above, below = parent_and_child(hand, "Story" if new else "Task")
    if new:
        below = hand.issue("Task", child)
    done(hand, below)
    type_made_anew(hand)
    reconcile(hand.context, child)
    nothing_is_due(hand)
    before = len(hand.writes())
    done(hand, above)
    hand.work_off()
    assert hand.writes()[before:] == []

    hand.land(*hand.sandbox.sandbox.records)
    hand.work_off()
    share, above_it = ("50", "75") if new else ("100", "100")
    assert sorted(hand.writes()[before:]) == [(parent, above_it), (child, share)]


def test_what_stands_still_by_what_is_far_below_it_goes_on_with_it(hand: Any) -> None:
    """The lowest story is read anew and its number stays: nobody tells the topmost that anything moved."""
    top, middle, lowest = chain(hand, 3)
    above, _, below = hand.issue("Story", top), hand.issue("Story", middle), hand.issue("Task", lowest)
    hand.activate(WITH_TASKS)
    hand.sync()
    type_made_anew(hand)
    hand.work_off()
    done(hand, above)
    hand.work_off()
    assert hand.field(top) == 0

    hand.land(below)
    hand.work_off()
    assert hand.field(top) == 50


def test_above_what_stands_still_for_a_gap_nothing_is_written(hand: Any) -> None:
    """What cannot be read came to the child last: by what is stored of it, it has nothing to do with that."""
    parent, child, above, _ = parent_and_child(hand)
    story = hand.issue("Story", child)
    done(hand, story)
    with hand.connector.store.write() as conn:
        gaps.land(hand.context, conn, (), (), [Gap(story, "", "Jira forbids it.")])
    before = len(hand.writes())
    reconcile(hand.context, child)
    nothing_is_due(hand)
    done(hand, above)
    hand.work_off()
    assert hand.writes()[before:] == []

    hand.land(story)
    hand.work_off()
    assert sorted(hand.writes()[before:]) == [(parent, "75"), (child, "50")]


def test_an_objective_that_a_mapping_writes_stands_on_what_is_due_below(hand: Any) -> None:
    epics = [hand.issue("Epic") for _ in range(3)]
    for epic in epics:
        hand.issue("Story", epic, "Done")
    text = MAPPING.replace(
        "{link: contributes to, contributes: true}", "{objective: company, contributes: true}"
    )
    hand.activate(text.replace("write_back:", "  - {id: company, title: The company}\nwrite_back:"))
    from plugin.sync.resync.full_read import resync

    resync(hand.context)
    found = reconcile(hand.context, "@company").state
    assert found is not None
    assert found.progress == 1
    assert len(found.ledger.rows) == 3
    hand.work_off()
    with hand.connector.store.read() as conn:
        assert [one.state.progress for one in objectives.load_all(conn, "main")] == [1, 1, 1, 1]
    assert hand.points("@company") == [100.0]


def test_a_preset_on_two_levels_edits_as_often_as_its_preview_says(quiet: Any) -> None:
    text = presets.text("initiatives-and-epics")
    from plugin.use_cases.mappings.mapping_life import activate

    edits = quiet.sandbox.site.calls.by_endpoint
    previewed = preview_text(quiet.connector, TESTER, "main", text)
    before = {name: count for name, count in edits.items() if name.startswith("PUT")}
    activate(quiet.connector, TESTER, "main", text, large=True)
    from plugin.sync.drain import drain

    done = drain(lambda: quiet.context)
    after = {name: count for name, count in edits.items() if name.startswith("PUT")}
    assert done.written == previewed.preview.cost.writes
    assert sum(after.values()) - sum(before.values()) == previewed.preview.cost.calls
