"""While Jira is out it is asked seldom, by one worker for all; what came meanwhile is kept, and one success ends it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.jira.http.errors import AuthFailure, JiraError, JiraOutage, JiraRefusal, RateLimitError
from connectors.sandbox import Fault
from connectors.store.work import due, inbox
from plugin.jobs.schedules import read_everything, read_recent
from plugin.sync import outage
from plugin.sync.intake.acceptance import accept
from plugin.sync.outage import Outage, next_try, struck
from plugin.sync.work import WorkTurn, turn
from plugin.use_cases.work.site_read import read

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN = JiraOutage("Jira cannot answer now (503).", status=503)
POINTS = "customfield_10016"


def seconds(error: JiraError, tries: int, chance: float = 0.5) -> float:
    return (next_try(error, tries, NOW, chance) - NOW).total_seconds()


def test_waits_grow_to_a_minute_and_never_undercut_what_jira_says() -> None:
    assert [seconds(DOWN, tries) for tries in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert seconds(DOWN, 500) == 60
    assert (seconds(DOWN, 4, 0.0), seconds(DOWN, 4, 1.0)) == (pytest.approx(5.6), pytest.approx(10.4))
    assert seconds(JiraOutage("busy", status=503, retry_after=240), 1) == 240
    assert seconds(RateLimitError("jira-quota-tenant-based", 1800, NOW + timedelta(seconds=1800)), 1) == 1800
    assert seconds(AuthFailure("no"), 20) == 300


def test_calls_that_were_under_way_when_it_began_do_not_lengthen_the_wait() -> None:
    first = struck(None, DOWN, NOW, 0.5, whole=False, trial=False)
    for _ in range(9):
        again = struck(first, DOWN, NOW, 0.5, whole=False, trial=False)
        assert again == first
    assert struck(first, DOWN, NOW, 0.5, whole=True, trial=False) == replace(first, whole=True)
    tried = struck(first, DOWN, NOW + timedelta(seconds=1), 0.5, whole=False, trial=True)
    assert (tried.tries, tried.since) == (2, NOW)


@pytest.mark.parametrize(
    ("error", "kind", "person"),
    [
        (DOWN, "unreachable", False),
        (AuthFailure("no", status=401), "sign_in", True),
        (RateLimitError("jira-quota-tenant-based", 9.0), "limited", False),
        (JiraRefusal(410), "refused", True),
    ],
)
def test_the_kind_says_who_has_to_do_something(error: JiraError, kind: str, person: bool) -> None:
    found = struck(None, error, NOW, 0.5, whole=False, trial=False)
    assert (found.kind, found.needs_a_person) == (kind, person)
    assert (found.error, found.remedy) == (error.message, error.remedy)


class Later:
    """The quiet world at a time of its own."""

    def __init__(self, quiet: Any) -> None:
        self.quiet, self.shift = quiet, timedelta(0)
        real = quiet.connector.clock
        quiet.connector.clock = lambda: real() + self.shift
        self.number = 0

    @property
    def now(self) -> datetime:
        now: datetime = self.quiet.connector.clock()
        return now

    def delivers(self, issue_id: str) -> None:
        self.number += 1
        body = (
            f'{{"webhookEvent":"jira:issue_updated","timestamp":{self.number},"issue":{{"id":"{issue_id}"}}}}'
        )
        headers = {"X-Atlassian-Webhook-Identifier": f"d{self.number}"}
        connector = self.quiet.connector
        accept(connector.store, "main", headers, body.encode(), connector.clock(), connector.announcer)

    def pending(self) -> int:
        with self.quiet.connector.store.read() as conn:
            return len(inbox.load_pending(conn, 99))

    def outage(self) -> Outage | None:
        with self.quiet.connector.store.read() as conn:
            return outage.load_standing(conn, "main")

    def calls(self) -> int:
        return sum(row["count"] for row in self.quiet.sandbox.site.calls.shown()["calls"])

    def to_next_try(self) -> None:
        found = self.outage()
        assert found is not None
        self.shift += found.next_try - self.now + timedelta(milliseconds=5)


@pytest.fixture
def later(quiet: Any) -> Later:
    return Later(quiet)


def break_everything(later: Later, **fault: Any) -> None:
    later.quiet.sandbox.faults.add(Fault(**{"kind": "status", "times": 10_000, "status": 503, **fault}))


def asked(later: Later) -> int:
    """How many requests the faults have met since they were planned."""
    (fault,) = later.quiet.sandbox.faults.waiting()
    return 10_000 - int(fault.times)


def test_deliveries_are_tried_seldom_by_however_many_workers_and_new_ones_change_nothing(
    later: Later,
) -> None:
    break_everything(later, path="bulkfetch")
    objective_id, *others = later.quiet.objectives()
    context = later.quiet.context
    later.delivers(objective_id)
    for number in range(10):
        turn(context, f"w{number}")
        later.delivers(others[number % len(others)])
    assert asked(later) == 1
    first = later.outage()
    assert first is not None
    assert (first.tries, first.kind, first.whole) == (1, "unreachable", False)

    for tries in range(2, 6):
        later.to_next_try()
        for number in range(10):
            turn(context, f"w{number}")
        found = later.outage()
        assert found is not None
        assert (asked(later), found.tries, found.since) == (tries, tries, first.since)
    assert later.pending() == 11

    later.quiet.sandbox.faults.clear()
    assert turn(context, "w").deliveries == 0, "the next try is still to come"
    later.to_next_try()
    assert turn(context, "w").deliveries == 11
    assert later.outage() is None
    assert later.pending() == 0


def test_at_the_very_moment_of_the_next_try_the_first_who_asks_tries(later: Later) -> None:
    break_everything(later, path="bulkfetch")
    later.delivers(later.quiet.objectives()[0])
    turn(later.quiet.context, "w")
    found = later.outage()
    assert found is not None
    context = replace(later.quiet.context, clock=lambda: found.next_try)
    assert outage.way(context) == outage.CallPermission(True, found)
    assert outage.way(context) == outage.CallPermission(False)


def test_of_workers_that_ask_together_one_tries(later: Later) -> None:
    break_everything(later, path="bulkfetch")
    later.delivers(later.quiet.objectives()[0])
    turn(later.quiet.context, "w")
    later.to_next_try()
    context, gate = later.quiet.context, threading.Barrier(8)

    def work(number: int) -> None:
        gate.wait()
        turn(context, f"w{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked(later) == 2


def test_while_jira_is_gone_no_objective_uses_up_its_attempts_or_becomes_a_dead_letter(later: Later) -> None:
    """An hour without Jira: twelve attempts of each would be over long before."""
    objective_ids = later.quiet.objectives()
    for one in objective_ids:
        later.quiet.overwrite(one, 1)
    context = later.quiet.context
    with context.store.write() as conn:
        due.mark(conn, "main", objective_ids, later.now, "event")
    break_everything(later)
    assert turn(context, "w") == WorkTurn(failed=1), "the first failure ends the turn"
    for _ in range(80):
        assert turn(context, "w").idle
        found = later.outage()
        assert found is not None
        assert found.whole
        later.to_next_try()
    assert later.now - found.since > timedelta(minutes=45)
    assert asked(later) < 200, "a few calls for each try, however many objectives wait"

    later.quiet.sandbox.faults.clear()
    turn(context, "w")

    assert later.outage() is None
    with context.store.read() as conn:
        assert due.dead(conn) == []
    while turn(context, "w").reconciled:
        pass
    assert all(later.quiet.in_jira(one) != 1 for one in objective_ids)


def test_one_issue_that_jira_cannot_edit_is_no_outage(later: Later) -> None:
    broken, *others = later.quiet.objectives()
    for one in (broken, *others):
        later.quiet.overwrite(one, 1)
    break_everything(later, method="PUT", path=f"issue/{broken}")
    context = later.quiet.context
    with context.store.write() as conn:
        due.mark(conn, "main", [broken], later.now - timedelta(seconds=1), "event")
        due.mark(conn, "main", others, later.now, "event")
    assert turn(context, "w") == WorkTurn(reconciled=len(others), failed=1, written=len(others))
    while turn(context, "w").reconciled:
        pass

    assert later.outage() is None
    assert all(later.quiet.in_jira(one) != 1 for one in others)
    with context.store.read() as conn:
        assert due.pending_count(conn) == 1


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(later: Later) -> None:
    first, *others = later.quiet.objectives()
    for one in (first, *others):
        later.quiet.overwrite(one, 1)
    context = later.quiet.context
    with context.store.write() as conn:
        due.mark(conn, "main", [first], later.now - timedelta(seconds=1), "event")
        due.mark(conn, "main", others, later.now, "event")
    asked = iter([False, True])
    assert turn(context, "w", lambda: next(asked)) == WorkTurn(reconciled=1, written=1)
    assert [one for one in (first, *others) if later.quiet.in_jira(one) != 1] == [first]
    assert turn(context, "another") == WorkTurn(reconciled=len(others), written=len(others))


def test_a_site_rests_until_the_next_try(later: Later) -> None:
    store, site = later.quiet.connector.store, "main"
    with store.write() as conn:
        assert outage.rests(conn, site, NOW) is False
        found = outage.strike(conn, site, NOW, DOWN, whole=False)
        just_before = found.next_try - timedelta(milliseconds=1)
        assert [outage.rests(conn, site, at) for at in (NOW, just_before, found.next_try)] == [
            True,
            True,
            False,
        ]
        assert outage.rests(conn, "other", NOW) is False
        assert outage.bars_everything(conn, site) is False
        kept = found.next_try.replace(microsecond=found.next_try.microsecond // 1000 * 1000)
        again = outage.strike(conn, site, NOW, DOWN, whole=True)
        assert (again.tries, again.next_try) == (1, kept), "a call that was under way lengthens nothing"
        assert (outage.bars_everything(conn, site), outage.bars_everything(conn, "other")) == (True, False)


def test_refused_credentials_are_a_standing_message_until_they_are_accepted(
    later: Later, command: Any
) -> None:
    break_everything(later, kind="unauthorized")
    later.delivers(later.quiet.objectives()[0])
    turn(later.quiet.context, "w")
    found = later.outage()
    assert found is not None
    assert (found.kind, found.whole) == ("sign_in", True)

    code, said = command("status")
    assert code == 1
    assert "JIRA DOES NOT ACCEPT THE SIGN-IN" in said
    assert "Check e-mail and token" in said
    assert "next try" in said

    later.quiet.sandbox.faults.clear()
    outage.try_now(later.quiet.connector.store, "main", later.now)
    assert turn(later.quiet.context, "w").deliveries == 1
    assert later.outage() is None
    found = json.loads(command("status", "--json")[1])
    assert found["outage"] is None
    assert "outage" not in [one["kind"] for one in found["concerns"]]


def by_hand(later: Later) -> None:
    read(later.quiet.context, lambda _done, _total: None)


def by_schedule(later: Later) -> None:
    read_everything(later.quiet.connector, "main", lambda: None)


def of_late(later: Later) -> None:
    later.shift += timedelta(minutes=5)
    read_recent(later.quiet.connector, "main", lambda: None)


@pytest.mark.parametrize("reads", [by_hand, by_schedule, of_late])
def test_a_read_that_came_to_its_end_says_that_jira_is_back(
    later: Later, reads: Callable[[Later], None]
) -> None:
    break_everything(later, kind="unauthorized")
    later.delivers(later.quiet.objectives()[0])
    turn(later.quiet.context, "w")
    later.quiet.sandbox.faults.clear()
    assert later.outage() is not None

    reads(later)
    assert later.outage() is None
    assert turn(later.quiet.context, "w").deliveries == 1


def test_where_only_deliveries_could_not_be_read_that_is_tried_at_once(later: Later) -> None:
    break_everything(later, path="issue/bulkfetch")
    later.delivers(later.quiet.objectives()[0])
    turn(later.quiet.context, "w")
    outage.note_answer(later.quiet.context)
    found = later.outage()
    assert found is not None
    assert (found.whole, found.tries) == (False, 1)
    assert found.next_try <= later.now


def test_jiras_own_pause_is_kept_to_the_second(later: Later) -> None:
    break_everything(
        later, kind="rate_limit", path="bulkfetch", reason="jira-quota-tenant-based", seconds=900.0
    )
    later.delivers(later.quiet.objectives()[0])
    turn(later.quiet.context, "w")
    found = later.outage()
    assert found is not None
    assert found.kind == "limited"
    assert timedelta(seconds=895) < found.next_try - later.now
