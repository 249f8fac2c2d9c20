"""Where a full read begins by Jira's clock and by ours, and what the pages of an interrupted one bring to its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.store.database import json_text
from connectors.store.reads import resyncs
from plugin.sync.resync.checkpoint import KeptPage, ReadPlace, _begun, _resumed
from plugin.sync.resync.mirror_update import ResyncResult

TOLD = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("told", [TOLD, None])
def test_a_read_begins_by_the_clock_of_jira_or_an_hour_before_ours(firm: Any, told: datetime | None) -> None:
    jira: Any = SimpleNamespace(time=lambda: told, count=lambda _scope: 77)
    reading = _begun(replace(firm.context, jira=jira), "me", None)
    place = reading.reached
    assert place.began == (told or firm.clock() - timedelta(hours=1))
    assert place.began_here == firm.clock()
    assert (place.total, place.first, place.asked_otherwise, place.read, place.pages) == (
        77,
        False,
        False,
        0,
        0,
    )
    assert reading.report == ResyncResult()
    given = _begun(replace(firm.context, jira=jira), "me", 5)
    assert given.reached.total == 5
    with firm.connector.store.read() as conn:
        kept = resyncs.load_unfinished(conn, "main")
    assert kept is not None


def test_the_first_read_of_a_site_says_that_it_is_one(dozen: Any) -> None:
    reading = _begun(dozen.context, "me", 5)
    assert (reading.reached.first, reading.report.first) == (True, True)
    assert not reading.reached.asked_otherwise


def test_what_each_kept_page_found_counts_at_the_end(firm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        KeptPage(ids=["1", "2"], objectives=["7"], marked=["71"], drifted={"7": 2}, silent=["1"]),
        KeptPage(ids=["3"], objectives=["8", "7"], marked=["81", "71"], drifted={"7": 1, "8": 4}),
    ]
    monkeypatch.setattr(resyncs, "pages", lambda *_: [json_text.encode(one) for one in pages])
    place = ReadPlace("under", False, 9, TOLD, read=3, changed=6, occupied=True, asked_otherwise=True)
    with firm.connector.store.read() as conn:
        reading = _resumed(firm.context, conn, "a read", "me", place)
    assert reading.seen == {"1", "2", "3"}
    assert reading.report == ResyncResult(
        read=3,
        changed=6,
        occupied=True,
        asked_otherwise=True,
        resumed=True,
        objectives={"7", "8"},
        marked={"71", "81"},
        drifted=Counter({"7": 3, "8": 4}),
        silent={"1"},
    )
