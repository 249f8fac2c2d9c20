"""A resync is background work: it waits out what Jira asks it to, instead of beginning anew, and gives up what it cannot read."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.jira.http.errors import RateLimitError
from connectors.sandbox import Fault
from connectors.store.mirror import mirror
from connectors.store.work import due
from plugin.sync.resync.full_read import resync


def test_a_short_rate_limit_is_waited_out_within_the_page(quiet: Any) -> None:
    quiet.sandbox.faults.add(Fault("rate_limit", "POST", "search/jql", times=1, skip=1, seconds=1.0))

    found = resync(quiet.context)

    assert found.read > 300
    assert found.drift == 0


def test_a_quota_that_lasts_an_hour_ends_it_and_changes_nothing(quiet: Any) -> None:
    with quiet.connector.store.read() as conn:
        before = mirror.count(conn, "main")
    quiet.sandbox.faults.add(
        Fault("rate_limit", "POST", "search/jql", seconds=3600, reason="jira-quota-global-based")
    )

    with pytest.raises(RateLimitError):
        resync(quiet.context)

    with quiet.connector.store.read() as conn:
        assert mirror.count(conn, "main") == before
        assert due.pending_count(conn, "main") == 0


def test_what_a_resync_finds_is_not_due_before_its_end(quiet: Any) -> None:
    objective_id = quiet.objectives()[0]
    quiet.context.jira.edit(objective_id, {"customfield_10060": 1})
    waiting: list[int] = []

    def look(_done: int, _total: int | None) -> None:
        with quiet.connector.store.write() as conn:
            now = quiet.context.clock()
            waiting.append(len(due.claim(conn, "w", now, quiet.context.lease, 100)))
            due.release(conn, "w")

    resync(quiet.context, look)

    assert waiting
    assert set(waiting) == {0}
    with quiet.connector.store.read() as conn:
        assert due.ids(conn, "main") == {objective_id}
