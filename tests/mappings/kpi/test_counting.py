"""What is counted and what is shown: settled periods, late and corrected readings, bands that are edited, formulas over other KPIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.document.schema import KpiPart
from mappings.kpi.band import KpiLevel
from mappings.kpi.episode import KpiState, KpiStatus
from mappings.kpi.reading import KpiReading
from mappings.kpi.series import WatchedKpis
from mappings.kpi.state import KpiStanding, PeriodVerdict, standing_of_kpi
from mappings.kpi.steps import Judgement, count
from tests.mappings.kpi.conftest import a_kpi, read, utc
from tests.mappings.kpi.standing import fold_readings

PROMOTED = {"promote": {"after": 3}, "revert": {"after": 2}}


@dataclass
class World:
    """KPIs whose readings come in one after the other, counted as the store would: with what came in, and with time."""

    parts: list[KpiPart]
    zone: str = "UTC"
    receipts: dict[str, list[KpiReading]] = field(default_factory=dict)
    states: dict[str, KpiState] = field(default_factory=dict)
    judged: dict[str, dict[datetime, Judgement]] = field(default_factory=dict)

    def push(self, *readings: KpiReading, kpi: str = "bugs", now: str | None = None) -> World:
        self.receipts.setdefault(kpi, []).extend(readings)
        return self.count(now or max(one.received for one in readings).isoformat())

    def count(self, now: str) -> World:
        watched, moment = self.watched(), datetime.fromisoformat(now)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        for part in self.parts:
            instants = {
                at
                for leaf in watched.leaves(part.id)
                for one in watched.readings.get(leaf, ())
                for at in watched.felt(part.id, leaf, one.at)
            }
            judged = self.judged.setdefault(part.id, {})
            state = self.states.get(part.id, KpiState())
            self.states[part.id], new = count(watched, part.id, state, judged, instants, moment)
            judged |= {one.period.last: one for one in new}
        return self

    def watched(self) -> WatchedKpis:
        readings = {
            id_: sorted(fold_readings(found).values(), key=lambda one: one.at)
            for id_, found in self.receipts.items()
        }
        return WatchedKpis({part.id: part for part in self.parts}, ZoneInfo(self.zone), readings)

    def at(self, now: str, kpi: str = "bugs", size: int = 10) -> KpiStanding:
        return standing_of_kpi(self.watched(), kpi, self.judged.get(kpi, {}), utc(now), size)

    def counted(self, kpi: str = "bugs") -> list[tuple[str, object]]:
        found = sorted(self.judged.get(kpi, {}).values(), key=lambda one: one.period.end)
        return [(one.period.start.date().isoformat()[5:], one.counted) for one in found]


def days(*values: object, first: int = 1, hour: int = 12) -> list[KpiReading]:
    """One reading a day of October, received at once; `...` is a day without one."""
    return [
        read(f"2026-10-{first + number:02}T{hour}:00", value)
        for number, value in enumerate(values)
        if value is not ...
    ]


def test_a_period_is_settled_at_its_end_and_grace_and_not_before() -> None:
    world = World([a_kpi()])
    world.push(*days(7), now="2026-10-02T00:59:59.999")
    assert world.counted() == []
    assert world.count("2026-10-02T01:00").counted() == [("10-01", 7)]


def test_a_hundred_pushes_on_one_day_are_one_step() -> None:
    readings = [
        read(f"2026-10-01T{hour:02}:{minute:02}", hour)
        for hour in range(20)
        for minute in (0, 10, 20, 30, 40)
    ]
    world = World([a_kpi(**PROMOTED)]).push(*readings, now="2026-10-02T01:00")
    assert world.counted() == [("10-01", 19)]
    assert world.states["bugs"].outside == 1


def test_periods_without_data_neither_count_nor_reset() -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(9, ..., 9, None, ..., 9), now="2026-10-10")
    assert [day for day, _ in world.counted()] == ["10-01", "10-03", "10-06"]
    assert world.states["bugs"].status is KpiStatus.KR_PROPOSED


def test_too_few_readings_are_no_data() -> None:
    world = World([a_kpi(min_readings=2)]).push(
        read("2026-10-01T10:00", 7),
        read("2026-10-02T10:00", 7),
        read("2026-10-02T11:00", 8),
        now="2026-10-05",
    )
    assert world.counted() == [("10-02", 8)]


def test_a_late_reading_counts_where_nothing_later_has_been_counted() -> None:
    world = World([a_kpi()]).push(*days(7), now="2026-10-02T02:00")
    world.push(read("2026-10-02T12:00", 9, "2026-10-05"))
    assert world.counted() == [("10-01", 7), ("10-02", 9)]
    found = {one.period.start.day: one for one in world.at("2026-10-05T02:00").periods}
    assert (found[2].told, found[2].worth.late, found[1].worth.late) == (PeriodVerdict.COUNTED, True, False)


def test_else_it_is_late_not_counted_and_enters_the_chart() -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(9, ..., 9), now="2026-10-04T01:00")
    before = world.states["bugs"]
    world.push(read("2026-10-02T12:00", 9, "2026-10-04T02:00"))
    assert world.states["bugs"] == before
    assert world.counted() == [("10-01", 9), ("10-02", None), ("10-03", 9)]
    late = next(one for one in world.at("2026-10-04T03:00").periods if one.period.start.day == 2)
    assert (late.told, late.value, late.level) == (PeriodVerdict.LATE, 9, KpiLevel.UNHEALTHY)


def test_received_just_at_end_and_grace_is_not_late() -> None:
    world = World([a_kpi()]).push(read("2026-10-01T12:00", 7, "2026-10-02T01:00"))
    (day,) = (one for one in world.at("2026-10-02T02:00").periods if one.period.start.day == 1)
    assert not day.worth.late
    world = World([a_kpi()]).push(read("2026-10-01T12:00", 7, "2026-10-02T01:00:00.001"))
    (day,) = (one for one in world.at("2026-10-02T02:00").periods if one.period.start.day == 1)
    assert day.worth.late


def test_a_correction_of_a_counted_period_is_counted_as_7_now_4_and_never_rewound() -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(7), now="2026-10-02T02:00")
    world.push(read("2026-10-01T12:00", 4, "2026-10-03"))
    assert world.counted() == [("10-01", 7)]
    assert world.states["bugs"].outside == 1
    day = next(one for one in world.at("2026-10-03").periods if one.period.start.day == 1)
    assert day.judgement is not None
    assert (day.told, day.judgement.counted, day.value, day.level, day.worth.corrected) == (
        PeriodVerdict.COUNTED_OTHERWISE, 7, 4, KpiLevel.HEALTHY, True,
    )  # fmt: skip


def test_a_retracted_period_that_was_counted_is_no_data_now() -> None:
    world = World([a_kpi()]).push(*days(7), now="2026-10-02T02:00")
    world.push(read("2026-10-01T12:00", None, "2026-10-03"))
    day = next(one for one in world.at("2026-10-03").periods if one.period.start.day == 1)
    assert (day.told, day.value, day.level) == (PeriodVerdict.COUNTED_OTHERWISE, None, KpiLevel.NO_DATA)


def test_the_board_shows_the_last_settled_period_and_the_running_one_apart() -> None:
    world = World([a_kpi()]).push(*days(3, 9), now="2026-10-02T13:00")
    shown = world.at("2026-10-02T13:00")
    assert shown.settled is not None
    assert shown.so_far is not None
    assert (shown.settled.period.start, shown.settled.value, shown.level) == (
        utc("2026-10-01"),
        3,
        KpiLevel.HEALTHY,
    )
    assert (shown.so_far.period.start, shown.so_far.value, shown.so_far.told) == (
        utc("2026-10-02"),
        9,
        PeriodVerdict.RUNNING,
    )


@pytest.mark.parametrize(
    ("values", "before"),
    [
        ((5, 3, 9), ("2026-10-01", 5)),
        ((5, ..., 3, 9), ("2026-10-01", 5)),
        ((5, 4, ..., 9), ("2026-10-02", 4)),
        ((..., 3, 9), None),
    ],
)
def test_what_stood_before_is_the_latest_settled_period_with_data_but_the_last(
    values: tuple[object, ...], before: tuple[str, int] | None
) -> None:
    """Not the running one, whatever it has."""
    now = f"2026-10-{len(values):02}T13:00"
    found = World([a_kpi()]).push(*days(*values), now=now).at(now).before
    told = None if found is None else (found.period.start, found.value)
    assert told == (None if before is None else (utc(before[0]), before[1]))


def test_no_data_in_the_last_settled_period_is_no_data_with_the_last_known_value_beside_it() -> None:
    world = World([a_kpi()]).push(*days(3), now="2026-10-02T02:00")
    shown = world.at("2026-10-05T02:00")
    assert shown.level is KpiLevel.NO_DATA
    assert shown.settled is not None
    assert (shown.settled.period.start, shown.settled.value) == (utc("2026-10-04"), None)
    assert shown.last_known is not None
    assert (shown.last_known.period.start, shown.last_known.value) == (utc("2026-10-01"), 3)


def test_the_last_known_value_may_lie_before_what_is_shown() -> None:
    world = World([a_kpi()]).push(*days(3), now="2026-10-02T02:00")
    asked = (world.watched(), "bugs", world.judged["bugs"], utc("2026-12-01"))
    assert standing_of_kpi(*asked, 10).last_known is None
    known = standing_of_kpi(*asked, 10, utc("2026-10-01T12:00")).last_known
    assert known is not None
    assert known.value == 3


def test_a_long_grace_leaves_the_last_settled_period_in_sight() -> None:
    world = World([a_kpi(cadence="hourly", grace="2d")]).push(
        read("2026-10-01T10:30", 3), now="2026-10-03T11:00"
    )
    shown = world.at("2026-10-03T11:00")
    assert shown.settled is not None
    assert (shown.settled.period.start, shown.settled.value) == (utc("2026-10-01T10:00"), 3)


def test_nothing_read_is_no_data() -> None:
    shown = World([a_kpi()]).at("2026-10-05")
    assert (shown.level, shown.last_known) == (KpiLevel.NO_DATA, None)
    assert {one.told for one in shown.periods} == {PeriodVerdict.NOTHING, PeriodVerdict.RUNNING}


def test_each_reading_is_its_own_period_settled_at_once() -> None:
    world = World([a_kpi(cadence="each", **PROMOTED)])
    world.push(read("2026-10-01T10:00", 9), read("2026-10-01T10:01", 9))
    world.push(read("2026-10-01T10:00:30", 9, "2026-10-01T11:00"))
    world.push(read("2026-10-01T12:00", 9))
    assert [value for _, value in world.counted()] == [9, None, 9, 9]
    assert world.states["bugs"].status is KpiStatus.KR_PROPOSED
    shown = world.at("2026-10-09")
    assert shown.settled is not None
    assert (shown.settled.value, shown.so_far, len(shown.periods)) == (9, None, 4)
    assert [one.worth.late for one in shown.periods] == [False, False, False, False]


def test_days_are_those_of_the_zone() -> None:
    world = World([a_kpi(aggregate="sum")], "Europe/Berlin")
    world.push(
        read("2026-10-24T21:59:59", 1),
        read("2026-10-24T22:00", 2),
        read("2026-10-25T22:59:59", 4),
        read("2026-10-25T23:00", 8),
        now="2026-10-30",
    )
    found = sorted(world.judged["bugs"].values(), key=lambda one: one.period.end)
    assert [one.counted for one in found] == [1, 6, 8]


def test_a_period_is_judged_by_the_band_of_its_last_day() -> None:
    targets = {"points": [{"from": "2026-10-04", "at_most": 3}]}
    world = World([a_kpi(cadence="weekly", healthy={"at_most": 5}, targets=targets)])
    world.push(read("2026-09-29", 4), read("2026-09-22", 4), now="2026-10-10")
    judged = sorted(world.judged["bugs"].values(), key=lambda one: one.period.end)
    assert [one.level for one in judged] == [KpiLevel.HEALTHY, KpiLevel.UNHEALTHY]


def test_a_period_keeps_the_band_it_was_judged_by_and_an_edit_sets_the_counters_to_0() -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(9, 9), now="2026-10-03T02:00")
    assert world.states["bugs"].outside == 2
    world.parts = [a_kpi(healthy={"at_most": 8}, **PROMOTED)]
    world.push(*days(9, first=3), now="2026-10-04T02:00")
    state = world.states["bugs"]
    assert (state.status, state.outside, state.transition) == (KpiStatus.WATCHING, 1, "rebanded")
    world.parts = [a_kpi(healthy={"at_most": 99}, **PROMOTED)]
    shown = {
        one.period.start.day: one.level
        for one in world.at("2026-10-04T02:00").periods
        if one.value is not None
    }
    assert shown == {1: "unhealthy", 2: "unhealthy", 3: "unhealthy"}


TARGETS = {"points": [{"from": "2027-01-01", "at_most": 3}]}


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        ({"healthy": {"at_most": 6}}, 0),
        ({"targets": TARGETS}, 0),
        ({"watch": {"at_most": 20}}, 2),  # nothing is out of it
        ({"name": "Other", "direction": "down"}, 2),
    ],
)
@pytest.mark.parametrize(("value", "side"), [(9, "outside"), (2, "inside")])
def test_both_counters_are_0_under_another_band_and_only_there(
    edit: dict[str, object], kept: int, value: int, side: str
) -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(value, value), now="2026-10-03T02:00")
    world.parts = [a_kpi(**{**PROMOTED, **edit})]
    state = world.push(*days(value, first=3), now="2026-10-04T02:00").states["bugs"]
    assert {"outside": state.outside, "inside": state.inside} == {"outside": 0, "inside": 0, side: kept + 1}
    if kept == 0:
        assert (state.status, state.transition) == (KpiStatus.WATCHING, "rebanded")


def test_what_has_been_counted_is_not_counted_again_though_its_judgement_is_kept_no_more() -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(9, 9), now="2026-10-03T02:00")
    state = world.states["bugs"]
    after, new = count(world.watched(), "bugs", state, {}, [utc("2026-10-02T12:00")], utc("2026-10-03T02:00"))
    assert (after.outside, [one.counted for one in new]) == (2, [None])


def test_a_planned_point_is_no_edit() -> None:
    targets = {"points": [{"from": "2026-10-02", "at_most": 3}]}
    world = World([a_kpi(targets=targets, **PROMOTED)]).push(*days(9, 4, 4), now="2026-10-05")
    assert world.states["bugs"].status is KpiStatus.KR_PROPOSED


SHIPPED = [
    a_kpi(id="escaped", aggregate="sum"),
    a_kpi(id="shipped", aggregate="sum", cadence="weekly"),
    a_kpi(id="rate", cadence="weekly", source={"kind": "formula", "expr": "e / s * 100", "of": {"e": "escaped", "s": "shipped"}}),
]  # fmt: skip


def test_a_formula_takes_the_aggregate_of_each_operand_over_its_own_period() -> None:
    world = World(SHIPPED)
    world.push(
        read("2026-09-28T10:00", 2), read("2026-10-01T10:00", 1), read("2026-10-05T10:00", 50), kpi="escaped"
    )
    world.push(read("2026-10-02T10:00", 8), kpi="shipped", now="2026-10-05T01:00")
    assert world.counted("rate") == [("09-28", Fraction(75, 2))]
    assert world.states["rate"].latest == utc("2026-10-04T23:59:59.999")


def test_an_unknown_operand_and_a_division_by_zero_say_so() -> None:
    world = World(SHIPPED).push(read("2026-09-28T10:00", 2), kpi="escaped", now="2026-10-06")
    settled = world.at("2026-10-06", "rate").settled
    assert settled is not None
    assert (settled.value, settled.worth.reason) == (None, "s is unknown")
    world.push(read("2026-10-02T10:00", 0), kpi="shipped", now="2026-10-06")
    settled = world.at("2026-10-06", "rate").settled
    assert settled is not None
    assert (settled.value, settled.worth.reason) == (None, "it divides by 0")


def test_a_formula_is_settled_when_its_latest_operand_is() -> None:
    parts = [*SHIPPED[:1], a_kpi(id="shipped", aggregate="sum", cadence="weekly", grace="2d"), SHIPPED[2]]
    world = World(parts)
    world.push(read("2026-09-28T10:00", 2), kpi="escaped")
    world.push(read("2026-10-02T10:00", 8), kpi="shipped", now="2026-10-06T23:59:59")
    assert world.counted("rate") == []
    assert world.count("2026-10-07T00:00").counted("rate") == [("09-28", 25)]


def test_a_week_that_crosses_the_end_of_a_month_settles_the_formula_of_the_month() -> None:
    parts = [
        a_kpi(id="w", cadence="weekly"),
        a_kpi(id="m", cadence="monthly", source={"kind": "formula", "expr": "w", "of": {"w": "w"}}),
    ]
    world = World(parts).push(read("2026-09-30T10:00", 4), kpi="w", now="2026-10-05T00:59:59")
    assert world.counted("m") == []
    assert world.count("2026-10-05T01:00").counted("m") == [("09-01", 4)]


def test_a_late_operand_restates_a_formula_as_any_late_reading_does() -> None:
    world = World(SHIPPED).push(read("2026-09-28T10:00", 2), kpi="escaped")
    world.push(read("2026-10-02T10:00", 8), kpi="shipped", now="2026-10-06")
    world.push(read("2026-10-01T10:00", 2, "2026-10-07"), kpi="escaped")
    settled = world.at("2026-10-07", "rate").settled
    assert settled is not None
    assert settled.judgement is not None
    assert (settled.judgement.counted, settled.value, settled.told, settled.worth.late) == (
        25,
        50,
        PeriodVerdict.COUNTED_OTHERWISE,
        True,
    )


def test_a_formula_of_a_formula_reads_its_periods() -> None:
    parts = [
        a_kpi(id="d"),
        a_kpi(id="double", aggregate="sum", source={"kind": "formula", "expr": "d * 2", "of": {"d": "d"}}),
        a_kpi(id="week", cadence="weekly", source={"kind": "formula", "expr": "x", "of": {"x": "double"}}),
    ]
    world = World(parts).push(
        *[read(f"2026-09-{28 + n}T10:00", n + 1) for n in range(3)], kpi="d", now="2026-10-06"
    )
    assert world.counted("week") == [("09-28", 12)]


def test_a_week_between_a_day_and_a_month_stands_where_it_ends() -> None:
    parts = [
        a_kpi(id="d"),
        a_kpi(id="w", cadence="weekly", source={"kind": "formula", "expr": "d", "of": {"d": "d"}}),
        a_kpi(id="m", cadence="monthly", source={"kind": "formula", "expr": "w", "of": {"w": "w"}}),
    ]
    world = World(parts).push(read("2026-09-29T10:00", 4), kpi="d", now="2026-11-02T01:00")
    assert world.counted("m") == [("10-01", 4)]
    assert world.watched().begins("m", utc("2026-10-15")) == utc("2026-09-28")


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3), st.none() | st.integers(0, 9)), max_size=25),
    st.randoms(use_true_random=False),
)
def test_counting_often_or_once_gives_the_same_where_nothing_is_late(
    drawn: Sequence[tuple[int, int, int | None]], order: object
) -> None:
    readings = sorted(
        (read(f"2026-10-0{day}T1{hour}:00", value) for day, hour, value in drawn), key=lambda one: one.at
    )
    once, often = World([a_kpi(**PROMOTED)]), World([a_kpi(**PROMOTED)])
    for one in readings:
        often.push(one)
    often.count("2026-10-20").count("2026-10-20")
    if readings:
        once.push(*readings, now="2026-10-20")
    else:
        once.count("2026-10-20")
    assert (once.states, once.judged) == (often.states, often.judged)


def test_the_state_machine_is_not_asked_of_what_is_not_over() -> None:
    world = World([a_kpi(**PROMOTED)]).push(*days(9, 9, 9), now="2026-10-03T13:00")
    assert world.states["bugs"].outside == 2
    assert world.states["bugs"].latest == utc("2026-10-02") + timedelta(days=1, milliseconds=-1)


@pytest.mark.parametrize(
    ("cadence", "steps"), [("daily", 3), ("weekly", 2), ("monthly", 2), ("quarterly", 2)]
)
def test_one_step_per_period(cadence: str, steps: int) -> None:
    world = World([a_kpi(cadence=cadence)])
    world.push(
        read("2026-09-30", 1),
        read("2026-09-30T12:00", 1),
        read("2026-10-06", 1),
        read("2026-10-07", 1),
        now="2027-02-01",
    )
    assert len(world.counted()) == steps
