"""Ten thousand cases of the calculator's core, drawn from a seed and answered by the product itself: one JSON object a line.

`make vectors` writes them. Numbers are fractions as texts (`3/8`, `5`), null is unknown. What each kind is given and has to come to is told in docs/library.md.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, TypeVar

from mappings.document.schema import CyclePart
from mappings.facts.moment import WEEKDAYS, Weekday
from mappings.numbers import percent, rounded, rounded_share
from mappings.progress import metric, threshold
from mappings.rollup.cycles.cycle import expected_on
from mappings.rollup.health import HealthCriteria, judge, judge_weighted, worst
from mappings.rollup.methods import METHODS, MeasuredRow
from mappings.rollup.rows.children import count_of_children, mean_of_children, weighed_children
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.rows.weights import AlikeRows
from mappings.rollup.state import Cause, Health, HealthLevel, Measurement

SEED = 16
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
FILE = Path(__file__).with_name("golden.jsonl.gz")

Json: TypeAlias = "str | int | bool | Sequence[Json] | dict[str, Json] | None"
Case: TypeAlias = tuple[dict[str, Json], dict[str, Json]]
"""What is given, and what it comes to."""
T = TypeVar("T")


class Draw:
    """What is drawn, from nothing but `random()`, whose numbers stay the same from one Python to the next."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, number: int) -> int:
        return int(self._random.random() * number)

    def one(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def often(self, share: float) -> bool:
        return self._random.random() < share

    def share(self) -> Fraction:
        """A progress within 0…1: the ends often, else anything."""
        if self.often(0.3):
            return self.one((Fraction(0), Fraction(1), Fraction(1, 2), Fraction(7, 10), Fraction(2, 5)))
        below = self.one((2, 3, 7, 10, 13, 100, 997))
        return Fraction(self.below(below + 1), below)

    def weight(self) -> Fraction:
        """A weight above 0."""
        return Fraction(1 + self.below(40), self.one((1, 1, 1, 2, 3, 10)))

    def number(self) -> Fraction:
        """Any reading."""
        return Fraction(self.below(4001) - 2000, self.one((1, 1, 10, 100, 3)))


def text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def rounding(draw: Draw) -> Case:
    """Near a half, near a bound, or anywhere."""
    digits, bar = draw.below(4), draw.one((Fraction(1), Fraction(7, 10)))
    unit = 10 ** (digits + 2)
    near = {
        0: lambda: Fraction(2 * draw.below(2 * unit) + 1, 2 * unit),
        1: lambda: draw.one((bar, Fraction(1))) - Fraction(1, unit * (1 + draw.below(30))),
        2: lambda: draw.share(),
        3: lambda: draw.number() / 100,
    }
    value = near[draw.below(4)]()
    given: dict[str, Json] = {"value": text(value), "digits": digits, "achieved_at": text(bar)}
    return given, {
        "rounded": str(rounded(value, digits)),
        "share": str(rounded_share(value, digits, bar)),
        "percent": str(percent(value, digits, bar)),
    }


def rollup(draw: Draw) -> Case:
    method = draw.one(tuple(METHODS))
    rows = [MeasuredRow(draw.weight(), draw.share(), draw.often(0.4)) for _ in range(draw.below(9))]
    found = METHODS[method](rows)
    told = [{"weight": text(r.weight), "progress": text(r.progress), "achieved": r.achieved} for r in rows]
    return {"method": method, "rows": told}, {
        "total": text(found.total),
        "weights": [text(one) for one in found.weights],
        "shares": [text(one) for one in found.shares],
    }


DISPOSITIONS = (
    *(Disposition.COUNTED,) * 6,
    Disposition.NOT_ACHIEVED,
    Disposition.EXCLUDED,
    Disposition.UNKNOWN,
    Disposition.BY_CHILDREN,
    Disposition.ELSEWHERE,
    Disposition.GAP,
)
COUNTED = (Disposition.COUNTED, Disposition.NOT_ACHIEVED)


def children(draw: Draw) -> Case:
    """Rows of a delivery key result, among them such as weigh nothing, less than nothing, or lack a weight."""
    missing = draw.one(("siblings_mean", "zero", "one", "error"))
    aim = draw.weight() if draw.often(0.25) else None
    groups = [_group(draw) for _ in range(draw.below(8))]
    divisors = [draw.one((1, 1, 1, 2, 3)) for _ in groups]
    weighed = weighed_children(groups, divisors, missing)
    found = mean_of_children(groups, weighed) if aim is None else count_of_children(groups, weighed, aim)
    given: list[Json] = [
        {
            "disposition": group.disposition.value,
            "weight": text(group.weight),
            "progress": text(group.progress),
            "number": group.number,
            "divisor": divisor,
        }
        for group, divisor in zip(groups, divisors, strict=True)
    ]
    rows: list[Json] = [
        {
            "disposition": row.disposition.value,
            "weight": text(row.weight),
            "stand_in": row.stand_in,
            "share": text(share),
        }
        for row, share in zip(weighed, found.shares, strict=True)
    ]
    return {"missing": missing, "aim": text(aim), "rows": given}, {
        "rows": rows,
        "total": text(found.total),
        "raw": text(found.raw),
        "done": text(found.done),
    }


def _group(draw: Draw) -> AlikeRows:
    disposition = draw.one(DISPOSITIONS)
    progress = None
    if disposition is Disposition.COUNTED:
        progress = draw.share()
    elif disposition is Disposition.NOT_ACHIEVED:
        progress = Fraction(0)
    weight = draw.one((None, None, Fraction(0), Fraction(-3))) if draw.often(0.3) else draw.weight()
    return AlikeRows(disposition, weight, progress, 1 + draw.below(4) * draw.below(2))


def reading(draw: Draw) -> Case:
    """A metric on its way from start to target, or beside its band."""
    current = draw.number()
    if draw.often(0.5):
        start = draw.number()
        target = start if draw.often(0.05) else draw.number()
        progress = metric.at_reading(_measured(start=start, target=target), current)
        way: dict[str, Json] = {"start": text(start), "target": text(target), "current": text(current)}
        return way, {"progress": text(progress)}
    low = draw.number() if draw.often(0.7) else None
    high = draw.number() if low is None or draw.often(0.5) else None
    if low is not None and high is not None and low > high:
        low, high = high, low
    tolerance = draw.weight() * draw.one((1, 10, 100))
    found = threshold.at_reading(_measured(at_least=low, at_most=high, tolerance=tolerance), current)
    band: dict[str, Json] = {
        "at_least": text(low),
        "at_most": text(high),
        "tolerance": text(tolerance),
        "current": text(current),
    }
    return band, {"progress": text(found)}


def _measured(
    progress: Fraction | None = None,
    cause: Cause = Cause.MEASURED,
    measured_at: datetime | None = None,
    **seen: Fraction | None,
) -> Measurement:
    return Measurement(progress, progress, cause, "", measured_at=measured_at, **seen)  # type: ignore[arg-type]


def expectation(draw: Draw) -> Case:
    """How much of a cycle has passed on a day."""
    start = date(2026, 1, 1) + timedelta(days=draw.below(400))
    end = start + timedelta(days=draw.below(120))
    day = start + timedelta(days=draw.below(150) - 10)
    working: tuple[Weekday, ...] | None = None
    if draw.often(0.4):
        working = tuple(name for name in WEEKDAYS if draw.often(0.6))
    found = expected_on(CyclePart(id="c", start=start, end=end, working_days=working), day)
    given: dict[str, Json] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "day": day.isoformat(),
        "working_days": working,
    }
    return given, {"expected": text(found)}


