"""What Jira shows no more leaves by Jira's own word alone, or where it is little; more waits for a person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR
from connectors.sandbox.site_state import scheme
from connectors.store.absence import losses
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import audit
from connectors.store.work import inbox
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.refresh.losses import AT_ONCE, weigh
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.full_read import resync
from plugin.use_cases.work import losses as use_case
from plugin.use_cases.work import sync
from tests.plugin.sync.conftest import Company

ADA = Actor("ada", Permission.EDITOR)
CLOUD_AND_DATACENTER = pytest.mark.parametrize("small", ["cloud", "datacenter"], indirect=True)


def stories(small: Company, project: str = "PLAT") -> list[Any]:
    return [one for one in small.records() if one.project.key == project]


def known(small: Company, *states: Any) -> list[losses.Loss]:
    with small.connector.store.read() as conn:
        return losses.load_all(conn, "main", *states)


def rows(small: Company, project: str = "PLAT") -> int:
    """How many rows the objective of this project stands on."""
    epic = next(one for one in small.records(scheme.EPIC) if one.project.key == project)
    with small.connector.store.read() as conn:
        state = objectives.load(conn, "main", epic.id).state
    return sum(len(one.measurement.ledger.rows) for one in state.key_results)


def again(small: Company) -> Any:
    found = resync(small.context)
    small.work_off()
    return found


def out_of_sight(small: Company, project: str) -> None:
    """The connector's account may no longer browse it."""
    granted = {one: frozenset(scheme.PERMISSIONS) for one in ("PLAT", "CORE", "GROW") if one != project}
    small.sandbox.sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, administrator=False, grants=granted)


def deliver(small: Company, event: str, records: list[Any]) -> None:
    """Jira tells of these issues; nobody has worked it off yet."""
    with small.connector.store.write() as conn:
        for one in records:
            body = {"webhookEvent": event, "issue": {"id": one.id, "key": one.key}}
            name = f"{event}-{one.id}-{small.clock().isoformat()}"
            inbox.store(conn, "main", name, json.dumps(body).encode(), small.clock(), event)


def pending(small: Company) -> int:
    with small.connector.store.read() as conn:
        return len(inbox.load_pending(conn, 100, "main"))


@pytest.mark.parametrize(("gone", "left", "held"), [(1, 1, 0), (2, 2, 0), (3, 0, 3)])
def test_on_cloud_a_tenth_of_the_rows_leaves_and_more_is_held(
    small: Company, gone: int, left: int, held: int
) -> None:
    for one in stories(small)[:gone]:
        small.delete(one)

    found = again(small)

    assert (found.removed, found.losses) == (left, held)
    assert rows(small) == 20 - left
    assert [one.state for one in known(small)] == ["left"] * left + ["held"] * held
    assert all("security level" in one.reason for one in known(small))
    assert len(small.mirror()) == 63 - left


def test_one_row_may_always_leave_a_small_objective(small: Company) -> None:
    core = next(one for one in small.records(scheme.EPIC) if one.project.key == "CORE")
    for one in stories(small)[4:]:
        small.edit(one, parent={"key": core.key})
    again(small)
    assert rows(small) == 4

    small.delete(stories(small)[0])

    assert again(small).losses == 0
    assert rows(small) == 3


def test_what_left_within_the_hour_counts_with_what_is_missing_now(small: Company) -> None:
    for one in stories(small)[:2]:
        small.delete(one)
    assert again(small).losses == 0

    small.clock.pass_by(minutes=10)
    small.delete(stories(small)[0])
    assert again(small).losses == 1
    assert rows(small) == 18

    # what is held stays held, however long nobody looks
    small.clock.pass_by(seconds=(AT_ONCE + timedelta(minutes=1)).total_seconds())
    assert again(small).losses == 1
    assert rows(small) == 18


