"""The brief as slides: the sentence with the objectives of the company, what needs a decision, what moved, the teams."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence

from pptx import Presentation
from pptx.presentation import Presentation as Deck
from pptx.slide import Slide
from pptx.util import Inches, Pt

from plugin.pages.views.meeting.meeting import MeetingView
from plugin.pages.views.objectives.listing import ListRow

TITLE_ONLY = 5
A_SLIDE = 8
"""So many rows of two lines stand on a slide."""
MOST_ROWS = 40
"""So many rows a table has on all its slides; the page has the rest."""
TITLE_SIZES = ((110, 28), (240, 20))
"""How many characters of a title stand in its box, at which size."""
AN_INCH = 9
"""So many characters of a text in a table stand on an inch of a line, at the least."""
Cell = tuple[str, str | None]
"""A text, and where it leads."""
Ledger = Callable[[ListRow], str]


def slides(view: MeetingView, ledger: Ledger) -> bytes:
    """The file; `ledger` is the address of the ledger behind a figure."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    where = " · ".join(part for part in (view.period, view.day, view.left) if part)
    leading = view.company or tuple(item.row for item in view.agenda)
    if leading:
        _tables(
            deck,
            view.headline,
            where,
            ("Objective", "Now", "Week", "Where it stands"),
            [_standing(one, ledger) for one in leading],
        )
    else:
        _titled(deck, view.headline, where)
    if view.agenda:
        asked = [(*_standing(one.row, ledger)[:2], (one.question, None)) for one in view.agenda]
        _tables(deck, "Needs a decision", where, ("Objective", "Now", "Question"), asked)
    if view.moved:
        moved = [
            (
                _cell(one.title, ledger(one)),
                _cell(one.week.text, ledger(one)),
                (" ".join(one.week.causes), None),
            )
            for one in view.moved
        ]
        _tables(deck, "What moved this week", where, ("Objective", "Week", "Because"), moved)
    if view.teams:
        teams = [
            (
                (one.name, None),
                (one.bar.text, None),
                (", ".join(f"{total.count} {total.word.lower()}" for total in one.totals), None),
            )
            for one in view.teams
        ]
        _tables(deck, "Teams", where, ("Team", "Mean", "Health"), teams)
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()


def _cell(text: str, address: str) -> Cell:
    return text, address


def _standing(one: ListRow, ledger: Ledger) -> tuple[Cell, ...]:
    why = one.health.verdict + (f": {one.health.row_title}" if one.health.row_title else "")
    return (
        (one.title, ledger(one)),
        (one.bar.text, ledger(one)),
        (one.week.text, ledger(one)),
        (f"{one.health.word}. {why}", None),
    )


def _titled(deck: Deck, title: str, where: str) -> Slide:
    slide: Slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    head = slide.shapes.title
    if head is not None:
        head.left, head.top, head.width, head.height = Inches(0.6), Inches(0.35), Inches(12.1), Inches(1.1)
        most, size = next((fit for fit in TITLE_SIZES if len(title) <= fit[0]), TITLE_SIZES[-1])
        head.text_frame.text = _cut(title, most)
        head.text_frame.paragraphs[0].font.size = Pt(size)
    foot = slide.shapes.add_textbox(Inches(0.6), Inches(6.95), Inches(12.1), Inches(0.4))
    foot.text_frame.text = where
    foot.text_frame.paragraphs[0].font.size = Pt(12)
    return slide


def _tables(deck: Deck, title: str, where: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """As many slides as the rows take, and how many are left out."""
    left = len(rows) - MOST_ROWS
    foot = f"{where} · {left} more on the page" if left > 0 else where
    for first in range(0, min(len(rows), MOST_ROWS), A_SLIDE):
        _table(_titled(deck, title, foot), heads, rows[first : min(first + A_SLIDE, MOST_ROWS)])


def _cut(text: str, most: int) -> str:
    """The text where it has room, else its beginning."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _table(slide: Slide, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    shape = slide.shapes.add_table(
        len(rows) + 1, len(heads), Inches(0.6), Inches(1.6), Inches(12.1), Inches(0.5)
    )
    table = shape.table
    narrow = {"Now", "Week", "Mean"}
    wide = (12.1 - 1.1 * sum(one in narrow for one in heads)) / sum(one not in narrow for one in heads)
    for place, head in enumerate(heads):
        table.columns[place].width = Inches(1.1 if head in narrow else wide)
    room = [int(2 * AN_INCH * (1.1 if head in narrow else wide)) for head in heads]
    for line, cells in enumerate([[(head, None) for head in heads], *rows]):
        fitting = [(_cut(text, most), address) for (text, address), most in zip(cells, room, strict=True)]
        _line(table.rows[line].cells, fitting)


def _line(places: Iterable[object], cells: Sequence[Cell]) -> None:
    for place, (text, address) in zip(places, cells, strict=True):
        run = place.text_frame.paragraphs[0].add_run()  # type: ignore[attr-defined]  # cells of a row are untyped there
        run.text = text
        run.font.size = Pt(14)
        if address is not None:
            run.hyperlink.address = address
