"""The brake is one row for each objective: who lets one go never brings back what another let go meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread

from connectors.store import Store
from connectors.store.absence import tombstones
from connectors.store.writes import brakes, permits
from connectors.store.writes.brakes import Brake, DoubtedRow


def test_it_holds_whatever_it_was_put_on_until_it_is_lifted(store: Store, now: datetime) -> None:
    """And of a row what was doubted first: an explanation has to reach back to that."""
    first, later = DoubtedRow(now, base={"status": "abc"}), DoubtedRow(now + timedelta(hours=1))
    with store.write() as conn:
        brakes.put(
            conn, "main", Brake("Too much", now, 4, frozenset({"1", "2"})), {"1": {"10": {"11": first}}}
        )
        brakes.put(conn, "other", Brake("Elsewhere", now, 1, frozenset({"1"})), {})
        assert brakes.doubts_of(conn, "main", "1") == {"10": {"11": first}}
        assert (brakes.doubts_of(conn, "main", "2"), brakes.doubts_of(conn, "main", "3")) == ({}, None)
        brakes.put(
            conn,
            "main",
            Brake("Again", now + timedelta(hours=1), 2, frozenset({"1", "3"})),
            {"1": {"10": {"11": later, "12": later}}},
        )
        assert brakes.load_standing(conn, "main") == Brake(
            "Again", now + timedelta(hours=1), 2, frozenset({"1", "2", "3"})
        )
        assert brakes.load_doubts(conn, "main") == {"1": {"10": {"11": first, "12": later}}, "2": {}, "3": {}}
        brakes.lift_all(conn, "main")
        assert brakes.load_standing(conn, "main") is None
        assert brakes.load_standing(conn, "other") == Brake("Elsewhere", now, 1, frozenset({"1"}))


def test_what_explains_a_row_explains_it_to_all_who_doubt_it(store: Store, now: datetime) -> None:
    one = DoubtedRow(now)
    held = {"1": {"10": {"11": one, "12": one}}, "2": {"20": {"12": one}}, "3": {"30": {"31": one}}}
    with store.write() as conn:
        brakes.put(conn, "main", Brake("Too much", now, 4, frozenset(held)), held)
        brakes.put(conn, "other", Brake("Elsewhere", now, 1, frozenset({"2"})), {"2": held["2"]})
        assert brakes.explain(conn, "main", {"12", "99"}) == {"1", "2"}
        assert brakes.load_doubts(conn, "main") == {
            "1": {"10": {"11": one}}, "2": {"20": {}}, "3": held["3"]
        }  # fmt: skip
        assert brakes.doubts_of(conn, "other", "2") == held["2"]
        assert brakes.explain(conn, "main", ()) == frozenset()


def test_an_objective_that_is_gone_doubts_nothing_any_more(store: Store, now: datetime) -> None:
    one = DoubtedRow(now)
    held = {"1": {"10": {"11": one}, "20": {"12": one}}, "2": {"20": {"12": one}}, "3": {"30": {}}}
    with store.write() as conn:
        brakes.put(conn, "main", Brake("Too much", now, 4, frozenset(held)), held)
        assert brakes.explain(conn, "main", {"1", "3"}) == {"1"}
        assert brakes.load_doubts(conn, "main") == {"1": {"10": {}, "20": {}}, "2": held["2"], "3": held["3"]}


def test_one_that_waits_doubts_more_and_one_that_does_not_doubts_nothing(store: Store, now: datetime) -> None:
    one, asked = DoubtedRow(now), DoubtedRow(now + timedelta(hours=1))
    with store.write() as conn:
        brakes.put(conn, "main", Brake("Too much", now, 1, frozenset({"1"})), {"1": {"10": {"11": one}}})
        brakes.widen(conn, "main", {"1": {"10": {"12": one}, "20": {"21": one}}, "2": {"20": {"21": one}}})
        assert brakes.load_doubts(conn, "main") == {"1": {"10": {"11": one, "12": one}}}, "no other field"
        brakes.note_asked(conn, "main", "1", {"12"}, {"11": asked, "13": asked})
        brakes.note_asked(conn, "main", "2", {"12"}, {})
        assert brakes.load_doubts(conn, "main") == {"1": {"10": {"11": asked}}}


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
