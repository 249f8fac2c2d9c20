"""Sums written to plain parents that are no objective: from a moved card to the fields of its epic, and out of every list of objectives."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.numbers import objectives
from connectors.store.schema import history, listing
from plugin.cli.objectives.explain import show_plain_parent
from plugin.use_cases.mappings.mapping_life import preview_text
from plugin.use_cases.objectives.objectives import list_all, news, objective, objective_or_parent
from plugin.use_cases.work.plans import plan
from tests.actors import TESTER

DONE, TOTAL, PROGRESS = scheme.POINTS_DONE, scheme.POINTS_TOTAL, scheme.OKR_PROGRESS
FIELDS = f"""
version: 1
name: sums
scope: project = PLAT
fields:
  points: {{id: {scheme.POINTS}}}
  points_done: {{id: {DONE}}}
  points_total: {{id: {TOTAL}}}
  okr_progress: {{id: {PROGRESS}}}
"""
OF_EPICS = """
  - rows: issuetype = Story
    parents: issuetype = Epic AND priority = High
    weight: points
    set:
      points_done: {value: weight_done}
      points_total: {value: weight_total}
"""
SUMS = f"{FIELDS}write_back:{OF_EPICS}"
BOTH = f"""{FIELDS}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    key_results:
      - {{id: work, select: issuetype = Story, relation: child, progress: {{kind: delivery, weight: points}}}}
