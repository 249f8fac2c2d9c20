"""What a week did to a number, in signed points."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from mappings.numbers import rounded
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import group_thousands


class WeekStep(NamedTuple):
    """What a week did: signed points, `up`, `down` or `still` (empty where it is not known), and by what."""

    text: str
    way: str
    causes: tuple[str, ...]


def step(moved: Fraction | None, causes: Iterable[str] = ()) -> WeekStep:
    """A movement in shares of a whole; None where nobody knows."""
    if moved is None:
        return WeekStep("—", "", ())
    shown = rounded(moved * 100, 0)
    way = "up" if moved > 0 else "down" if moved < 0 else "still"
    text = f"+{group_thousands(shown)}" if shown > 0 else group_thousands(shown) if shown < 0 else "0"
    return WeekStep(text, way, tuple(finish_clause(cause) for cause in causes))