def _criteria(draw: Draw) -> HealthCriteria:
    on_track = draw.one((Fraction(7, 10), Fraction(4, 5)))
    return HealthCriteria(
        NOW,
        NOW.date(),
        expected=None if draw.often(0.1) else draw.share(),
        cycle_end=NOW.date() - timedelta(days=1) if draw.often(0.3) else NOW.date(),
        achieved_at=draw.one((Fraction(1), Fraction(7, 10))),
        on_track=on_track,
        at_risk=on_track - draw.one((Fraction(3, 10), Fraction(1, 10))),
    )


def _told(criteria: HealthCriteria) -> dict[str, Json]:
    return {
        "expected": text(criteria.expected),
        "achieved_at": text(criteria.achieved_at),
        "on_track": text(criteria.on_track),
        "at_risk": text(criteria.at_risk),
        "ended": criteria.ended,
    }


def health(draw: Draw) -> Case:
    """The health of one key result: of what runs with time, or of a threshold, which does not."""
    criteria, timed = _criteria(draw), draw.often(0.7)
    cause = draw.one((*(Cause.MEASURED,) * 8, Cause.UNKNOWN, Cause.NEVER_MEASURED))
    progress = draw.share() if cause is Cause.MEASURED else None
    stale = draw.often(0.1)
    at = NOW - timedelta(days=15 if stale else 3)
    measurement = _measured(progress, cause, at)
    found = judge(measurement, criteria) if timed else threshold.health(measurement, criteria)
    given: dict[str, Json] = {
        "progress": text(progress),
        "cause": cause.value,
        "stale": stale,
        "timed": timed,
        **_told(criteria),
    }
    return given, {"level": found.level.value, "rule": found.rule, "pace": text(found.pace)}