def test_where_an_objective_itself_goes_no_number_of_its_is_left_to_be_wrong(small: Company) -> None:
    """It has twenty rows beneath it, and leaves with them; of another with as many rows two may go, and three wait."""
    epic = next(one for one in small.records(scheme.EPIC) if one.project.key == "PLAT")
    found = weigh(small.context, [epic.id])
    assert (found.leaving, found.held) == ({epic.id}, ())
    assert [(one.issue.id, one.objectives) for one in found.unsaid] == [(epic.id, {epic.id})]
    three = [one.id for one in stories(small, "CORE")[:3]]
    with small.connector.store.read() as conn:
        (above,) = {mirror.get(conn, "main", [one])[one].parent_id for one in three}
    found = weigh(small.context, [epic.id, *three])
    assert found.leaving == {epic.id}
    assert {one.issue.id: one.objectives for one in found.held} == {one: {above} for one in three}
    assert {one.reason.partition(" stand on; ")[0] for one in found.held} == {
        f"Jira no longer shows what 3 of 20 rows of {small.sandbox.sandbox.records[above].key}"
    }


@pytest.mark.parametrize("small", ["datacenter"], indirect=True)
def test_on_data_center_a_404_of_jira_itself_is_its_word(small: Company) -> None:
    for one in stories(small)[:5]:
        small.delete(one)

    found = again(small)

    assert (found.removed, found.losses, rows(small), known(small)) == (5, 0, 15, [])


@CLOUD_AND_DATACENTER
def test_a_project_out_of_sight_is_no_set_of_deletions(small: Company) -> None:
    out_of_sight(small, "GROW")

    found = again(small)

    assert (found.removed, found.losses) == (0, 21)
    assert rows(small, "GROW") == 20
    assert len(small.mirror()) == 63
    assert {one.reason for one in known(small, "held")} == {
        "Jira no longer shows 21 of 21 issues of GROW; by its own permissions the account may no longer browse the project."
    }
    small.sandbox.sandbox.accounts[CONNECTOR.id] = CONNECTOR
    small.clock.pass_by(minutes=2)
    assert again(small).losses == 0
    assert known(small) == []


def test_one_issue_of_a_project_that_cannot_be_browsed_is_held_on_cloud(small: Company) -> None:
    out_of_sight(small, "GROW")
    deliver(small, "jira:issue_updated", stories(small, "GROW")[:1])

    refresh(small.context, "worker")

    assert [one.state for one in known(small)] == ["held"]
    assert len(small.mirror()) == 63


def test_parents_in_a_circle_are_walked_once(small: Company) -> None:
    ids = [one.id for one in stories(small)[:2]]
    with small.connector.store.write() as conn:
        one, other = mirror.get(conn, "main", ids).values()
        mirror.put(conn, "main", [replace(one, parent_id=other.id), replace(other, parent_id=one.id)])
    assert weigh(small.context, ids).leaving == set(ids)


def test_an_event_about_what_is_hidden_is_settled_and_what_it_names_is_held(small: Company) -> None:
    gone = stories(small)[:20]
    for one in gone:
        small.delete(one)
    deliver(small, "jira:issue_updated", gone)

    refresh(small.context, "worker")
    small.work_off()

    assert pending(small) == 0
    assert len(known(small, "held")) == 20
    assert rows(small) == 20


def test_a_delete_event_is_jiras_own_word(small: Company) -> None:
    gone = stories(small)[:20]
    for one in gone:
        small.delete(one)
    again(small)
    assert len(known(small, "held")) == 20
    deliver(small, "jira:issue_deleted", gone)

    refresh(small.context, "worker")
    small.work_off()

    assert (pending(small), known(small), len(small.mirror())) == (0, [], 43)
    assert rows(small) == 0


