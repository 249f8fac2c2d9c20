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
A_SLIDE = 9
"""So many rows stand on a slide."""
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
                ("; ".join(one.week.causes), None),
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
        head.text_frame.text = title
        head.text_frame.paragraphs[0].font.size = Pt(28)
    foot = slide.shapes.add_textbox(Inches(0.6), Inches(6.95), Inches(12.1), Inches(0.4))
    foot.text_frame.text = where
    foot.text_frame.paragraphs[0].font.size = Pt(12)
    return slide


def _tables(deck: Deck, title: str, where: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """As many slides as the rows take."""
    for first in range(0, len(rows), A_SLIDE):
        _table(_titled(deck, title, where), heads, rows[first : first + A_SLIDE])


def _table(slide: Slide, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    shape = slide.shapes.add_table(
        len(rows) + 1, len(heads), Inches(0.6), Inches(1.6), Inches(12.1), Inches(0.5)
    )
    table = shape.table
    narrow = {"Now", "Week", "Mean"}
    wide = (12.1 - 1.1 * sum(one in narrow for one in heads)) / sum(one not in narrow for one in heads)
    for place, head in enumerate(heads):
        table.columns[place].width = Inches(1.1 if head in narrow else wide)
    for line, cells in enumerate([[(head, None) for head in heads], *rows]):
        _line(table.rows[line].cells, cells)


def _line(places: Iterable[object], cells: Sequence[Cell]) -> None:
    for place, (text, address) in zip(places, cells, strict=True):
        run = place.text_frame.paragraphs[0].add_run()  # type: ignore[attr-defined]  # cells of a row are untyped there
        run.text = text
        run.font.size = Pt(14)
        if address is not None:
            run.hyperlink.address = address
