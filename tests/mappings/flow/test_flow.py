"""Flow worked out by hand: the numbers here were reckoned on paper, not by the code."""

from __future__ import annotations

from datetime import UTC, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from mappings.explain.past import FieldChange
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.facts.local_time import MILLISECOND, days_before
from mappings.flow.clocks import Clock, WorkingHours
from mappings.flow.measures import Durations, ages, cycle_times, efficiency, lead_times, repair_times, uptime
from mappings.flow.statistics import percentile, statistic
from mappings.flow.stays import FlowItem, Points, finish_of, item_of

F = Fraction
TODO, DOING, REVIEW, DONE, CLOSED, ODD = "1", "2", "3", "4", "5", "9"
CATEGORIES = {TODO: "new", DOING: "indeterminate", REVIEW: "indeterminate", DONE: "done", CLOSED: "done"}
POINTS = Points(lambda stay: stay.category == "indeterminate", lambda stay: stay.category == "done")
DAYS = Clock("elapsed", "days", UTC)
HOURS = Clock("elapsed", "hours", UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo | None = None) -> datetime:
    """`11-02 09:00` in 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=zone or UTC).astimezone(UTC)


WINDOW = at("11-01 00:00"), at("12-01 00:00")


def an_item(created: str, *moves: tuple[str, str], first: str = TODO, end: datetime = WINDOW[1]) -> FlowItem:
    """An issue that was made in a status and then moved, at these times; names are those of another language."""
    befores = [first, *(after for _, after in moves)]
    told = [
        FieldChange(at(when), "status", before, f"Zustand {before}", after)
        for before, (when, after) in zip(befores, moves, strict=False)
    ]
    status = [first, *(after for when, after in moves if at(when) < end)][-1]
    issue = Issue(
        id="7", key="SHOP-7", project=Project("1", "SHOP", "Shop"), type=IssueType("1", "Story"),
        status=Status(status, "egal", CATEGORIES.get(status)), created=at(created), updated=at(created),
    )  # fmt: skip
    return item_of(issue, told, end, CATEGORIES)


PLAIN = an_item("11-02 00:00", ("11-03 12:00", DOING), ("11-05 12:00", DONE))
REOPENED = an_item(
    "11-02 00:00",
    ("11-03 00:00", DOING),
    ("11-04 00:00", DONE),
    ("11-06 00:00", DOING),
    ("11-08 06:00", DONE),
)
CLOSED_LATER = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", DONE), ("11-20 00:00", CLOSED))
NEVER_STARTED = an_item("11-02 00:00", ("11-04 00:00", DONE))
BORN_DONE = an_item("11-02 06:00", first=DONE)
STILL_OPEN = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", DONE), ("11-05 00:00", TODO))
BACK_AND_FORTH = an_item(
    "11-02 00:00",
    ("11-03 00:00", DOING),
    ("11-04 00:00", TODO),
    ("11-10 00:00", REVIEW),
    ("11-12 00:00", DONE),
)


@pytest.mark.parametrize(
    ("item", "finish"),
    [
        (PLAIN, "11-05 12:00"),
        (REOPENED, "11-08 06:00"),
        (CLOSED_LATER, "11-04 00:00"),
        (NEVER_STARTED, "11-04 00:00"),
        (BORN_DONE, "11-02 06:00"),
        (STILL_OPEN, None),
        (an_item("11-02 00:00", ("11-03 00:00", DONE), ("11-04 00:00", ODD), ("11-05 00:00", DONE)), "11-05 00:00"),
    ],
)  # fmt: skip
def test_a_finish_is_the_last_entry_into_done_of_what_is_still_done(
    item: FlowItem, finish: str | None
) -> None:
    assert finish_of(item, POINTS) == (None if finish is None else at(finish))


def test_the_first_finish_ignores_that_it_was_reopened() -> None:
    points = Points(POINTS.started, POINTS.done, first_finish=True)
    assert finish_of(REOPENED, points) == at("11-04 00:00")
    assert finish_of(STILL_OPEN, points) == at("11-04 00:00")


def test_a_window_sees_the_state_of_its_end_whatever_came_later() -> None:
    """Reopened on the 6th and done again on the 8th: by the 5th it was done on the 4th; in the week after it is done anew."""
    first = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", DONE), ("11-06 00:00", DOING),
                    ("11-08 06:00", DONE), end=at("11-05 00:00"))  # fmt: skip
    assert lead_times([first], POINTS, (at("11-01 00:00"), at("11-05 00:00")), DAYS).values == (F(2),)
    between = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", DONE), ("11-06 00:00", DOING),
                      ("11-08 06:00", DONE), end=at("11-07 00:00"))  # fmt: skip
    assert lead_times([between], POINTS, (at("11-01 00:00"), at("11-07 00:00")), DAYS).values == ()
    assert lead_times([REOPENED], POINTS, WINDOW, DAYS).values == (F(25, 4),)


def test_windows_are_half_open() -> None:
    assert lead_times([CLOSED_LATER], POINTS, (at("11-04 00:00"), WINDOW[1]), DAYS).values == (F(2),)
    earlier = an_item("11-02 00:00", ("11-04 00:00", DONE), end=at("11-04 00:00"))
    assert lead_times([earlier], POINTS, (at("11-01 00:00"), at("11-04 00:00")), DAYS).values == ()


def test_cycle_time_begins_with_the_first_start_and_what_never_started_is_a_gap() -> None:
    items = [PLAIN, REOPENED, NEVER_STARTED, BORN_DONE, STILL_OPEN, BACK_AND_FORTH]
    found = cycle_times(items, POINTS, WINDOW, DAYS)
    assert found.values == (F(2), F(21, 4), F(9))
    assert found.gaps == ("SHOP-7", "SHOP-7")
    last = Points(POINTS.started, POINTS.done, last_start=True)
    assert cycle_times([PLAIN, REOPENED, BACK_AND_FORTH], last, WINDOW, DAYS).values == (F(2), F(9, 4), F(2))
    reviewed = an_item(
        "11-02 00:00",
        ("11-03 00:00", DOING),
        ("11-04 00:00", TODO),
        ("11-09 00:00", DOING),
        ("11-11 00:00", REVIEW),  # from one started status to another: no entry
        ("11-12 00:00", DONE),
    )
    assert cycle_times([reviewed], last, WINDOW, DAYS).values == (F(3),)


def test_made_in_progress_it_started_with_its_creation() -> None:
    item = an_item("11-02 12:00", ("11-03 00:00", DONE), first=DOING)
    assert cycle_times([item], POINTS, WINDOW, HOURS).values == (F(12),)


def test_age_runs_from_the_first_start_and_only_while_in_progress() -> None:
    end = at("11-11 00:00")
    open_ = an_item("11-02 00:00", ("11-03 12:00", DOING), end=end)
    back = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", TODO), end=end)
    again = an_item(
        "11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", TODO), ("11-10 00:00", REVIEW), end=end
    )
    assert ages([open_, back, again], POINTS, end, DAYS).values == (F(15, 2), F(8))
    last = Points(POINTS.started, POINTS.done, last_start=True)
    assert ages([again], last, end, DAYS).values == (F(1),)
    calendar = Clock("calendar_days", "days", UTC)
    assert ages([open_], POINTS, end, calendar).values == (F(8),)  # 3 to 10 November


def test_efficiency_is_a_ratio_of_sums() -> None:
    """Plain: 2 of 2 days; reopened: 1 + 2.25 of 5.25; back and forth: 1 + 2 of 9. Together 8.25 of 16.25 = 33/65."""
    items = [PLAIN, REOPENED, BACK_AND_FORTH, NEVER_STARTED]
    found = efficiency(items, POINTS, WINDOW, POINTS.started, DAYS)
    assert (found.part, found.whole, found.value) == (F(33, 4), F(65, 4), F(33, 65))
    assert (found.items, found.gaps) == (3, ("SHOP-7",))
    doing = efficiency(items, POINTS, WINDOW, lambda stay: stay.status_id == DOING, DAYS)
    assert doing.value == F(25, 65)
    assert efficiency([], POINTS, WINDOW, POINTS.started, DAYS).value is None


def test_repair_leaves_out_the_days_it_was_closed() -> None:
    """Reopened: 2 to 4, and 6 to 8.25 November: 4.25 days; whole 6.25."""
    items = [PLAIN, REOPENED]
    found = repair_times(items, POINTS, WINDOW, HOURS, from_creation=True, whole=False)
    assert found.values == (F(84), F(102))
    assert statistic("mean", found.values) == F(93)
    assert repair_times(items, POINTS, WINDOW, HOURS, from_creation=True, whole=True).values == (
        F(84),
        F(150),
    )
    assert repair_times(items, POINTS, WINDOW, HOURS, from_creation=False, whole=False).values == (
        F(48),
        F(78),
    )


def test_failures_that_overlap_or_touch_are_one_and_older_ones_none() -> None:
    """Down: 30 Oct to 2 Nov (began before), 5 to 7 with 6 to 8 (one), 8 to 9 (touches), 20 to 21, and since 29: 1 + 4 + 1 + 2 days."""
    items = [
        an_item("10-30 00:00", ("11-02 00:00", DONE)),
        an_item("11-05 00:00", ("11-07 00:00", DONE)),
        an_item("11-06 00:00", ("11-08 00:00", DONE)),
        an_item("11-08 00:00", ("11-09 00:00", DONE), ("11-20 00:00", TODO), ("11-21 00:00", DONE)),
        an_item("11-29 00:00"),
    ]
    found = uptime(items, POINTS, WINDOW)
    assert (found.window, found.down, found.failures) == (F(720), F(192), 3)
    assert found.up / found.failures == F(176)
    quiet = uptime(items[:1], POINTS, (at("11-10 00:00"), at("11-11 00:00")))
    assert (quiet.up, quiet.failures) == (F(24), 0)


def test_a_failure_begins_with_the_window_or_in_it_and_the_longest_ends_what_overlaps() -> None:
    """From 1 to 3 November, from its first instant on: a failure. 5 to 10 holds 6 to 7: one, of 5 days."""
    items = [
        an_item("11-01 00:00", ("11-03 00:00", DONE)),
        an_item("11-05 00:00", ("11-10 00:00", DONE)),
        an_item("11-06 00:00", ("11-07 00:00", DONE)),
        an_item("11-09 00:00", ("11-10 00:00", DONE)),
    ]
    found = uptime(items, POINTS, WINDOW)
    assert (found.down, found.failures) == (F(7 * 24), 2)
    # mended in the very instant in which the window begins: neither down in it nor a failure of it
    before = uptime(items[:1], POINTS, (at("11-03 00:00"), WINDOW[1]))
    assert (before.down, before.failures) == (F(0), 0)
    # and one that touches what went on before the window is no failure of it either
    touching = [items[0], an_item("11-03 00:00", ("11-04 00:00", DONE))]
    again = uptime(touching, POINTS, (at("11-02 00:00"), WINDOW[1]))
    assert (again.down, again.failures) == (F(48), 0)


def test_what_was_restored_without_having_been_started_is_a_gap_of_repair_from_its_start() -> None:
    found = repair_times([NEVER_STARTED, PLAIN], POINTS, WINDOW, HOURS, from_creation=False, whole=False)
    assert (found.values, found.gaps) == ((F(48),), ("SHOP-7",))
    assert repair_times([NEVER_STARTED], POINTS, WINDOW, HOURS, from_creation=True, whole=False) == Durations(
        (F(48),)
    )


def test_a_change_in_the_first_instant_after_the_span_is_not_of_it() -> None:
    item = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-05 00:00", DONE), end=at("11-05 00:00"))
    assert [stay.status_id for stay in item.stays] == [TODO, DOING]
    assert item.stays[-1].end == at("11-05 00:00")
    later = an_item("11-02 00:00", ("11-05 00:00", DONE))
    assert lead_times([later], POINTS, (at("11-01 00:00"), at("11-05 00:00")), DAYS).values == ()


def test_a_status_of_which_no_category_is_known_is_neither_started_nor_done() -> None:
    item = an_item("11-02 00:00", ("11-03 00:00", ODD), ("11-05 00:00", DOING), ("11-06 00:00", DONE))
    assert cycle_times([item], POINTS, WINDOW, DAYS).values == (F(1),)
    stuck = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-04 00:00", ODD))
    assert finish_of(stuck, POINTS) is None
    assert ages([stuck], POINTS, WINDOW[1], DAYS).values == ()
    assert lead_times([stuck], POINTS, WINDOW, DAYS).values == ()


def test_two_changes_of_one_millisecond_keep_their_order() -> None:
    item = an_item("11-02 00:00", ("11-03 00:00", DOING), ("11-03 00:00", DONE))
    assert [stay.status_id for stay in item.stays] == [TODO, DOING, DONE]
    assert cycle_times([item], POINTS, WINDOW, DAYS).values == (F(0),)


def test_a_night_of_25_hours_is_25_hours_and_two_calendar_days() -> None:
    span = at("10-24 12:00", BERLIN), at("10-25 12:00", BERLIN)
    assert Clock("elapsed", "hours", BERLIN).worth(span) == F(25)
    assert Clock("elapsed", "days", BERLIN).worth(span) == F(25, 24)
    assert Clock("calendar_days", "days", BERLIN).worth(span) == F(2)
    spring = at("03-28 12:00", BERLIN), at("03-29 12:00", BERLIN)
    assert Clock("elapsed", "hours", BERLIN).worth(spring) == F(23)


def test_working_hours_are_those_inside_local_hours() -> None:
    """Friday 15:30 to Monday 10:15 in 9 to 17: 1.5 + 1.25 hours; a day of work has 8."""
    working = WorkingHours(frozenset(range(5)), time(9), time(17))
    span = at("11-06 15:30", BERLIN), at("11-09 10:15", BERLIN)
    assert Clock("working_hours", "hours", BERLIN, working).worth(span) == F(11, 4)
    assert Clock("working_hours", "days", BERLIN, working).worth(span) == F(11, 32)
    night = WorkingHours(frozenset(range(7)), time(1), time(5))
    autumn = at("10-25 00:00", BERLIN), at("10-26 00:00", BERLIN)
    assert Clock("working_hours", "hours", BERLIN, night).worth(autumn) == F(5)


def test_a_day_of_work_is_as_long_as_it_is_written_and_a_calendar_day_has_24_hours() -> None:
    """Friday 13:30 to Monday 10:15 in 9 to 15: 1.5 + 1.25 hours; a day of work has 6. Four calendar days."""
    short = WorkingHours(frozenset(range(5)), time(9), time(15))
    span = at("11-06 13:30", BERLIN), at("11-09 10:15", BERLIN)
    assert Clock("working_hours", "hours", BERLIN, short).worth(span) == F(11, 4)
    assert Clock("working_hours", "days", BERLIN, short).worth(span) == F(11, 24)
    assert Clock("calendar_days", "days", BERLIN).worth(span) == F(4)
    assert Clock("calendar_days", "hours", BERLIN).worth(span) == F(96)
    weekend = at("11-07 00:00", BERLIN), at("11-09 00:00", BERLIN)
    assert Clock("working_hours", "hours", BERLIN, short).worth(weekend) == F(0)


def test_a_length_back_is_the_same_local_time_so_many_days_before() -> None:
    assert days_before(at("11-01 00:00", BERLIN), "30d", BERLIN) == at("10-02 00:00", BERLIN)
    assert days_before(at("11-22 08:00", BERLIN), "4w", BERLIN) == at("10-25 08:00", BERLIN)
    # 2:30 on 29 March does not exist in Berlin: the first instant after the gap is 1:00 UTC.
    assert days_before(at("03-30 02:30", BERLIN), "1d", BERLIN) == at("03-29 01:00")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p50", F(5, 2)), ("median", F(5, 2)), ("p85", F(71, 20)), ("p95", F(77, 20)), ("p25", F(7, 4)),
        ("mean", F(5, 2)), ("min", F(1)), ("max", F(4)), ("sum", F(10)),
    ],
)  # fmt: skip
def test_statistics_are_exact(name: str, value: F) -> None:
    """Of 4, 1, 3, 2: h = 3 × 0.85 = 2.55, so 3 + 0.55 × (4 − 3)."""
    assert statistic(name, [F(4), F(1), F(3), F(2)]) == value


def test_of_one_value_every_percentile_is_that_and_of_none_there_is_none() -> None:
    assert percentile([F(7)], F(85, 100)) == F(7)
    assert statistic("p85", []) is None
    assert MILLISECOND.total_seconds() == 0.001
