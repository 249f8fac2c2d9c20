"""Check-ins as they are kept: one stands for each key result, and none is ever forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from connectors.store import Store
from connectors.store.numbers import check_ins, objectives, snapshots
from mappings.explain.check_in import CheckIn, Measure, rule_on
from mappings.explain.confidence import SpokenConfidence, of_points
from mappings.explain.marks import marks
from mappings.rollup.state import ObjectiveState


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
        assert check_ins.load_standing(conn, "main") == {
            ("10001", "10001/d"): kept[0],
            ("10001", "10007"): kept[1],
        }
        assert check_ins.load_standing(conn, "main", "10002") == {}
        assert check_ins.load(conn, "other", kept[0].id) is None


def test_a_later_one_takes_its_place_and_withdrawing_leaves_none(
    store: Store, said: Callable[..., CheckIn], now: datetime
) -> None:
    later = now + timedelta(hours=1)
    with store.write() as conn:
        first = check_ins.add(conn, "main", said())
        second = check_ins.add(conn, "main", said("7/10", by="Bo", at=later))
        assert check_ins.load_standing(conn, "main", "10001") == {("10001", "10001/d"): second}
        assert check_ins.withdraw(conn, "main", first.id, "Bo", later) is None
        assert check_ins.withdraw(conn, "main", second.id, "Kim", later + timedelta(hours=1)) is not None
        assert check_ins.load_standing(conn, "main") == {}
        told = [
            (one.check_in.id, one.ended_how, one.ended_by)
            for one in check_ins.load_all(conn, "main", "10001")
        ]
    assert told == [(second.id, "withdrawn", "Kim"), (first.id, "replaced", "Bo")]


def test_a_kept_state_tells_what_was_ruled(
    store: Store, said: Callable[..., CheckIn], now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    plain = an_objective()
    ruling = rule_on(said("3/5", id=7), Fraction(5, 8), Measure.PROGRESS, now.date())
    with_it = replace(plain, key_results=(replace(plain.key_results[0], check_in=ruling),))
    with store.write() as conn:
        for hour, state in enumerate((plain, with_it, with_it)):
            objectives.save(conn, "main", state, "r1", now + timedelta(hours=hour))
    with store.read() as conn:
        saved = snapshots.load_at(conn, "main", "10001", now + timedelta(hours=1))
        assert (
            len(snapshots.turns(conn, "main", "10001", now - timedelta(days=1), now + timedelta(days=1))) == 2
        )
    assert saved is not None
    assert saved.state.key_results[0].check_in == ruling


def test_an_outline_is_the_last_state_of_each_day_and_revision(
    store: Store, an_objective: Callable[..., ObjectiveState], now: datetime
) -> None:
    def at(number: int) -> ObjectiveState:
        plain = an_objective()
        row = replace(plain.ledger.rows[0], id=str(number), key=f"PLAT-{number}")
        return replace(plain, ledger=replace(plain.ledger, rows=(row,)))

    moments = [(1, 0, "r1"), (2, 1, "r1"), (3, 2, "r2"), (4, 24, "r2"), (5, 25, "r2")]
    with store.write() as conn:
        for number, hour, revision in moments:
            objectives.save(conn, "main", at(number), revision, now + timedelta(hours=hour))
        snapshots.backfill(conn, "main", [(now - timedelta(days=1), at(0))], "r2")
    with store.read() as conn:
        steps = snapshots.outlines(conn, "main", "10001")
        assert snapshots.outlines(conn, "other", "10001") == []
    assert [step.outline.ledger.rows[0].key for step in steps] == ["PLAT-0", "PLAT-2", "PLAT-3", "PLAT-5"]
    assert [mark.text for mark in marks(steps)] == ["PLAT-5 added; PLAT-3 removed"]


def test_confidence_belongs_to_the_latest_that_has_one_and_leaves_the_value_standing(
    store: Store, said: Callable[..., CheckIn], now: datetime
) -> None:
    place = ("10001", "10001/d")

    def sure(hours: int, points: int, value: Fraction | None = None) -> CheckIn:
        at = now + timedelta(hours=hours)
        spoken = SpokenConfidence(of_points(points), "Ada", at)
        return replace(
            said(), value=value, at=at, confidence=spoken, delta=None if value is None else Fraction(1)
        )

    with store.write() as conn:
        alone = check_ins.add(conn, "main", sure(0, 8))
        assert check_ins.load_standing(conn, "main") == {place: alone}
        assert [one.stands for one in check_ins.load_all(conn, "main", "10001")] == [False]
        first = check_ins.add(conn, "main", sure(1, 6, Fraction(1, 2)))
        assert check_ins.load_standing(conn, "main") == {place: first}
        doubt = check_ins.add(conn, "main", sure(2, 3))
        standing = check_ins.load_standing(conn, "main")[place]
        assert (standing.id, standing.confidence) == (first.id, doubt.confidence)
        second = check_ins.add(conn, "main", said("7/10", at=now + timedelta(hours=3)))
        standing = check_ins.load_standing(conn, "main")[place]
        assert (standing.id, standing.confidence) == (second.id, doubt.confidence)
        check_ins.withdraw(conn, "main", doubt.id, "Ada", now + timedelta(hours=4))
        standing = check_ins.load_standing(conn, "main")[place]
        assert (standing.id, standing.confidence) == (
            second.id,
            first.confidence,
        )  # one that was replaced said it
        check_ins.withdraw(conn, "main", second.id, "Ada", now + timedelta(hours=5))
        assert check_ins.load_standing(conn, "main")[place].value is None


def test_what_stood_at_a_moment_is_told_afterwards(
    store: Store, said: Callable[..., CheckIn], now: datetime
) -> None:
    hour = timedelta(hours=1)
    with store.write() as conn:
        first = check_ins.add(conn, "main", said())
        second = check_ins.add(conn, "main", said("7/10", by="Bo", at=now + hour))
        check_ins.withdraw(conn, "main", second.id, "Kim", now + 2 * hour)
        place = ("10001", "10001/d")
        told = [check_ins.load_as_stood(conn, "main", now + step * hour / 2) for step in (-1, 0, 1, 2, 3, 4)]
        assert told == [{}, {place: first}, {place: first}, {place: second}, {place: second}, {}]
        assert told[-1] == check_ins.load_standing(conn, "main")
