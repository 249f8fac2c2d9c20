"""Will we make it? The forecast of an objective as its page shows it: the answer, what decides it, and what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from mappings.forecast.answer import DeliveryWork, Forecast, ReadingsTrend, chance
from mappings.forecast.calibration import Calibration
from mappings.forecast.objective import KeyResultForecast, ObjectiveForecast
from mappings.numbers import count_of
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import THIN, number_text, rate_text
from plugin.pages.views.words.moments import day_text, short_day
from plugin.use_cases.objectives.objective_list import KeptForecast

SHAPES = {"likely": "on_track", "open": "at_risk", "unlikely": "off_track"}
"""The colour and the shape of each level: those of a health that asks for as much attention."""
WORDS = {"likely": "Likely", "open": "Open", "unlikely": "Unlikely"}
REACHED, NOTHING = "achieved", "unknown"
STEP, TALL = 10, 24


@dataclass(frozen=True, slots=True)
class Chance:
    """What was said last of an objective, as a list shows it."""

    shape: str
    word: str
    text: str
    day: str


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """One level of an ended cycle: how likely it was called on average, how much of it came true, and how many forecasts those were."""

    shape: str
    word: str
    called: str
    came_true: str
    told: str


@dataclass(frozen=True, slots=True)
class WeekBar:
    """One past week as a bar: where it stands, how tall it is, and what it says."""

    x: int
    y: str
    height: str
    said: str


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One key result. `shape` is colour and icon, `word` and `chance` the answer; `why` says what is missing where there is none."""

    anchor: str
    name: str
    title: str
    contributing: bool
    deciding: bool
    shape: str
    word: str
    chance: str
    why: str
    by: tuple[str, ...]
    facts: tuple[str, ...]
    weeks: tuple[WeekBar, ...]
    weeks_said: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForecastView:
    """The whole answer. `share` says of how many key results it is made, where some have none."""

    shape: str
    word: str
    chance: str
    last: str
    deciding: ForecastRow | None
    share: str
    why: str
    rows: tuple[ForecastRow, ...]


def calibration_row(found: Calibration) -> CalibrationRow:
    """How good the forecasts of one level were."""
    word, number, items = WORDS[found.level], found.forecasts, found.key_results
    told = f"{count_of(number, 'forecast')} of {count_of(items, 'key result')}"
    return CalibrationRow(
        shape=SHAPES[found.level],
        word=word,
        called=_share(found.called),
        came_true=_share(found.came_true),
        told=told,
    )


def forecast_view(found: ObjectiveForecast) -> ForecastView:
    """The section of the page; `anchors` of the key results are those of their rows, by their place."""
    deciding = None if found.reached else found.deciding
    rows = tuple(_row(one, place, one is deciding) for place, one in enumerate(found.key_results, start=1))
    shape, word = _named(found.level, found.reached)
    known, certain = found.probability is not None, found.probability == 1
    limit = "at most " if len(found.contributing) > 1 and not certain else ""
    return ForecastView(
        shape=shape,
        word=word,
        chance=f"{limit}{_share(found.probability)}" if found.probability is not None else "",
        last="" if found.last is None else day_text(found.last),
        deciding=next((row for row in rows if row.deciding), None),
        share=found.share if known else "",
        why="" if known else finish_clause(found.sentence),
        rows=rows,
    )


def kept_chance(kept: KeptForecast | None) -> Chance | None:
    """What is kept of a day; None where nothing could be said."""
    if kept is None or kept.probability is None:
        return None
    shape, word = _named(kept.level, kept.reached)
    return Chance(shape, word, "" if kept.reached else _share(kept.probability), day_text(kept.day))


def _named(level: str | None, reached: bool) -> tuple[str, str]:
    if reached:
        return REACHED, "Reached"
    return (NOTHING, "No forecast") if level is None else (SHAPES[level], WORDS[level])


def _share(probability: Fraction) -> str:
    return chance(probability).replace(" %", f"{THIN}%")


def _row(one: KeyResultForecast, place: int, deciding: bool) -> ForecastRow:
    answer, work = one.answer, one.answer.work
    shape, word = _named(answer.level, answer.reached)
    counted = answer.probability is not None and not answer.reached
    return ForecastRow(
        anchor=f"kr-{place}",
        name=one.name,
        title=one.title,
        contributing=one.contributing,
        deciding=deciding,
        shape=shape,
        word=word,
        chance=_share(answer.probability) if counted and answer.probability is not None else "",
        why="" if answer.probability is not None else finish_clause(answer.sentence),
        by=_by(answer) if counted else (),
        facts=_work(work) if work is not None else _trend(answer.trend) if answer.trend is not None else (),
        weeks=_bars(work) if work is not None else (),
        weeks_said=_weeks_said(work) if work is not None and work.weeks else "",
        notes=tuple(finish_clause(note) for note in answer.notes),
    )


def _by(answer: Forecast) -> tuple[str, ...]:
    if answer.trend is not None:
        there = answer.likely_by
        return ("Not at this pace",) if there is None else (f"The line is there on {day_text(there)}",)
    chances: Mapping[str, date | None] = {"50": answer.likely_by, "85": answer.safe_by}
    return tuple(
        f"{share}{THIN}%: {'not within two years' if day is None else day_text(day)}"
        for share, day in chances.items()
    )


def _work(work: DeliveryWork) -> tuple[str, ...]:
    """Items are counted, not their weights, and that is said."""
    goal = f"{work.goal} are wanted" if work.count_to is None else f"{work.goal} of the {number_text(work.count_to)} aimed at are wanted"  # fmt: skip
    return (
        f"{work.finished} of {_items(work.rows)} finished, {goal}",
        f"{work.days} {'day' if work.days == 1 else 'days'} left",
    )


def _items(number: int) -> str:
    return f"{number} {'item' if number == 1 else 'items'}"


def _weeks_said(work: DeliveryWork) -> str:
    """The weeks in words, the latest last as on the bars."""
    weeks = work.weeks[::-1]
    done, added = sum(week.done for week in weeks), sum(week.added for week in weeks)
    number = len(weeks)
    return f"The last {number} {'week' if number == 1 else 'weeks'}: {done} finished, {added} added"


def _bars(work: DeliveryWork) -> tuple[WeekBar, ...]:
    tallest = max((week.done for week in work.weeks), default=0) or 1
    bars = []
    for place, week in enumerate(work.weeks[::-1]):
        height = Fraction(week.done * TALL, tallest)
        said = f"Week from {short_day(week.first)}: {week.done} finished, {week.added} added"
        bars.append(WeekBar(place * STEP, f"{float(TALL - height):.1f}", f"{float(height):.1f}", said))
    return tuple(bars)


def _trend(trend: ReadingsTrend) -> tuple[str, ...]:
    low, high = sorted((trend.end_low, trend.end_high))
    slow, fast = rate_text(trend.slowest), rate_text(trend.fastest)
    return (
        f"{_aim(trend)} is wanted; the line stands at {number_text(trend.level)} today",
        f"{rate_text(trend.slope)} a day, by 80{THIN}% between {slow} and {fast}",
        f"{number_text(trend.end)} on {day_text(trend.last)}, between {number_text(low)} and {number_text(high)}",
        f"{count_of(trend.readings, 'day')} with a reading, {day_text(trend.first_reading)} – {day_text(trend.last_reading)}",
    )


def _aim(trend: ReadingsTrend) -> str:
    low, high = trend.aim.at_least, trend.aim.at_most
    if low is not None and high is not None:
        return f"{number_text(low)} to {number_text(high)}"
    return f"At least {number_text(low)}" if low is not None else f"At most {number_text(high)}"
