"""The bad half of each race: what happened while nobody looked, and what is then believed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.jira.http.errors import AuthFailure, JiraOutage, JiraRefusal, RateLimitError
from connectors.sandbox import CONNECTOR, Fault, administration
from connectors.store.mirror import mirror
from connectors.store.work import batch_sizes, due, inbox, last_reconcile
from connectors.store.writes import writes
from mappings.write_back.plan import Change, Plan
from plugin.sync.intake.batch_size import cut_short, portion, went_well
from plugin.sync.reconcile.lease import ObjectiveLease
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.losses import weigh
from plugin.sync.refresh.own_writes import overtaken
from plugin.sync.refresh.reread import land_issues, read_again, refresh
from plugin.sync.refresh.tombstones import remember
from plugin.sync.resync.double_check import DoubleCheckedPage
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.mirror_update import land_again, land_first
from plugin.sync.work import reconcile_claim
from tests.plugin.sync.test_leftovers import WITH_KEY_RESULTS, epic, key_result

PROGRESS = "customfield_10060"


def outcomes(hand: Any, issue_id: str) -> list[tuple[Any, str | None]]:
    """What we wrote to the progress of an issue and what became of it, oldest first."""
    with hand.connector.store.read() as conn:
        found = [one for one in writes.recent(conn, "main", 100) if one.issue_id == issue_id]
    return [(one.after, one.outcome) for one in reversed(found)]


def moved_on(hand: Any, objective: str) -> None:
    """A third story, done, which the mirror knows of: 50 becomes 67."""
    hand.land(hand.issue("Story", objective, "Done"))


def at_fifty(hand: Any) -> str:
    hand.activate(WITH_KEY_RESULTS)
    made = epic(hand)
    hand.sync()
    assert hand.field(made) == 50
    return made


@pytest.fixture
def objective(hand: Any, begin: Any) -> str:
    """An objective at 50 %, read and written."""
    made: str = begin(hand, at_fifty)
    return made


@pytest.mark.parametrize("arrived", [False, True])
def test_an_interrupted_write_is_confirmed_only_where_jira_has_it(
    hand: Any, objective: str, arrived: bool
) -> None:
    moved_on(hand, objective)
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    if arrived:
        hand.context.jira.edit(objective, {PROGRESS: 67})

    reconcile(hand.context, objective)

    last = [(67, "confirmed")] if arrived else [(67, "failed"), (67, "written")]
    assert outcomes(hand, objective) == [(50, "written"), *last]
    assert hand.field(objective) == 67


@pytest.mark.parametrize("gone", [False, True])
def test_an_interrupted_write_to_what_is_hidden_meanwhile_is_looked_up_once_it_is_shown(
    hand: Any, objective: str, gone: bool
) -> None:
    """Nobody could say that Jira does not have it: what stands there would be nobody's, and stay when the objective leaves."""
    moved_on(hand, objective)
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    hand.context.jira.edit(objective, {PROGRESS: 67})
    hand.sandbox.sandbox.forbid(objective)
    reconcile(hand.context, objective)
    assert (67, "held") in outcomes(hand, objective)

    if gone:
        with hand.connector.store.write() as conn:
            mirror.delete(conn, "main", [objective])  # as a delete event does
        hand.sync()
        assert (67, "held") not in outcomes(hand, objective)
        return
    hand.sandbox.sandbox.pardon(objective)
    hand.clock.pass_by(minutes=5)
    hand.edit(objective, labels=[])
    hand.land(objective)
    hand.work_off()
    assert (67, "confirmed") in outcomes(hand, objective)
    assert hand.field(objective) is None


@pytest.mark.parametrize("leaves", [False, True])
def test_an_interrupted_write_to_a_field_that_jira_lists_no_more_is_looked_up_once_it_is_back(
    hand: Any, objective: str, leaves: bool
) -> None:
    """Nothing says that it failed. What comes back from the trash is ours, and is cleared where the objective left meanwhile."""
    sandbox = hand.sandbox.sandbox
    moved_on(hand, objective)
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    hand.context.jira.edit(objective, {PROGRESS: 67})
    trash = administration.delete_field(sandbox, PROGRESS)
    hand.connector.catalogue("main", fresh=True)

    reconcile(hand.context, objective)
    assert outcomes(hand, objective) == [(50, "written"), (67, "failed"), (67, "held")]
    if leaves:
        hand.edit(objective, labels=[])
        hand.sync()
    administration.restore_field(sandbox, trash)
    hand.clock.pass_by(minutes=5)
    hand.sync()
    hand.sync()
    assert (67, "confirmed") in outcomes(hand, objective)
    assert hand.field(objective) == (None if leaves else 67)


