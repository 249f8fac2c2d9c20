"""Check-ins as they are kept: one stands for each key result, and none is ever forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from connectors.store import Store, check_ins, objectives, snapshots
from mappings.check_in import CheckIn, Measure, ruled
from mappings.marks import marks
from mappings.state import ObjectiveState


@pytest.fixture
def said(now: datetime) -> Callable[..., CheckIn]:
    def build(value: str = "3/5", key_result: str = "10001/d", **parts: object) -> CheckIn:
        check_in = CheckIn(
            "10001", key_result, Measure.PROGRESS, Fraction(value), "Ada", now, delta=Fraction(1, 10)
        )
        return replace(check_in, **parts)

    return build


def test_a_check_in_comes_back_as_it_was_kept(store: Store, said: Callable[..., CheckIn]) -> None:
    full = said("1/3", note="“the last mile”\nis long", until=date(2026, 12, 31), derived=Fraction(5, 12))
    bare = said("-2", "10007", measure=Measure.CURRENT, delta=None, until=date(2026, 12, 31))
    with store.write() as conn:
        kept = [check_ins.add(conn, "main", one) for one in (full, bare)]
        check_ins.add(conn, "other", said("1"))
        assert kept == [replace(full, id=kept[0].id), replace(bare, id=kept[1].id)]
        assert check_ins.standing(conn, "main") == {
            ("10001", "10001/d"): kept[0],
            ("10001", "10007"): kept[1],
        }
        assert check_ins.standing(conn, "main", "10002") == {}
        assert check_ins.load(conn, "other", kept[0].id) is None


def test_a_later_one_takes_its_place_and_withdrawing_leaves_none(
    store: Store, said: Callable[..., CheckIn], now: datetime
) -> None:
    later = now + timedelta(hours=1)
    with store.write() as conn:
        first = check_ins.add(conn, "main", said())
        second = check_ins.add(conn, "main", said("7/10", by="Bo", at=later))
        assert check_ins.standing(conn, "main", "10001") == {("10001", "10001/d"): second}
        assert check_ins.withdraw(conn, "main", first.id, "Bo", later) is None
        assert check_ins.withdraw(conn, "main", second.id, "Kim", later + timedelta(hours=1)) is not None
        assert check_ins.standing(conn, "main") == {}
        told = [(one.check_in.id, one.ended_how, one.ended_by) for one in check_ins.of(conn, "main", "10001")]
    assert told == [(second.id, "withdrawn", "Kim"), (first.id, "replaced", "Bo")]


def test_a_kept_state_tells_of_its_check_ins_and_an_outline_gives_the_marks(
    store: Store, said: Callable[..., CheckIn], now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    plain = an_objective()
    ruling = ruled(said("3/5", id=7), Fraction(5, 8), Measure.PROGRESS, now.date())
    with_it = replace(plain, key_results=(replace(plain.key_results[0], check_in=ruling),))
    with store.write() as conn:
        for hour, state in enumerate((plain, with_it, with_it, plain)):
            objectives.save(conn, "main", state, "r1", now + timedelta(hours=hour))
    with store.read() as conn:
        saved = snapshots.at(conn, "main", "10001", now + timedelta(hours=1))
        steps = snapshots.outlines(conn, "main", "10001")
    assert saved is not None
    assert saved.state.key_results[0].check_in == ruling
    assert [mark.text for mark in marks(steps)] == [
        "Ada checked in 60 % for Delivery",
        "Ada’s check-in of 60 % for Delivery withdrawn",
    ]
