"""What explains a row that a brake doubts: an explanation reaches back to what was believed last, however often the row was seen since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.mirror import mirror
from connectors.store.work import inbox
from connectors.store.writes import brakes, writes
from mappings.write_back.plan import Change, Plan
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.missing_issues import look_for_doubted
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.objectives.movement import movement_between
from tests.plugin.sync.conftest import revived
from tests.plugin.sync.test_proven_edits import (
    PROGRESS,
    SCOPE,
    found,
    held,
    only_labelled,
    parted,
    settled,
    unlabelled,
)

KIM = person(PEOPLE[0])
DEPLOYMENTS = ["cloud", "datacenter"]


def prepared(firm: Any) -> None:
    """Of two stories of each epic that carry a label one is done; those alone count, by their points."""
    settled(firm, only_labelled)


def in_scope_by_label(firm: Any) -> None:
    """The same, and stories without the label are not looked at."""
    settled(
        firm,
        lambda text: only_labelled(text).replace(SCOPE, f"{SCOPE} AND (issuetype = Epic OR labels = counts)"),
    )


SPRINT = {"id": 12, "name": "Sprint 12", "boardId": 1, "goal": "", "state": "active"}
RESOLVED = "labels = counts AND (resolved is EMPTY OR resolved < 2100-01-01)"


def in_a_sprint(firm: Any) -> None:
    """The stories count by their label, and those of sprints that run count, too."""
    for pair in parted(firm).values():
        for story in pair:
            put_in(firm, story.id, SPRINT)
    either = "(labels = counts OR Sprint in openSprints())"
    settled(firm, lambda text: only_labelled(text).replace("labels = counts", either))


def by_resolution_day(firm: Any) -> None:
    """Stories count that were not resolved in the far future."""
    settled(firm, lambda text: only_labelled(text).replace("labels = counts", RESOLVED))


def put_in(firm: Any, story: str, *sprints: Any) -> None:
    record = firm.sandbox.sandbox.records[story]
    unheard(firm, story, customs={**record.customs, scheme.SPRINT: [*sprints]})


def company(made: Callable[[Any], None]) -> Any:
    """A fixture: sixty issues, made ready so, on each deployment."""

    @pytest.fixture(params=DEPLOYMENTS)
    def ready(request: Any, tmp_path: Path, snapshots: Any) -> Iterator[Any]:
        with revived(snapshots(60, 10, request.param, made), tmp_path) as one:
            yield one

    return ready


firm, narrow, sprinting, dated = map(company, (prepared, in_scope_by_label, in_a_sprint, by_resolution_day))


def opened(firm: Any) -> dict[str, str]:
    """By epic the story that is open."""
    return {epic: pair[1].id for epic, pair in parted(firm).items()}


def unheard(firm: Any, story: str, *, comment: bool = False, **what: Any) -> None:
    """A story says something else, and its history does not tell of it; with a `comment` it is newer than it was."""
    sandbox = firm.sandbox.sandbox
    sandbox.hold(replace(sandbox.records[story], **what, cache={}))
    if comment:
        sandbox.touch(story)


def told(firm: Any, story: str, event: str = "jira:issue_updated") -> None:
    """A delivery comes, and is worked off."""
    with firm.connector.store.write() as conn:
        body = json.dumps({"webhookEvent": event, "issue": {"id": story}}).encode()
        inbox.store(conn, "main", f"{event} {story} {firm.clock()}", body, firm.clock(), "signature")
    firm.work_off()


def braked(firm: Any) -> dict[str, str]:
    """The open stories are done without a word, which is held."""
    stories = opened(firm)
    for story in stories.values():
        unheard(firm, story, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0])
    assert found(firm, resync).held is not None
    assert held(firm) == dict.fromkeys(stories, 100)
    firm.clock.pass_by(minutes=10)
    return stories


def points(value: float) -> dict[str, Any]:
    return {"customs": {scheme.POINTS: value}}


@pytest.mark.parametrize("read", [resync, resync_recent])
def test_a_second_change_without_a_word_explains_nothing_though_somebody_commented_in_between(
    firm: Any, read: Any
) -> None:
    stories = braked(firm)
    for story in stories.values():
        unheard(firm, story, comment=True, **points(9.0), status=scheme.IN_PROGRESS, resolution=None)
    found(firm, read)
    assert set(held(firm)) == set(stories)
    assert [firm.in_jira(epic) for epic in stories] == [50] * 6


def test_an_edit_of_something_else_explains_no_row(firm: Any) -> None:
    """Its history tells of the points, and not of the status, which moved first."""
    stories = braked(firm)
    epic, story = next(iter(stories.items()))
    firm.edit(firm.sandbox.sandbox.records[story], **{scheme.POINTS: 5.0})
    told(firm, story)
    assert epic in held(firm)
    assert firm.in_jira(epic) == 50
    record = firm.sandbox.sandbox.records[story]
    unheard(firm, story, status=scheme.TO_DO, resolution=None)
    to_status(firm.sandbox.sandbox, firm.sandbox.sandbox.records[story], record.status, KIM)
    told(firm, story)
    assert firm.in_jira(epic) == 100, "both are told by now"
    assert set(held(firm)) == set(stories) - {epic}


def test_a_row_that_says_again_what_was_believed_needs_no_history(firm: Any) -> None:
    stories = braked(firm)
    epic, story = next(iter(stories.items()))
    unheard(firm, story, comment=True, status=scheme.TO_DO, resolution=None)
    found(firm, resync_recent)
    assert set(held(firm)) == set(stories) - {epic}
    assert firm.in_jira(epic) == 50
    with firm.connector.store.read() as conn:
        standing = brakes.load_standing(conn, "main")
    assert standing is not None
    assert epic not in standing.objectives


def test_what_waits_doubts_every_further_row_that_moves_without_a_word(firm: Any) -> None:
    """It is little enough to be written by itself, and yet the whole number has to be explained."""
    stories = braked(firm)
    epic, story = next(iter(stories.items()))
    done = parted(firm)[epic][0].id
    unheard(firm, done, status=scheme.IN_PROGRESS, resolution=None)
    found(firm, resync)
    unheard(firm, story, status=scheme.TO_DO, resolution=None)
    to_status(firm.sandbox.sandbox, firm.sandbox.sandbox.records[story], scheme.DONE, KIM)
    found(firm, resync_recent)
    assert (firm.in_jira(epic), held(firm)[epic]) == (50, 75)
    unheard(firm, done, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0])
    to_status(firm.sandbox.sandbox, firm.sandbox.sandbox.records[done], scheme.IN_PROGRESS, KIM)
    found(firm, resync_recent)
    assert firm.in_jira(epic) == 75


def test_a_later_brake_lets_go_of_nothing_that_waited_before(firm: Any) -> None:
    first, rest = list(opened(firm))[:3], list(opened(firm))[3:]
    stories = opened(firm)
    for some in (first, rest):
        for epic in some:
            unheard(firm, stories[epic], status=scheme.DONE, resolution=scheme.RESOLUTIONS[0])
        assert found(firm, resync).held is not None
        firm.clock.pass_by(minutes=10)
    assert set(held(firm)) == set(stories)
    done = parted(firm)[first[0]][0]
    firm.edit(firm.sandbox.sandbox.records[done.id], **{scheme.POINTS: 9.0})
    told(firm, done.id)
    assert set(held(firm)) == set(stories)
    assert firm.in_jira(first[0]) == 50


def test_what_stands_unseen_after_an_interruption_is_not_taken_for_an_empty_field(firm: Any) -> None:
    """A field that is empty may be filled however doubtful the rest is; of this one nobody knows what it holds."""
    epic = next(iter(braked(firm)))
    connector, now = firm.connector, firm.clock()
    with connector.store.write() as conn:
        change = Change(epic, "PLAT-1", PROGRESS, "OKR progress", 50, 75, "its answer never came")
        plan_id = writes.intend(conn, "main", Plan(epic, (change,)), "1", "event", now)
        [open_write] = writes.load_unsettled(conn, "main", epic)
        assert open_write.plan_id == plan_id
        writes.park(conn, "main", open_write, "interrupted. Jira leaves the field out of its answer", now)
        mirror.change(
            conn,
            "main",
            epic,
            lambda one: replace(one, fields={id_: raw for id_, raw in one.fields.items() if id_ != PROGRESS}),
        )
    for _ in range(2):
        reconcile(firm.context, epic)
    assert firm.in_jira(epic) == 50
    assert held(firm)[epic] == 100


def test_a_history_is_asked_for_once_for_each_edit(firm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = braked(firm)
    epic, story = next(iter(stories.items()))
    asked: list[list[str]] = []
    steps = firm.context.jira.__class__.steps

    def counted(jira: Any, ids: Any, *others: Any) -> Any:
        asked.append(sorted(ids))
        return steps(jira, ids, *others)

    monkeypatch.setattr(firm.context.jira.__class__, "steps", counted)
    reconcile(firm.context, epic)
    assert asked == [], "nothing happened to it"
    unheard(firm, story, comment=True)
    found(firm, resync_recent)
    for _ in range(2):
        reconcile(firm.context, epic)
    assert asked == [[story]]
    assert epic in held(firm)


def test_a_row_that_left_without_a_word_and_is_deleted_is_explained(narrow: Any) -> None:
    """Jira says so itself: by an event, whatever the deployment; what an event did not tell, Data Center's own 404 tells the next full read."""
    unlabelled(narrow, told=False)
    assert found(narrow, resync).held is not None
    stories = opened(narrow)
    assert held(narrow) == dict.fromkeys(stories, 100)
    narrow.clock.pass_by(minutes=10)
    told_of, untold, *_ = stories
    delete(narrow.sandbox.sandbox, narrow.sandbox.sandbox.records[stories[told_of]], KIM)
    told(narrow, stories[told_of], "jira:issue_deleted")
    assert narrow.in_jira(told_of) == 100
    assert set(held(narrow)) == set(stories) - {told_of}

    delete(narrow.sandbox.sandbox, narrow.sandbox.sandbox.records[stories[untold]], KIM)
    narrow.clock.pass_by(minutes=10)
    found(narrow, resync)
    by_jira = narrow.context.api != 3
    assert (narrow.in_jira(untold) == 100) is by_jira, "Cloud's 404 may as well say that it is hidden"
    assert set(held(narrow)) == set(stories) - {told_of} - ({untold} if by_jira else set())


