"""Versions compare by the order of their project: asked for where a mapping compares them, and followed as the project is put in another order."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import PEOPLE, Fault, administration
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.state import person
from connectors.store.writes import writes
from mappings.facts.issue import JiraValue
from plugin.jobs.schedules import with_names_of_today
from plugin.sync.resync.full_read import resync
from plugin.use_cases.mappings.mapping_life import check_text, preview_text
from plugin.use_cases.objectives.movement import movement_between
from tests.plugin.sync.conftest import TESTER

TEXT = f"""
version: 1
name: by-version
scope: project in (PLAT, CORE)
fields:
  okr_progress: {{id: {scheme.OKR_PROGRESS}}}
objectives:
  - id: epics
    select: issuetype = Epic
    key_results:
      - {{id: work, select: 'issuetype = Story AND fixVersion > "2.0"', relation: child, progress: {{kind: delivery}}}}
write_back:
  - {{target: objective, set: {{okr_progress: {{value: progress_percent}}}}}}
"""
ADA = person(PEOPLE[0])
OLD, TWO, NEW = JiraValue("801", "10.0"), JiraValue("802", "2.0"), JiraValue("803", "1.9")
"""Neither by name nor by number in this order, as it happens where somebody dragged them."""


def story(hand: Any, epic: str, version: JiraValue, status: str) -> str:
    return str(hand.issue("Story", epic, status, fixVersions=[{"id": version.id}]))


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_what_stands_behind_a_version_is_greater_until_the_order_is_another(hand: Any) -> None:
    jira = hand.sandbox.sandbox
    jira.versions["PLAT"] = [OLD, TWO, NEW]
    epic = hand.issue("Epic")
    story(hand, epic, NEW, "Done")
    story(hand, epic, OLD, "To Do")
    assert not [one for one in check_text(hand.connector, TESTER, "main", TEXT) if one.severity == "error"]
    hand.activate(TEXT, large=True)
    hand.sync()
    hand.work_off()
    assert hand.field(epic) == 100

    # A project that Jira does not show for a while puts nothing in another order.
    hand.sandbox.faults.add(Fault("status", "GET", "project/1", times=20, status=404, shape="jira"))
    read_again(hand)
    assert hand.field(epic) == 100

    hand.sandbox.faults.clear()
    jira.versions["PLAT"] = [NEW, TWO, OLD]
    read_again(hand)
    assert hand.field(epic) == 0


def read_again(hand: Any) -> None:
    hand.clock.pass_by(minutes=5)
    resync(with_names_of_today(hand.connector, "main"))
    hand.work_off()


def test_a_preview_asks_for_an_order_that_is_not_known_yet(hand: Any) -> None:
    hand.sandbox.sandbox.versions["PLAT"] = [OLD, TWO, NEW]
    story(hand, hand.issue("Epic"), NEW, "Done")
    hand.activate(TEXT.replace(' AND fixVersion > "2.0"', ""), large=True)
    hand.sync()
    found = preview_text(
        hand.connector, TESTER, "main", TEXT.replace('> "2.0"', "= earliestUnreleasedVersion(PLAT)")
    )
    (order,) = [one for one in found.bound.version_orders if one.versions]
    assert [(one.name, one.released) for one in order.versions] == [
        ("10.0", False),
        ("2.0", False),
        ("1.9", False),
    ]


def test_what_the_release_of_the_next_version_moves_is_told_as_that(hand: Any) -> None:
    """The issues of the version that was the last one are as they were: it is the last one no more."""
    jira = hand.sandbox.sandbox
    jira.versions["PLAT"] = [OLD, TWO]
    administration.release(jira, OLD, ADA)
    epic = hand.issue("Epic")
    done, open_ = story(hand, epic, OLD, "Done"), story(hand, epic, TWO, "To Do")
    hand.activate(TEXT.replace('> "2.0"', "= latestReleasedVersion(PLAT)"), large=True)
    hand.sync()
    hand.work_off()
    assert hand.field(epic) == 100
    began = hand.clock()

    hand.clock.pass_by(minutes=5)
    administration.release(jira, TWO, ADA)
    read_again(hand)

    assert hand.field(epic) == 0
    with hand.connector.store.read() as conn:
        told = movement_between(conn, "main", epic, began, hand.clock()).movement
        written = writes.load_latest(conn, "main", epic, scheme.OKR_PROGRESS)
    assert {(row.id, row.thing) for row in told.rows} == {
        (done, "2.0 was released"),
        (open_, "2.0 was released"),
    }
    assert written.reason.endswith("2.0 was released")
