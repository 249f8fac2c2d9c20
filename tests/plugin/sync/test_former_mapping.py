"""A worker that took up its work under one mapping, while another one came into force, or the same under names that mean more."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import pytest

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import due, inbox
from mappings import presets
from mappings.facts.issue import Issue
from plugin.sync.active_mapping import FormerMapping
from plugin.sync.refresh.reread import land_issues, read_again
from plugin.sync.resync.full_read import resync
from plugin.sync.work import reconcile_one, turn
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.work import sync
from tests.actors import TESTER
from tests.plugin.sync.conftest import connected
from tests.plugin.sync.test_consistency import MAPPING
from tests.plugin.sync.test_leftovers import MAPPING as MEASURED
from tests.plugin.sync.test_leftovers import epic, key_result, synced

REVIEWS = MAPPING.replace(
    "objectives:", "statuses: {overrides: [{when: project = PLAT, by_status: {In Review: 0.8}}]}\nobjectives:"
)


def revisions_of(company: Any) -> set[str]:
    with company.connector.store.read() as conn:
        return {saved.mapping_revision for saved in objectives.load_all(conn, "main")}


def waiting(company: Any) -> list[tuple[str, int]]:
    """What is due, each with how often it was tried."""
    with company.connector.store.write() as conn:
        claims = due.claim(conn, "look", company.clock(), company.context.lease, 100, site="main")
        due.release(conn, "look", begun=False)
    return sorted((one.objective_id, one.attempts - 1) for one in claims)


def test_what_an_activation_made_due_is_not_served_by_the_former_mapping(firm: Any) -> None:
    former = firm.context
    firm.remap("indeterminate: 0.5", "indeterminate: 0.25")
    firm.clock.pass_by(minutes=5)
    due_now = waiting(firm)
    assert len(due_now) == 6

    assert turn(former, "slow").reconciled == 0
    assert reconcile_one(former, "slow", due_now[0][0]) is None
    assert waiting(firm) == due_now, "no attempt, and nothing held"
    assert revisions_of(firm) == {former.mapping.revision}

    firm.work_off()
    assert revisions_of(firm) == {firm.context.mapping.revision} != {former.mapping.revision}
    assert waiting(firm) == []


def test_what_a_name_taken_in_made_due_is_not_served_by_the_former_form(hand: Any) -> None:
    """Another status is called In Review: of the same revision, and 80 instead of 50."""
    epic = hand.issue("Epic")
    story = hand.issue("Story", epic)
    hand.activate(REVIEWS)
    hand.sync()
    assert hand.writes() == [(epic, "0")]

    another = replace(scheme.IN_REVIEW, id="19002")
    hand.sandbox.sandbox.statuses = (*scheme.STATUSES, another)
    to_status(hand.sandbox.sandbox, hand.sandbox.sandbox.records[story], another, person(PEOPLE[0]))
    former = hand.context
    with hand.connector.store.write() as conn:
        land_issues(former, conn, read_again(former, [story]).issues, set(), hand.clock())
    hand.connector.catalogue("main", fresh=True)
    assert hand.context.mapping.revision == former.mapping.revision
    hand.clock.pass_by(minutes=5)
    assert waiting(hand) == [(epic, 0)]

    assert turn(former, "slow").reconciled == 0
    assert reconcile_one(former, "slow", epic) is None
    assert waiting(hand) == [(epic, 0)], "no attempt, and nothing held"

    hand.work_off()
    assert hand.writes() == [(epic, "0"), (epic, "80")]
    assert waiting(hand) == []


def test_a_sync_goes_on_under_the_mapping_that_is_activated_elsewhere_meanwhile(firm: Any) -> None:
    text = presets.text("epics-as-objectives").replace("indeterminate: 0.5", "indeterminate: 0.25")
    former = firm.context.mapping.revision
    for story in {one.parent_id: one for one in firm.records()}.values():
        firm.move(story, "Done" if story.status.name != "Done" else "To Do")
    shown: list[int] = []

    def served(done: int, _total: int | None) -> None:
        """All six were served by the former mapping; then another process activates the other one."""
        shown.append(done)
        if shown == [6]:
            elsewhere = connected(firm.sandbox, firm.folder / "own", firm.clock)
            activate(elsewhere, TESTER, "main", text, file="okr.yaml", large=True)
            elsewhere.store.close()
            firm.clock.pass_by(minutes=1)

    def step(what: str) -> AbstractContextManager[Callable[[int, int | None], None]]:
        return nullcontext(served if what != sync.READ else lambda _done, _total: None)

    done = sync.run(firm.connector, TESTER, "main", step=step)
    assert done.done.reconciled == 12, "all six, and all six again"
    assert revisions_of(firm) == {firm.context.mapping.revision} != {former}
    assert waiting(firm) == []


SCOPE = "scope: project in (PLAT, CORE, GROW)"


def widened(firm: Any) -> Any:
    """Another process activates a mapping of more projects; what a worker still knows of the former one."""
    firm.remap(SCOPE, "scope: project = PLAT")
    resync(firm.context)
    firm.work_off()
    assert {issue.project.key for issue in firm.mirror().values()} == {"PLAT"}
    former = firm.context
    firm.remap(SCOPE, SCOPE + "  # all")
    assert {issue.project.key for issue in firm.mirror().values()} == {"PLAT", "CORE", "GROW"}
    return former


def test_a_delivery_that_was_read_for_the_former_mapping_lands_under_the_one_that_rules(firm: Any) -> None:
    former = widened(firm)
    story = next(one for one in firm.records() if one.project.key == "CORE")
    firm.move(story, "Done" if story.status.name != "Done" else "To Do")
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": story.id, "key": story.key}})
    with firm.connector.store.write() as conn:
        inbox.store(conn, "main", "moved", body.encode(), firm.clock(), "jira:issue_updated")

    assert turn(former, "slow").deliveries == 0
    assert story.id in firm.mirror()
    with firm.connector.store.read() as conn:
        assert len(inbox.load_pending(conn, 10)) == 1

    firm.work_off()
    assert firm.mirror()[story.id].status.id != story.status.id


def test_a_read_of_everything_for_the_former_mapping_drops_nothing_that_rules(firm: Any) -> None:
    former, before = widened(firm), firm.mirror().keys()

    with pytest.raises(FormerMapping):
        resync(former)

    assert firm.mirror().keys() == before


def test_a_sync_under_whose_read_another_mapping_comes_into_force_reads_for_that_one(firm: Any) -> None:
    firm.remap(SCOPE, "scope: project = PLAT")
    began: list[str] = []

    def elsewhere(_done: int, _total: int | None) -> None:
        if not began:
            began.append(firm.context.mapping.revision)
            firm.remap(SCOPE, SCOPE + "  # all")

    def step(what: str) -> AbstractContextManager[Callable[[int, int | None], None]]:
        return nullcontext(elsewhere if what == sync.READ else lambda _done, _total: None)

    done = sync.run(firm.connector, TESTER, "main", step=step)

    assert done.read.read == 60
    assert {issue.project.key for issue in firm.mirror().values()} == {"PLAT", "CORE", "GROW"}
    assert began[0] != firm.context.mapping.revision


DELIVERED = "\n".join(line for line in MEASURED.splitlines() if "id: metric" not in line) + "\n"
"""Of the same issues, with no metric among them."""


def test_histories_that_only_the_former_mapping_measured_are_no_change_that_jira_kept_quiet(
    hand: Any,
) -> None:
    """They are read no more; it looked like lost webhooks, and like changes that nobody made and that are to be held."""
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    assert [reading.value for reading in mirrored(hand, one).readings["customfield_10052"]] == [4]
    hand.activate(DELIVERED, large=True)
    read = resync(hand.context)
    assert mirrored(hand, one).readings == {}
    assert (read.changed, dict(read.drifted), set(read.silent), read.held) == (0, {}, set(), None)


def mirrored(hand: Any, issue_id: str) -> Issue:
    with hand.connector.store.read() as conn:
        return mirror.get(conn, "main", [issue_id])[issue_id]
