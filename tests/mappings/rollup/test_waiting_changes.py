"""What waits behind the lock of a cycle, term by term: what stands and what would, in words; and who would leave or join."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.rollup import measurement
from mappings.rollup.cycles.waiting_change import WaitingChange, waiting_changes

CYCLE = "2026-Q4"
TERMS: dict[str, tuple[str, Any, Any, str, str]] = {
    "kind": ("kind", "metric", "delivery", "metric", "delivery"),
    "start": ("start", Fraction(1, 2), None, "0.5", ""),
    "target": ("target", Fraction(10), Fraction(12), "10", "12"),
    "at_least": ("at least", None, Fraction(3), "none", "3"),
    "at_most": ("at most", Fraction(4), Fraction(5), "4", "5"),
    "tolerance": ("tolerance", Fraction(1), Fraction(2), "1", "2"),
    "due": ("date", date(2026, 12, 1), date(2026, 12, 2), "2026-12-01", "2026-12-02"),
    "weight": ("weight", Fraction(1), Fraction(3), "1", "3"),
    "commitment": ("commitment", "committed", "aspirational", "committed", "aspirational"),
}
"""By term: its word, what stands and what would, and how both are said."""


def key_result(id_: str = "kr", **more: Any) -> Any:
    measured = dict.fromkeys(("start", "target", "at_least", "at_most", "tolerance", "due"))
    own = {"id": id_, "key": f"PLAT-{id_}", "title": "Calm nights", "kind": "metric", "weight": None, "commitment": None}  # fmt: skip
    for name, value in more.items():
        (own if name in own else measured)[name] = value
    return SimpleNamespace(**own, measurement=SimpleNamespace(**measured))


def objective(*key_results: Any, **more: Any) -> Any:
    known = {"id": "1", "key": "PLAT-1", "title": "Calm", "cycle_id": CYCLE, "commitment": "committed", "plain": False}  # fmt: skip
    return SimpleNamespace(key_results=key_results, **{**known, **more})


def changes(locked: Any, free: Any) -> list[str]:
    return [one.sentence for one in waiting_changes(CYCLE, locked, free)]


@pytest.mark.parametrize("term", TERMS)
def test_a_term_that_differs_waits_with_what_stands_and_what_would(term: str) -> None:
    word, stands, would, said, then = TERMS[term]
    locked, free = objective(key_result(**{term: stands})), objective(key_result(**{term: would}))
    assert waiting_changes(CYCLE, {"1": locked}, {"1": locked}) == ()
    assert waiting_changes(CYCLE, {"1": locked}, {"1": free}) == (
        WaitingChange("1", "PLAT-1", "Calm", "PLAT-kr", word, said, then),
    )
    assert changes({"1": locked}, {"1": free}) == [f"PLAT-1, PLAT-kr: {word} {said}, would be {then or 'none'}"]  # fmt: skip


def test_terms_are_told_in_their_order_of_every_key_result() -> None:
    stands = {term: TERMS[term][1] for term in TERMS}
    would = {term: TERMS[term][2] for term in TERMS}
    locked = objective(key_result("a", **stands), key_result("b", **stands))
    free = objective(key_result("b", **would), key_result("a", **would), commitment="aspirational")
    found = waiting_changes(CYCLE, {"1": locked}, {"1": free})
    words = [TERMS[term][0] for term in TERMS]
    assert [(one.key_result, one.what) for one in found] == [
        ("", "commitment"),
        *(("PLAT-a", word) for word in words),
        *(("PLAT-b", word) for word in words),
    ]
    assert found[0].sentence == "PLAT-1: commitment committed, would be aspirational"


def test_key_results_come_and_go() -> None:
    nameless = key_result("new", key=None)
    locked, free = objective(key_result("gone"), key_result()), objective(key_result(), nameless)
    assert changes({"1": locked}, {"1": free}) == [
        "PLAT-1, PLAT-gone: would be no key result any more",
        "PLAT-1, Calm nights: would become a key result",
    ]


def test_objectives_of_the_cycle_leave_and_join_and_plain_parents_do_neither_aloud() -> None:
    one, other = objective(), objective(id="2", key=None)
    elsewhere = objective(cycle_id="2027-Q1")
    assert changes({"1": one, "2": other}, {"1": elsewhere}) == [
        "PLAT-1: would leave the cycle",
        "2: would leave the cycle",
    ]
    assert changes({}, {"1": one, "3": objective(id="3", plain=True), "4": elsewhere}) == ["PLAT-1: would join the cycle"]  # fmt: skip
    assert changes({"1": elsewhere}, {"1": one}) == ["PLAT-1: would join the cycle"]
    assert changes({"1": elsewhere}, {"1": elsewhere}) == []


def test_in_a_circle_nothing_has_a_number_and_outside_of_it_everything_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measurement, "replace", lambda state, **more: SimpleNamespace(**{**vars(state), **more}))  # fmt: skip
    number, none = SimpleNamespace(progress=Fraction(1, 2)), SimpleNamespace(progress=None)
    circle: Any = {"1": ("2",)}
    for state in (number, none):
        assert measurement._unknown_in(circle, "3", state) is state
    assert measurement._unknown_in(circle, "1", number) == SimpleNamespace(progress=None)
    assert measurement._unknown_in(circle, "1", none) is none