@pytest.mark.parametrize("hand", ["datacenter"], indirect=True)
def test_where_the_place_of_an_interrupted_write_may_not_be_read_it_is_written_anew(hand: Any) -> None:
    """It had arrived, and its inputs moved back: what the mirror knew from before was what is wanted, and another number stood in Jira."""
    sandbox, key = hand.sandbox.sandbox, "jira-okr.rollup"
    hand.activate(
        WITH_KEY_RESULTS.replace(
            "  - target: objective\n    set:", f"  - target: objective\n    property: {key}\n    set:"
        )
    )
    objective = epic(hand)
    hand.sync()
    properties = sandbox.properties[objective]
    fifty = properties[key]
    [open_] = [
        one.id
        for one in sandbox.records.values()
        if one.parent_id == objective and one.status.category == "new"
    ]
    hand.status(open_, "Done")
    hand.land(open_)
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}/properties", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    with hand.connector.store.read() as conn:
        [late] = writes.load_unsettled(conn, "main", objective)
    assert late.after != fifty
    properties[key] = late.after
    hand.status(open_, "To Do")
    hand.land(open_)
    hand.sandbox.faults.add(
        Fault("status", "GET", f"/issue/{objective}", status=403, shape="jira", skip=1, times=2)
    )

    reconcile(hand.context, objective)

    assert properties[key] == fifty
    with hand.connector.store.read() as conn:
        assert writes.load_unsettled(conn, "main", objective) == []
        assert writes.load_held(conn, "main") == [], "it is no matter any more"
    hand.sandbox.site.calls.edits.clear()
    reconcile(hand.context, objective)
    with hand.connector.store.read() as conn:
        assert writes.load_unsettled(conn, "main", objective) == []
        last = writes.last_write(conn, "main", objective, late.field_id)
    assert last is not None
    assert last.after == fifty
    assert hand.sandbox.site.calls.edits.total() == 0, "nothing is written twice"


