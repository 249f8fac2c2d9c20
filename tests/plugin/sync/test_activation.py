"""A mapping is activated from a whole mirror or not yet: what it needs is read first, and until then the former one rules."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from connectors.jira.http.errors import JiraError
from connectors.sandbox import Fault, administration
from connectors.store.mappings import activation_runs, coming_mappings, revisions
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.reads import read_requests
from connectors.store.schema import due, snapshot
from mappings.diagnostic import MappingError
from mappings.explain.movement import MovementPart
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.cli.work.sync import sync_values
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Refusal
from plugin.runtime.processes.process import BEGAN, PROC, ProcessId, this_process
from plugin.use_cases.health import concerns
from plugin.use_cases.health.status import status
from plugin.use_cases.mappings import drafts, mapping_life
from plugin.use_cases.mappings.mapping_life import (
    AnotherActivation,
    activate,
    expect_revision,
    preview_text,
    resume_activation,
    rollback,
    unread,
    waits,
)
from plugin.use_cases.objectives.movement import movement_between
from plugin.use_cases.work.gaps import list_gaps
from plugin.use_cases.work.site_read import read_now
from plugin.use_cases.work.sync import run
from tests.actors import TESTER

ADA, BO = Actor("ada", Permission.ADMIN, 7), Actor("bo", Permission.ADMIN, 8)
BEFORE = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
objectives:
  - id: epics
    select: issuetype = Epic
    key_results:
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
write_back:
  - target: objective
    set: {okr_progress: {value: progress_percent}}
"""
METRICS = "  start: {id: customfield_10051}\n  current: {id: customfield_10052}\n  target: {id: customfield_10053}\n"
METRIC = (
    "      - {id: metric, select: 'issuetype = \"Key Result\"', progress: "
    "{kind: transition, start: start, current: current, target: target}}\n"
)
AFTER = BEFORE.replace("objectives:\n  - id", METRICS + "objectives:\n  - id").replace(
    "      - {id: delivery", METRIC + "      - {id: delivery"
)
WIDE = BEFORE.replace("project = PLAT", "project in (PLAT, GROW)")

UNTIL_THEN = (
    "The former mapping rules until then. Should the process that reads for it have ended, it is gone on with by itself "
    "and by a sync: within a minute where that process ran on the same machine, else 2 minutes after its last word."
)


@pytest.fixture
def site(hand: Any, begin: Any) -> tuple[Any, str, str]:
    """An epic at 100 by its story, at 30 by a key result that the mirror has not read; the connector, the epic, the key result."""
    return (hand, *begin(hand, unread_key_result))


def unread_key_result(hand: Any) -> tuple[str, str]:
    epic = hand.issue("Epic")
    hand.issue("Story", epic, "Done")
    key_result = hand.issue("Key Result", epic)
    hand.edit(key_result, customfield_10051=0, customfield_10052=3, customfield_10053=10)
    hand.activate(BEFORE)
    hand.sync()
    assert hand.writes() == [(epic, "100")]
    return epic, key_result


def ruling(hand: Any) -> str:
    with hand.connector.store.read() as conn:
        active = revisions.active(conn, "main")
    return active.text if active else ""


def test_unread_fields_are_read_before_a_number_is_written(site: tuple[Any, str, str]) -> None:
    hand, epic, _ = site
    told: list[tuple[int, int | None]] = []
    assert preview_text(hand.connector, TESTER, "main", AFTER).unread.fields == (
        "KR current (customfield_10052)",
        "KR start (customfield_10051)",
        "KR target (customfield_10053)",
    )
    activate(hand.connector, TESTER, "main", AFTER, report=lambda done, total: told.append((done, total)))
    hand.work_off()
    hand.sync()
    assert told == [(3, 3)]
    assert hand.writes() == [(epic, "100"), (epic, "30")]
    assert hand.points(epic) == [100.0, 30.0]


