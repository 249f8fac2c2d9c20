"""The bystander: what stands beside the thing that is changed, under another site, name or issue, stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.writes import writes
from mappings.facts.issue import Issue, Link
from mappings.write_back.plan import Change, Plan

MINUTE = timedelta(minutes=1)
AnIssue = Callable[..., Issue]


def _intended(store: Store, site: str, value: int, at: datetime, outcome: str | None = "written") -> int:
    change = Change("10", "PLAT-10", "f", "F", None, value, "it moved")
    with store.write() as conn:
        plan_id = writes.intend(conn, site, Plan("1", (change,)), "r1", "webhook", at)
        if outcome is not None:
            writes.settle(conn, plan_id, "10", "f", outcome, "", at)
    return plan_id


def test_a_write_on_another_site_to_an_issue_of_the_same_id_is_none_of_ours(
    store: Store, now: datetime
) -> None:
    _intended(store, "main", 1, now)
    _intended(store, "other", 2, now + MINUTE)
    _intended(store, "other", 3, now + 2 * MINUTE, outcome=None)
    _intended(store, "other", 4, now + 3 * MINUTE, outcome="held")
    with store.read() as conn:
        last = writes.last_write(conn, "main", "10", "f")
        on_record = writes.on_record(conn, "main", "10", "f")
        assert last is not None
        assert last.after == 1
        assert on_record is not None
        assert on_record.after == 1
        assert writes.load_unsettled(conn, "main", "1") == []
        assert writes.load_held(conn, "main") == []
        assert [one.after for one in writes.recent(conn, "main", 9)] == [1]
        assert [one.after for one in writes.written_since(conn, "main", "10", "f", now - MINUTE)] == [1]
        assert writes.written_to(conn, "main", ["10"], now + MINUTE) == frozenset()
        assert writes.written_count(conn, "main") == 1
        assert writes.written_by_objective(conn, "main") == {"1": 1}
    with store.write() as conn:
        assert writes.release(conn, "main", now) == 0
        assert [one.after for one in writes.load_held(conn, "other")] == [4]


def test_an_issue_that_is_put_again_has_the_links_it_has_now_and_others_keep_theirs(
    store: Store, an_issue: AnIssue
) -> None:
    def link(other: str) -> Link:
        return Link("3", "Measures", "measures", other)

    one = an_issue("1", links=(link("8"), link("9")))
    beside = an_issue("2", links=(link("8"),))
    with store.write() as conn:
        mirror.put(conn, "main", [an_issue("8"), an_issue("9"), one, beside])
        mirror.put(conn, "main", [replace(one, links=(link("9"),), updated=one.updated + MINUTE)])
        assert [found.id for found in mirror.load_linked(conn, "main", ["8"])] == ["2"]
        assert [found.id for found in mirror.load_linked(conn, "main", ["9"])] == ["1"]
        mirror.put(
            conn, "main", [replace(one, links=(), summary="None now", updated=one.updated + 2 * MINUTE)]
        )
        assert mirror.load_linked(conn, "main", ["9"]) == []
        assert [found.id for found in mirror.load_linked(conn, "main", ["8"])] == ["2"]
        mirror.delete(conn, "main", ["1"])
        assert [found.id for found in mirror.load_linked(conn, "main", ["8"])] == ["2"]
