"""A ledger as a table whose displayed points sum to the displayed number, whatever was rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from mappings.numbers import WHOLE, count_of, rounded
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger, unseen_words
from mappings.rollup.state import ObjectiveState
from plugin.pages.views.words.figures import (
    fraction_text,
    group_thousands,
    length,
    number_text,
    percent_text,
    points,
    points_text,
)

SHOWN = 150
MOST_PARTS = 40
"""Of more rows a bar has no room for a piece each."""
BETWEEN = Fraction(4, 1000)
"""What is left free between two pieces, of the whole."""
WeighedRow = tuple[Contribution, Fraction, Fraction]
"""A row with the share of the whole that it can bring, and that it brings."""
IN_THE_NUMBER = (Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.CHECKED_IN)
GAPS = (Disposition.UNKNOWN, Disposition.GAP)
WORDS = {
    Disposition.COUNTED: "Counted",
    Disposition.NOT_ACHIEVED: "Not achieved",
    Disposition.EXCLUDED: "Excluded",
    Disposition.UNKNOWN: "Unknown",
    Disposition.WEIGHTLESS: "No weight",
    Disposition.GAP: "Gap",
    Disposition.BY_CHILDREN: "Measured by its children",
    Disposition.ELSEWHERE: "Counted elsewhere",
    Disposition.BESIDE: "Beside the number",
    Disposition.CHECKED_IN: "Checked in",
}
Browse = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One contribution. `points` are percentage points of the whole; `exact` the same as a fraction of 1. `asked`: who came asked for it."""

    id: str
    key: str
    url: str | None
    title: str
    status: str
    word: str
    reason: str
    counted: bool
    gap: bool
    weight: str
    progress: str
    points: str
    exact: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class LedgerPiece:
    """What one row brings, as a piece of a bar in SVG lengths: as wide as its weight, filled as far as it has come."""

    x: str
    width: str
    filled: str
    text: str


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """The rows of one number. `hidden` rows are summed in one line, so that the column still adds up."""

    rows: tuple[LedgerLine, ...]
    total: str
    rounded_total: str
    exact_total: str
    known: bool
    adds_up: bool
    counted: int
    left_out: int
    hidden: int
    hidden_points: str
    summary: str
    parts: tuple[LedgerPiece, ...] = ()
    story: str = ""


def ledger_table(
    ledger: Ledger,
    browse: Browse,
    shown: int | None = SHOWN,
    achieved_at: Fraction = WHOLE,
    bars: Mapping[str, Fraction] = MappingProxyType({}),
    asked: str | None = None,
) -> LedgerTable:
    """The table of one ledger, rows in the number first; `shown` None gives every row.

    `achieved_at` is what the number has to reach, `bars` what its rows have to, by id, where that is not 1. The row of the issue that
    is `asked` for, by id or key, is marked and never hidden.
    """
    total = ledger.total if ledger.total is not None else Fraction(0)
    adds = points([row.share for row in ledger.rows], total, achieved_at)
    ordered = sorted(zip(ledger.rows, adds, strict=True), key=lambda pair: not _counts(pair[0]))
    visible, rest = (ordered, []) if shown is None else (ordered[:shown], ordered[shown:])
    visible += [pair for pair in rest if is_asked(pair[0], asked)]
    rest = [pair for pair in rest if not is_asked(pair[0], asked)]
    counted = sum(_counts(row) for row in ledger.rows)
    weighed = _weighed(ledger)
    return LedgerTable(
        rows=tuple(_row(row, added, browse, bars.get(row.id, WHOLE), asked) for row, added in visible),
        total=percent_text(ledger.total, 2, achieved_at),
        rounded_total=percent_text(ledger.total, 0, achieved_at),
        exact_total=fraction_text(ledger.total),
        known=ledger.total is not None,
        adds_up=ledger.exact,
        counted=counted,
        left_out=len(ledger.rows) - counted,
        hidden=len(rest),
        hidden_points=points_text(sum((added for _, added in rest), Decimal(0))),
        summary=_summary(counted, len(ledger.rows) - counted, ledger.hidden),
        parts=_parts(weighed),
        story=_story(weighed),
    )


