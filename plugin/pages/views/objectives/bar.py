"""Progress as a bar with the mark where it should be today, and the same as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mappings.rollup.health import ACHIEVED_AT
from plugin.pages.views.words.figures import length, percent_text


@dataclass(frozen=True, slots=True)
class Bar:
    """`filled` and `mark` are SVG lengths (`mark` None where no pace is known); `level` names the colour.

    `under` is what was delivered, as a line below the number, where that stands beside it.
    """

    text: str
    filled: str
    known: bool
    mark: str | None
    expected: str
    level: str
    description: str
    under: str | None = None


def bar(
    progress: Fraction | None,
    expected: Fraction | None,
    level: str,
    commitment: str = "committed",
    under: Fraction | None = None,
    over: bool = False,
) -> Bar:
    """The bar of one number; `over`: the cycle is over, so the mark says where it should have come to."""
    text = percent_text(progress, 0, ACHIEVED_AT[commitment])
    target = percent_text(expected) if expected is not None else ""
    should = "should have come to" if over else "should be"
    description = f"Progress {text}" + (f", {should} {target}" + ("" if over else " today") if target else "")
    mark = None if expected is None else length(expected)
    below = None if under is None else length(under)
    return Bar(
        text=text,
        filled=length(progress),
        known=progress is not None,
        mark=mark,
        expected=target,
        level=level,
        description=description,
        under=below,
    )
