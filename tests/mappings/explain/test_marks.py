"""What a history marks: targets, check-ins and scope, told from two kept states; never what a change of the mapping did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from mappings.explain.check_in import CheckIn, Measure
from mappings.explain.marks import (
    DatedOutline,
    KeyResultOutline,
    LedgerOutline,
    Mark,
    MarkKind,
    MeasurementOutline,
    Outline,
    RowOutline,
    checked_in,
    marks,
    withdrawn,
)
from mappings.rollup.rows.ledger import Disposition

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


def row(number: int, disposition: str = "counted") -> RowOutline:
    return RowOutline(str(number), Disposition(disposition), f"PLAT-{number}", f"Story {number}")


def delivery(*rows: RowOutline) -> KeyResultOutline:
    measured = MeasurementOutline(ledger=LedgerOutline(rows))
    return KeyResultOutline("1/d", "Planned work", measured)


def metric(start: int | None, target: int | None) -> KeyResultOutline:
    ends = [None if value is None else Fraction(value) for value in (start, target)]
    return KeyResultOutline("7", "Activation", MeasurementOutline(*ends), "PLAT-7")


def steps(
    *states: tuple[KeyResultOutline, ...], revisions: str = "", rows: tuple[RowOutline, ...] = ()
) -> list[DatedOutline]:
    return [
        DatedOutline(
            AT + timedelta(days=day), revisions[day : day + 1] or "r", Outline(LedgerOutline(rows), state)
        )
        for day, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((delivery(row(1)),), (delivery(row(1)),), []),
        ((delivery(row(1)),), (delivery(row(1), row(2)),), [("scope", "PLAT-2 added")]),
        ((delivery(row(1), row(2)),), (delivery(row(1)),), [("scope", "PLAT-2 removed")]),
        (
            (delivery(row(1)),),
            (delivery(*(row(number) for number in range(2, 8))),),
            [("scope", "PLAT-2, PLAT-3, PLAT-4 and 3 more added; PLAT-1 removed")],
        ),
        ((delivery(row(1)),), (delivery(row(1, "excluded")),), [("scope", "PLAT-1 removed")]),
        ((delivery(row(1)),), (delivery(row(1, "not_achieved")),), []),
        ((delivery(row(1)),), (delivery(row(1, "unknown")),), []),
        ((delivery(row(1)),), (delivery(row(1), row(2, "counted_elsewhere")),), []),
        ((metric(31, 45),), (metric(31, 50),), [("target", "target of PLAT-7: 45 → 50")]),
        ((metric(31, None),), (metric(30, 50),), [("target", "target of PLAT-7: none → 50"), ("target", "start of PLAT-7: 31 → 30")]),
        ((), (metric(31, 45),), [("scope", "PLAT-7 added")]),
        ((delivery(),), (), [("scope", "Planned work removed")]),
    ],
)  # fmt: skip
def test_what_is_marked(before, after, told):
    found = marks(steps(before, after))
    assert [(mark.kind.value, mark.text) for mark in found] == told
    assert all(mark.at == AT + timedelta(days=1) for mark in found)


def test_what_is_told_against_an_earlier_state_says_of_when_that_is():
    (mark,) = marks(steps((delivery(row(1)),), (delivery(row(2)),)))
    assert (mark.since, mark.at) == (AT, AT + timedelta(days=1))


def test_a_change_of_the_mapping_is_marked_elsewhere():
    before, after = (delivery(row(1)), metric(1, 2)), (delivery(row(2)), metric(1, 3))
    assert marks(steps(before, after, revisions="ab")) == ()


def test_a_check_in_is_told_as_it_was_said():
    said = CheckIn("1", "1/d", Measure.PROGRESS, Fraction(3, 5), "Ada", AT)
    assert checked_in(said, "PLAT-7") == Mark(AT, MarkKind.CHECK_IN, "Ada checked in 60 % for PLAT-7")
    assert withdrawn(said, AT, "Ada", "PLAT-7").text == "Ada withdrew the check-in of 60 % for PLAT-7"
    assert withdrawn(said, AT, "Bo", "PLAT-7").text == "Bo withdrew Ada’s check-in of 60 % for PLAT-7"


def test_where_the_observed_begins_nothing_is_read_into_the_seam():
    first, second = steps((delivery(row(1)),), (delivery(row(2)),))
    assert marks([replace(first, backfilled=True), second]) == ()
    assert len(marks([replace(one, backfilled=True) for one in (first, second)])) == 1


def test_an_aligned_objective_that_contributes_is_scope():
    (before,), (after,) = steps(()), steps((), rows=(RowOutline("9", Disposition.COUNTED, "PLAT-9"),))
    assert [mark.text for mark in marks([before, after])] == ["PLAT-9 added"]


def test_an_issue_that_goes_from_one_key_result_to_another_stays_in_scope():
    other = KeyResultOutline("1/e", "More work", MeasurementOutline(ledger=LedgerOutline((row(2),))))
    empty = replace(other, measurement=MeasurementOutline())
    assert marks(steps((delivery(row(1), row(2)), empty), (delivery(row(1)), other))) == ()


def test_each_bound_of_a_band_that_was_moved_is_told_and_no_other() -> None:
    def band(low: int | None, high: int | None) -> tuple[KeyResultOutline, ...]:
        ends = [None if value is None else Fraction(value) for value in (low, high)]
        return (KeyResultOutline("7", "Load", MeasurementOutline(None, None, *ends), "PLAT-7"),)

    told = [mark.text for mark in marks(steps(band(70, 80), band(60, 80), band(60, 90), band(60, 90)))]
    assert told == ["lower bound of PLAT-7: 70 → 60", "upper bound of PLAT-7: 80 → 90"]
