"""How many Python functions a piece of work calls: what grows with the data is seen without a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls_of(work: Callable[[], object]) -> int:
    """The calls of Python functions while the work is done."""
    seen = 0

    def note(_frame: FrameType, event: str, _said: object) -> None:
        nonlocal seen
        seen += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return seen
