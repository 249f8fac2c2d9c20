"""Fields of the Forge app in the sync, over real HTTP: written by the app alone, those of many issues in one call, once, and again when it is heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage
from connectors.sandbox import Fault
from connectors.sandbox.site_state.forge_apps import InstalledApp, hand_out, install
from connectors.store.forge import installations
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from connectors.store.writes.writes import WriteOutcome
from mappings.diagnostic import MappingError
from plugin.sync.reconcile.lease import LostLease, ObjectiveLease
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.work import turn
from plugin.sync.write_back.shared_writes import SharedWrites
from plugin.use_cases.mappings.mapping_life import check_text, preview_text
from tests.actors import TESTER
from tests.forge import APP_ID
from tests.forge_app import KEY, TOKEN, heard, installed

CALL = "/app/field/value"
MAPPING = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  app_progress: {id: customfield_10200}
  app_health: {id: customfield_10201}
  start: {id: customfield_10051}
  current: {id: customfield_10052}
  target: {id: customfield_10053}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    key_results:
      - {id: metric, select: 'issuetype = "Key Result"', progress: {kind: transition, start: start, current: current, target: target}}
write_back:
  - {target: objective, app_set: {app_progress: {value: progress_percent}, app_health: {value: health}}}
  - {target: key_result, app_set: {app_progress: {value: progress_percent}}}
"""
BARE = MAPPING.partition("write_back")[0]
LEFT = MAPPING.partition("  - {target: key_result")[0]


@pytest.fixture
def app(hand: Any) -> InstalledApp:
    """The app is in Jira, paired with the site, and Forge has sent its token along."""
    return installed(hand)


def objective(hand: Any, *currents: int) -> tuple[str, list[str]]:
    made: str = hand.issue("Epic", labels=["okr"])
    results = [hand.issue("Key Result", made) for _ in currents]
    for result, current in zip(results, currents, strict=True):
        hand.edit(result, customfield_10051=0, customfield_10052=current, customfield_10053=10)
    return made, results


def held(hand: Any, issue_id: str) -> tuple[Any, Any]:
    customs: Mapping[str, Any] = hand.sandbox.sandbox.records[issue_id].customs
    return customs.get("customfield_10200"), customs.get("customfield_10201")


def posts(hand: Any) -> int:
    """How often the app wrote since the last time somebody asked for it."""
    counted = hand.sandbox.site.calls.by_endpoint
    found = sum(number for name, number in counted.items() if "/app/field/" in name)
    hand.sandbox.site.calls.clear()
    return found


def synced(hand: Any, text: str = MAPPING) -> None:
    hand.activate(text)
    hand.sync()


def moved(hand: Any, result: str, current: int) -> None:
    hand.clock.pass_by(minutes=5)
    hand.edit(result, customfield_10052=current)
    hand.land(result)
    hand.work_off()


def refused(hand: Any) -> list[refusals.RefusedField]:
    with hand.connector.store.read() as conn:
        return refusals.load_all(conn, "main")


def test_an_objective_and_its_key_results_are_one_call_and_nobody_is_told(
    hand: Any, app: InstalledApp
) -> None:
    one, results = objective(hand, 3, 5)
    before = hand.sandbox.sandbox.records[one].updated
    synced(hand)
    assert [held(hand, id_)[0] for id_ in (one, *results)] == [40, 30, 50]
    assert held(hand, one)[1] == "Unknown", "a health without a cycle, in words: the field has no options"
    assert posts(hand) == 1
    assert hand.sandbox.sandbox.records[one].updated == before, "no line of the history, no newer issue"
    read, _ = hand.sync()
    assert (read.changed, read.drift) == (0, 0), "what was written is known as it is read"
    assert posts(hand) == 0, "what is right is not written"
    moved(hand, results[0], 7)
    assert [held(hand, id_)[0] for id_ in (one, *results)] == [60, 70, 50]
    assert posts(hand) == 1


def test_a_preview_shows_it_and_counts_one_call(hand: Any, app: InstalledApp) -> None:
    objective(hand, 3, 5)
    synced(hand, BARE)
    cost = preview_text(hand.connector, TESTER, "main", MAPPING).preview.cost
    assert (cost.writes, cost.issues, cost.calls) == (4, 3, 1)
    several(hand, 1, 2)
    hand.sync()
    cost = preview_text(hand.connector, TESTER, "main", MAPPING).preview.cost
    assert (cost.writes, cost.issues, cost.calls) == (10, 7, 1), "those of all objectives of a turn"


