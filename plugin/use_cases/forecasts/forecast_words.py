"""How a forecast is told to people: by when, and what it was made from."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from mappings.forecast.answer import DeliveryWork, Forecast, ReadingsTrend
from mappings.numbers import count_of, digits_of_rate, plain


def describe_date(answer: Forecast) -> str:
    """By when: half and 85 % of all courses of a delivery, the day on which the line of a metric arrives."""
    if answer.reached or answer.probability is None:
        return ""
    if answer.trend is not None:
        return "not at this pace" if answer.likely_by is None else f"the line is there on {answer.likely_by}"
    return f"50 %: {_day(answer.likely_by)}, 85 %: {_day(answer.safe_by)}"


def _day(day: date | None) -> str:
    return "not within two years" if day is None else day.isoformat()


def basis(answer: Forecast) -> str:
    """What it was made from."""
    if answer.work is not None:
        return work_words(answer.work)
    return "" if answer.trend is None else trend_words(answer.trend)


def work_words(work: DeliveryWork) -> str:
    """The rows, the goal, and the weeks behind."""
    weeks = " ".join(f"{week.done}+{week.added}" for week in work.weeks)
    past = f"; finished+added a week, the latest first: {weeks}" if weeks else ""
    return f"{work.finished} of {count_of(work.rows, 'item')} finished, {work.goal} are wanted{past}"


def trend_words(trend: ReadingsTrend) -> str:
    """Where the line stands, how fast it goes, and where it leads."""
    low, high = sorted((trend.end_low, trend.end_high))
    return (
        f"{plain(trend.level, 2)} today by the line through {count_of(trend.readings, 'day')} with a reading, "
        f"{_rate(trend.slope)} a day ({_rate(trend.slowest)} to {_rate(trend.fastest)}); "
        f"{plain(trend.end, 2)} on {trend.last} ({plain(low, 2)} to {plain(high, 2)}), {aim_words(trend)} is wanted"
    )


def _rate(value: Fraction) -> str:
    return add_sign(plain(value, digits_of_rate(value, 3)))


def aim_words(trend: ReadingsTrend) -> str:
    """What is aimed at."""
    low, high = trend.aim.at_least, trend.aim.at_most
    if low is not None and high is not None:
        return f"{plain(low)} to {plain(high)}"
    return (
        f"at least {plain(low)}" if low is not None else f"at most {plain(high)}" if high is not None else ""
    )


def add_sign(text: str) -> str:
    """With its sign, also where it is more than nothing."""
    return text if text.startswith("-") or text == "0" else f"+{text}"
