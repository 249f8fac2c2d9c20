"""Whoever a check-in waits for is reminded once on its day, by mail, and stops it; the weekly digest tells it too, with what KPIs did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.sandbox import PEOPLE
from connectors.store.work import outbox
from plugin.runtime.settings import MailSettings, NotifySettings
from plugin.use_cases.check_ins.check_ins import Statement, check_in
from plugin.use_cases.digests.digests import preview_digest, send_digest, tell_due
from plugin.use_cases.digests.recipients import list_digests, resume_digest, suspend_digest
from plugin.use_cases.kpis import readings, settled_periods
from plugin.use_cases.kpis.readings import PushedReading
from tests.actors import TESTER
from tests.mail_server import Mailbox, mail_server
from tests.plugin.use_cases.conftest import opened
from tests.quarter import MAPPING, told
from tests.webhook_server import WebhookServer, webhook_server

TELL = """
check_ins: {every: 7d, on: fri}
tell:
  - {id: due, every: due, at: "09:00", to: [owners, "slack:okr"], quiet: {from: "18:00", to: "10:00"}}
  - {id: weekly, every: week, on: mon, to: ["mail:Ada@northwind.example"]}
kpis:
  - {id: bugs, name: Open bugs, unit: bugs, source: {kind: push}, healthy: {at_most: 5}, cadence: daily, promote: {after: 2, mode: propose}}
