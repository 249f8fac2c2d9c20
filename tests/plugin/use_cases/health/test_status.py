"""Page, API, command and metrics say the same of a site, and the exit code goes by it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.jira.http.errors import JiraOutage, RateLimitError
from connectors.store import StoreError
from connectors.store.jobs import processes as signs
from connectors.store.jobs.counts import ProcessCounts
from connectors.store.jobs.processes import SignOfLife
from connectors.store.numbers import objectives
from connectors.store.reads import full_reads
from connectors.store.reads.full_reads import FullRead
from connectors.store.sites import webhook_states
from connectors.store.sites.webhook_states import WebhookAnswer
from connectors.store.work import due, inbox
from connectors.store.writes.brakes import Brake
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.processes.heartbeat import Process
from plugin.sync.outage import struck
from plugin.use_cases.health.concerns import concerns, verdict
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.status import SiteStatus, status, vitals
from plugin.use_cases.health.webhook_state import WebhookState
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.work.dead_letters import DeadLetter
from plugin.use_cases.work.held_writes import HeldWrite
from plugin.use_cases.work.refusals import RefusedWrite
from tests.actors import TESTER

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HEARD = {"last_delivery": NOW, "last_resync": NOW}
WORKS = Process("one", "host", 7, "serve", NOW, 2, 2, ProcessCounts())
LIMITED = struck(None, RateLimitError("Wait."), NOW, 0.5, whole=True, trial=False)
DOWN = struck(None, JiraOutage("Jira cannot answer now (503)."), NOW, 0.5, whole=True, trial=False)


REFUSED = RefusedWrite(
    objective_id="1",
    name="A-1",
    issue_id="1",
    issue_key="A-1",
    field_id="f",
    field_name="OKR progress",
    stands=40,
    wanted=62,
    message="no",
    remedy="mend it",
    mapping_revision="r",
    since=NOW,
    probing=False,
)


@pytest.mark.parametrize(
    ("facts", "kinds", "wrong"),
    [
        ({}, ["never_read"], True),
        (HEARD, [], False),
        ({**HEARD, "processes": (WORKS,)}, [], False),
        ({**HEARD, "processes": ()}, ["nobody_works"], True),
        ({"unwritable": StoreError("the disk is full", "here", "free some space")}, ["unwritable", "never_read"], True),
        ({**HEARD, "outage": DOWN}, ["outage"], True),
        ({**HEARD, "outage": LIMITED}, ["outage"], True),
        ({**HEARD, "overdue_since": NOW - timedelta(minutes=10)}, [], False),
        ({**HEARD, "overdue_since": NOW - timedelta(minutes=11)}, ["standing_still"], True),
        ({**HEARD, "brake": Brake("26 of 30 values", NOW, 26, frozenset({"1"}))}, ["held"], True),
        ({**HEARD, "dead": (DeadLetter("1", "A-1", "no", "", NOW),)}, ["given_up"], True),
        ({**HEARD, "refused": (REFUSED,)}, ["refused"], True),
        ({**HEARD, "token_expires": NOW.date()}, ["credential"], True),
        ({"last_delivery": NOW - timedelta(hours=27)}, ["stale"], True),
        ({"last_delivery": NOW - timedelta(hours=26)}, [], False),
        ({"last_resync": NOW}, ["no_webhook"], False),
        ({**HEARD, "drift": Drift(3, 40, NOW)}, ["drift"], False),
        ({"last_resync": NOW, "processes": (), "token_expires": NOW.date()}, ["nobody_works", "credential", "no_webhook"], True),
    ],
)  # fmt: skip
def test_what_troubles_somebody_is_named_with_the_first_thing_to_mend_in_front(facts, kinds, wrong):
    found = concerns(SiteStatus("main", NOW, **facts))
    assert [one.kind for one in found] == kinds
    assert any(one.wrong for one in found) is wrong


def test_held_changes_are_never_fresh():
    held = SiteStatus("main", NOW, **HEARD, brake=Brake("26 of 30 values would change", NOW, 26, frozenset()))
    assert verdict(held).word == "Held"
    assert verdict(held).sentence == (
        "26 changes wait for a person instead of being written: 26 of 30 values would change."
    )


def test_of_what_was_held_those_that_wait_are_counted():
    """Five of nine were released or dropped, and nine were said to wait."""
    write = HeldWrite("1", "A-1", "1", "A-1", "f", "OKR progress", 50, 100, "", "9 of 9 values", NOW)
    brake = Brake("9 of 9 values", NOW, 9, frozenset({"1"}))
    held = SiteStatus("main", NOW, **HEARD, brake=brake, held=(write,) * 4)
    assert verdict(held).sentence.startswith("4 changes wait for a person")


@pytest.mark.parametrize(
    ("state", "word", "sentence", "todo"),
    [
        (None, "No webhook yet", "Jira has never called.", "Register the webhook"),
        ((False, False), "No webhook yet", "Jira has never called.", "Register the webhook"),
        ((None, False), "Jira never called", "may not ask", "Look in Jira"),
        ((True, False), "Jira never called", "switched off", "Switch it on"),
        ((True, True), "Jira never called", "though the webhook is registered", "Change an issue"),
    ],
)
def test_where_no_delivery_came_what_jira_said_of_the_webhook_says_what_to_do(state, word, sentence, todo):
    webhook = None if state is None else WebhookState(*state, at=NOW)
    found = verdict(SiteStatus("main", NOW, last_resync=NOW, webhook=webhook))
    assert (found.kind, found.word, found.wrong) == ("no_webhook", word, False)
    assert sentence in found.sentence
    assert found.todo.startswith(todo)


def test_what_jira_said_of_the_webhook_is_known_wherever_troubles_are_told(doors):
    connector = doors.connector
    with connector.store.write() as conn:
        full_reads.note(conn, "main", FullRead(connector.clock()))
        webhook_states.put(conn, "main", WebhookAnswer(True, True, connector.clock()))
    (vital,) = vitals(connector, TESTER)
    assert {one.word for one in concerns(vital)} >= {"Jira never called"}
    assert vital.webhook == status(connector, TESTER, "main").webhook


def test_a_refused_field_is_a_number_that_jira_does_not_have():
    found = verdict(SiteStatus("main", NOW, **HEARD, refused=(REFUSED, REFUSED)))
    assert found.sentence == "Jira does not have our number in 2 fields: it refuses them."


def test_every_door_says_the_same_words(doors):
    connector = doors.connector
    now = connector.clock()
    with connector.store.write() as conn:
        full_reads.note(conn, "main", FullRead(now))
        inbox.store(conn, "main", "d-1", b"{}", now)
        due.mark(conn, "main", ["10104"], now - timedelta(minutes=1), "event")
        (claimed,) = due.claim(conn, "w", now, timedelta(minutes=1), 1)
        due.bury(conn, claimed, "Jira answered 400", "Add the field to the edit screen", now)
    told = doors.command("status")
    assert told.exit_code == 1
    read = json.loads(doors.command("status", "--json").output)
    (given,) = doors.api("GET", "/status").json["sites"]
    shown = doors.look("/health")
    metrics = doors.browser.get("/metrics").get_data(as_text=True)
    assert [one["kind"] for one in given["concerns"]] == ["nobody_works", "given_up"]
    assert given["concerns"] == read["concerns"]
    assert given["verdict"] == read["verdict"] == "Nobody works"
    for one in given["concerns"]:
        assert f"{one['word']}." in shown
        assert one["sentence"] in shown
        assert f'jira_okr_concern{{kind="{one["kind"]}",site="main"}} 1.0' in metrics
    assert "Nobody works: No process is at work" in told.output

    with connector.store.write() as conn:
        signs.put(conn, SignOfLife("one", "host", 7, "serve", now, 2, 2, ProcessCounts()))
        due.discard(conn, "main", "10104")
    told = doors.command("status")
    assert (told.exit_code, "Fresh: Deliveries arrive and nothing is stuck." in told.output) == (0, True)
    assert doors.api("GET", "/sites/main/status").json["verdict"] == "Fresh"
    assert "Fresh." in doors.look("/health")
    assert "jira_okr_concern{" not in doors.browser.get("/metrics").get_data(as_text=True)


def test_nobody_asks_who_may_not(doors):
    with pytest.raises(
        PermissionRefusal, match="takes the role viewer; nobody may do what the role public may"
    ):
        status(doors.connector, Actor("nobody", Permission.PUBLIC), "main")


def test_the_metrics_count_every_objective_by_cycle_and_health(company: Any) -> None:
    with company.connector.store.read() as conn:
        states = [one.state for one in objectives.load_all(conn, "main")]
    wanted = Counter((state.cycle_id or "", str(state.health.level)) for state in states)
    text = company.app.test_client().get("/metrics").get_data(as_text=True)
    told = {
        (sample.labels["cycle"], sample.labels["health"]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == "jira_okr_objectives"
        for sample in family.samples
    }
    assert told == wanted
    assert len(told) > 3


def test_what_waits_on_purpose_is_not_late(doors: Any) -> None:
    """A field that is paced, or a rule that asks by the clock, waits for hours: nobody has to get up for that."""
    connector = doors.connector
    now = connector.clock()

    def late() -> float:
        text = doors.browser.get("/metrics").get_data(as_text=True)
        return next(
            sample.value
            for family in text_string_to_metric_families(text)
            if family.name == "jira_okr_due_oldest_seconds"
            for sample in family.samples
        )

    with connector.store.write() as conn:
        due.mark(
            conn, "main", ["10104"], now - timedelta(hours=3), "paced", run_after=now + timedelta(hours=9)
        )
    assert late() == 0
    with connector.store.write() as conn:
        due.mark(conn, "main", ["10105"], now - timedelta(minutes=20), "event")
    assert timedelta(minutes=20) <= timedelta(seconds=late()) < timedelta(hours=3)