def test_a_person_accepts_some_and_dismisses_the_others(small: Company) -> None:
    gone = stories(small)[:5]
    for one in gone:
        small.delete(one)
    again(small)

    accepted = use_case.accept(small.connector, ADA, "main", [gone[0].key, gone[1].key.lower()])
    kept = use_case.dismiss(small.connector, ADA, "main", None)
    small.work_off()

    assert ([one.issue_id for one in accepted], len(kept)) == ([gone[0].id, gone[1].id], 3)
    assert rows(small) == 18
    assert use_case.list_held(small.connector, ADA, "main") == ()
    assert again(small).losses == 0
    assert rows(small) == 18
    with small.connector.store.read() as conn:
        noted = [(one.who, one.what, one.detail["count"]) for one in audit.recent(conn, 2)]
    assert noted == [("ada", "losses dismissed", 3), ("ada", "losses accepted", 2)]


def test_what_was_dismissed_and_is_gone_after_all_is_accepted_by_its_name(small: Company) -> None:
    """No delivery told of it, and Cloud says of it no more than that it is not shown: it would count for ever."""
    gone = stories(small)[:5]
    for one in gone:
        small.delete(one)
    again(small)
    use_case.dismiss(small.connector, ADA, "main", None)
    assert use_case.accept(small.connector, ADA, "main", None) == ()
    assert [one.issue_id for one in use_case.accept(small.connector, ADA, "main", [gone[0].key])] == [
        gone[0].id
    ]
    with pytest.raises(use_case.UnknownLoss):
        use_case.accept(small.connector, ADA, "main", [gone[0].key])
    with pytest.raises(use_case.UnknownLoss):
        use_case.dismiss(small.connector, ADA, "main", [gone[1].key])
    small.work_off()
    assert rows(small) == 19
    assert again(small).losses == 0


def test_what_is_dismissed_is_asked_about_again_once_it_was_seen(small: Company) -> None:
    out_of_sight(small, "GROW")
    again(small)
    use_case.dismiss(small.connector, ADA, "main", ["GROW"])
    small.sandbox.sandbox.accounts[CONNECTOR.id] = CONNECTOR
    again(small)
    assert known(small) == []

    out_of_sight(small, "GROW")
    small.clock.pass_by(minutes=2)

    assert again(small).losses == 21


def test_the_commands_say_what_waits_and_exit_with_1(quiet: Any, command: Any) -> None:
    granted = {one: frozenset(scheme.PERMISSIONS) for one in ("PLAT", "CORE")}
    quiet.sandbox.sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, administrator=False, grants=granted)

    assert command("sync")[0] == 1
    code, said = command("losses", "list", "--json")
    waiting = json.loads(said)
    assert code == 1
    assert {one["project"] for one in waiting} == {"GROW"}
    code, said = command("status", "--json")
    assert code == 1
    assert "losses" in [one["kind"] for one in json.loads(said)["concerns"] if one["wrong"]]
    assert len(json.loads(said)["losses"]) == len(waiting)
    assert "losses list" in command("status")[1]

    assert command("losses", "accept")[0] == 2
    assert command("losses", "accept", "NOPE-1")[0] == 1
    assert json.loads(command("losses", "dismiss", "GROW", "--json")[1])[0]["issue"] == waiting[0]["issue"]
    assert command("losses", "list") == (0, "Nothing is missing.\n")
    assert "kept" in command("losses", "list", "--all")[1]
    assert "losses" not in [one["kind"] for one in json.loads(command("status", "--json")[1])["concerns"]]


def test_what_a_sync_accepts_is_in_the_audit_log(small: Company) -> None:
    gone = stories(small)[:5]
    for one in gone:
        small.delete(one)

    found = sync.run(small.connector, ADA, "main", sync.SyncRequest(accept_loss=True))

    assert (found.read.removed, found.lacking.losses, rows(small)) == (5, 0, 15)
    with small.connector.store.read() as conn:
        noted = [(one.who, one.what, one.detail) for one in audit.recent(conn, 2)]
    assert noted == [
        ("ada", "losses accepted", {"issues": sorted(one.key for one in gone), "count": 5}),
        ("ada", "sync asked for", {"kind": "full", "accept_loss": True}),
    ]
