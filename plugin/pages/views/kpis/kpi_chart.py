"""The periods of a KPI as lines over its bands: a trend line for the list, and a chart for its own page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mappings.kpi.state import PeriodStanding, PeriodVerdict
from mappings.numbers import count_of
from plugin.pages.views.words.figures import number_text
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.kpi_words import level_word, period_name, told_words, unit_sign

WIDTH, HEIGHT, INSET = 88, 22, 2
SIZE = 1000
GRID = 4
MOST_LABELS = 5
MOST_RINGS = 8
"""Readings out of the band that are ringed on a small line: more would cover it."""
HEALTHY = "healthy"
BANDS = ("watch", HEALTHY)


@dataclass(frozen=True, slots=True)
class KpiSpark:
    """A trend line in a box of 88 × 22; `lines` break where there was no data. The healthy band lies behind it, readings `outside` of it are ringed."""

    lines: tuple[str, ...]
    end: tuple[str, str] | None
    description: str
    zones: tuple[Zone, ...] = ()
    outside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class KpiBullet:
    """The value on the scale of its healthy band, in SVG lengths. A bar leads to it only where the scale begins at 0 (`from_nothing`)."""

    band_from: str
    band_width: str
    bounds: tuple[Label, ...]
    at: str
    from_nothing: bool
    outside: bool
    description: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A piece of a band, in a box of 1000 × 1000; `name` is healthy or watch."""

    name: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One period with data, in shares of the box: `kind` is counted, corrected, late, unsettled."""

    x: str
    y: str
    kind: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A label on an axis at an SVG length."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class KpiChart:
    """Everything the figure needs; without a value there is nothing but `empty`."""

    empty: bool
    zones: tuple[Zone, ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    days: tuple[Label, ...]
    marks: tuple[Label, ...]
    kinds: tuple[str, ...]
    watch: bool
    description: str


def kpi_spark(one: ShownKpi) -> KpiSpark:
    """The settled periods as a small line."""
    settled = [period for period in one.periods if period.settled]
    values = [period.value for period in settled]
    known = [value for value in values if value is not None]
    if not known:
        return KpiSpark((), None, "No data yet")
    low, high = _range(settled, known, (HEALTHY,))
    y = _placed(low, high, HEIGHT, INSET)
    x = _spread(len(values), WIDTH, INSET)
    outside = tuple(
        (x(index), y(period.value))
        for index, period in enumerate(settled)
        if period.value is not None and is_outside(period)
    )
    lines = tuple(_line(part, x, y) for part in _parts(values))
    last = values[-1]
    end = None if last is None else (x(len(values) - 1), y(last))
    sign = unit_sign(one.part.unit)
    said = f"From {number_text(known[0])} to {number_text(known[-1])}{sign} over {count_of(len(values), 'period')}"
    if outside:
        said = f"{said}, {len(outside)} of them out of the healthy band"
    zones = tuple(_zones(settled, low, high, names=(HEALTHY,), across=WIDTH, upright=HEIGHT))
    return KpiSpark(lines=lines, end=end, description=said, zones=zones, outside=outside[-MOST_RINGS:])


def kpi_bullet(one: ShownKpi) -> KpiBullet | None:
    """The value that counts, on a scale that holds its band and what was read before; None without a value or without a bound."""
    shown = one.standing.settled
    if shown is None or shown.value is None:
        shown = one.standing.last_known
    if shown is None or shown.value is None:
        return None
    value, band = shown.value, shown.bands.healthy
    bounds = [bound for bound in (band.at_least, band.at_most) if bound is not None]
    if not bounds:
        return None
    known = [period.value for period in one.periods if period.settled and period.value is not None]
    least, most = min(value, *bounds, *known), max(value, *bounds, *known)
    from_nothing = 0 <= least <= most / 2
    room = (most - least) / 5 or abs(most) / 10 or Fraction(1)
    low, high = (Fraction(0) if from_nothing else least - room), most + room

    def across(at: Fraction) -> Fraction:
        return (at - low) / (high - low) * 100

    begin = Fraction(0) if band.at_least is None else across(band.at_least)
    end = Fraction(100) if band.at_most is None else across(band.at_most)
    sign = unit_sign(one.part.unit)
    return KpiBullet(
        band_from=f"{_tenth(begin)}%",
        band_width=f"{_tenth(end - begin)}%",
        bounds=tuple(Label(f"{_tenth(across(bound))}%", number_text(bound)) for bound in bounds),
        at=f"{_tenth(across(value))}%",
        from_nothing=from_nothing,
        outside=is_outside(shown),
        description=f"{number_text(value)}{sign}, {'outside' if is_outside(shown) else 'inside'} of its healthy band",
    )


def kpi_chart(one: ShownKpi) -> KpiChart:
    """The latest periods with the bands by which each is judged."""
    periods = one.periods
    known = [period.value for period in periods if period.value is not None]
    if not known:
        return KpiChart(
            empty=True,
            zones=(),
            lines=(),
            dots=(),
            days=(),
            marks=(),
            kinds=(),
            watch=False,
            description="No data yet",
        )
    low, high = _range(periods, known, BANDS)
    y, x = _placed(low, high, SIZE, 0), _middle(len(periods), SIZE)
    dots = tuple(_dots(one, periods, low, high))
    return KpiChart(
        empty=False,
        zones=tuple(_zones(periods, low, high, names=BANDS, across=SIZE, upright=SIZE)),
        lines=tuple(_line(part, x, y) for part in _parts([period.value for period in periods])),
        dots=dots,
        days=tuple(_days(one, periods)),
        marks=tuple(
            Label(
                f"{100 - 100 * step // GRID}%",
                number_text(_rounded(low + (high - low) * step / GRID, high - low)),
            )
            for step in range(GRID + 1)
        ),
        kinds=tuple(
            kind for kind in ("late", "corrected", "unsettled") if any(dot.kind == kind for dot in dots)
        ),
        watch=any(period.bands.watch != period.bands.healthy for period in periods),
        description=_in_words(one, known),
    )


def is_outside(period: PeriodStanding) -> bool:
    """Whether its value lies out of the healthy band; without a value nothing is said."""
    return side_of(period) != 0


def side_of(period: PeriodStanding) -> int:
    """1 above the healthy band, -1 below it, else 0."""
    value, band = period.value, period.bands.healthy
    if value is None:
        return 0
    if band.at_most is not None and value > band.at_most:
        return 1
    return -1 if band.at_least is not None and value < band.at_least else 0


def _range(
    periods: Sequence[PeriodStanding], known: Sequence[Fraction], names: Sequence[str]
) -> tuple[Fraction, Fraction]:
    """From a little below the least to a little above the greatest of values and bounds."""
    bounds = [
        bound
        for period in periods
        for band in (getattr(period.bands, name) for name in names)
        for bound in (band.at_least, band.at_most)
        if bound is not None
    ]
    low, high = min([*known, *bounds]), max([*known, *bounds])
    pad = (high - low) / 10 or Fraction(1)
    return (low if low == 0 else low - pad), high + pad


def _zones(
    periods: Sequence[PeriodStanding],
    low: Fraction,
    high: Fraction,
    *,
    names: Sequence[str],
    across: int,
    upright: int,
) -> Iterator[Zone]:
    """The bands of each period, the wider one first; neighbours of the same band are one piece."""
    count = len(periods)
    for name in names:
        begin = 0
        for index in range(1, count + 1):
            here = getattr(periods[begin].bands, name)
            if index < count and getattr(periods[index].bands, name) == here:
                continue
            top = high if here.at_most is None else min(here.at_most, high)
            ground = low if here.at_least is None else max(here.at_least, low)
            yield Zone(
                name=name,
                x=_tenth(Fraction(across * begin, count)),
                y=_tenth((high - top) / (high - low) * upright),
                width=_tenth(Fraction(across * (index - begin), count)),
                height=_tenth(max((top - ground) / (high - low) * upright, Fraction(0))),
            )
            begin = index


def _dots(one: ShownKpi, periods: Sequence[PeriodStanding], low: Fraction, high: Fraction) -> Iterator[Dot]:
    count = len(periods)
    for index, period in enumerate(periods):
        if period.value is None:
            continue
        name = period_name(one.part.cadence, period.period, one.zone)
        value = f"{number_text(period.value)}{unit_sign(one.part.unit)}"
        yield Dot(
            x=f"{_tenth(Fraction(100 * (2 * index + 1), 2 * count))}%",
            y=f"{_tenth((high - period.value) / (high - low) * 100)}%",
            kind=_kind(period),
            tone=period.level.value,
            text=f"{name}: {value}, {level_word(period.level).lower()}; {told_words(period)}",
        )


def _kind(period: PeriodStanding) -> str:
    if not period.settled:
        return "unsettled"
    if period.worth.corrected or period.told is PeriodVerdict.COUNTED_OTHERWISE:
        return "corrected"
    return "late" if period.worth.late else "counted"


def _days(one: ShownKpi, periods: Sequence[PeriodStanding]) -> Iterator[Label]:
    """At most a handful of names of periods along the axis."""
    count = len(periods)
    step = max(-(-count // MOST_LABELS), 1)
    for index in range(0, count, step):
        name = period_name(one.part.cadence, periods[index].period, one.zone)
        short = (
            name.removeprefix("week of ").rsplit(" ", 1)[0]
            if one.part.cadence in ("daily", "weekly")
            else name
        )
        yield Label(f"{_tenth(Fraction(100 * (2 * index + 1), 2 * count))}%", short)


def _in_words(one: ShownKpi, known: Sequence[Fraction]) -> str:
    sign = unit_sign(one.part.unit)
    periods = one.periods
    without = sum(period.settled and period.value is None for period in periods)
    said = f"{count_of(len(periods), 'period')}, from {number_text(min(known))} to {number_text(max(known))}{sign}"
    return f"{said}; {without} of them without data" if without else said


def _parts(values: Sequence[Fraction | None]) -> list[list[tuple[int, Fraction]]]:
    """The runs of known values with their places."""
    found: list[list[tuple[int, Fraction]]] = []
    current: list[tuple[int, Fraction]] = []
    for index, value in enumerate(values):
        if value is None:
            current = []
            continue
        if not current:
            found.append(current)
        current.append((index, value))
    return found


def _line(part: Sequence[tuple[int, Fraction]], x: Callable[[int], str], y: Callable[[Fraction], str]) -> str:
    return " ".join(f"{x(index)},{y(value)}" for index, value in part)


def _placed(low: Fraction, high: Fraction, size: int, inset: int) -> Callable[[Fraction], str]:
    return lambda value: _tenth(inset + (high - value) / (high - low) * (size - 2 * inset))


def _spread(count: int, size: int, inset: int) -> Callable[[int], str]:
    return lambda index: _tenth(inset + Fraction(index, max(count - 1, 1)) * (size - 2 * inset))


def _middle(count: int, size: int) -> Callable[[int], str]:
    """The middle of each of so many columns."""
    return lambda index: _tenth(Fraction(size * (2 * index + 1), 2 * count))


def _rounded(value: Fraction, span: Fraction) -> Fraction:
    """A label with no more digits than the span needs."""
    unit = Fraction(1)
    while unit > span / 20:
        unit /= 10
    return round(value / unit) * unit


def _tenth(value: Fraction) -> str:
    return f"{float(value):.1f}"
