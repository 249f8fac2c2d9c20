"""The forecast of a delivery key result, from its own past weeks; items, not weights."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from mappings.forecast.answer import DeliveryWork, Forecast, Lack, Need, none
from mappings.forecast.distribution import dates, probability

LEAST_WEEKS, LEAST_FINISHES = 4, 5
COINS = 2
"""Weeks that say neither yes nor no, beside the past ones: the rule of succession. A few weeks are no more sure than that."""
UNEVEN_FROM = 2
"""So many times the mean the variance of weeks is, where they are called uneven."""
THERE = "as many items as it takes are finished; its progress, which goes by weights, is not there yet"


@lru_cache(maxsize=512)
def forecast(work: DeliveryWork) -> Forecast:
    """How likely it is to attain its goal by the last day, and by when half and 85 % of all courses have."""
    notes = tuple(_notes(work))
    if not work.rows and work.count_to is None:
        return none("no row counts")
    if work.finished >= work.goal:
        notes = (*notes, THERE)
        return Forecast(Fraction(1), work=work, likely_by=work.today, safe_by=work.today, notes=notes)
    lacks = _lacks(work)
    if lacks:
        return Forecast(lacks=lacks, work=work, notes=notes)
    notes = (*notes, *_uneven(work))
    half, safe = dates(work)
    told = weigh_share(probability(work), len(work.weeks))
    return Forecast(told, work=work, likely_by=half, safe_by=safe, notes=notes)


def weigh_share(share: Fraction, weeks: int) -> Fraction:
    """How likely that is which a share of the courses of so many weeks come to: two more weeks are counted that are even.

    It lies nearer to the middle the fewer weeks are known. Without it what was called 86 % came true in 72 of 100 held histories.
    """
    return (weeks * share + Fraction(COINS, 2)) / (weeks + COINS)


def _lacks(work: DeliveryWork) -> tuple[Lack, ...]:
    finishes = sum(week.done for week in work.weeks)
    found = (Lack(Need.WEEKS, len(work.weeks), LEAST_WEEKS), Lack(Need.FINISHES, finishes, LEAST_FINISHES))
    return tuple(lack for lack in found if lack.missing > 0)


def _notes(work: DeliveryWork) -> list[str]:
    notes = []
    if work.undated:
        notes.append(
            f"{_items(work.undated)} finished on a day that Jira does not tell, and in none of the weeks"
        )
    if work.by_resolution:
        notes.append(f"of {_items(work.by_resolution)} the day of the resolution stands for the finish")
    if work.missed:
        notes.append(f"{_items(work.missed)} closed as not achieved: never among the finished ones")
    return notes


def _uneven(work: DeliveryWork) -> list[str]:
    """Weeks that differ more than chance alone lets them: their variance is at least twice their mean, where independent items have it once."""
    done = [week.done for week in work.weeks]
    mean = Fraction(sum(done), len(done))
    spread = sum((one - mean) ** 2 for one in done) / (len(done) - 1)
    if spread < UNEVEN_FROM * mean:
        return []
    return [
        f"its weeks are uneven, {min(done)} to {_items(max(done))} finished in one: it is less sure than it looks"
    ]


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number} items"
