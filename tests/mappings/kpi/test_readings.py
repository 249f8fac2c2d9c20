"""Readings: duplicate, corrected, retracted, out of order, late, of the future; the value of a period. Literal numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.kpi.reading import (
    AHEAD,
    FormerReading,
    KpiReading,
    Receipt,
    is_ahead,
    receive,
    value_of,
)
from tests.mappings.kpi.standing import fold_readings

Read = Callable[..., KpiReading]
AT = "2026-10-01T10:00"


def test_the_same_again_changes_nothing(read: Read) -> None:
    known = read(AT, 7, "2026-10-01T11:00")
    assert receive(known, read(AT, "7.0", "2026-10-02")) == (Receipt.UNCHANGED, known)


def test_another_value_of_the_same_instant_corrects_and_the_former_stays(
    read: Read, utc: Callable[[str], datetime]
) -> None:
    known = read(AT, 7, "2026-10-01T11:00")
    receipt, news = receive(known, read(AT, 4, "2026-10-02"))
    assert (receipt, news.value, news.received) == (Receipt.CORRECTED, 4, utc("2026-10-02"))
    assert news.former == (FormerReading(Fraction(7), utc("2026-10-01T11:00")),)
    assert news.first_received == utc("2026-10-01T11:00")
    again = receive(news, read(AT, 7, "2026-10-03"))[1]
    assert [one.value for one in again.former] == [7, 4]


def test_corrected_to_none_is_retracted_as_if_it_had_not_been_there(read: Read) -> None:
    receipt, gone = receive(read(AT, 7), read(AT, None))
    assert (receipt, gone.value) == (Receipt.CORRECTED, None)
    assert value_of([gone, read("2026-10-01T09:00", 3)], "last", 1) == 3
    assert value_of([gone], "sum", 1) is None


def test_milliseconds_tell_readings_apart_and_nothing_finer(read: Read) -> None:
    found = fold_readings([read(AT + ":00.0001", 1), read(AT + ":00.0009", 2), read(AT + ":00.001", 3)])
    assert [(at.microsecond, one.value) for at, one in sorted(found.items())] == [(0, 2), (1000, 3)]


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [("last", "9"), ("sum", "20"), ("mean", "20/3"), ("min", "4"), ("max", "9")],
)
def test_the_value_of_a_period_whatever_the_order_of_receipt(aggregate: str, value: str, read: Read) -> None:
    readings = [
        read("2026-10-01T08:00", 7),
        read("2026-10-01T09:00", 4),
        read("2026-10-01T10:00", 9),
        read("2026-10-01T11:00", None),
    ]
    for order in permutations(readings):
        assert value_of(order, aggregate, 1) == Fraction(value)
        assert value_of(order, aggregate, 3) == Fraction(value)
        assert value_of(order, aggregate, 4) is None


@pytest.mark.parametrize("aggregate", ["last", "sum", "mean", "min", "max"])
def test_of_nothing_is_no_data_and_not_zero(aggregate: str) -> None:
    assert value_of([], aggregate, 1) is None


def test_five_minutes_ahead_is_clocks_and_more_is_the_future(utc: Callable[[str], datetime]) -> None:
    now = utc(AT)
    assert timedelta(minutes=5) == AHEAD
    assert not is_ahead(now + timedelta(minutes=5), now)
    assert is_ahead(now + timedelta(minutes=5, milliseconds=1), now)


INSTANTS = st.integers(0, 3).map(lambda hour: datetime(2026, 10, 1, hour, tzinfo=UTC))
RECEIPTS = st.lists(st.tuples(INSTANTS, st.none() | st.integers(0, 3).map(Fraction)), max_size=20)


@given(RECEIPTS)
def test_folding_all_receipts_twice_changes_no_value_that_stands(
    receipts: list[tuple[datetime, Fraction | None]],
) -> None:
    readings = [KpiReading(at, value, datetime(2026, 10, 2, tzinfo=UTC)) for at, value in receipts]
    last = dict(receipts)
    assert {at: one.value for at, one in fold_readings(readings).items()} == last
    assert {at: one.value for at, one in fold_readings([*readings, *readings]).items()} == last


def test_what_was_received_first_counts_however_often_it_was_corrected() -> None:
    days = [datetime(2026, 10, day, tzinfo=UTC) for day in (2, 3, 4)]
    former = (FormerReading(Fraction(1), days[0]), FormerReading(Fraction(2), days[1]))
    assert KpiReading(days[0], Fraction(3), days[2], former=former).first_received == days[0]
    assert KpiReading(days[0], Fraction(3), days[2]).first_received == days[2]
