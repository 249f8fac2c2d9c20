"""A health that turned, and a KPI, are told once and not if they went back: over a real HTTP server and a real database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.jira.http.errors import AuthFailure
from connectors.store.work import outbox, told_levels
from plugin.runtime.settings import NotifySettings
from plugin.sync import outage
from plugin.use_cases.digests import alerts, digests
from plugin.use_cases.digests.digests import preview_digest, send_digest, tell_due
from plugin.use_cases.digests.recipients import resume_digest, suspend_digest
from plugin.use_cases.kpis import readings
from plugin.use_cases.kpis.readings import PushedReading
from tests.actors import TESTER
from tests.death import StepDeath
from tests.quarter import MAPPING, told
from tests.webhook_server import WebhookServer, webhook_server

ALERTS = """
tell:
  - {id: alerts, every: change, to: ["slack:okr"], quiet: {from: "18:00", to: "08:00", days: [sat, sun]}}
"""
TUESDAY = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""10:00 in Berlin, two thirds through the quarter."""


@pytest.fixture(scope="module")
def channel() -> Iterator[WebhookServer]:
    with webhook_server(lambda _headers, _body: (200, {}, "ok")) as server:
        yield server


class Office:
    """An objective whose three stories make its health, and an alert that has begun."""

    def __init__(self, hand: Any, channel: WebhookServer) -> None:
        self.hand, self.channel = hand, channel
        channel.forget()
        notify = NotifySettings(
            slack={"okr": SecretStr(f"{channel.url}/services/T/B/x")}, hosts=(channel.url,)
        )
        hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
        hand.clock.now = TUESDAY
        self.epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
        self.stories = [hand.issue("Story", self.epic, "Done") for _ in range(3)]
        self.key = hand.sandbox.sandbox.records[self.epic].key
        hand.activate(MAPPING + ALERTS)
        hand.sync()
        self.pass_by(0)

    def done(self, count: int) -> None:
        """So many of the stories are."""
        for number, story in enumerate(self.stories):
            self.hand.status(story, "Done" if number < count else "To Do")
        told(self.hand, self.epic, *self.stories)

    def pass_by(self, minutes: float) -> None:
        """So much later the schedule comes round."""
        self.hand.clock.pass_by(minutes=minutes)
        tell_due(self.hand.connector, "main")

    @property
    def lines(self) -> list[str]:
        """What the channel was told, line by line, without the sentences and the titles."""
        found = []
        for post in self.channel.taken:
            for block in json.loads(post.body)["blocks"][2:-1]:
                said = block["text"]["text"].split("\n")[1:]
                found += [one.partition("|")[2].partition(">")[0].partition(". ")[0] for one in said]
        return [one.replace("&gt;", ">") for one in found]

    @property
    def why_not(self) -> str:
        (prepared,) = preview_digest(self.hand.connector, TESTER, "main", "alerts")
        return prepared.why_not


@pytest.fixture
def office(hand: Any, channel: WebhookServer) -> Office:
    return Office(hand, channel)