def test_a_row_that_moved_without_a_word_and_is_deleted_is_explained(firm: Any) -> None:
    stories = braked(firm)
    epic, story = next(iter(stories.items()))
    delete(firm.sandbox.sandbox, firm.sandbox.sandbox.records[story], KIM)
    told(firm, story, "jira:issue_deleted")
    assert firm.in_jira(epic) == 100
    assert set(held(firm)) == set(stories) - {epic}


def test_a_row_that_left_without_a_word_is_explained_by_an_entry_of_what_brings_it_out(narrow: Any) -> None:
    unlabelled(narrow, told=False)
    found(narrow, resync)
    narrow.clock.pass_by(minutes=10)
    stories = opened(narrow)
    spoken, commented, *_ = stories
    narrow.edit(narrow.sandbox.sandbox.records[stories[spoken]], labels=["other"])
    narrow.sandbox.sandbox.touch(stories[commented])
    found(narrow, resync)
    assert narrow.in_jira(spoken) == 100
    assert set(held(narrow)) == set(stories) - {spoken}


def test_what_is_shown_again_is_believed_where_it_says_what_it_said(narrow: Any) -> None:
    unlabelled(narrow, told=False)
    found(narrow, resync)
    narrow.clock.pass_by(minutes=10)
    stories = opened(narrow)
    same, other, *_ = stories
    unheard(narrow, stories[same], comment=True, labels=("counts",))
    unheard(narrow, stories[other], comment=True, labels=("counts",), status=scheme.IN_PROGRESS)
    found(narrow, resync)
    waiting = held(narrow)
    assert same not in waiting
    assert (narrow.in_jira(other), waiting[other]) == (50, 75)


