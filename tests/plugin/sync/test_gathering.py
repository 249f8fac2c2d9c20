"""Deliveries are gathered for a moment: a fast Jira is asked for many issues at once, not for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.store.work import inbox
from plugin.sync.resync.full_read import resync
from plugin.sync.work import work_off_inbox

EVENTS = 120
EVERY = timedelta(milliseconds=10)
GATHER = timedelta(milliseconds=200)


class Stream:
    """A delivery on another issue every ten milliseconds, as time goes by."""

    def __init__(self, company: Any) -> None:
        self.company = company
        self.began: datetime = company.clock()
        self.due: Iterator[tuple[datetime, Any]] = iter(
            [
                (self.began + EVERY * number, record)
                for number, record in enumerate(company.records()[:EVENTS])
            ]
        )
        self.next = next(self.due, None)
        self.pass_by(0)

    def pass_by(self, seconds: float) -> None:
        until = self.company.clock() + timedelta(seconds=seconds)
        while self.next is not None and self.next[0] <= until:
            self.company.clock.now, record = self.next
            body = {"webhookEvent": "jira:issue_updated", "issue": {"id": record.id}}
            with self.company.connector.store.write() as conn:
                inbox.store(
                    conn, "main", f"event-{record.id}", json.dumps(body).encode(), self.company.clock()
                )
            self.next = next(self.due, None)
        self.company.clock.now = until

    @property
    def left(self) -> bool:
        with self.company.connector.store.read() as conn:
            return self.next is not None or bool(inbox.counts(conn, "main").get("pending"))


@pytest.fixture
def stream(company: Any) -> Stream:
    resync(company.context)
    company.sandbox.site.calls.clear()
    return Stream(company)


def reads(stream: Stream) -> int:
    return sum(stream.company.sandbox.site.calls.by_endpoint.values())


def test_what_comes_within_a_moment_is_read_at_once(stream: Stream) -> None:
    calls, served = [], 0
    while stream.left:
        now = work_off_inbox(stream.company.context, "worker", stream.pass_by)
        if not now:
            stream.pass_by(EVERY.total_seconds())
        served += now
        calls.append(reads(stream))
    assert served == EVENTS
    moments = -(-EVENTS * EVERY // GATHER)
    assert calls[-1] <= moments + 1, calls


def test_who_wakes_up_second_gathers_what_came_since_anew(stream: Stream) -> None:
    """The first takes all that was waited for; one delivery comes before the second looks."""
    first_took: list[int] = []

    def overslept(seconds: float) -> None:
        stream.pass_by(seconds)
        if not first_took:
            first_took.append(work_off_inbox(stream.company.context, "first", stream.pass_by))
            stream.pass_by(EVERY.total_seconds())

    second_took = work_off_inbox(stream.company.context, "second", overslept)

    apiece = GATHER // EVERY
    assert first_took[0] >= apiece
    assert second_took >= apiece, "read one by one what came behind the first"
    assert reads(stream) == 2
