"""What changed since a moment: the parts of the movement and the issues behind each, in points that sum as displayed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from fractions import Fraction

from mappings.explain.cause import part_words, row_cause
from mappings.explain.movement import Effect, Movement, MovementPart
from mappings.numbers import WHOLE
from plugin.next_steps import Door
from plugin.pages.views.objectives.ledger import Browse
from plugin.pages.views.words.figures import fraction_text, group_thousands, percent_text, points
from plugin.pages.views.words.moments import MomentText, when
from plugin.use_cases.objectives.moments import CHOICES, MovementQuestion
from plugin.use_cases.objectives.movement import ToldMovement, no_history

MOST_MOVED = 40


@dataclass(frozen=True, slots=True)
class LookbackChoice:
    """One moment to look back to."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class MovedRow:
    """What one issue did to the number."""

    part: str
    key: str
    url: str | None
    title: str
    cause: str
    points: str
    exact: str


@dataclass(frozen=True, slots=True)
class MovementSection:
    """The section. Without `known` there is only what to say instead: history begins later, there is none, the end lies before the
    beginning (`backwards`), or it is not for whoever looks (`withheld` says why). `until` is None where it is now; `refused` says what was asked for and is no moment.
    """

    choices: tuple[LookbackChoice, ...]
    day: str
    end: str
    since: MomentText
    until: MomentText | None
    backwards: bool
    known: bool
    begins: MomentText | None
    reconstructed: bool
    before: str
    after: str
    total: str
    measured: bool
    parts: tuple[tuple[str, str], ...]
    rows: tuple[MovedRow, ...]
    hidden: int
    refused: str = ""
    site: str = ""
    withheld: str = ""


DAY = len("2026-11-01")


def since_view(
    told: ToldMovement,
    asked: MovementQuestion,
    cycled: bool,
    browse: Browse,
    now: datetime,
    zone: tzinfo,
    achieved_at: Fraction = WHOLE,
    most: int | None = MOST_MOVED,
) -> MovementSection:
    """The section for the moments that were asked for; `cycled` says that the objective has a cycle to look back to. Of the rows the `most`
    that moved it most, all where None.
    """
    moved = told.movement or Movement(None, None)
    rows = sorted(
        zip(moved.rows, _points_of(moved), strict=True), key=lambda pair: -abs(pair[0].effect or Fraction(0))
    )
    whole = points([moved.total or Fraction(0)], moved.total or Fraction(0))[0]
    shown = [(row, added) for row, added in rows if row.effect or moved.total is None]
    return MovementSection(
        choices=_choices(told.choice, cycled),
        day="" if told.choice else (asked.since or "")[:DAY],
        end=(asked.until or "")[:DAY],
        since=when(told.since, now, zone),
        until=when(told.until, now, zone) if told.until < now else None,
        backwards=told.until < told.since,
        known=told.movement is not None,
        begins=None if told.begins is None else when(told.begins, now, zone),
        reconstructed=told.reconstructed,
        before=percent_text(moved.before, 2, achieved_at),
        after=percent_text(moved.after, 2, achieved_at),
        total=_signed(whole) if whole else "0",
        measured=moved.total is not None,
        parts=_parts(moved),
        rows=tuple(_row(row, added, browse) for row, added in shown[:most]),
        hidden=len(shown[most:]) if most is not None else 0,
        withheld=no_history(told).said_at(Door.PAGE) if told.is_withheld else "",
    )


def _choices(choice: str, cycled: bool) -> tuple[LookbackChoice, ...]:
    offered = [(value, text) for value, text in CHOICES.items() if cycled or value != "cycle"]
    return tuple(LookbackChoice(value, text, value == choice) for value, text in offered)


def _parts(moved: Movement) -> tuple[tuple[str, str], ...]:
    """Every part in order, with points that sum to the total as displayed."""
    return tuple((_called(moved, part), _signed(value)) for part, value in _points_of_parts(moved).items())


def _points_of_parts(moved: Movement) -> dict[MovementPart, Decimal]:
    """By part, summing to the total as displayed; empty where there is no total."""
    if moved.total is None:
        return {}
    return dict(zip(moved.parts, points(list(moved.parts.values()), moved.total), strict=True))


def _points_of(moved: Movement) -> list[Decimal | None]:
    """What each row did, in the order of the rows: those of a part sum to the part as displayed."""
    shown: list[Decimal | None] = [None] * len(moved.rows)
    for part, whole in _points_of_parts(moved).items():
        places = [place for place, row in enumerate(moved.rows) if row.part is part]
        effects = [moved.rows[place].effect or Fraction(0) for place in places]
        for place, value in zip(places, points(effects, Fraction(whole) / 100), strict=True):
            shown[place] = value
    return shown


PLAIN = {
    "re-mapped": "the mapping changed",
    "re-targeted": "targets changed",
    "removed": "left the count",
    "re-estimated": "weights changed",
    "progressed": "moved on",
    "added": "came into the count",
    "said": "said in a check-in",
    "time": "time went by",
}
"""The parts of a movement as pages call them; what is not among them is plain already."""


def _called(moved: Movement, part: MovementPart) -> str:
    return _plain(part_words(row for row in moved.rows if row.part is part and row.effect) or part.value)


def _plain(words: str) -> str:
    return " and ".join(PLAIN.get(word, word) for word in words.split(" and "))


def _row(row: Effect, shown: Decimal | None, browse: Browse) -> MovedRow:
    return MovedRow(
        part=_plain(part_words([row])),
        key=row.key,
        url=browse(row.key) if row.key else None,
        title=row.title or row.key or row.id,
        cause=row_cause(row),
        points="unknown" if shown is None else _signed(shown),
        exact=fraction_text(row.effect),
    )


def _signed(value: Decimal) -> str:
    """`+12.35`, `−3.00`, or a dash for nothing."""
    if not value:
        return "—"
    return f"+{group_thousands(value)}" if value > 0 else group_thousands(value)
