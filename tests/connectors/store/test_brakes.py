"""The brake is one row for each objective: who lets one go never brings back what another let go meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread

from connectors.store import Store
from connectors.store.absence import tombstones
from connectors.store.writes import brakes, permits
from connectors.store.writes.brakes import Brake, DoubtedRow


def test_it_holds_what_it_was_put_on_last(store: Store, now: datetime) -> None:
    doubts = {"1": {"10": {"11": DoubtedRow(now, "abc")}}}
    with store.write() as conn:
        brakes.put(conn, "main", Brake("Too much", now, 4, frozenset({"1", "2"})), doubts)
        brakes.put(conn, "other", Brake("Elsewhere", now, 1, frozenset({"1"})), {})
        assert brakes.doubts(conn, "main", "1") == doubts["1"]
        assert (brakes.doubts(conn, "main", "2"), brakes.doubts(conn, "main", "3")) == ({}, None)
        brakes.put(conn, "main", Brake("Again", now, 2, frozenset({"2", "3"})), {})
        assert brakes.load_standing(conn, "main") == Brake("Again", now, 2, frozenset({"2", "3"}))
        brakes.lift_all(conn, "main")
        assert brakes.load_standing(conn, "main") is None
        assert brakes.load_standing(conn, "other") == Brake("Elsewhere", now, 1, frozenset({"1"}))


def test_two_processes_that_let_go_at_once_lose_nothing(store: Store, now: datetime) -> None:
    ids = [str(number) for number in range(40)]
    with store.write() as conn:
        brakes.put(conn, "main", Brake("Too much", now, 41, frozenset((*ids, "left"))), {})
    start = Barrier(2)

    def let_go(mine: list[str]) -> None:
        start.wait()
        for one in mine:
            with store.write() as conn:
                brakes.load_standing(conn, "main")
                brakes.lift(conn, "main", [one])

    threads = [Thread(target=let_go, args=(ids[half::2],)) for half in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        assert brakes.load_standing(conn, "main") == Brake("Too much", now, 41, frozenset({"left"}))


def test_what_jira_said_of_one_project_leaves_the_others(store: Store) -> None:
    with store.write() as conn:
        permits.put(conn, "main", {("PLAT", "EDIT_ISSUES"): True, ("GROW", "EDIT_ISSUES"): False})
        permits.put(conn, "main", {("GROW", "EDIT_ISSUES"): True, ("GROW", "LINK_ISSUES"): False})
        permits.put(conn, "other", {("PLAT", "EDIT_ISSUES"): False})
        assert permits.load_all(conn, "main") == {
            ("PLAT", "EDIT_ISSUES"): True,
            ("GROW", "EDIT_ISSUES"): True,
            ("GROW", "LINK_ISSUES"): False,
        }


def test_what_was_read_in_the_millisecond_in_which_an_issue_left_was_read_before(
    store: Store, now: datetime
) -> None:
    left = now + timedelta(microseconds=700)
    with store.write() as conn:
        tombstones.put(conn, "main", ["1", "2"], left)
        tombstones.put(conn, "main", ["2"], now - timedelta(hours=2))
        found = tombstones.among_these(conn, "main", ["1", "2", "3"], now - timedelta(hours=1))
        assert found == {"1": now + timedelta(milliseconds=1)}
        assert tombstones.prune(conn, now) == 1
        assert tombstones.among_these(conn, "main", ["2"], now - timedelta(hours=3)) == {}