def test_an_interrupted_write_is_not_made_again_on_what_left_the_scope_meanwhile(hand: Any) -> None:
    """The mirror would hold the value of before, and the plan write what Jira has."""
    hand.activate(WITH_KEY_RESULTS.replace("scope: project = PLAT", "scope: project = PLAT AND labels = okr"))
    objective = hand.issue("Epic", labels=["okr"])
    for status in ("Done", "To Do"):
        hand.issue("Story", objective, status, labels=["okr"])
    hand.sync()
    hand.land(hand.issue("Story", objective, "Done", labels=["okr"]))
    hand.sandbox.faults.add(Fault("status", "PUT", f"issue/{objective}", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, objective)
    hand.context.jira.edit(objective, {PROGRESS: 67})
    hand.edit(objective, labels=["other"])

    reconcile(hand.context, objective)

    assert [value for value, outcome in outcomes(hand, objective) if outcome == "written"] == [50, None]
    assert hand.field(objective) is None


def test_a_write_that_the_sign_in_refuses_has_failed_and_is_not_looked_up(hand: Any, objective: str) -> None:
    moved_on(hand, objective)
    hand.sandbox.faults.add(Fault("unauthorized", "PUT", f"issue/{objective}"))
    with pytest.raises(AuthFailure):
        reconcile(hand.context, objective)
    assert outcomes(hand, objective) == [(50, "written"), (67, "failed")]
    with hand.connector.store.read() as conn:
        assert writes.load_unsettled(conn, "main", objective) == []
    reconcile(hand.context, objective)
    assert hand.field(objective) == 67


def test_a_first_read_does_not_bring_back_what_left_while_it_was_under_way(hand: Any) -> None:
    """A search that lags shows it once more on a later page; a read by id settles the doubt."""
    hand.activate(WITH_KEY_RESULTS)
    objective = epic(hand)
    stays, goes = (hand.issue("Story", objective) for _ in range(2))
    context = hand.context
    shown = list(context.jira.read([stays, goes], context.fields).issues)
    with hand.connector.store.write() as conn:
        remember(context, conn, [goes])
        landed = land_first(context, conn, shown)
    with hand.connector.store.read() as conn:
        assert {issue.id for issue in mirror.every(conn, "main")} == {stays}
        assert landed.issues == 1
        assert [json.loads(one.body)["issue"]["id"] for one in inbox.load_pending(conn, 9, "main")] == [goes]


@pytest.mark.parametrize("searched", [True, False])
def test_what_left_after_it_was_read_is_asked_for_again_and_not_put_back(hand: Any, searched: bool) -> None:
    """A read by id that began after it left is sure, so it lands."""
    hand.activate(WITH_KEY_RESULTS)
    stays, goes = (hand.issue("Story") for _ in range(2))
    context, began = hand.context, hand.clock()
    shown = list(context.jira.read([stays, goes], context.fields).issues)
    hand.clock.pass_by(seconds=1)
    with hand.connector.store.write() as conn:
        remember(context, conn, [goes])
        _, changed = land_issues(context, conn, shown, set(), None if searched else began)
        assert changed == {stays}
        assert [json.loads(one.body)["issue"]["id"] for one in inbox.load_pending(conn, 9, "main")] == [goes]
    hand.clock.pass_by(seconds=1)
    with hand.connector.store.write() as conn:
        _, changed = land_issues(context, conn, shown, set(), hand.clock())
        assert changed == {goes}
        assert len(inbox.load_pending(conn, 9, "main")) == 1


AS_PROPERTIES = WITH_KEY_RESULTS.replace(
    "{target: key_result, set: {okr_progress: {value: progress_percent}}}",
    "{target: key_result, property: jira-okr.rollup, set: {okr_progress: {value: progress_percent}}}",
)


@pytest.mark.parametrize("text", [WITH_KEY_RESULTS, AS_PROPERTIES], ids=["fields", "properties"])
def test_a_claim_is_kept_through_a_plan_of_many_edits(hand: Any, text: str) -> None:
    """Each edit takes more than half a lease; nobody else gets hold of the objective meanwhile."""
    hand.activate(text)
    objective = epic(hand)
    for current in (2, 4, 6, 8):
        key_result(hand, objective, current)
    context = hand.context
    resync(context)
    thieves: list[Any] = []

    def slowly(event: Any) -> None:
        if event.actor.id == CONNECTOR.id:
            hand.clock.pass_by(seconds=0.6 * context.lease.total_seconds())
            with hand.connector.store.write() as conn:
                thieves.append(
                    due.claim(conn, "thief", hand.clock(), context.lease, 1, objective_id=objective)
                )

    with hand.connector.store.write() as conn:
        (claim,) = due.claim(conn, "worker", hand.clock(), context.lease, 1, objective_id=objective)
    hand.sandbox.sandbox.listeners.append(slowly)
    outcome = reconcile_claim(context, claim)

    written = 5 if text == WITH_KEY_RESULTS else 9
    assert thieves == [[]] * written
    assert outcome is not None
    assert len(outcome.applied.written) == written
    assert ObjectiveLease(context, claim).claim.objective_id not in _due(hand)


@pytest.mark.parametrize("moved", [False, True])
def test_what_another_has_claimed_meanwhile_is_not_begun(hand: Any, objective: str, moved: bool) -> None:
    """Nothing is kept by whoever comes too late, and the claim of the other stays."""
    context = hand.context
    if moved:
        moved_on(hand, objective)
    with hand.connector.store.write() as conn:
        due.mark(conn, "main", [objective], hand.clock(), "a test")
        (late,) = due.claim(conn, "late", hand.clock(), context.lease, 1, objective_id=objective)
        looked = last_reconcile.load_instant(conn, "main")
    hand.clock.pass_by(seconds=context.lease.total_seconds() + 1)
    with hand.connector.store.write() as conn:
        (other,) = due.claim(conn, "other", hand.clock(), context.lease, 1, objective_id=objective)
    assert reconcile_claim(context, late) is None
    with hand.connector.store.write() as conn:
        assert last_reconcile.load_instant(conn, "main") == looked
        assert due.renew(conn, other, hand.clock(), context.lease) is not None
    assert hand.field(objective) == 50


def _due(hand: Any) -> frozenset[str]:
    with hand.connector.store.read() as conn:
        return due.ids(conn, "main")


def test_what_a_page_shows_and_what_was_read_in_its_place_mark_their_objectives_alike(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    first, second, third = (epic(hand) for _ in range(3))
    hand.sync()
    context = hand.context
    added = [hand.issue("Story", objective) for objective in (first, second)]
    shown, anew = (context.jira.read([id_], context.fields).issues[0] for id_ in added)
    with hand.connector.store.write() as conn:
        landed = land_again(context, conn, DoubleCheckedPage([shown], [anew], hand.clock()))
    assert landed.marked == {first, second}
    assert (landed.issues, landed.changed) == (2, 2)
    assert _due(hand) == {first, second}
    assert third not in landed.marked


def test_after_a_limit_batches_grow_again_until_they_are_whole(hand: Any) -> None:
    with hand.connector.store.write() as conn:
        assert portion(conn, "main") == 500
        cut_short(conn, "main", 500)
        grown = [portion(conn, "main")]
        for _ in range(8):
            went_well(conn, "main", grown[-1])
            grown.append(portion(conn, "main"))
        assert grown == [250, 275, 302, 332, 365, 401, 441, 485, 500]
        cut_short(conn, "main", 1)
        assert portion(conn, "main") == 1
        went_well(conn, "main", 1)
        assert portion(conn, "main") == 2


def test_a_batch_that_went_well_makes_the_next_one_larger(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    objective = epic(hand)
    hand.sync()
    with hand.connector.store.write() as conn:
        batch_sizes.put(conn, "main", 2)
        for number in range(9):
            body = {"webhookEvent": "jira:issue_updated", "issue": {"id": objective}}
            inbox.store(conn, "main", f"d-{number}", json.dumps(body).encode(), hand.clock())
    context = hand.context
    assert [refresh(context, "worker") for _ in range(4)] == [2, 3, 4, 0]


def test_a_batch_that_ran_into_a_limit_is_halved_and_nothing_of_it_is_lost(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    objective = epic(hand)
    hand.sync()
    with hand.connector.store.write() as conn:
        for number in range(9):
            body = {"webhookEvent": "jira:issue_updated", "issue": {"id": objective}}
            inbox.store(conn, "main", f"d-{number}", json.dumps(body).encode(), hand.clock())
    hand.sandbox.faults.add(
        Fault("rate_limit", path="bulkfetch", reason="jira-quota-tenant-based", seconds=900.0)
    )
    with pytest.raises(RateLimitError):
        refresh(hand.context, "worker")
    with hand.connector.store.read() as conn:
        assert portion(conn, "main") == 4
        assert len(inbox.load_pending(conn, 99, "main")) == 9


def test_what_is_paced_is_announced_for_the_moment_from_which_it_may_be_written(
    hand: Any, objective: str
) -> None:
    moved_on(hand, objective)
    now = hand.clock()
    with hand.connector.store.write() as conn:
        for before, after in [(50, 67), (67, 50)] * 10:
            change = Change(objective, "PLAT-1", PROGRESS, "OKR progress", before, after, "it moved")
            plan_id = writes.intend(conn, "main", Plan(objective, (change,)), "r1", "webhook", now)
            writes.settle(conn, plan_id, objective, PROGRESS, "written", "", now)
    heard = Heard()
    reconcile(replace(hand.context, announcer=heard), objective)
    assert hand.field(objective) == 50
    assert heard.said == [("marked", "main", [objective], now + timedelta(minutes=3))]


def test_a_fresh_read_that_is_refused_is_not_begun_twice(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    epic(hand)
    hand.sandbox.faults.add(Fault("status", "POST", "search/jql", status=400, shape="jira", message="No."))
    calls = hand.sandbox.site.calls
    calls.clear()
    with pytest.raises(JiraRefusal):
        resync(hand.context, anew=True)
    assert sum(count for name, count in calls.by_endpoint.items() if name.endswith("search/jql")) == 1


@pytest.mark.parametrize(("gone", "held"), [(1, 0), (2, 0), (3, 3)])
def test_half_of_a_project_may_go_and_more_than_half_waits(hand: Any, gone: int, held: int) -> None:
    """Issues that no objective stands on, so that the project alone is weighed."""
    hand.activate(WITH_KEY_RESULTS)
    issues = sorted(hand.issue("Story") for _ in range(4))
    hand.sync()
    found = weigh(hand.context, issues[:gone])
    assert len(found.held) == held
    assert found.leaving == (frozenset() if held else frozenset(issues[:gone]))


def test_a_write_says_what_moved_the_number(hand: Any, objective: str) -> None:
    with hand.connector.store.read() as conn:
        story = next(
            one for one in mirror.every(conn, "main") if one.status.name == "To Do" and one.parent_id
        )
    hand.status(story.id, "Done")
    hand.land(story.id)
    hand.work_off()
    with hand.connector.store.read() as conn:
        last = writes.last_write(conn, "main", objective, PROGRESS)
    assert last is not None
    assert last.after == 100
    assert last.reason.endswith(f"{story.key} moved to Done")


def test_everything_that_is_due_is_worked_off_however_many_turns_it_takes(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    objectives = [hand.issue("Epic", labels=["okr"]) for _ in range(23)]
    for objective in objectives:
        hand.issue("Story", objective, "Done")
    _, drained = hand.sync()
    assert (drained.reconciled, drained.written, drained.failed) == (23, 23, 0)
    assert [hand.field(objective) for objective in objectives] == [100] * 23


class Heard:
    """Writes down what is announced, as an engine of its own would hear it."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def delivered(self, conn: Any, site: str) -> None:
        self.said.append(("delivered", site))

    def marked(self, conn: Any, site: str, objective_ids: Any, run_after: Any) -> None:
        if objective_ids:
            self.said.append(("marked", site, sorted(objective_ids), run_after))


def test_what_becomes_due_and_what_is_to_be_read_again_is_announced(hand: Any, objective: str) -> None:
    heard = Heard()
    context = replace(hand.context, announcer=heard, quiet=timedelta(seconds=3))
    story = hand.issue("Story", objective, "Done")
    (issue,) = context.jira.read([story], context.fields).issues
    with hand.connector.store.write() as conn:
        context.mark(conn, [objective], "a test")
        remember(context, conn, [story])
        land_first(context, conn, [issue])
    assert heard.said == [
        ("marked", "main", [objective], hand.clock() + timedelta(seconds=3)),
        ("delivered", "main"),
    ]


@pytest.mark.parametrize(("over_us", "written"), [(None, [50, 67]), (12, [50, 67, 67])])
def test_an_edit_that_the_mirror_learns_of_while_we_write_is_not_hidden_by_our_own(
    hand: Any, objective: str, over_us: int | None, written: list[int]
) -> None:
    """Jira has our value, and maybe somebody's own over it; both are read before the answer to us comes back."""
    moved_on(hand, objective)
    sandbox = hand.sandbox.sandbox

    def known() -> Any:
        with hand.connector.store.read() as conn:
            return mirror.get(conn, "main", [objective])[objective]

    def meanwhile(event: Any) -> None:
        if event.record is None or event.record.id != objective:
            return
        sandbox.listeners.remove(meanwhile)
        if over_us is not None:
            hand.edit(objective, **{PROGRESS: over_us})
        with hand.connector.store.write() as conn:
            mirror.put(conn, "main", [sandbox.issue(sandbox.records[objective])])

    sandbox.listeners.append(meanwhile)
    reconcile(hand.context, objective)
    assert known().updated == sandbox.records[objective].updated

    hand.work_off()
    assert hand.field(objective) == 67
    assert [int(value) for _, value in hand.writes()] == written
    hand.sync()
    assert (known().fields[PROGRESS], known().updated) == (67, sandbox.records[objective].updated)


@pytest.mark.parametrize("later", [0, 3])
def test_of_two_readings_of_one_second_whichever_lands_last_the_later_one_stays(
    hand: Any, objective: str, later: int
) -> None:
    """Jira dates two edits alike, and the reading between them lands after the one behind them: nothing would have told of it again."""
    story = next(one.id for one in hand.sandbox.sandbox.records.values() if one.parent_id == objective)
    hand.clock.pass_by(minutes=1)
    hand.edit(story, summary="Once")
    between = read_again(hand.context, [story]).issues
    hand.edit(story, summary="Twice")
    hand.land(story)
    with hand.connector.store.write() as conn:
        dated = mirror.get(conn, "main", [story])[story].updated
        alike = [replace(one, updated=dated) for one in between]
        land_issues(hand.context, conn, alike, set(), hand.clock() + timedelta(seconds=later))
        asked = inbox.load_pending(conn, 10, "main")
    assert len(asked) == (0 if later else 1), "what was read after that second is the last word"
    refresh(hand.context, "tests")
    with hand.connector.store.read() as conn:
        summary = mirror.get(conn, "main", [story])[story].summary
        assert summary == ("Once" if later else "Twice")
        assert not inbox.load_pending(conn, 10, "main"), "two readings that agree are believed"


def test_for_an_hour_no_search_takes_back_what_we_wrote(hand: Any, objective: str) -> None:
    """Longer than any index lags; a read by id that began after our write is believed at once."""
    with hand.connector.store.read() as conn:
        known = mirror.get(conn, "main", [objective])[objective]
    shown = replace(known, updated=known.updated + timedelta(minutes=9), fields={**known.fields, PROGRESS: 1})
    hand.clock.pass_by(minutes=1)
    for minutes, since, found in [
        (0, None, {objective}),
        (0, hand.clock(), set()),
        (58, None, {objective}),
        (2, None, set()),
    ]:
        hand.clock.pass_by(minutes=minutes)
        with hand.connector.store.read() as conn:
            assert overtaken(hand.context, conn, {objective: known}, [shown], since) == found, minutes
