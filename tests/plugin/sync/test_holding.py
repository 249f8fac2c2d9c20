"""The breaker for flapping fields and the brake of a resync: what is held, what is not, and how it is let go."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from plugin.sync import holding
from plugin.sync.holding import MOST_REWRITES, flaps


@pytest.mark.parametrize(
    ("rewrites", "written_before", "held"),
    [
        (0, True, False),
        (MOST_REWRITES - 1, True, False),
        (MOST_REWRITES, True, True),
        (MOST_REWRITES, False, False),
        (100, False, False),
    ],
)
def test_only_one_more_rewrite_of_an_earlier_value_flaps(
    rewrites: int, written_before: bool, held: bool
) -> None:
    assert flaps(rewrites, written_before) is held


def fight(quiet: Any, objective_id: str, rounds: int = MOST_REWRITES + 3) -> int:
    """Another app writes our field again and again; how often we wrote it back."""
    written = 0
    for _ in range(rounds):
        quiet.overwrite(objective_id, 1)
        written += len(quiet.reconcile(objective_id).applied.written)
    return written


def test_a_field_that_someone_else_writes_too_is_held_after_a_few_rewrites(quiet: Any) -> None:
    objective_id, other, *_ = quiet.objectives()

    written = fight(quiet, objective_id)

    # the first sync wrote the value once, so every one of these was a rewrite
    assert written == MOST_REWRITES
    (held,) = quiet.held()
    assert held.issue_id == objective_id
    assert "flaps" in held.note
    assert quiet.in_jira(objective_id) == 1
    quiet.overwrite(other, 1)
    assert quiet.reconcile(other).applied.written, "other fields go on"


def test_a_held_field_is_held_once_however_often_it_is_reconciled(quiet: Any) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    for _ in range(5):
        quiet.reconcile(objective_id)

    assert len(quiet.held()) == 1


def test_a_field_that_was_calm_for_an_hour_is_written_again(quiet: Any) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    clock = quiet.connector.clock
    quiet.connector.clock = lambda: clock() + timedelta(minutes=61)

    assert quiet.reconcile(objective_id).applied.written
    assert quiet.in_jira(objective_id) != 1


def test_a_person_lets_a_held_field_go(quiet: Any, command: Any) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    code, said = command("status", "--json")
    assert code == 1
    (shown,) = json.loads(said)["held"]
    assert shown["field"]

    code, said = command("apply", "--release-held", shown["issue"], "--json")

    assert code == 0
    assert [change["issue"] for change in json.loads(said)["written"]] == [shown["issue"]]
    assert quiet.held() == []
    assert quiet.in_jira(objective_id) != 1
    assert json.loads(command("status", "--json")[1])["held"] == []


def test_a_value_that_was_never_written_goes_through(quiet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    objective_id = quiet.objectives()[0]
    fight(quiet, objective_id)
    (held,) = quiet.held()
    from dataclasses import replace

    from plugin.sync import reconcile as module

    original = module.plan_objective

    def otherwise(*given: Any, **more: Any) -> Any:
        made = original(*given, **more)
        changed = [
            replace(one, after=held.after + 1) for one in made.changes if one.field_id == held.field_id
        ]
        return replace(made, changes=tuple(changed))

    monkeypatch.setattr(module, "plan_objective", otherwise)
    written = quiet.reconcile(objective_id).applied.written

    assert [change.after for change in written] == [held.after + 1]
    assert quiet.held() == [], "what is wanted otherwise since is no longer held"


def spoil(quiet: Any, ids: list[str]) -> None:
    """A bulk change in Jira that nobody told us of."""
    for objective_id in ids:
        quiet.context.jira.edit(
            objective_id, {"customfield_10060": 1, "customfield_10061": {"value": "Pending"}}
        )


def test_a_resync_that_would_change_too_much_waits_for_a_person(quiet: Any, command: Any) -> None:
    ids = quiet.objectives()
    document = quiet.context.mapping.document
    assert len(ids) > document.brake.floor
    spoil(quiet, ids)

    found, done = quiet.sync()

    assert found.held is not None
    assert found.held.count >= len(ids)
    assert done.written == 0
    assert all(quiet.in_jira(one) == 1 for one in ids)
    code, said = command("status", "--json")
    assert code == 1
    status = json.loads(said)
    assert set(status["brake"]["objectives"]) >= set(ids)
    assert "written values would change" in status["brake"]["reason"]
    assert len(status["held"]) == found.held.count

    code, said = command("apply", "--release-held", "--json")

    assert code == 0
    assert len(json.loads(said)["written"]) >= found.held.count
    assert all(quiet.in_jira(one) != 1 for one in ids)
    with quiet.connector.store.read() as conn:
        assert holding.standing(conn, "main") is None
    again, done = quiet.sync()
    assert again.held is None
    assert done.written == 0


def test_a_few_changes_are_no_reason_to_hold(quiet: Any) -> None:
    ids = quiet.objectives()[:3]
    for one in ids:
        quiet.context.jira.edit(one, {"customfield_10060": 1})

    found, done = quiet.sync()

    assert found.held is None
    assert done.written == len(ids)


def test_a_held_resync_holds_when_it_is_repeated(quiet: Any) -> None:
    ids = quiet.objectives()
    spoil(quiet, ids)
    quiet.sync()
    quiet.sync()

    assert all(quiet.in_jira(one) == 1 for one in ids)
    assert len(quiet.held()) == len({(one.issue_id, one.field_id) for one in quiet.held()})