"""
FRIDAY = datetime(2026, 11, 13, 9, tzinfo=UTC)
"""10:00 in Berlin, when the quiet hours end."""
ADA, BRUNO = "mail:ada@northwind.example", "mail:bruno@northwind.example"


@pytest.fixture(scope="module")
def channel() -> Iterator[WebhookServer]:
    with webhook_server(lambda _headers, _body: (200, {}, "ok")) as server:
        yield server


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mail_server() as server:
        yield server


@pytest.fixture
def office(hand: Any, channel: WebhookServer, box: Mailbox) -> Any:
    """A metric of Ada's and one of Bruno's, never read; it is Thursday, and the reminder has begun."""
    channel.forget()
    box.forget()
    notify = NotifySettings(
        mail=MailSettings(host="127.0.0.1", port=box.port, sender="okr@acme.example", security="none"),
        slack={"okr": SecretStr(f"{channel.url}/services/T/B/x")},
        hosts=(channel.url,),
    )
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
    hand.epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.metrics = [
        hand.issue("Key Result", hand.epic, assignee={"accountId": one.id}, summary=f"Of {one.name}")
        for one in PEOPLE[:2]
    ]
    hand.keys = [hand.sandbox.sandbox.records[id_].key for id_ in hand.metrics]
    hand.clock.now = FRIDAY - timedelta(days=1)
    hand.activate(MAPPING + TELL)
    hand.sync()
    tell_due(hand.connector, "main")
    return hand


def states(hand: Any) -> list[tuple[str, str]]:
    """What of the reminder was told to whom, or not."""
    with hand.connector.store.read() as conn:
        found = outbox.recent(conn, "main", 50)
    return sorted(
        (one.recipient, one.state.value)
        for one in found
        if one.digest == "due" and one.state is not outbox.OutboxState.BEGUN
    )


def why_not(hand: Any) -> dict[str, str]:
    return {one.recipient: one.why_not for one in preview_digest(hand.connector, TESTER, "main", "due")}


def test_each_owner_is_reminded_once_of_their_own_and_a_channel_of_all(
    office: Any, box: Mailbox, channel: WebhookServer
) -> None:
    ada, bruno = office.keys
    assert why_not(office) == dict.fromkeys((ADA, BRUNO, "slack:okr"), "the first run tells nothing")
    for before in (timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)):
        office.clock.now = FRIDAY - before
        tell_due(office.connector, "main")
        assert (box.letters, channel.posts) == ([], [])
    assert why_not(office)[ADA] == "it is told on 2026-11-13 at 10:00"
    for _ in range(3):
        office.clock.now = office.clock.now.replace(microsecond=0) + timedelta(seconds=1)
        tell_due(office.connector, "main")
    assert sorted(box.told(number)[0] for number in range(len(box.letters))) == [ADA[5:], BRUNO[5:]]
    to, subject, words = next(one for one in map(box.told, range(2)) if one[0] == ADA[5:])
    assert (to, subject) == ("ada@northwind.example", "OKR reminder: a check-in is due")
    assert words.startswith(
        "A check-in is due from you.\n\nDue\n"
        f"- {ada} Of Ada Brandt: a check-in is due since 2026-11-13, 6 are missed <https://okr.acme.example/why/{office.epic}>\n"
    )
    (post,) = channel.taken
    assert f"{bruno} Of Bruno Okafor" in post.body.decode()
    assert "(Ada Brandt)" in post.body.decode()
    assert states(office) == [(ADA, "sent"), (BRUNO, "sent"), ("slack:okr", "sent")]
    assert why_not(office) == dict.fromkeys((ADA, BRUNO, "slack:okr"), "told already")
    office.clock.now = FRIDAY + timedelta(days=7)
    tell_due(office.connector, "main")
    subjects = [one["Subject"] for one in box.letters]
    assert subjects.count("OKR reminder: a check-in is due") == 4  # the digest of Monday stands between


@pytest.mark.parametrize("named", [ADA, "mail:Ada@northwind.example"])
def test_an_owner_who_is_named_as_well_is_told_everything_once(office: Any, box: Mailbox, named: str) -> None:
    both = TELL.replace('to: [owners, "slack:okr"], quiet', f'to: [owners, "{named}"], quiet')
    office.activate(MAPPING + both)
    tell_due(office.connector, "main")
    office.clock.now = FRIDAY
    for _ in range(2):
        tell_due(office.connector, "main")
    assert states(office) == sorted([(named, "sent"), (BRUNO, "sent")])
    (words,) = [box.told(number)[2] for number in range(2) if box.told(number)[0] == named[5:]]
    assert all(key in words for key in office.keys)


def test_who_checked_in_is_not_reminded_nor_who_stopped_it(
    office: Any, box: Mailbox, channel: WebhookServer
) -> None:
    office.clock.now = FRIDAY - timedelta(minutes=5)
    check_in(office.connector, TESTER, "main", office.epic, Statement(office.keys[0], None, "On its way"))
    suspend_digest(office.connector, TESTER, "main", "due", "mail:Bruno@northwind.example")
    office.clock.now = FRIDAY
    tell_due(office.connector, "main")
    assert (box.letters, states(office)) == ([], [("slack:okr", "sent")])
    assert why_not(office) == {
        BRUNO: "stopped by whoever gets it",
        "slack:okr": "told already",
    }
    planned = next(one for one in list_digests(office.connector, TESTER, "main") if one.id == "due")
    assert planned.next_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert [(one.recipient, one.stopped_at is not None) for one in planned.recipients] == [
        ("owners", False),
        ("slack:okr", False),
        (BRUNO, True),
    ]
    resume_digest(office.connector, TESTER, "main", "due", BRUNO)
    send_digest(office.connector, TESTER, "main", "due")
    assert [one["To"] for one in box.letters] == ["bruno@northwind.example"]
    assert len(channel.taken) == 1


def test_nobody_is_reminded_where_no_address_is_known_and_it_is_said(office: Any, box: Mailbox) -> None:
    for one in PEOPLE[:2]:
        office.sandbox.sandbox.accounts[one.id] = replace(one, email="")
    for metric, one in zip(office.metrics, reversed(PEOPLE[:2]), strict=True):
        office.edit(metric, assignee={"accountId": one.id})
    told(office, office.epic, *office.metrics)
    found = why_not(office)
    assert found["owners"] == (
        "no address is known of Bruno Okafor, Ada Brandt: Jira tells none, and no account alone has that name"
    )
    assert box.letters == []


def test_the_weekly_digest_tells_its_readers_own_check_ins_and_what_kpis_did(
    office: Any, box: Mailbox
) -> None:
    tell_due(office.connector, "main")  # begins on Thursday, while there is no data
    for day, value in ((13, 4), (14, 8), (15, 9)):
        office.clock.now = datetime(2026, 11, day, 12, tzinfo=UTC)
        pushed = PushedReading(office.clock.now, Fraction(value))
        readings.push(office.connector, TESTER, "main", "bugs", (pushed,))
    office.clock.now = datetime(2026, 11, 16, 8, tzinfo=UTC)
    settled_periods.count_settled(office.connector, "main")
    tell_due(office.connector, "main")
    weekly = [one for one in map(box.told, range(len(box.letters))) if one[1].startswith("OKR digest")]
    (_, _, words) = weekly[0]
    assert "KPIs\n- Open bugs: no data → unhealthy. 9 bugs, 15 Nov 2026. a key result is proposed <" in words
    assert (
        "Check-ins that are due\n"
        f"- {office.keys[0]} Of Ada Brandt: a check-in is due since 2026-11-13, 6 are missed (Ada Brandt) <"
    ) in words
    assert office.keys[1] not in words.partition("Check-ins that are due")[2]


def test_what_is_due_is_listed_page_by_page(office: Any) -> None:
    office.clock.now = FRIDAY
    doors = opened(office.connector, {}, "viewer")

    def page(query: str) -> tuple[list[str], str | None]:
        answer = doors.api("GET", f"/check-ins/due?{query}").json
        return [one["key"] for one in answer["items"]], answer["next"]

    whole, end = page("limit=2")
    assert (sorted(whole), end) == (sorted(office.keys), None)
    first, following = page("limit=1")
    assert (first, following is None) == (whole[:1], False)
    assert page(f"limit=1&cursor={following}") == (whole[1:], None)