def test_what_was_doubted_before_it_was_noted_what_it_said_waits_for_a_person(firm: Any) -> None:
    """An older release kept of a row no more than when it was edited last."""
    stories = braked(firm)
    epic, story = next(iter(stories.items()))
    with firm.connector.store.write() as conn:
        brake = brakes.load_standing(conn, "main")
        assert brake is not None
        doubts = brakes.doubts_of(conn, "main", epic) or {}
        brakes.lift(conn, "main", [epic])
        old = {
            id_: {row: brakes.DoubtedRow(one.at) for row, one in rows.items()} for id_, rows in doubts.items()
        }
        brakes.put(conn, "main", replace(brake, objectives=frozenset({epic})), {epic: old})
    unheard(firm, story, comment=True, **points(9.0))
    found(firm, resync_recent)
    assert epic in held(firm)


def test_what_moved_without_a_field_that_tells_of_it_is_not_let_go_by_the_next_look(dated: Any) -> None:
    """The day of the resolution is another one: no field says so, and what fields say did not move."""
    stories = opened(dated)
    for done, _ in parted(dated).values():
        unheard(dated, done.id, resolved=datetime(2101, 1, 1, tzinfo=UTC))
    assert found(dated, resync).held is not None
    assert [dated.in_jira(epic) for epic in stories] == [50] * 6
    dated.clock.pass_by(minutes=5)
    found(dated, resync)
    assert held(dated) == dict.fromkeys(stories, 0)
    assert [dated.in_jira(epic) for epic in stories] == [50] * 6


