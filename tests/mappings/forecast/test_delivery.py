"""The forecast of a delivery key result: every number here was worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256

import pytest

from mappings.forecast.answer import DeliveryWork, Forecast, Lack, Likelihood, Need, Week, chance, level_of
from mappings.forecast.delivery import THERE, forecast, weigh_share
from mappings.forecast.distribution import dates, probability
from mappings.forecast.weeks import FinishedRow, work_of

TODAY = date(2026, 11, 2)
ONE, MOST = Fraction(1), Fraction(7, 10)


def in_days(days: int) -> date:
    """The last day of a cycle that ends after so many more days, today among them."""
    return TODAY + timedelta(days=days - 1)


def a_work(
    rows: int, finished: int, days: int, *weeks: tuple[int, int], share: Fraction = ONE, **more: object
) -> DeliveryWork:
    past = tuple(Week(TODAY - timedelta(days=7 * (place + 1)), *drawn) for place, drawn in enumerate(weeks))
    return DeliveryWork(TODAY, in_days(days), rows, finished, share, past, **more)  # type: ignore[arg-type]


NO_GROWTH = ((1, 0), (2, 0), (0, 0), (3, 0))
"""Three rows to go: one week in four brings them, ten pairs of weeks in sixteen, 54 triples in 64."""


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (7, Fraction(1, 4)),
        (14, Fraction(10, 16)),
        (21, Fraction(54, 64)),
        # Three days more than two weeks: a further draw of ⌊done × 3 ÷ 7⌋, which is 0, 0, 0 or 1; three pairs stand at 2.
        (17, Fraction(10, 16) + Fraction(3, 16) * Fraction(1, 4)),
        # Two days: ⌊done × 2 ÷ 7⌋ is 0 whatever is drawn.
        (2, Fraction(0)),
        # The cycle's last day is today: one day of a week.
        (1, Fraction(0)),
    ],
)
def test_the_share_of_all_courses_that_attain(days: int, expected: Fraction) -> None:
    assert probability(a_work(10, 7, days, *NO_GROWTH)) == expected


@pytest.mark.parametrize(
    ("rows", "finished", "more"),
    [
        (10, 10, {}),
        (10, 7, {"share": MOST}),
        (10, 8, {"share": MOST}),
        (10, 9, {"count_to": Fraction(4)}),
    ],
)
def test_what_is_attained_already_stays_so_however_far_beyond_it_lies(
    rows: int, finished: int, more: dict[str, Fraction]
) -> None:
    assert probability(a_work(rows, finished, 14, *NO_GROWTH, **more)) == 1


def test_dates_are_full_weeks_from_today_on() -> None:
    """Half of all courses by week 2; 54 of 64 are not 85 %, 241 of 256 are: week 4."""
    assert dates(a_work(10, 7, 17, *NO_GROWTH)) == (date(2026, 11, 15), date(2026, 11, 29))


@pytest.mark.parametrize(
    ("share", "days", "expected"),
    [
        # 9 of 10 finished. Draws: 2 done; 1 done and 1 more added; 1 done; nothing.
        # Week 1 leaves 0, 1, 0 and 1 to go. From 1 to go again half of the draws attain: 1/2 + 1/2 × 1/2.
        (ONE, 14, Fraction(3, 4)),
        # Of a rest of 3 days: ⌊2×3/7⌋ = 0 done of everything, and ⌈1×3/7⌉ = 1 added of the second draw: nothing attains.
        (ONE, 3, Fraction(0)),
    ],
)
def test_what_is_added_moves_the_goal(share: Fraction, days: int, expected: Fraction) -> None:
    assert probability(a_work(10, 9, days, (2, 0), (1, 1), (1, 0), (0, 0), share=share)) == expected


def test_an_aspirational_goal_is_rounded_up() -> None:
    """Goal ⌈0.7 × 9⌉ = 7. From 6 of 9: 1 done and 0 added attains; 1 done and 3 added does not (⌈0.7 × 12⌉ = 9); 0 does not; 3 and 3 does."""
    work = a_work(9, 6, 7, (1, 0), (1, 3), (0, 0), (3, 3), share=MOST)
    assert (work.goal, probability(work)) == (7, Fraction(1, 2))


def test_a_fixed_number_cannot_be_reached_by_rows_that_are_not_there() -> None:
    """Two of three rows finished on the way to 4. Draws: 1; 1 and 1 more; 2; 1 and 1 more.

    After one week none is at 4: in two draws F = N = 3, in two F = 3 of N = 4. From the former only a row that comes and is finished
    helps (half of the draws), from the latter every draw: 1/2 × 1/2 + 1/2 × 1 = 3/4.
    """
    work = a_work(3, 2, 7, (1, 0), (1, 1), (2, 0), (1, 1), count_to=Fraction(4))
    assert (work.goal, probability(work)) == (4, Fraction(0))
    assert probability(a_work(3, 2, 14, (1, 0), (1, 1), (2, 0), (1, 1), count_to=Fraction(4))) == Fraction(
        3, 4
    )


def test_what_was_closed_as_not_achieved_is_never_finished() -> None:
    """Nine of ten are enough for nobody who committed to all; for seven of ten they are."""
    weeks = ((3, 0),) * 4
    assert probability(a_work(10, 3, 70, *weeks, missed=1)) == 0
    assert dates(a_work(10, 3, 70, *weeks, missed=1)) == (None, None)
    assert probability(a_work(10, 3, 14, *weeks, share=MOST, missed=1)) == 1
    # Four of ten missed: six are all that can be finished, 7 of 10 are wanted. A week brings 4 more and finishes 4: 7 + … of 14 wants 10.
    grown = a_work(10, 3, 14, *((4, 4),) * 4, share=MOST, missed=4)
    # Week 1: F = 7 of N = 14, goal 10. Week 2: F = 11 of N = 18, goal 13; with 14 finishable. Not attained by then.
    assert probability(grown) == 0
    # Week 3: F = 15 of N = 22, goal 16. Week 4: F = 19 of N = 26, goal 19: attained.
    assert probability(a_work(10, 3, 28, *((4, 4),) * 4, share=MOST, missed=4)) == 1
    assert dates(grown) == (date(2026, 11, 29), date(2026, 11, 29))


def test_no_date_beyond_two_years() -> None:
    """One row a week and 105 to go: week 105 is too far, 104 to go are not."""
    assert dates(a_work(105, 0, 7, *((1, 0),) * 4)) == (None, None)
    assert dates(a_work(104, 0, 7, *((1, 0),) * 4)) == (TODAY + timedelta(days=727),) * 2


def test_weeks_are_counted_back_from_today_and_planning_adds_nothing() -> None:
    cycle = (date(2026, 10, 1), date(2026, 12, 31))
    items = [
        FinishedRow(date(2026, 9, 28)),
        FinishedRow(date(2026, 9, 30), finished=True, finished_on=date(2026, 10, 4)),
        FinishedRow(
            date(2026, 10, 2), finished=True, finished_on=date(2026, 10, 5)
        ),  # a row of the planning week
        FinishedRow(date(2026, 10, 8), finished=True, finished_on=date(2026, 10, 26)),
        FinishedRow(date(2026, 10, 7), finished=True, finished_on=date(2026, 11, 1)),
        FinishedRow(
            date(2026, 10, 26), finished=True, finished_on=TODAY
        ),  # of today: finished, and in no week
        FinishedRow(date(2026, 10, 26), finished=True),  # nobody knows when
    ]
    work = work_of(items, TODAY, cycle, ONE)
    assert work.weeks == (
        Week(date(2026, 10, 26), 2, 2),
        Week(date(2026, 10, 19), 0, 0),
        Week(date(2026, 10, 12), 0, 0),
        Week(date(2026, 10, 5), 1, 1),
        Week(date(2026, 9, 28), 1, 0),
    )
    assert (work.rows, work.finished, work.goal, work.undated, work.days) == (7, 6, 7, 1, 60)


def test_what_was_closed_as_not_achieved_was_work_of_its_week_and_is_never_among_the_finished() -> None:
    items = [
        FinishedRow(date(2026, 10, 1), finished=True, finished_on=date(2026, 10, 28), missed=True),
        FinishedRow(date(2026, 10, 1), finished=True, finished_on=date(2026, 10, 29)),
        FinishedRow(date(2026, 10, 1)),
    ]
    work = work_of(items, TODAY, (date(2026, 10, 1), date(2026, 12, 31)), MOST)
    assert [(week.done, week.added) for week in work.weeks] == [(2, 0), (0, 0), (0, 0), (0, 0)]
    assert (work.rows, work.finished, work.missed, work.goal) == (3, 1, 1, 3)


def test_no_more_than_twelve_weeks_are_looked_at() -> None:
    items = [FinishedRow(date(2020, 1, 1), finished=True, finished_on=date(2020, 1, 2))]
    work = work_of(items, TODAY, (date(2026, 10, 1), date(2026, 12, 31)), ONE)
    assert len(work.weeks) == 12
    assert work.weeks[-1] == Week(date(2026, 8, 10), 0, 0)


@pytest.mark.parametrize(
    ("work", "lacks"),
    [
        (a_work(9, 5, 20, (3, 0), (2, 0), (0, 0)), [(Need.WEEKS, 1, "1 week of history is missing (3 of 4)")]),
        (a_work(9, 4, 20, (2, 0), (2, 0), (0, 0), (0, 0)), [(Need.FINISHES, 1, "1 finished item in these weeks is missing (4 of 5)")]),
        (
            a_work(9, 0, 20),
            [
                (Need.WEEKS, 4, "4 weeks of history are missing (0 of 4)"),
                (Need.FINISHES, 5, "5 finished items in these weeks are missing (0 of 5)"),
            ],
        ),
    ],
)  # fmt: skip
def test_too_little_is_said_with_what_is_missing(
    work: DeliveryWork, lacks: list[tuple[Need, int, str]]
) -> None:
    answer = forecast(work)
    assert answer.probability is None
    assert [(lack.need, lack.missing, lack.sentence) for lack in answer.lacks] == lacks
    assert answer.sentence == f"not enough data: {'; '.join(one[2] for one in lacks)}"


def test_enough_items_are_certain_even_without_history() -> None:
    answer = forecast(a_work(10, 7, 20, share=MOST))
    assert (answer.probability, answer.likely_by, answer.notes) == (ONE, TODAY, (THERE,))


def test_no_row_is_no_answer() -> None:
    assert forecast(a_work(0, 0, 20)) == Forecast(reason="no row counts")


def test_an_answer_carries_what_it_was_made_from() -> None:
    work = a_work(10, 7, 17, *NO_GROWTH, undated=2, by_resolution=1, missed=0)
    answer = forecast(work)
    assert (answer.probability, answer.level, answer.sentence) == (
        Fraction(59, 96),  # (4 × 43/64 + 1) ÷ 6
        Likelihood.OPEN,
        "61 %, open",
    )
    assert (answer.likely_by, answer.safe_by) == (date(2026, 11, 15), date(2026, 11, 29))
    assert answer.work == work
    assert answer.notes == (
        "2 items finished on a day that Jira does not tell, and in none of the weeks",
        "of 1 item the day of the resolution stands for the finish",
    )


@pytest.mark.parametrize(
    ("probability", "level", "text"),
    [
        (Fraction(8, 10), Likelihood.LIKELY, "80 %"),
        (Fraction(7996, 10000), Likelihood.OPEN, "79.96 %"),
        (Fraction(796, 1000), Likelihood.OPEN, "79.6 %"),
        (Fraction(4, 10), Likelihood.OPEN, "40 %"),
        (Fraction(399, 1000), Likelihood.UNLIKELY, "39.9 %"),
        (Fraction(0), Likelihood.UNLIKELY, "0 %"),
        (Fraction(1, 10**6), Likelihood.UNLIKELY, "under 0.1 %"),
        (Fraction(999_999, 10**6), Likelihood.LIKELY, "over 99.9 %"),
        (ONE, Likelihood.LIKELY, "100 %"),
    ],
)
def test_levels_and_how_a_chance_is_said(probability: Fraction, level: Likelihood, text: str) -> None:
    assert (level_of(probability), chance(probability)) == (level, text)


def test_a_lack_says_how_much_there_is() -> None:
    assert Lack(Need.SPAN, 3, 14).missing == 11


class Trials:
    """SplitMix64 with the seed of the rule: the day, and the ids of objective and key result."""

    def __init__(self, seed: str) -> None:
        self.state = int.from_bytes(sha256(seed.encode()).digest()[:8], "big")

    def next(self) -> int:
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        mixed = ((self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & mask
        return mixed ^ mixed >> 31

    def attains(self, work: DeliveryWork) -> bool:
        """One course, as the rule tells it: rows finished and added together, then the goal is looked at."""
        finished, rows = work.finished, work.rows
        full, rest = divmod(work.days, 7)
        for part in [7] * full + [rest] * bool(rest):
            week = work.weeks[self.next() * len(work.weeks) >> 64]
            rows += -(-week.added * part // 7)
            finished = min(finished + week.done * part // 7, rows - work.missed)
            goal = -(-work.share * rows // 1) if work.count_to is None else work.goal
            if finished >= goal:
                return True
        return False


def test_the_generator_of_the_trials_is_splitmix64() -> None:
    """The first outputs from the seed 0, as they are published."""
    trials = Trials("")
    trials.state = 0
    assert [trials.next(), trials.next()] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


CASES = {
    "10001|10001/delivery|2026-11-02": a_work(10, 7, 17, *NO_GROWTH),
    "10002|10002/delivery|2026-11-02": a_work(20, 9, 40, (2, 1), (3, 0), (1, 2), (0, 0), (4, 1)),
    "10003|10003/delivery|2026-11-02": a_work(30, 11, 33, (2, 1), (3, 0), (1, 4), (0, 0), (4, 1), share=MOST),
    "10004|10004/delivery|2026-11-02": a_work(8, 5, 31, (1, 0), (2, 1), (0, 1), (2, 0), count_to=Fraction(9)),
    "10005|10005/delivery|2026-11-02": a_work(10, 3, 27, (3, 2), (1, 3), (2, 0), (4, 4), share=MOST, missed=4),
}  # fmt: skip


@pytest.mark.parametrize("seed", CASES)
def test_trials_come_to_what_the_distribution_says(seed: str) -> None:
    """10,000 trials lie within four standard deviations of the exact share, which one of 16,000 honest runs would not."""
    trials, number, exact = Trials(seed), 10_000, float(probability(CASES[seed]))
    attained = sum(trials.attains(CASES[seed]) for _ in range(number))
    assert 0.02 < exact < 0.98
    assert abs(attained / number - exact) <= 4 * (exact * (1 - exact) / number) ** 0.5


@pytest.mark.parametrize(
    ("share", "weeks", "told"),
    [("1", 4, "5/6"), ("1", 12, "13/14"), ("0", 12, "1/14"), ("1/2", 7, "1/2"), ("43/64", 4, "59/96")],
)
def test_few_weeks_are_weighed_with_two_that_are_even(share: str, weeks: int, told: str) -> None:
    assert weigh_share(Fraction(share), weeks) == Fraction(told)


def test_uneven_weeks_are_told_beside_the_answer() -> None:
    """0, 6, 0, 6: mean 3, variance 36 ÷ 3 = 12, four times the mean. 2, 4, 2, 4: variance 4 ÷ 3, less than the mean."""
    uneven = forecast(a_work(20, 5, 30, (0, 0), (6, 0), (0, 0), (6, 0)))
    assert uneven.notes == (
        "its weeks are uneven, 0 to 6 items finished in one: it is less sure than it looks",
    )
    assert forecast(a_work(20, 5, 30, (2, 0), (4, 0), (2, 0), (4, 0))).notes == ()