def is_asked(row: Contribution, asked: str | None) -> bool:
    """Whether it is the row of the issue that is asked for."""
    return asked is not None and asked in (row.id, row.key)


def place_of(state: ObjectiveState, asked: str) -> str | None:
    """The anchor on the page of an objective where an issue is a row: in the number first, and in its key result first of all."""
    tables = [
        (f"kr-{place}", one.measurement.ledger)
        for place, one in enumerate(state.key_results, 1)
        if not one.measurement.ledger.plain
    ]
    tables += [("why", state.ledger), ("beside", state.beside)]
    found = [(anchor, row) for anchor, ledger in tables for row in ledger.rows if is_asked(row, asked)]
    found.sort(key=lambda pair: not _counts(pair[1]))
    return f"{found[0][0]}-row" if found else None


def gap_rows(ledger: Ledger, browse: Browse) -> tuple[LedgerLine, ...]:
    """The rows that could not be measured; a long ledger has few of them, and the others need not be written for their sake."""
    return tuple(_row(row, Decimal(0), browse) for row in ledger.rows if row.disposition in GAPS)


def _counts(row: Contribution) -> bool:
    return row.disposition in IN_THE_NUMBER


def _weighed(ledger: Ledger) -> list[WeighedRow]:
    """The rows in the number with the share of the whole that each can bring, and that it brings; none where the shares are not of the whole.

    None of one row alone, nor of more than are shown at first: of thousands none is worth naming, and exact sums of all take a second.
    """
    rows = [row for row in ledger.rows if _counts(row) and row.weight]
    if not 1 < len(rows) <= SHOWN:
        return []
    whole = sum((row.weight or Fraction(0) for row in rows), Fraction(0))
    found = [(row, (row.weight or Fraction(0)) / whole, row.share) for row in rows]
    plain = ledger.aim is None and all(
        0 <= share <= most and share in (0, most * (row.progress or 0)) for row, most, share in found
    )
    return found if plain and sum(share for _, _, share in found) == ledger.total else []


def _parts(found: Sequence[WeighedRow]) -> tuple[LedgerPiece, ...]:
    if len(found) > MOST_PARTS:
        return ()
    parts, before = [], Fraction(0)
    for row, most, share in found:
        room = max(most - BETWEEN, most / 2)
        text = f"{row.title or row.key}: brings {percent_text(share, 2)} of {percent_text(most, 2)}"
        parts.append(LedgerPiece(length(before), length(room), length(room * share / most), text))
        before += most
    return tuple(parts)


def _story(found: Sequence[WeighedRow]) -> str:
    """What is missing to the whole, and where most of it is missing."""
    missing = sum((most - share for _, most, share in found), Fraction(0))
    if not missing:
        return ""
    row, most, share = max(found, key=lambda one: one[1] - one[2])
    lacking, whole = (group_thousands(rounded(100 * each, 2)) for each in (most - share, missing))
    return f"It counts {count_of(len(found), 'row')}. Most is missing at “{row.title or row.key}”, {percent_text(most)} of the weight: {lacking} of the {whole} points to 100."


def _summary(counted: int, left_out: int, unseen: int) -> str:
    rows = f"{counted} counted"
    rows = f"{rows}, {left_out} left out" if left_out else rows
    return f"{rows}; {unseen_words(unseen)} among them" if unseen else rows


def _row(
    row: Contribution,
    added: Decimal,
    browse: Browse,
    achieved_at: Fraction = WHOLE,
    asked: str | None = None,
) -> LedgerLine:
    return LedgerLine(
        id=row.id,
        key=row.key,
        url=browse(row.key) if row.key else None,
        title=row.title or row.key or row.id,
        status=row.status,
        word=WORDS[row.disposition],
        reason=row.reason,
        counted=_counts(row),
        gap=row.disposition in GAPS,
        weight=number_text(row.weight),
        progress="—" if row.progress is None else percent_text(row.progress, 0, achieved_at),
        points=points_text(added),
        exact=fraction_text(row.share) if row.share else "—",
        asked=is_asked(row, asked),
    )