def test_a_sprint_that_ends_meanwhile_takes_nothing_away_from_an_explanation(sprinting: Any) -> None:
    """Its end is Jira's own word, of which no history of an issue tells."""
    stories = braked(sprinting)
    epic, story = next(iter(stories.items()))
    put_in(sprinting, story, {**SPRINT, "state": "closed"})
    found(sprinting, resync)
    assert epic in held(sprinting)
    unheard(sprinting, story, status=scheme.TO_DO, resolution=None)
    to_status(sprinting.sandbox.sandbox, sprinting.sandbox.sandbox.records[story], scheme.DONE, KIM)
    told(sprinting, story)
    assert sprinting.in_jira(epic) == 100
    assert set(held(sprinting)) == set(stories) - {epic}


def test_what_brings_a_row_back_does_not_explain_that_it_left(narrow: Any) -> None:
    """Searches may not show it yet, and the read by id does."""
    unlabelled(narrow, told=False)
    found(narrow, resync)
    narrow.clock.pass_by(minutes=10)
    epic, story = next(iter(opened(narrow).items()))
    narrow.edit(narrow.sandbox.sandbox.records[story], labels=["counts"])
    look_for_doubted(narrow.context)
    reconcile(narrow.context, epic)
    assert (narrow.in_jira(epic), held(narrow)[epic]) == (50, 100)
    told(narrow, story)
    assert narrow.in_jira(epic) == 50
    assert epic not in held(narrow)


def test_an_objective_that_is_deleted_while_it_waits_waits_no_more(firm: Any) -> None:
    stories = braked(firm)
    epic = next(iter(stories))
    delete(firm.sandbox.sandbox, firm.sandbox.sandbox.records[epic], KIM)
    told(firm, epic, "jira:issue_deleted")
    assert set(held(firm)) == set(stories) - {epic}
    with firm.connector.store.read() as conn:
        standing = brakes.load_standing(conn, "main")
    assert standing is not None
    assert standing.objectives == set(stories) - {epic}


def test_what_moves_days_after_the_end_of_a_sprint_is_not_told_as_it(sprinting: Any) -> None:
    """That end moved no number, for the stories count by their label, too: why it moved names the edit that did."""
    stories = opened(sprinting)
    began = sprinting.clock()
    for pair in parted(sprinting).values():
        for story in pair:
            put_in(sprinting, story.id, {**SPRINT, "state": "closed"})
    assert found(sprinting, resync).held is None
    sprinting.clock.pass_by(days=3)
    epic, story = next(iter(stories.items()))
    sprinting.edit(sprinting.sandbox.sandbox.records[story], labels=["other"])
    told(sprinting, story)
    assert sprinting.in_jira(epic) == 100
    with sprinting.connector.store.read() as conn:
        written = writes.load_latest(conn, "main", epic, PROGRESS)
        moved = movement_between(conn, "main", epic, began, sprinting.clock())
    assert written is not None
    assert "Sprint" not in written.reason
    assert [row.thing for row in moved.movement.rows] == [""]