def test_nothing_is_read_again_where_it_was_read_for_the_preview(site: tuple[Any, str, str]) -> None:
    hand, epic, key_result = site
    from plugin.use_cases.work.site_read import read_ahead

    read_ahead(hand.connector, "main", AFTER, lambda _done, _total: None)
    hand.clock.pass_by(minutes=30)
    hand.edit(key_result, customfield_10052=4)
    hand.land(key_result)  # an event under the mapping that still rules
    previewed = preview_text(hand.connector, TESTER, "main", AFTER)
    assert not previewed.unread
    activate(hand.connector, TESTER, "main", AFTER, agreed=previewed.preview.hash)
    hand.work_off()
    assert hand.writes() == [(epic, "100"), (epic, "40")]


def test_issues_of_a_wider_scope_are_read_first(site: tuple[Any, str, str]) -> None:
    hand, epic, _ = site
    other = hand.issue("Epic", project={"key": "GROW"})
    hand.issue("Story", other, "In Progress", project={"key": "GROW"})
    assert unread(hand.connector, "main", preview_text(hand.connector, TESTER, "main", WIDE).mapping).issues
    hand.activate(WIDE)
    hand.work_off()
    assert hand.writes() == [(epic, "100"), (other, "50")]


def test_a_history_that_was_not_read_is_read_first(site: tuple[Any, str, str]) -> None:
    hand, epic, key_result = site
    plain = AFTER.replace(METRIC, "")  # reads the fields, and the history of none
    hand.activate(plain)
    hand.work_off()
    with hand.connector.store.read() as conn:
        assert dict(mirror.get(conn, "main", [key_result])[key_result].readings) == {}
    previewed = hand.activate(AFTER)
    hand.work_off()
    assert not previewed.unread
    with hand.connector.store.read() as conn:
        (reading,) = mirror.get(conn, "main", [key_result])[key_result].readings["customfield_10052"]
    assert reading.value == 3
    assert hand.writes() == [(epic, "100"), (epic, "30")]


def test_while_it_reads_the_former_mapping_rules_and_status_says_so(site: tuple[Any, str, str]) -> None:
    hand, epic, _ = site
    seen: list[str] = []

    def look(done: int, total: int | None) -> None:
        found = concerns.concerns(status(hand.connector, COMMAND_LINE, "main"))
        with hand.connector.store.read() as conn:
            under_way = activation_runs.get(conn, "main")
        assert under_way is not None
        assert ruling(hand) == BEFORE
        hand.work_off()
        seen.append(under_way.said.partition(": ")[2])
        assert [one.todo for one in found if one.kind == "activating"] == [UNTIL_THEN]

    activate(hand.connector, TESTER, "main", AFTER, report=look)
    assert seen == ["read 0"]
    assert hand.writes() == [(epic, "100")]
    assert ruling(hand) == AFTER
    with hand.connector.store.read() as conn:
        assert activation_runs.get(conn, "main") is None


@pytest.mark.parametrize("by", ["resume", "sync"])
def test_what_was_interrupted_goes_on_by_itself(site: tuple[Any, str, str], by: str) -> None:
    hand, epic, _ = site
    interrupt_activation(hand)
    assert ruling(hand) == BEFORE
    with hand.connector.store.read() as conn:
        standing = activation_runs.get(conn, "main")
    assert standing is not None
    assert standing.failed
    assert hand.writes() == [(epic, "100")]
    hand.clock.pass_by(minutes=5)
    if by == "resume":
        resume_activation(hand.connector, "main")
        hand.work_off()
    else:
        hand.sync()
    assert ruling(hand) == AFTER
    assert hand.writes() == [(epic, "100"), (epic, "30")]