def objective(draw: Draw) -> Case:
    """The headline and the health of an objective from its contributing rows."""
    method, mode, criteria = draw.one(tuple(METHODS)), draw.one(("worst", "weighted")), _criteria(draw)
    levels = [draw.one(tuple(HealthLevel)) for _ in range(draw.below(6))]
    missing = (HealthLevel.UNKNOWN, HealthLevel.PENDING)
    rows = [(draw.weight(), None if level in missing else draw.share(), level) for level in levels]
    found = METHODS[method](
        [
            MeasuredRow(weight, progress, level is HealthLevel.ACHIEVED)
            for weight, progress, level in rows
            if progress is not None
        ]
    )
    named = [(str(place), Health(level, "", "")) for place, level in enumerate(levels)]
    judged = worst(named) if mode == "worst" else judge_weighted(found.total, named, criteria)
    told: list[Json] = [
        {"weight": text(weight), "progress": text(progress), "level": level.value}
        for weight, progress, level in rows
    ]
    given: dict[str, Json] = {"method": method, "health": mode, "rows": told, **_told(criteria)}
    return given, {"total": text(found.total), "level": judged.level.value, "rule": judged.rule}


KINDS: tuple[tuple[str, int, Callable[[Draw], Case]], ...] = (
    ("rounding", 1500, rounding),
    ("rollup", 1500, rollup),
    ("children", 3000, children),
    ("reading", 1000, reading),
    ("expectation", 500, expectation),
    ("health", 1500, health),
    ("objective", 1000, objective),
)


def vectors(seed: int = SEED) -> Iterator[str]:
    """One line a case, in their order."""
    draw = Draw(seed)
    for kind, number, drawn in KINDS:
        for _ in range(number):
            given, expect = drawn(draw)
            line = {"kind": kind, "given": given, "expect": expect}
            yield json.dumps(line, ensure_ascii=True, separators=(",", ":"))


def whole(seed: int = SEED) -> bytes:
    """The file, as it is before it is compressed."""
    return "".join(f"{line}\n" for line in vectors(seed)).encode("ascii")


def main(words: Sequence[str]) -> None:
    """Write them where the first word says, uncompressed unless its name ends in `.gz`."""
    path = Path(words[0]) if words else FILE
    data = whole()
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)


if __name__ == "__main__":
    main(sys.argv[1:])