write_back:
  - {{target: objective, set: {{okr_progress: {{value: progress_percent}}, points_total: {{value: issues_total}}}}}}
{OF_EPICS}"""
HIGH, LOW = {"priority": {"name": "High"}}, {"priority": {"name": "Low"}}


def epic_of(hand: Any, *stories: tuple[float | None, str], **fields: Any) -> tuple[str, list[str]]:
    """An epic with stories of these points and statuses."""
    epic = hand.issue("Epic", **HIGH, **fields)
    return epic, [
        hand.issue("Story", epic, status, **({} if points is None else {scheme.POINTS: points}))
        for points, status in stories
    ]


def rules(hand: Any, text: str = SUMS) -> None:
    """This mapping is active, and everything is read and written by it."""
    hand.activate(text, large=True)
    hand.sync()
    hand.work_off()


def moved(hand: Any, *issues: str) -> None:
    hand.land(*issues)
    hand.work_off()


def sums(hand: Any, epic: str) -> tuple[Any, Any]:
    return hand.field(epic, DONE), hand.field(epic, TOTAL)


def close(hand: Any, issue: str, resolution: str) -> None:
    found = next(one for one in scheme.RESOLUTIONS if one.name == resolution)
    sandbox = hand.sandbox.sandbox
    to_status(sandbox, sandbox.records[issue], scheme.DONE, person(PEOPLE[0]), resolution=found)


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_a_mapping_without_objectives_writes_what_is_done_below_each_epic(
    hand: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    epic, (first, second, third) = epic_of(hand, (3, "Done"), (5, "In Progress"), (2, "To Do"))
    rules(hand)
    assert sums(hand, epic) == (3, 10)
    assert "Reconciling: 1 of 1 parent\n" in capsys.readouterr().err

    hand.status(second, "Done")
    moved(hand, second)
    assert sums(hand, epic) == (8, 10), "a card was dragged"

    hand.edit(first, **{scheme.POINTS: 13})
    moved(hand, first)
    assert sums(hand, epic) == (18, 20), "an estimate was mended"

    close(hand, third, "Won't Do")
    moved(hand, third)
    assert sums(hand, epic) == (18, 18), "what will not be done is in no sum"

    written = hand.writes(DONE)
    rules(hand)
    assert hand.writes(DONE) == written, "what is right is not written again"


def test_an_epic_that_is_no_plain_parent_any_more_is_cleared(hand: Any) -> None:
    epic, _ = epic_of(hand, (3, "Done"), (5, "To Do"))
    rules(hand)
    hand.edit(epic, **LOW)
    moved(hand, epic)
    assert sums(hand, epic) == (None, None)


def test_the_sums_follow_a_story_to_another_epic(hand: Any) -> None:
    (one, (story, _)), (other, _) = epic_of(hand, (3, "Done"), (5, "To Do")), epic_of(hand, (1, "Done"))
    rules(hand)
    hand.edit(story, parent={"id": other})
    moved(hand, story)
    assert (sums(hand, one), sums(hand, other)) == ((0, 5), (4, 4))


def test_an_epic_without_a_story_has_no_sum_rather_than_0(hand: Any) -> None:
    epic, _ = epic_of(hand)
    rules(hand)
    assert sums(hand, epic) == (None, None)


def test_an_issue_that_an_objective_rule_selects_is_no_plain_parent(hand: Any) -> None:
    marked, _ = epic_of(hand, (3, "Done"), (1, "To Do"), labels=["okr"])
    plain, _ = epic_of(hand, (5, "Done"))
    rules(hand, BOTH)
    assert (hand.field(marked, PROGRESS), *sums(hand, marked)) == (75, None, 2)
    assert (hand.field(plain, PROGRESS), *sums(hand, plain)) == (None, 5, 5)

    hand.edit(marked, labels=[])
    hand.edit(plain, labels=["okr"])
    moved(hand, marked, plain)
    assert (hand.field(marked, PROGRESS), *sums(hand, marked)) == (None, 3, 4)
    assert (hand.field(plain, PROGRESS), *sums(hand, plain)) == (100, None, 1)
    with hand.connector.store.read() as conn:
        assert list(conn.execute(select(listing.c.id)).scalars()) == [plain]
    told = news(hand.connector, TESTER, "main", 10, 0)
    assert {one.objective_id: saved and saved.state.id for one, saved in told} == {marked: None, plain: plain}


def test_a_plain_parent_is_planned_previewed_and_explained_but_is_no_objective_anywhere(
    hand: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    epic, (story, _) = epic_of(hand, (3, "Done"), (5, "To Do"))
    hand.activate(SUMS, large=True)
    hand.sync()
    hand.status(story, "To Do")
    hand.land(story)

    (planned,) = preview_text(hand.connector, TESTER, "main", SUMS).preview.plans
    assert [(one.field_id, one.after) for one in planned.changes] == [(DONE, 0)]
    (planned, *others) = plan(hand.connector, TESTER, "main", [epic])
    assert [one.after for one in planned.plan.changes] == [0]
    assert not others

    key = hand.sandbox.sandbox.records[epic].key
    hand.work_off()
    assert objective(hand.connector, TESTER, "main", key) is None
    assert list_all(hand.connector, TESTER, "main") == ()
    saved = objective_or_parent(hand.connector, TESTER, "main", key)
    assert saved is not None
    assert (saved.state.plain, saved.state.rule_id) == (True, "write_back[0]")
    show_plain_parent(saved.state)
    told = capsys.readouterr().out
    assert f"{key} A Epic: 0 of 2 issues done, weighing 0 of 8" in told
    assert "written by write_back[0] of the mapping" in told
    with hand.connector.store.read() as conn:
        assert objectives.ids(conn, "main") == [epic]
        assert objectives.headlines(conn, "main") == []
        assert [
            conn.execute(select(func.count()).select_from(one)).scalar_one() for one in (listing, history)
        ] == [0, 0]


def test_two_rules_of_sums_the_first_that_selects_an_epic_has_it(hand: Any) -> None:
    second = OF_EPICS.replace(" AND priority = High", "").replace("issuetype = Story", '""')
    epic, _ = epic_of(hand, (3, "Done"))
    hand.issue("Task", epic, **{scheme.POINTS: 7})
    other = hand.issue("Epic", **LOW)
    hand.issue("Task", other, **{scheme.POINTS: 7})
    rules(hand, SUMS + second)
    assert (sums(hand, epic), sums(hand, other)) == ((3, 3), (0, 7))