def test_a_sync_says_of_an_activation_that_was_killed_that_it_is_not_over(site: tuple[Any, str, str]) -> None:
    """Nobody can tell it yet from one that reads on: for two minutes a sync said that everything was right already, and exited with 0."""
    hand, epic, _ = site

    def killed(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        activate(hand.connector, TESTER, "main", AFTER, report=killed)
    began = hand.clock.now
    hand.clock.pass_by(minutes=1)

    found = run(hand.connector, COMMAND_LINE, "main")
    assert ruling(hand) == BEFORE
    with hand.connector.store.read() as conn:
        waiting = activation_runs.get(conn, "main")
    assert waiting is not None
    values = sync_values(found)
    assert (found.wrong, values["activating"], values["concerns"]) == (
        True,
        waiting.revision,
        ["activating"],
    )
    assert "right already" not in found.said
    assert f"; revision {waiting.revision[:8]} is not active yet" in found.said
    (said,) = found.lacking.concerns
    assert f"It began on {began:%Y-%m-%d} at {began:%H:%M} UTC." in said.sentence

    hand.clock.pass_by(minutes=1)
    found = run(hand.connector, COMMAND_LINE, "main")
    assert (found.wrong, sync_values(found)["activating"], ruling(hand)) == (False, None, AFTER)
    assert hand.writes() == [(epic, "100"), (epic, "30")]


def test_one_whose_process_is_gone_is_taken_up_at_once(site: tuple[Any, str, str]) -> None:
    """By its name it can be told from one that reads on, which is left alone until it falls silent."""
    hand, _, _ = site

    def killed(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        activate(hand.connector, TESTER, "main", AFTER, report=killed)
    assert not waits(hand.connector, "main"), "this process reads for it, for all that can be known"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        here = this_process()
        stat = (PROC / str(other.pid) / "stat").read_text().rpartition(")")[2].split()
        name = f"{ProcessId(here.place, other.pid, stat[BEGAN]).name}/activation"
        with hand.connector.store.write() as conn:
            reading = activation_runs.get(conn, "main")
            assert reading is not None
            assert reading.worker.startswith(f"{here.name}/")
            assert activation_runs.tell(conn, "main", replace(reading, worker=name))
        assert not waits(hand.connector, "main"), "the other process still reads for it"
        other.communicate()

    assert resume_activation(hand.connector, "main") is not None
    assert ruling(hand) == AFTER


def test_one_that_reads_is_refused_at_its_end_where_another_mapping_came_to_rule_in_the_last_moment(
    site: tuple[Any, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another process, after the last look at whose turn it is: only the transaction that makes it rule can tell."""
    hand, _, _ = site
    other = build_connector(hand.connector.settings, hand.clock)
    theirs = BEFORE + "brake: {share: 1}\n"
    drafts.keep(hand.connector, ADA, "main", AFTER)
    planned = mapping_life.looked_up

    def overtaken(*words: Any) -> Any:
        activate(other, BO, "main", theirs)
        return planned(*words)

    monkeypatch.setattr(mapping_life, "looked_up", once(overtaken, planned))
    with pytest.raises(AnotherActivation, match="bo activated"):
        activate(hand.connector, ADA, "main", AFTER)
    assert ruling(hand) == theirs
    assert drafts.own_draft(hand.connector, ADA, "main"), "nothing typed is lost"
    other.store.close()

    with pytest.raises(AnotherActivation):
        rollback(hand.connector, ADA, "main", expected=expect_revision("0000"))
    activate(hand.connector, ADA, "main", AFTER, expected=expect_revision(active_name(hand)))
    assert ruling(hand) == AFTER
    assert drafts.own_draft(hand.connector, ADA, "main") is None


def test_of_two_that_expect_the_same_only_the_first_comes_to_rule(
    site: tuple[Any, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, _, _ = site
    other = build_connector(hand.connector.settings, hand.clock)
    seen, theirs = expect_revision(active_name(hand)), BEFORE + "brake: {share: 1}\n"
    planned = mapping_life.looked_up

    def overtaken(*words: Any) -> Any:
        activate(other, BO, "main", theirs, expected=seen)
        return planned(*words)

    monkeypatch.setattr(mapping_life, "looked_up", once(overtaken, planned))
    with pytest.raises(AnotherActivation):
        activate(hand.connector, ADA, "main", BEFORE + "brake: {share: 0.9}\n", expected=seen)
    assert ruling(hand) == theirs
    other.store.close()


def once(first: Callable[..., Any], then: Callable[..., Any]) -> Callable[..., Any]:
    """The first call is another than those that follow."""
    left = [first]
    return lambda *words: (left.pop() if left else then)(*words)


def active_name(hand: Any) -> str | None:
    with hand.connector.store.read() as conn:
        return revisions.active_name(conn, "main")


def interrupt_activation(hand: Any) -> None:
    """Jira is away while the next mapping is to be activated, and back after that."""
    hand.sandbox.faults.add(Fault("status", "POST", "search/jql", times=20, status=503))
    with pytest.raises(JiraError):
        hand.activate(AFTER)
    hand.sandbox.faults.clear()


def audited(hand: Any, what: str) -> list[dict[str, Any]]:
    with hand.connector.store.read() as conn:
        return [one.detail for one in audit.recent(conn, 100) if one.what == what]


def test_what_cannot_be_bound_any_more_ends_as_refused(site: tuple[Any, str, str]) -> None:
    """While it was interrupted a field of the mapping was deleted: however often it were tried, it would never be active."""
    hand, epic, _ = site
    interrupt_activation(hand)
    with hand.connector.store.write() as conn:
        known = activation_runs.get(conn, "main")
        assert known is not None
        activation_runs.begin(
            conn, "main", replace(known, text=AFTER.replace("customfield_10052", "customfield_99999"))
        )
    hand.clock.pass_by(minutes=5)

    with pytest.raises(MappingError):
        resume_activation(hand.connector, "main")

    found = {one.kind: one for one in concerns.concerns(status(hand.connector, COMMAND_LINE, "main"))}
    assert "was refused: " in found["activating"].sentence
    assert "customfield_99999" in found["activating"].sentence
    assert "not tried again by itself" in found["activating"].todo
    assert found["activating"].wrong
    [entry] = audited(hand, "mapping activation refused")
    assert "customfield_99999" in entry["why"]
    with hand.connector.store.read() as conn:
        assert coming_mappings.get(conn, "main") is None, "nothing is read for it any more"
        assert read_requests.is_open(conn, "main"), (
            "what only it selects is dropped by the next read of everything"
        )
    hand.clock.pass_by(minutes=5)
    assert resume_activation(hand.connector, "main") is None
    assert not waits(hand.connector, "main")
    assert ruling(hand) == BEFORE

    hand.activate(AFTER)
    hand.work_off()
    assert hand.writes() == [(epic, "100"), (epic, "30")]
    assert "activating" not in {
        one.kind for one in concerns.concerns(status(hand.connector, COMMAND_LINE, "main"))
    }


def test_a_refused_activation_reads_on_for_nothing_though_its_text_was_of_another_revision_by_the_names_of_then(
    site: tuple[Any, str, str],
) -> None:
    """A name was another one's when its reading began: the mirror kept the issues of its scope for a week."""
    hand, _, _ = site
    interrupt_activation(hand)
    with hand.connector.store.write() as conn:
        ahead = coming_mappings.get(conn, "main")
        assert ahead is not None
        coming_mappings.begin(conn, "main", replace(ahead, revision="of-other-names"))
    administration.delete_field(hand.sandbox.sandbox, "customfield_10052")
    hand.clock.pass_by(minutes=5)

    with pytest.raises(MappingError):
        resume_activation(hand.connector, "main")

    with hand.connector.store.read() as conn:
        assert coming_mappings.get(conn, "main") is None


def test_a_coming_mapping_is_read_for_a_week_and_never_beside_itself(site: tuple[Any, str, str]) -> None:
    hand, _, _ = site
    interrupt_activation(hand)

    def coming() -> Any:
        return hand.connector.context("main").coming

    with hand.connector.store.read() as conn:
        ahead = coming_mappings.get(conn, "main")
    assert ahead is not None
    for revision, is_read_for in ((active_name(hand), False), (ahead.revision, True)):
        with hand.connector.store.write() as conn:
            coming_mappings.begin(conn, "main", replace(ahead, revision=revision))
        assert (coming() is not None) is is_read_for
    hand.clock.now = ahead.began + timedelta(days=7)
    assert coming() is not None
    hand.clock.pass_by(seconds=1)
    assert coming() is None


def test_an_activation_whose_place_another_text_takes_reads_on_no_more(site: tuple[Any, str, str]) -> None:
    """The other one is refused in its turn; what only the former one selects is none of the mirror's any more."""
    hand, _, _ = site
    for path, text in (("search/jql", WIDE), ("/field", AFTER)):
        # The second one ends before it begins to read: what was begun for the first one would stand.
        hand.sandbox.faults.add(Fault("status", path=path, times=40, status=503))
        with pytest.raises(JiraError):
            hand.activate(text)
        hand.sandbox.faults.clear()
    with hand.connector.store.read() as conn:
        assert (coming_mappings.get(conn, "main"), read_requests.is_open(conn, "main")) == (None, True)
    administration.delete_field(hand.sandbox.sandbox, "customfield_10052")
    hand.clock.pass_by(minutes=5)

    with pytest.raises(MappingError):
        resume_activation(hand.connector, "main")

    with hand.connector.store.read() as conn:
        assert coming_mappings.get(conn, "main") is None
        assert read_requests.is_open(conn, "main")


def test_what_the_reading_for_an_activation_could_not_make_out_is_a_gap_at_once(
    site: tuple[Any, str, str],
) -> None:
    """The new mapping counted without it until somebody read everything."""
    hand, epic, key_result = site
    hand.sandbox.sandbox.spoil(key_result, status=None)
    hand.activate(AFTER)
    hand.work_off()
    (gap,) = list_gaps(hand.connector, TESTER, "main")
    assert (gap.issue_id, gap.field, len(gap.objectives)) == (key_result, "status", 1)
    assert hand.writes() == [(epic, "100")]

    hand.sandbox.sandbox.spoil(key_result)
    hand.clock.pass_by(minutes=5)
    hand.sync()
    assert list_gaps(hand.connector, TESTER, "main") == ()
    assert hand.writes() == [(epic, "100"), (epic, "30")]


def test_a_scope_that_jira_itself_refuses_ends_so_too_and_an_outage_does_not(
    site: tuple[Any, str, str],
) -> None:
    hand, _, _ = site
    refused = Fault("status", "POST", "search", times=20, status=400, shape="jira", message="No such thing.")
    hand.sandbox.faults.add(refused)
    with pytest.raises(JiraError):
        hand.activate(AFTER)
    hand.sandbox.faults.clear()
    with hand.connector.store.read() as conn:
        standing = activation_runs.get(conn, "main")
    assert standing is not None
    assert (standing.refused, "No such thing." in standing.said) == (True, True)

    interrupt_activation(hand)
    hand.clock.pass_by(minutes=5)
    assert waits(hand.connector, "main")


def test_the_brake_weighs_what_was_read_and_waits_for_a_person(site: tuple[Any, str, str]) -> None:
    hand, _, _ = site
    for _ in range(11):
        more = hand.issue("Epic")
        hand.issue("Story", more, "Done")
        part = hand.issue("Key Result", more)
        hand.edit(part, customfield_10051=0, customfield_10052=3, customfield_10053=10)
    hand.sync()
    before = len(hand.writes())
    with pytest.raises(Refusal, match="12 of 12 written values would change"):
        hand.activate(AFTER)
    assert ruling(hand) == BEFORE
    assert resume_activation(hand.connector, "main") is None, "a person has to decide"
    hand.work_off()
    assert len(hand.writes()) == before
    hand.activate(AFTER, large=True)
    hand.work_off()
    assert len(hand.writes()) == before + 12


def test_going_back_without_a_name_is_refused_where_another_came_to_rule_meanwhile(
    site: tuple[Any, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which one was active before is said of what rules when it is asked."""
    hand, _, _ = site
    hand.activate(AFTER)
    theirs = AFTER.replace("hand-made", "theirs")
    find = mapping_life.find_revision

    def overtaken(known: Any, name: str) -> Any:
        monkeypatch.undo()
        hand.activate(theirs)
        return find(known, name)

    monkeypatch.setattr(mapping_life, "find_revision", overtaken)
    with pytest.raises(AnotherActivation):
        rollback(hand.connector, TESTER, "main", report=lambda _done, _total: None)
    assert ruling(hand) == theirs


def test_what_an_activation_makes_due_waits_behind_what_people_did(site: tuple[Any, str, str]) -> None:
    hand, epic, _ = site
    hand.work_off()
    hand.activate(AFTER)
    with hand.connector.store.read() as conn:
        assert conn.execute(select(due.c.objective_id, due.c.bulk)).all() == [(epic, 1)]


def test_going_back_reads_nothing(site: tuple[Any, str, str]) -> None:
    hand, epic, _ = site
    hand.activate(AFTER)
    hand.work_off()
    calls = hand.sandbox.site.calls.by_endpoint
    searches = sum(count for name, count in calls.items() if "search" in name)
    rollback(hand.connector, TESTER, "main")
    hand.work_off()
    assert sum(count for name, count in calls.items() if "search" in name) == searches
    assert hand.writes() == [(epic, "100"), (epic, "30"), (epic, "100")]


@pytest.mark.parametrize("waits_for_it", [False, True])
def test_going_back_to_what_has_to_be_read_reads_behind_whoever_does_not_wait(
    site: tuple[Any, str, str], monkeypatch: pytest.MonkeyPatch, waits_for_it: bool
) -> None:
    hand, _, _ = site
    hand.issue("Epic", project={"key": "GROW"})
    hand.activate(WIDE)
    hand.activate(BEFORE)
    hand.sync()  # drops what the former scope took in besides
    behind: list[Callable[..., str]] = []

    def kept(_connector: Any, _site: str, _kind: Any, _by: str, work: Callable[..., str]) -> bool:
        behind.append(work)
        return True

    monkeypatch.setattr(mapping_life.background_jobs, "begin", kept)
    told: list[tuple[int, int | None]] = []

    def report(done: int, total: int | None) -> None:
        told.append((done, total))

    rollback(hand.connector, TESTER, "main", report=report if waits_for_it else None)
    if waits_for_it:
        assert (ruling(hand), behind, told) == (WIDE, [], [(4, 4)])
    else:
        assert (ruling(hand), len(behind), told) == (BEFORE, 1, [])
        behind[0](report)
        assert (ruling(hand), told) == (WIDE, [(4, 4)])


@pytest.mark.parametrize(
    ("rules", "asked"),
    [("", 1), (AFTER.replace(METRIC, ""), 1), (AFTER, 0)],
    ids=["nothing", "what counts none", "what counts them"],
)
def test_a_preview_asks_for_the_histories_that_what_rules_has_not_read(
    hand: Any, rules: str, asked: int
) -> None:
    """Once each: a preview of a draft with the same metrics would read the history of every key result of the site again."""
    part = hand.issue("Key Result", hand.issue("Epic"))
    hand.edit(part, customfield_10051=0, customfield_10052=3, customfield_10053=10)
    if rules:
        hand.activate(rules)
        hand.sync()
    before = asked_for_histories(hand)
    assert read_now(hand.connector, TESTER, "main", AFTER + "brake: {share: 1}\n", lambda *_: None) == 2
    assert asked_for_histories(hand) - before == asked
    with hand.connector.store.read() as conn:
        (reading,) = mirror.get(conn, "main", [part])[part].readings["customfield_10052"]
    assert reading.value == 3


def asked_for_histories(hand: Any) -> int:
    """How often Jira was asked for histories of issues."""
    calls = hand.sandbox.site.calls.by_endpoint
    return sum(count for name, count in calls.items() if "changelog" in name)


def test_what_had_landed_before_another_mapping_ruled_is_told_apart_from_what_that_changed(hand: Any) -> None:
    """It was due and not reconciled yet, and was told as the doing of the mapping, which changed nothing for it."""
    hand.activate(BEFORE)
    epic = hand.issue("Epic")
    story = hand.issue("Story", epic)
    hand.issue("Story", epic, "In Progress")
    hand.sync()
    since = hand.clock()
    hand.clock.pass_by(minutes=10)
    hand.status(story, "Done")
    hand.land(story)
    rated = "statuses: {by_category: {new: 0, indeterminate: 0.8, done: 1}}\nobjectives:\n"
    hand.activate(BEFORE.replace("objectives:\n", rated), large=True)
    hand.clock.pass_by(minutes=1)
    hand.work_off()

    def kept() -> list[str]:
        with hand.connector.store.read() as conn:
            found = conn.execute(select(snapshot.c.mapping_revision).order_by(snapshot.c.at)).scalars()
            return list(found)

    with hand.connector.store.read() as conn:
        movement = movement_between(conn, "main", epic, since, hand.clock()).movement
    assert movement is not None
    assert movement.before is not None
    told = {part: effect for part, effect in movement.parts.items() if effect}
    rating = Fraction(4, 5) / 2 - movement.before
    assert told == {MovementPart.PROGRESSED: Fraction(1, 2), MovementPart.REMAPPED: rating}
    former, new = list(dict.fromkeys(kept()))
    assert kept() == [former, former, new]
    hand.clock.pass_by(minutes=1)
    hand.activate(BEFORE)
    assert kept() == [
        former,
        former,
        new,
        former,
    ]  # how it stood under each as it began to rule; nothing was due


def test_what_lands_before_the_first_reconcile_under_another_mapping_is_work(hand: Any) -> None:
    """It was told as the doing of the mapping; so was what landed between two mappings neither of which was ever reconciled under."""
    hand.activate(BEFORE)
    epic = hand.issue("Epic")
    first, second = hand.issue("Story", epic), hand.issue("Story", epic)
    hand.issue("Story", epic, "In Progress")
    hand.sync()
    since = hand.clock()

    def done(story: str) -> None:
        hand.clock.pass_by(minutes=10)
        hand.status(story, "Done")
        hand.land(story)

    def rate(rating: str) -> None:
        hand.clock.pass_by(minutes=10)
        rated = f"statuses: {{by_category: {{new: 0, indeterminate: {rating}, done: 1}}}}\nobjectives:\n"
        hand.activate(BEFORE.replace("objectives:\n", rated), large=True)

    rate("0.8")
    done(first)
    rate("0.2")
    done(second)
    hand.work_off()
    with hand.connector.store.read() as conn:
        movement = movement_between(conn, "main", epic, since, hand.clock()).movement
    assert movement is not None
    assert (movement.before, movement.after) == (Fraction(1, 6), Fraction(22, 30))
    told = {part: effect for part, effect in movement.parts.items() if effect}
    assert told == {MovementPart.REMAPPED: Fraction(-1, 10), MovementPart.PROGRESSED: Fraction(2, 3)}


def test_a_key_result_of_another_mapping_is_compared_with_the_same_issues(hand: Any) -> None:
    """Each epic by itself: one stands still, of one a story is done after the mapping began to rule, one is reconciled anew."""
    hand.activate(BEFORE)
    epics = [hand.issue("Epic") for _ in range(3)]
    stories = [[hand.issue("Story", epic), hand.issue("Story", epic)] for epic in epics]
    hand.sync()
    since = hand.clock()
    hand.clock.pass_by(minutes=10)
    hand.activate(BEFORE.replace("progress: {kind: delivery}", "progress: {kind: delivery, count_to: 4}"))
    hand.clock.pass_by(minutes=10)
    hand.status(stories[1][0], "Done")
    hand.land(stories[1][0])
    hand.work_off()
    with hand.connector.store.read() as conn:
        moves = [movement_between(conn, "main", epic, since, hand.clock()).movement for epic in epics]
    assert [sum(one.parts.values()) for one in moves] == [0, Fraction(1, 4), 0]
    assert moves[1].parts[MovementPart.PROGRESSED] == Fraction(1, 4)
