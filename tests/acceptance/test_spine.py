"""From a moved issue to a written field: what the README promises, over real HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from fractions import Fraction
from typing import Any

from click.testing import CliRunner

from connectors.sandbox import WebhookFaults

PROGRESS = "customfield_10060"


def written(world: Any, key: str) -> float | None:
    return world.issue(key)["fields"][PROGRESS]


def test_an_issue_moved_to_done_changes_the_field_of_its_epic(world: Any, eventually: Any) -> None:
    story, epic = world.open_story()
    before = written(world, epic)

    world.move(story, "Done")

    eventually(lambda: written(world, epic) != before)
    eventually(lambda: written(world, epic) == int(world.states()[epic].progress * 100 + Fraction(1, 2)))


def test_the_rows_of_every_ledger_sum_exactly_to_its_number(world: Any) -> None:
    states = world.states()
    assert len(states) >= 10
    for state in states.values():
        for ledger in (state.ledger, state.beside, *(one.measurement.ledger for one in state.key_results)):
            assert ledger.exact, state.key
        assert state.ledger.total == state.progress, state.key


def test_the_echo_of_our_own_write_causes_no_second_write(world: Any, eventually: Any) -> None:
    story, epic = world.open_story()
    before = written(world, epic)
    edits_before = dict(world.sandbox.site.calls.edits)

    world.move(story, "Done")
    eventually(lambda: written(world, epic) != before)
    assert world.sandbox.settle()
    eventually(lambda: world.idle())

    epic_id = world.issue(epic)["id"]
    assert world.sandbox.site.calls.edits[epic_id] == edits_before.get(epic_id, 0) + 1


def test_a_second_sync_writes_nothing(world: Any) -> None:
    edits = dict(world.sandbox.site.calls.edits)
    world.sync()
    assert dict(world.sandbox.site.calls.edits) == edits


def test_explain_shows_the_rows_that_sum_to_the_number(world: Any, command: Any) -> None:
    _, epic = world.open_story()
    result: Any = command("explain", epic, "--json")
    shares = sum((Fraction(row["share"]) for row in result["headline"]["rows"]), Fraction(0))
    assert shares == Fraction(result["headline"]["total"]) == world.states()[epic].progress


def test_an_issue_that_moves_to_another_epic_leaves_the_old_one_and_joins_the_new(
    world: Any, eventually: Any
) -> None:
    story, epic = world.open_story()
    running = world.states()[epic].cycle_id  # an objective of a cycle that has ended stands still
    others = [
        key
        for key, state in world.states().items()
        if key != epic and key.split("-")[0] == epic.split("-")[0] and state.cycle_id == running
    ]
    other = next(
        key for key in others if any(one.kind == "delivery" for one in world.states()[key].key_results)
    )
    story_id = world.issue(story)["id"]

    world.jira("PUT", f"/rest/api/3/issue/{story}", json={"fields": {"parent": {"key": other}}})

    eventually(
        lambda: story_id in world.states()[other].touched and story_id not in world.states()[epic].touched, 10
    )


def test_a_deleted_issue_leaves_its_objective(world: Any, eventually: Any) -> None:
    story, epic = world.open_story()
    story_id = world.issue(story)["id"]

    world.admin("DELETE", f"/rest/api/3/issue/{story}?deleteSubtasks=true")

    eventually(lambda: story_id not in world.states()[epic].touched)


def test_a_burst_on_one_objective_causes_few_writes(world: Any, eventually: Any) -> None:
    epic, delivery = next(
        (key, one)
        for key, state in world.states().items()
        for one in state.key_results
        if one.kind == "delivery" and len(one.measurement.ledger.rows) >= 5
    )
    epic_id = world.issue(epic)["id"]
    edits = world.sandbox.site.calls.edits[epic_id]
    keys = [row.key for row in delivery.measurement.ledger.rows if row.weight][:8]
    for _ in range(5):
        for key in keys:
            world.estimate(key, 3)
            world.estimate(key, 5)
    assert world.sandbox.settle(30)
    eventually(lambda: world.idle())

    assert world.sandbox.site.calls.edits[epic_id] - edits <= 3


def test_the_demo_does_its_work_once_and_ends(tmp_path: Any) -> None:
    from plugin.cli import cli

    result = CliRunner().invoke(cli, ["demo", "--once", "--folder", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "Objectives" in result.output
    assert "PLAT-" in result.output


def test_our_own_writes_are_no_drift(world: Any, command: Any, eventually: Any) -> None:
    assert world.sandbox.settle()
    eventually(lambda: world.idle())

    assert command("sync", "--json")["drift"] == 0


def test_a_change_that_no_webhook_told_is_found_by_a_sync_and_counted_as_drift(
    world: Any, command: Any
) -> None:
    story, epic = world.open_story()
    before = world.states()[epic].progress
    world.sandbox.sender.faults = WebhookFaults(drop=1.0)
    world.move(story, "Done")

    found = command("sync", "--json")

    assert found["drift"] == 1
    assert world.states()[epic].progress != before


def test_an_unchanged_sync_reads_pages_and_nothing_else(world: Any) -> None:
    world.sync()
    world.sandbox.site.calls.clear()
    world.sync()

    asked = {endpoint for endpoint in world.sandbox.site.calls.by_endpoint if not endpoint.startswith("GET")}
    assert asked == {"POST /rest/api/3/search/jql", "POST /rest/api/3/search/approximate-count"}


def test_a_renamed_version_brings_the_next_resync_forward(world: Any, eventually: Any) -> None:
    """Such an event names no issue; the schedule then reads everything again, with a pause between two reads."""
    event = {
        "webhookEvent": "jira:version_updated",
        "timestamp": 1,
        "version": {"id": "10400", "name": "renamed"},
    }
    connector, clock = world.connector, world.connector.clock
    connector.clock = lambda: clock() + timedelta(minutes=3)
    before = world.last_full_read()

    world.deliver(json.dumps(event).encode())

    eventually(lambda: world.last_full_read() != before)
    assert not world.wants_full_read()