def test_a_health_that_lasts_is_told_once_whatever_else_runs(office: Office) -> None:
    assert office.why_not == "nothing changed"
    office.done(0)
    office.pass_by(1)
    assert (office.lines, office.why_not) == (
        [],
        "it has to last ten minutes: decided again on 2026-12-01 at 10:11",
    )
    office.pass_by(9)
    assert office.lines == []
    office.hand.clock.pass_by(minutes=1)
    threads = [threading.Thread(target=tell_due, args=(office.hand.connector, "main")) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert office.lines == [f"{office.key} A Epic: achieved → off track"]
    for _ in range(3):
        office.pass_by(20)
    assert len(office.channel.posts) == 1
    office.done(3)
    office.pass_by(1)
    office.done(0)
    office.pass_by(20)
    assert len(office.channel.posts) == 1  # it went back
    office.done(3)
    office.pass_by(1)
    office.pass_by(10)
    assert office.lines[1:] == [f"{office.key} A Epic: off track → achieved"]


def test_what_was_told_is_remembered_in_the_transaction_of_its_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.done(0)
    office.pass_by(1)

    def dying(*_words: Any, **_more: Any) -> None:
        raise SystemExit

    office.hand.clock.pass_by(minutes=10)
    with monkeypatch.context() as patch:  # dies before the message is kept: nothing is remembered either
        patch.setattr(outbox, "add", dying)
        with pytest.raises(SystemExit):
            tell_due(office.hand.connector, "main")
    with monkeypatch.context() as patch:  # dies once it is kept, before it is sent
        patch.setattr(outbox, "take", dying)
        with pytest.raises(SystemExit):
            tell_due(office.hand.connector, "main")
    assert office.channel.posts == []
    office.channel.answers = [(500, {}, "")]  # and the channel is out
    office.pass_by(1)
    office.pass_by(2)
    assert [one.status for one in office.channel.posts] == [500, 200]
    first, second = (json.loads(one.body)["blocks"][-1] for one in office.channel.posts)
    assert first == second  # the same key
    office.pass_by(600)
    assert len(office.channel.posts) == 2


def test_whenever_it_dies_each_turn_is_told_and_twice_only_where_nobody_noted_that_it_was_taken(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its steps: what is told is kept with its message, it is taken up, sent, and noted as sent."""
    death = StepDeath(monkeypatch)
    death.also_at(digests, "send_by_channel")
    struck, times = [], []
    for place in range(8):
        office.done(0 if place % 2 == 0 else 3)
        office.pass_by(1)
        office.hand.clock.pass_by(minutes=10)
        before = len(office.channel.posts)
        number, after = divmod(place, 2)
        struck.append(death.strike(number + 1, bool(after), partial(tell_due, office.hand.connector, "main")))
        for _ in range(4):
            office.pass_by(3)
        told_now = [json.loads(one.body)["blocks"][-1]["elements"] for one in office.channel.posts[before:]]
        assert all(one == told_now[0] for one in told_now)  # under one key
        times.append(len(told_now))
    assert struck == [True] * 8
    assert times == [1, 1, 1, 1, 1, 2, 2, 1]
    words = ["achieved → off track", "off track → achieved"]
    turns = [line.partition(": ")[2] for line in office.lines]
    assert [one for one, again in zip(turns, [None, *turns], strict=False) if one != again] == words * 4


def test_in_quiet_hours_nothing_is_told_and_it_is_decided_again_after_them(office: Office) -> None:
    office.hand.clock.now = TUESDAY.replace(hour=17)  # 18:00
    office.done(0)
    office.pass_by(0)
    office.pass_by(60)
    assert office.channel.posts == []
    assert office.why_not == "quiet hours: decided again on 2026-12-02 at 08:00"
    office.hand.clock.now = TUESDAY + timedelta(hours=21, minutes=59)
    office.pass_by(0)
    assert office.channel.posts == []
    office.channel.answers = [(500, {}, "")]
    office.pass_by(1)
    assert [one.status for one in office.channel.posts] == [500]
    office.hand.clock.now = TUESDAY.replace(day=2, hour=20)
    office.pass_by(0)
    assert len(office.channel.posts) == 1  # what did not arrive waits for the morning, too
    send_digest(office.hand.connector, TESTER, "main", "alerts")
    assert len(office.channel.taken) == 1  # but for somebody who wants it now
    assert office.lines == [f"{office.key} A Epic: achieved → off track"]
    office.done(3)
    office.pass_by(1)
    office.done(0)
    office.hand.clock.now = TUESDAY.replace(day=3, hour=8)
    office.pass_by(0)
    assert len(office.channel.posts) == 2


def test_whoever_stops_it_begins_anew_when_they_resume(office: Office) -> None:
    suspend_digest(office.hand.connector, TESTER, "main", "alerts", "slack:okr")
    office.done(0)
    office.pass_by(1)
    office.pass_by(10)
    assert office.why_not == "stopped by whoever gets it"
    office.done(3)
    office.pass_by(1)
    resume_digest(office.hand.connector, TESTER, "main", "alerts", "slack:okr")
    office.pass_by(60)
    with office.hand.connector.store.read() as conn:
        assert outbox.recent(conn, "main", 9) == []
    office.done(0)
    office.pass_by(1)
    office.pass_by(10)
    assert office.lines == [f"{office.key} A Epic: achieved → off track"]


def test_a_person_has_what_waits_told_at_once(office: Office) -> None:
    office.done(0)
    send_digest(office.hand.connector, TESTER, "main", "alerts")
    assert office.lines == [f"{office.key} A Epic: achieved → off track"]
    office.pass_by(30)
    assert len(office.channel.posts) == 1


def test_who_is_told_no_more_is_forgotten(office: Office) -> None:
    def known() -> bool:
        with office.hand.connector.store.read() as conn:
            return told_levels.get(conn, "main", "alerts", "slack:okr") is not None

    alerts.forget_gone(office.hand.connector, "main")
    assert known()
    office.hand.activate(MAPPING)
    alerts.forget_gone(office.hand.connector, "main")
    assert not known()


KPI = """
kpis:
  - {id: bugs, name: Open bugs, source: {kind: push}, unit: bugs, healthy: {at_most: 5}, watch: {at_most: 8}}
tell:
  - {id: kpis, every: change, to: ["slack:okr"], about: [kpis]}
"""
CONCERNS = """
tell:
  - {id: operators, every: change, to: ["slack:okr"], about: [concerns]}
"""


def test_a_kpi_out_of_its_band_is_told_once_its_period_has_settled(office: Office) -> None:
    hand = office.hand
    hand.activate(MAPPING + KPI)

    def read(day: int, value: int) -> None:
        at = TUESDAY.replace(day=day, hour=3)
        readings.push(hand.connector, TESTER, "main", "bugs", [PushedReading(at, Fraction(value))])

    read(1, 4)
    hand.clock.now = TUESDAY.replace(day=2)
    office.pass_by(0)
    read(2, 9)
    office.pass_by(60)
    assert office.channel.posts == []  # its day is not over
    hand.clock.now = TUESDAY.replace(day=3)
    office.pass_by(0)
    office.pass_by(10)
    (post,) = office.channel.taken
    said = json.loads(post.body)
    assert said["blocks"][0]["text"]["text"] == "OKR alert: Open bugs: healthy → unhealthy"
    line = said["blocks"][2]["text"]["text"]
    assert line.startswith(
        "*KPIs*\n• <https://okr.acme.example/kpis/bugs|Open bugs: healthy → unhealthy. 9 bugs, 2 Dec"
    )
    read(2, 4)  # corrected
    office.pass_by(1)
    office.pass_by(10)
    assert len(office.channel.posts) == 2


def test_a_concern_is_told_when_it_comes_and_when_it_has_gone(office: Office) -> None:
    hand = office.hand
    hand.activate(MAPPING + CONCERNS)
    office.pass_by(0)  # begins
    with hand.connector.store.write() as conn:
        outage.strike(conn, "main", hand.clock(), AuthFailure("The token was revoked."), whole=True)
    office.pass_by(1)
    office.pass_by(10)
    (post,) = office.channel.taken
    said = json.loads(post.body)
    assert said["blocks"][0]["text"]["text"] == "OKR alert: Outage: well → off track"
    assert "The token was revoked." in said["blocks"][2]["text"]["text"]
    outage.note_answer(hand.context)
    hand.work_off()
    office.pass_by(1)
    office.pass_by(10)
    heads = [json.loads(one.body)["blocks"][0]["text"]["text"] for one in office.channel.taken]
    assert heads[1:] == ["OKR alert: Outage: off track → well"]