def test_what_one_issue_is_the_reason_of_holds_back_no_other(hand: Any, app: InstalledApp) -> None:
    one, results = objective(hand, 3, 5, 8, 9)
    synced(hand, BARE)
    hand.sandbox.sandbox.forbid(results[1])
    hand.activate(MAPPING)
    reconcile(hand.context, one)
    assert [held(hand, id_)[0] for id_ in (one, *results)] == [63, 30, None, 80, 90]
    assert [(row.issue_id, row.message) for row in refused(hand)] == [
        (results[1], "Jira refused the call (400): Some of the issues were not found.")
    ]
    hand.sandbox.sandbox.pardon(results[1])
    hand.sync()
    assert held(hand, results[1])[0] == 50
    assert refused(hand) == []


@pytest.mark.parametrize("arrived", [False, True])
def test_an_answer_that_never_came_is_looked_up_before_the_next_try(
    hand: Any, app: InstalledApp, arrived: bool
) -> None:
    one, results = objective(hand, 3)
    synced(hand, BARE)
    hand.activate(MAPPING)
    hand.sandbox.faults.add(Fault("torn" if arrived else "status", "POST", CALL, status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, one)
    assert held(hand, one)[0] == (30 if arrived else None)
    posts(hand)
    reconcile(hand.context, one)
    assert posts(hand) == (0 if arrived else 1)
    assert [held(hand, id_)[0] for id_ in (one, *results)] == [30, 30]
    with hand.connector.store.read() as conn:
        assert not writes.load_unsettled(conn, "main", one)


def test_without_a_token_it_is_refused_and_written_once_the_app_is_heard(
    hand: Any, app: InstalledApp
) -> None:
    one, _ = objective(hand, 3)
    hand.clock.pass_by(hours=5)
    synced(hand)
    assert held(hand, one) == (None, None)
    [said] = {(row.message, row.remedy) for row in refused(hand)}
    assert "no token that still holds" in said[0]
    assert "at least" in said[1]
    assert posts(hand) == 0
    heard(hand)
    with hand.connector.store.write() as conn:
        marked = refusals.probe(conn, "main")
    assert marked == {one}
    reconcile(hand.context, one)
    hand.work_off()
    assert held(hand, one)[0] == 30
    assert refused(hand) == []


def test_an_app_that_is_another_or_was_taken_out_may_not(hand: Any, app: InstalledApp) -> None:
    one, _ = objective(hand, 3)
    hand_out(hand.sandbox.sandbox, app, "another-token")  # ours is revoked
    synced(hand)
    assert {row.message for row in refused(hand)} == {
        "Jira refused the call (401): Jira does not take the token of the Forge app."
    }
    install(hand.sandbox.sandbox, "another-app", "prod", TOKEN)  # and is that of somebody else's
    with hand.connector.store.write() as conn:
        refusals.clear(conn, "main", one)
    synced(hand)
    assert held(hand, one) == (None, None)
    assert {row.message.partition(":")[0] for row in refused(hand)} == {"Jira refused the call (403)"}
    with hand.connector.store.write() as conn:
        installations.uninstall(conn, KEY, hand.clock())
        refusals.clear(conn, "main", one)
    reconcile(hand.context, one)
    assert {"not paired" in row.message for row in refused(hand)} == {True}


def test_what_leaves_the_mapping_is_cleared_by_the_app(hand: Any, app: InstalledApp) -> None:
    one, results = objective(hand, 3)
    synced(hand)
    synced(hand, LEFT)
    assert (held(hand, one)[0], held(hand, results[0])[0]) == (30, None)


def test_the_check_knows_whose_a_field_is(hand: Any, app: InstalledApp) -> None:
    objective(hand, 3)

    def errors(text: str) -> list[str]:
        try:
            found = check_text(hand.connector, TESTER, "main", text)
        except MappingError as error:
            found = error.diagnostics
        return [one.message for one in found if one.severity == "error"]

    assert errors(MAPPING) == []
    assert all(
        "of a Forge app, which alone may write it" in said
        for said in errors(MAPPING.replace("app_set", "set"))
    )
    assert len(errors(MAPPING.replace("app_set", "set"))) == 3
    [said] = errors(
        MAPPING.replace("customfield_10200", "customfield_10060", 1).replace("app_set", "app_set", 1)
    )[:1]
    assert "is none of a Forge app" in said
    with hand.connector.store.write() as conn:
        installations.forget(conn, "main")
    assert all("not paired with this site" in said for said in errors(MAPPING))


def several(hand: Any, *currents: int) -> tuple[list[str], list[str]]:
    """Objectives with a key result each."""
    made = [objective(hand, current) for current in currents]
    return [one for one, _ in made], [results[0] for _, results in made]


def test_the_objectives_of_a_turn_are_written_in_one_call_and_each_has_its_record(
    hand: Any, app: InstalledApp
) -> None:
    ones, results = several(hand, *range(1, 9))
    synced(hand)
    assert [held(hand, id_)[0] for id_ in (*ones, *results)] == [*range(10, 90, 10)] * 2
    assert posts(hand) == 1
    with hand.connector.store.read() as conn:
        latest = [writes.load_latest(conn, "main", one, "app:customfield_10200") for one in ones]
        assert due.pending_count(conn, "main") == 0
    assert [one.objective_id for one in latest if one is not None] == ones
    assert {one.outcome for one in latest if one is not None} == {WriteOutcome.WRITTEN}


def test_each_environment_of_the_app_is_sent_the_fields_that_are_its_own(
    hand: Any, app: InstalledApp
) -> None:
    """Jira takes nothing of a call that writes a field of another environment, and the site may have two side by side."""
    install(hand.sandbox.sandbox, APP_ID.rpartition("/")[2], "staging", "the other token")
    other = replace(KEY, environment_id="ari:cloud:ecosystem::environment/8db33309/staging")
    with hand.connector.store.write() as conn:
        installations.pair(conn, other, "STAGING", "y", "main", hand.clock(), url=hand.sandbox.url)
    heard(hand, "the other token", other)
    ones, results = several(hand, 1, 2)
    synced(hand, BARE)
    mixed = MAPPING.replace("customfield_10201", "customfield_10211")
    assert preview_text(hand.connector, TESTER, "main", mixed).preview.cost.calls == 2
    synced(hand, mixed)
    assert refused(hand) == []
    assert [held(hand, id_)[0] for id_ in (*ones, *results)] == [10, 20] * 2
    assert [hand.field(id_, "customfield_10211") for id_ in ones] == ["Unknown"] * 2
    assert posts(hand) == 2, "each is sent those of all objectives of the turn"


def test_a_bad_issue_of_one_objective_holds_back_no_other_objective(hand: Any, app: InstalledApp) -> None:
    ones, results = several(hand, 1, 2, 3, 4)
    synced(hand, BARE)
    hand.sandbox.sandbox.forbid(results[2])
    hand.activate(MAPPING)
    hand.work_off()
    assert [held(hand, id_)[0] for id_ in ones] == [10, 20, 30, 40]
    assert [held(hand, id_)[0] for id_ in results] == [10, 20, None, 40]
    assert [(row.objective_id, row.issue_id) for row in refused(hand)] == [(ones[2], results[2])]


@pytest.mark.parametrize("arrived", [False, True])
def test_an_answer_for_several_objectives_that_never_came_is_looked_up_for_each(
    hand: Any, app: InstalledApp, arrived: bool
) -> None:
    ones, results = several(hand, 1, 2, 3)
    synced(hand, BARE)
    hand.activate(MAPPING)
    hand.sandbox.faults.add(Fault("torn" if arrived else "status", "POST", CALL, status=503))
    done = turn(hand.context, "tester")
    assert (done.failed, done.written) == (3, 0)
    assert held(hand, ones[0])[0] == (10 if arrived else None)
    posts(hand)
    hand.clock.pass_by(minutes=5)
    hand.work_off()
    assert posts(hand) == (0 if arrived else 1)
    assert [held(hand, id_)[0] for id_ in (*ones, *results)] == [10, 20, 30] * 2
    with hand.connector.store.read() as conn:
        assert not any(writes.load_unsettled(conn, "main", one) for one in ones)
        assert due.pending_count(conn, "main") == 0


def test_an_issue_that_another_objective_writes_to_is_decided_of_once_that_is_sent(
    hand: Any, app: InstalledApp
) -> None:
    """The key result of two objectives is spoken for by the first; what that one leaves for others is sent before the second is decided."""
    ones, results = several(hand, 1, 2)
    synced(hand)
    posts(hand)
    hand.clock.pass_by(minutes=5)
    hand.edit(results[0], parent={"key": hand.sandbox.sandbox.records[ones[1]].key})
    hand.edit(ones[0], labels=[])  # the first objective leaves, and what it wrote is cleared
    for id_ in (results[0], ones[0]):
        hand.land(id_)
    hand.work_off()
    assert held(hand, ones[0]) == (None, None)
    assert [held(hand, id_)[0] for id_ in (ones[1], *results)] == [15, 10, 20]


def test_a_claim_that_another_took_meanwhile_is_left_out_and_the_rest_goes(
    hand: Any, app: InstalledApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    ones, results = several(hand, 1, 2, 3)
    synced(hand, BARE)
    hand.activate(MAPPING)
    keep = ObjectiveLease.keep
    begun: set[str] = set()

    def lost(lease: ObjectiveLease) -> None:
        if lease.claim.objective_id == ones[1] and ones[1] in begun:
            raise LostLease("taken")
        begun.add(lease.claim.objective_id)
        keep(lease)

    monkeypatch.setattr(ObjectiveLease, "keep", lost)
    done = turn(hand.context, "tester")
    assert (done.reconciled, done.failed) == (2, 1)
    assert [held(hand, id_)[0] for id_ in (*ones, *results)] == [10, None, 30] * 2


def out(hand: Any) -> Callable[[], dict[str, int]]:
    """Jira takes no write of the app and does not say who we are; gives how often each was asked since."""
    most = 1_000
    for path in (CALL, "/myself"):
        hand.sandbox.faults.add(Fault("status", path=path, times=most))
    return lambda: {one.path: most - one.times for one in hand.sandbox.faults.waiting()}


def test_a_turn_stops_once_what_was_left_for_others_meets_a_jira_that_is_out(
    hand: Any, app: InstalledApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first writes before the second is decided; nobody after that one is begun, and what the second left is not sent."""
    ones, results = several(hand, 1, 2, 3)
    synced(hand, BARE)
    hand.activate(MAPPING)
    monkeypatch.setattr(SharedWrites, "concerns", lambda shared, _ids: bool(shared._waiting))
    met = out(hand)
    done = turn(hand.context, "tester")
    assert met() == {CALL: 1, "/myself": 1}
    assert (done.reconciled, done.failed, done.written) == (0, 1, 0)
    with hand.connector.store.read() as conn:
        assert (due.pending_count(conn, "main"), due.holders(conn)) == (3, set())
    hand.sandbox.faults.clear()
    hand.clock.pass_by(minutes=5)
    hand.work_off()
    assert [held(hand, id_)[0] for id_ in (*ones, *results)] == [10, 20, 30] * 2


def test_how_long_an_event_took_is_counted_once_an_objective(hand: Any, app: InstalledApp) -> None:
    """By however many calls it is written: its own edit comes first, and what it left for others later in the turn."""
    [_, one], results = several(hand, 1, 2)
    both = MAPPING.replace("fields:\n", "fields:\n  okr_progress: {id: customfield_10060}\n")
    synced(hand, both + "  - {target: objective, set: {okr_progress: {value: progress_percent}}}\n")
    hand.connector.meter.taken()
    moved(hand, results[1], 7)
    assert (held(hand, one)[0], hand.field(one)) == (70, 70)
    assert sum(hand.connector.meter.counted().lags["main"].classes) == 1


def test_whether_jira_is_out_is_asked_once_for_all_that_met_it(hand: Any, app: InstalledApp) -> None:
    several(hand, 1, 2, 3)
    synced(hand, BARE)
    hand.activate(MAPPING)
    met = out(hand)
    assert turn(hand.context, "tester").failed == 3
    assert met() == {CALL: 1, "/myself": 1}
