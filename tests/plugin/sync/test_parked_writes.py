"""A write that was interrupted, and whose place nobody can look at: it waits where all that is held waits, and ends by sight, by time or by a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage
from connectors.sandbox import PEOPLE, Fault, administration
from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.state import person
from connectors.store.people import audit
from connectors.store.work import due, inbox
from connectors.store.writes import permits, refusals, writes, written_values
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.resync.full_read import resync
from plugin.sync.write_back import permits as permissions
from plugin.use_cases.health.concerns import wrong_in_jira
from plugin.use_cases.health.missing_matters import waiting_obstacles
from plugin.use_cases.health.status import status
from plugin.use_cases.work.held_writes import drop, list_held, release
from tests.actors import TESTER
from tests.plugin.sync.test_races import PROGRESS, at_fifty, moved_on, outcomes

PERSON = person(PEOPLE[0])
BOTH = pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)


@dataclass
class Parked:
    """An objective that had 50, and whose 67 arrived or not: its field is in the trash since."""

    hand: Any
    objective: str
    trash: Any

    @property
    def waits(self) -> bool:
        return bool(list_held(self.hand.connector, TESTER, "main"))

    def asks(self) -> int:
        """How many calls of Jira a reconcile needs."""
        self.hand.sandbox.site.calls.clear()
        reconcile(self.hand.context, self.objective)
        return int(self.hand.sandbox.site.calls.by_endpoint.total())

    def is_due(self) -> bool:
        with self.hand.connector.store.read() as conn:
            return self.objective in due.unserved_since(conn, "main", self.hand.clock())

    def bring_back(self) -> None:
        """The field is shown again."""
        administration.restore_field(self.hand.sandbox.sandbox, self.trash)
        self.hand.clock.pass_by(minutes=5)


def interrupted(hand: Any, objective: str, *, arrived: bool = True) -> None:
    """The answer to the write never came."""
    moved_on(hand, objective)
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    if arrived:
        hand.context.jira.edit(objective, {PROGRESS: 67})


@pytest.fixture
def parked(hand: Any, begin: Any) -> Parked:
    objective = begin(hand, at_fifty)
    interrupted(hand, objective)
    trash = administration.delete_field(hand.sandbox.sandbox, PROGRESS)
    hand.connector.catalogue("main", fresh=True)
    reconcile(hand.context, objective)
    hand.work_off()
    return Parked(hand, objective, trash)


@BOTH
def test_it_is_shown_with_its_key_its_field_and_why_where_all_that_is_held_is(parked: Parked) -> None:
    connector, objective = parked.hand.connector, parked.objective
    [one] = list_held(connector, TESTER, "main")
    assert (one.issue_id, one.field_name, one.stands, one.wanted) == (objective, "OKR progress", None, 67)
    assert "interrupted" in one.why
    assert "leaves the field out of its answer" in one.why
    found = status(connector, TESTER, "main")
    assert "held" in [concern.kind for concern in wrong_in_jira(found)]
    assert [
        (obstacle.issue_key, obstacle.why) for obstacle in waiting_obstacles(found) if obstacle.kind == "held"
    ] == [(one.issue_key, one.why)]
    assert found.writes.get("open", 0) == 0


@BOTH
def test_a_reconcile_does_not_ask_for_it_and_a_full_sync_does(parked: Parked) -> None:
    assert [parked.asks() for _ in range(3)] == [0, 0, 0]
    parked.hand.sync()
    assert parked.waits, "it is no more to be seen than before"
    since = list_held(parked.hand.connector, TESTER, "main")[0].since
    parked.hand.clock.pass_by(hours=7)
    parked.hand.sync()
    [one] = list_held(parked.hand.connector, TESTER, "main")
    assert one.since == since, "it is the same one, and as old"
    assert outcomes(parked.hand, parked.objective) == [(50, "written"), (67, "failed"), (67, "held")]


@BOTH
def test_a_change_of_the_catalogue_has_it_looked_up(parked: Parked) -> None:
    parked.bring_back()
    parked.hand.connector.catalogue("main", fresh=True)
    assert parked.is_due()
    parked.hand.work_off()
    assert not parked.waits
    assert outcomes(parked.hand, parked.objective)[-1] == (67, "confirmed")
    with parked.hand.connector.store.read() as conn:
        assert [row.after for row in written_values.of_objective(conn, "main", parked.objective)] == [67]


@BOTH
@pytest.mark.parametrize("before", [None, False, True])
def test_a_permission_that_came_back_has_it_looked_up(parked: Parked, before: bool | None) -> None:
    """Jira is asked for permissions where something was refused, too."""
    connector, objective = parked.hand.connector, parked.objective
    [one] = list_held(connector, TESTER, "main")
    project = one.issue_key.rpartition("-")[0]
    with connector.store.write() as conn:
        if before is not None:
            permits.put(conn, "main", {(project, "EDIT_ISSUES"): before})
    permissions.look(parked.hand.context)
    assert parked.is_due() is (before is not True)
    assert objective == one.objective_id


@BOTH
@pytest.mark.parametrize(("decision", "ended"), [(release, "released"), (drop, "dropped")])
def test_a_person_ends_it_and_the_audit_log_says_who(parked: Parked, decision: Any, ended: str) -> None:
    hand, objective = parked.hand, parked.objective
    [one] = list_held(hand.connector, TESTER, "main")
    assert decision(hand.connector, TESTER, "main", [one.name]) == 1
    hand.work_off()
    hand.sync()
    assert not parked.waits
    assert outcomes(hand, objective)[-1] == (67, ended)
    with hand.connector.store.read() as conn:
        assert f"held writes {ended}" in {entry.what for entry in audit.recent(conn, 20)}
    assert parked.asks() == 0


@BOTH
@pytest.mark.parametrize("arrived", [True, False])
def test_what_is_shown_again_settles_it_with_the_next_full_sync(hand: Any, begin: Any, arrived: bool) -> None:
    objective = begin(hand, at_fifty)
    interrupted(hand, objective, arrived=arrived)
    trash = administration.delete_field(hand.sandbox.sandbox, PROGRESS)
    hand.connector.catalogue("main", fresh=True)
    reconcile(hand.context, objective)
    found = Parked(hand, objective, trash)
    found.bring_back()
    hand.sync()
    hand.work_off()
    assert not found.waits
    assert hand.field(objective) == 67
    kept = ["confirmed"] if arrived else ["failed", "written"]
    assert [outcome for _, outcome in outcomes(hand, objective)] == ["written", "failed", *kept]


@BOTH
def test_a_clear_that_nobody_can_look_at_waits_too(hand: Any, begin: Any) -> None:
    """What is believed of the field is that nothing stands there, and that is wanted: so nothing would be planned, ever."""
    objective = begin(hand, at_fifty)
    hand.edit(objective, labels=[])
    hand.land(objective)
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    trash = administration.delete_field(hand.sandbox.sandbox, PROGRESS)
    hand.connector.catalogue("main", fresh=True)
    reconcile(hand.context, objective)
    found = Parked(hand, objective, trash)
    assert found.waits
    found.bring_back()
    hand.sync()
    hand.sync()
    assert not found.waits
    assert hand.field(objective) is None


@BOTH
def test_what_was_interrupted_on_an_issue_that_is_hidden_stays_to_be_seen(hand: Any, begin: Any) -> None:
    objective = begin(hand, at_fifty)
    interrupted(hand, objective)
    hand.sandbox.sandbox.forbid(objective)
    reconcile(hand.context, objective)
    [one] = list_held(hand.connector, TESTER, "main")
    with hand.connector.store.read() as conn:
        refused = [each.issue_id for each in refusals.load_all(conn, "main")]
    assert refused == ([objective] if hand.context.api == 3 else []), "a 403 is a gap, and nothing is written"
    assert "does not show the issue" in one.why
    hand.sandbox.site.calls.clear()
    reconcile(hand.context, objective)
    assert hand.sandbox.site.calls.by_endpoint.total() == 0
    hand.sandbox.sandbox.pardon(objective)
    hand.clock.pass_by(minutes=5)
    resync(hand.context)
    hand.work_off()
    assert list_held(hand.connector, TESTER, "main") == ()
    assert hand.field(objective) == 67
    with hand.connector.store.read() as conn:
        assert writes.load_parked(conn, "main") == []


@BOTH
def test_what_was_interrupted_on_an_issue_that_is_deleted_then_waits_for_nobody(
    hand: Any, begin: Any
) -> None:
    objective = begin(hand, at_fifty)
    interrupted(hand, objective)
    hand.sandbox.sandbox.forbid(objective)
    reconcile(hand.context, objective)
    assert len(list_held(hand.connector, TESTER, "main")) == 1
    hand.sandbox.sandbox.pardon(objective)
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[objective], PERSON)
    hand.clock.pass_by(minutes=5)
    with hand.connector.store.write() as conn:
        body = json.dumps({"webhookEvent": "jira:issue_deleted", "issue": {"id": objective}}).encode()
        inbox.store(conn, "main", "deleted", body, hand.clock(), "signature")
    hand.work_off()
    hand.sync()
    hand.work_off()
    assert list_held(hand.connector, TESTER, "main") == ()
    with hand.connector.store.read() as conn:
        assert writes.load_parked(conn, "main") == []
