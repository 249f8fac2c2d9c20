"""Check-ins by comment: what people write below a key result in Jira, over its real API and webhooks, down to the field that follows."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from connectors.sandbox import CONNECTOR, PEOPLE
from connectors.store.mappings import revisions
from connectors.store.numbers import check_ins, comments, objectives
from connectors.store.people import accounts
from connectors.store.work import inbox
from mappings.explain.marks import MarkKind
from plugin.runtime.application import create_app
from plugin.runtime.serving.server import QuietHandler
from plugin.sync.refresh import comments as comments_of
from plugin.use_cases.check_ins.check_ins import withdraw
from plugin.use_cases.check_ins.due_check_ins import due_check_ins, due_on
from plugin.use_cases.cycles.carry import carry_forward
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.objectives.movement import list_marks
from plugin.use_cases.sites.webhook import register
from tests.actors import TESTER
from tests.quarter import MAPPING, state
from tests.statements import listen_to

ADA, BRUNO, CHIARA = PEOPLE[:3]
PROGRESS = "customfield_10060"
WITH_CHECK_INS = (
    MAPPING.replace("headline: all", "headline: outcome_first")
    + "  - {target: key_result, set: {okr_progress: {value: confidence}}}\ncheck_ins: {who: owners}\n"
)


class Talk:
    """A key result that runs from 31 to 64, assigned to Ada, below an objective of Bruno's; people comment on it in Jira."""

    def __init__(self, hand: Any) -> None:
        self.hand, self.jira, self.address = hand, hand.sandbox, ""
        self.cloud = hand.sandbox.sandbox.deployment == "cloud"
        hand.clock.now = datetime(2026, 11, 10, 9, tzinfo=UTC)
        self.epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
        self.metric = hand.issue("Key Result", self.epic)
        hand.edit(self.metric, customfield_10051=31, customfield_10052=31, customfield_10053=64)
        self.assign(self.metric, ADA)
        self.assign(self.epic, BRUNO)
        hand.activate(WITH_CHECK_INS)
        hand.sync()
        hand.work_off()

    def assign(self, issue_id: str, who: Any) -> None:
        self.ask("PUT", f"issue/{issue_id}", CONNECTOR, {"fields": {"assignee": self.person(who)}})

    def person(self, who: Any) -> dict[str, str]:
        return {"accountId": who.id} if self.cloud else {"name": who.email.split("@")[0]}

    def ask(self, method: str, path: str, who: Any, body: Any = None) -> Any:
        url = f"{self.jira.url}/rest/api/{3 if self.cloud else 2}/{path}"
        access: dict[str, Any] = (
            {"auth": (who.email, who.token)}
            if self.cloud
            else {"headers": {"Authorization": f"Bearer {who.token}"}}
        )
        answer = requests.request(method, url, json=body, timeout=10, **access)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def body(self, text: str) -> Any:
        if not self.cloud:
            return text
        words = [
            {"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.split("\n")
        ]
        return {"type": "doc", "version": 1, "content": words}

    def say(self, text: str, who: Any = ADA, **more: Any) -> str:
        self.hand.clock.pass_by(seconds=1)
        made = self.ask("POST", f"issue/{self.metric}/comment", who, {"body": self.body(text), **more})
        self.heard()
        return str(made["id"])

    def edit(self, comment: str, text: str, who: Any = ADA) -> None:
        self.hand.clock.pass_by(seconds=1)
        self.ask("PUT", f"issue/{self.metric}/comment/{comment}", who, {"body": self.body(text)})
        self.heard()

    def delete(self, comment: str, who: Any = ADA) -> None:
        self.hand.clock.pass_by(seconds=1)
        self.ask("DELETE", f"issue/{self.metric}/comment/{comment}", who)
        self.heard()

    def deliver(self, event: str, comment: str, text: str) -> None:
        """A delivery that comes late: what it tells of was so once."""
        body = {"webhookEvent": event, "comment": {"id": comment, "body": text}, "issue": {"id": self.metric}}
        made = json.dumps(body).encode()
        signature = "sha256=" + hmac.new(b"a secret", made, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": signature}
        assert requests.post(self.address, data=made, headers=headers, timeout=10).status_code == 204
        self.heard()

    def heard(self) -> None:
        assert self.jira.settle()
        self.hand.work_off()

    def shown(self) -> tuple[Any, Any]:
        """What Jira shows: the progress of the objective, and the confidence of the key result."""
        return self.hand.field(self.epic), self.hand.field(self.metric)

    def refused(self) -> list[str | None]:
        with self.hand.connector.store.read() as conn:
            return [one.fault for one in comments.load_comments(conn, "main", [self.metric]).values()]

    def kept(self) -> list[tuple[str, str | None]]:
        with self.hand.connector.store.read() as conn:
            return [(one.check_in.said, one.ended_how) for one in check_ins.load_all(conn, "main", self.epic)]

    def calls(self) -> int:
        found = self.jira.site.calls.by_endpoint
        return sum(count for name, count in found.items() if name.endswith("comment") and "GET" in name)


@pytest.fixture
def talk(hand: Any) -> Iterator[Talk]:
    server = make_server(
        "127.0.0.1", 0, create_app(hand.connector), threaded=True, request_handler=QuietHandler
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Talk(hand)
    made.address = f"http://127.0.0.1:{server.server_port}/webhooks/jira/main"
    register(hand.connector, TESTER, "main", made.address)
    yield made
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_a_comment_is_a_check_in_and_its_edits_and_its_end_are_followed(talk: Talk) -> None:
    assert talk.shown() == (0, None)
    first = talk.say("OKR 47.5 conf 7 — last mile is long")
    assert talk.shown() == (50, 7)
    with talk.hand.connector.store.read() as conn:
        said = check_ins.load_standing(conn, "main", talk.epic)[talk.epic, talk.metric]
    assert (said.by, said.note, str(said.until), said.delta) == (
        "Ada Brandt",
        "last mile is long",
        "2026-11-24",
        said.delta,
    )
    talk.edit(first, "okr = 64 at risk")
    assert talk.shown() == (100, None)  # a word is given no number
    second = talk.say("#okr 39.25 conf 3", BRUNO)
    assert talk.shown() == (25, 3)
    talk.edit(first, "okr = 31 conf 9")  # the earlier comment stays the earlier one
    assert talk.shown() == (25, 3)
    talk.delete(second, BRUNO)
    assert talk.shown() == (0, 9)
    talk.deliver("comment_created", second, "#okr 39.25 conf 3")
    talk.deliver("comment_updated", first, "okr 99 conf 1")
    assert talk.shown() == (0, 9)
    talk.say("okr clear")
    assert (talk.shown(), talk.kept()[0]) == ((0, None), ("the derived value", None))
    talk.edit(first, "Only a thought.")
    with talk.hand.connector.store.read() as conn:
        marked = [one.text for one in list_marks(conn, "main", talk.epic) if one.kind is MarkKind.CHECK_IN]
    assert len(marked) == 1, marked  # what is retracted was never there
    assert marked[0].startswith("Ada Brandt took the derived value for PLAT-")
    assert [how for _, how in talk.kept()] == [None, "retracted", "retracted", "retracted", "retracted"]
    assert talk.refused() == [None]
    talk.hand.sync()
    asked = talk.calls()
    talk.hand.sync()
    assert talk.calls() == asked


def test_what_is_refused_is_kept_with_the_reason_and_what_is_not_ours_is_ignored(talk: Talk) -> None:
    account = {"email": ADA.email, "name": "Ada", "role": "editor"}
    for text, who, more in (
        ("OKRs are fun: 47.5 conf 7", ADA, {}),
        ("okr 47.5 conf 7", ADA, {"visibility": {"type": "role", "value": "Administrators"}}),
        ("okr 47.5 conf 7", ADA, {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}),
        ("okr 47.5 conf 7", CONNECTOR, {}),
    ):
        talk.say(text, who, **more)
    assert (talk.shown(), talk.refused()) == ((0, None), [])
    talk.say("okr 47,5 conf 7")
    stranger = talk.say("okr 47.5 conf 7", CHIARA)
    assert talk.refused() == [
        "“47,5” is no number here: write one such as 47.5, with a point and without separators or units (at character 5)",
        "only the assignee of the key result or its objective, and editors, check in here",
    ]
    with talk.hand.connector.store.write() as conn:
        accounts.add(conn, CHIARA.email, "Chiara", account["role"], None, talk.hand.clock())
    talk.say("a word", CHIARA)
    assert talk.shown() == (0, None)  # what was judged is judged anew when it is edited
    talk.edit(stranger, "okr 47.5 conf 8", CHIARA)
    assert talk.shown() == (50, 8)


def test_what_a_webhook_lost_is_found_by_the_next_resync_and_nothing_is_asked_twice(talk: Talk) -> None:
    for webhook in list(talk.jira.site.webhooks.all):
        talk.jira.site.webhooks.remove(webhook)
    comment = talk.say("okr 47.5 conf 7")
    assert talk.shown() == (0, None)
    talk.hand.sync()
    talk.hand.work_off()
    assert talk.shown() == (50, 7)
    talk.hand.sync()  # our own writes moved `updated`
    asked = talk.calls()
    talk.hand.sync()
    assert talk.calls() == asked
    with talk.hand.connector.store.read() as conn:
        number = check_ins.load_standing(conn, "main", talk.epic)[talk.epic, talk.metric].id
    withdraw(talk.hand.connector, TESTER, "main", talk.epic, number)
    talk.say("thank you")
    talk.hand.sync()
    talk.hand.work_off()
    assert talk.shown() == (0, None)  # a person took it back: the comment does not say it again
    talk.delete(comment)
    talk.hand.sync()
    talk.hand.work_off()
    assert [how for _, how in talk.kept()] == ["retracted"]


def test_what_was_said_of_the_cycle_before_stays_there_when_it_is_edited(talk: Talk) -> None:
    hand = talk.hand
    talk.say("okr = 39.25")
    first = talk.say("okr 47.5 conf 7")
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    hand.sync()
    hand.work_off()
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="x")
    hand.work_off()
    carry_forward(hand.connector, TESTER, "main", "2026-Q4")
    hand.work_off()
    older = ("39.25", "carried")
    assert (state(hand, talk.epic).cycle_id, talk.kept()) == ("2027-Q1", [("47.5", "carried"), older])
    talk.edit(first, "okr 55.75 conf 2")
    assert talk.kept() == [("47.5", "retracted"), older]
    talk.say("okr 60 conf 9")
    assert talk.kept() == [("60", None), ("47.5", "retracted"), older]


def test_what_is_due_of_many_objectives_costs_no_more_statements_than_of_one(talk: Talk) -> None:
    asked = listen_to(talk.hand.connector.store.engine)

    def found() -> tuple[int, int]:
        talk.hand.connector.modes = (float("-inf"), {})  # known for some seconds, however many these take
        asked.clear()
        return len(due_check_ins(talk.hand.connector, TESTER, "main")), len(asked)

    talk.hand.clock.now = datetime(2026, 11, 28, 9, tzinfo=UTC)
    found()
    few, statements = found()
    for _ in range(3):
        epic = talk.hand.issue("Epic", labels=["okr", "2026-Q4"])
        talk.hand.issue("Key Result", epic)
    talk.hand.sync()
    talk.hand.work_off()
    assert found() == (few + 3, statements)


def test_deliveries_cost_no_more_statements_after_many_activations(talk: Talk) -> None:
    """A connector of years has hundreds of activations behind it; an event must not ask for each of them.

    Jira tells nothing by itself here: an echo would come in the midst of it, or later.
    """
    hand, asked = talk.hand, listen_to(talk.hand.connector.store.engine)
    for webhook in list(talk.jira.site.webhooks.all):
        talk.jira.site.webhooks.remove(webhook)
    assert talk.jira.settle()
    hand.work_off()

    def statements(does: Callable[[], object]) -> int:
        asked.clear()
        does()
        return len(asked)

    def measured() -> tuple[int, int]:
        hand.edit(talk.metric, customfield_10052=40)
        hand.clock.pass_by(seconds=1)
        body = {"webhookEvent": "jira:issue_updated", "issue": {"id": talk.metric}}
        with hand.connector.store.write() as conn:
            inbox.store(conn, "main", str(hand.clock.now), json.dumps(body).encode(), hand.clock.now)
        return statements(hand.work_off), statements(
            lambda: comments_of.follow(hand.connector.context("main"), [talk.metric])
        )

    measured()
    few = min(measured() for _ in range(3))  # some turns look at other things too
    with hand.connector.store.write() as conn:
        ruling = revisions.active_name(conn, "main")
        for _ in range(20):
            revisions.activate(conn, "main", ruling, "ada", hand.clock.now)
    assert min(measured() for _ in range(3)) == few


def test_what_is_due_is_told_until_somebody_says_a_word(talk: Talk) -> None:
    def due() -> list[tuple[Any, ...]]:
        found = due_check_ins(talk.hand.connector, TESTER, "main", "ADA brandt")
        return [(one.what, one.key_result.id, str(one.since), one.missed) for one in found if one.key_result]

    assert due() == []  # it was read yesterday
    talk.hand.clock.now = datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert due() == [("check_in", talk.metric, "2026-11-27", 2)]
    assert due_check_ins(talk.hand.connector, TESTER, "main", "Nobody") == ()
    with talk.hand.connector.store.write() as conn:
        kept = objectives.load(conn, "main", talk.epic)
        assert kept is not None
        own = replace(kept.state, span=(date(2026, 10, 1), date(2026, 11, 20)))
        objectives.save(conn, "main", own, kept.mapping_revision, talk.hand.clock.now)
    assert due_check_ins(talk.hand.connector, TESTER, "main") == ()  # its own days are over, its cycle is not
    talk.say("okr conf 7")
    assert due() == []
    assert due_on(talk.hand.connector, TESTER, "main", talk.epic) == {}
    talk.hand.clock.now = datetime(2027, 1, 1, 9, tzinfo=UTC)
    (score,) = due_check_ins(talk.hand.connector, TESTER, "main")
    assert (score.what, score.objective.id, score.key_result, score.owner) == (
        "score",
        talk.epic,
        None,
        "Bruno Okafor",
    )


def test_what_was_said_before_check_ins_were_turned_on_is_not_taken_until_it_is_edited(talk: Talk) -> None:
    early = talk.say("OKR 47.5 conf 7")
    assert talk.shown() == (50, 7)
    without = WITH_CHECK_INS.replace("check_ins: {who: owners}\n", "")
    talk.hand.activate(without)
    talk.hand.sync()
    talk.hand.clock.pass_by(hours=1)
    old = talk.say("OKR 64 conf 9")
    talk.hand.clock.pass_by(hours=1)
    talk.hand.activate(WITH_CHECK_INS)
    talk.hand.sync()
    talk.hand.work_off()
    assert talk.kept() == [("47.5", None)], early  # what had been taken stands
    (fault,) = [one for one in talk.refused() if one is not None]
    assert (
        fault == "it is older than check-ins by comment, which began on 2026-11-10: edit it, or say it anew"
    )
    talk.edit(old, "OKR 64 conf 8")
    assert talk.shown() == (100, 8)
    assert talk.refused() == [None, None]
