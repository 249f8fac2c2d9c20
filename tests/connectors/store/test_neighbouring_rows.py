"""What is ended or looked for beside rows that differ from it in one thing alone."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.store import Store
from connectors.store.cycles import cycle_locks
from connectors.store.writes import writes, written_values
from mappings.document.lock import CycleLock
from mappings.write_back.plan import Change, Plan

NOW = datetime(2026, 11, 9, 10, tzinfo=UTC)


def test_a_lock_is_lifted_and_that_of_another_cycle_made_at_the_same_instant_stays(store: Store) -> None:
    mine, other = (CycleLock(cycle, NOW, "ada", "", ()) for cycle in ("2026-Q4", "2027-Q1"))
    with store.write() as conn:
        for site in ("main", "south"):
            cycle_locks.add(conn, site, mine)
        cycle_locks.add(conn, "main", other)
        cycle_locks.lift(conn, "main", mine, "ben", NOW)
        assert [one.cycle_id for one in cycle_locks.every(conn, "main") if one.until is None] == ["2027-Q1"]
        assert [one.cycle_id for one in cycle_locks.every(conn, "south") if one.until is None] == ["2026-Q4"]


def test_a_name_is_looked_for_letter_by_letter(store: Store) -> None:
    """`_` and `%` stand for themselves, in what is looked for and in where."""
    texts = {"1": "goal a_b", "2": "goal axb", "3": "goal a%b"}
    with store.write() as conn:
        for issue, text in texts.items():
            for field in ("go_al:x", "goxal:x"):
                change = Change(issue, f"PLAT-{issue}", field, field, None, text, "it was so")
                plan = writes.intend(conn, "main", Plan(issue, (change,)), "r", "event", NOW)
                writes.settle(conn, plan, issue, field, "written", "", NOW)
        for named, issue in (("a_b", "1"), ("a%b", "3")):
            found = written_values.load_sharing(conn, "main", "go_al:", named)
            assert [(one.issue_id, one.field_id) for one in found] == [(issue, "go_al:x")]
