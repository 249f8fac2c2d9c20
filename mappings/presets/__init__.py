"""Mapping documents to begin with, one file each. Every one is complete and valid; a page in the docs tells when to take it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from importlib import resources

PRESETS = (
    "epics-as-objectives",
    "initiatives-and-epics",
    "okr-issue-types",
    "labels-and-links",
    "kpi-watch",
)


def names() -> tuple[str, ...]:
    """Every preset, the simplest first."""
    return PRESETS


def text(name: str, day: date | None = None) -> str:
    """The YAML of a preset with its comments; raises KeyError, naming the valid ones, for a name that is none.

    Its cycles are those of `day`: the year, the quarter and the one before. Without a day they are as in the file, those of the end of 2026.
    """
    if name not in PRESETS:
        raise KeyError(f"there is no preset {name!r}; valid: {', '.join(PRESETS)}")
    written = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return written if day is None else _dated(written, day)


def _dated(written: str, day: date) -> str:
    """The words of the file that name its year and its quarters, each in its whole, replaced by those of a day."""
    running = _quarter_start(day)
    before = _quarter_start(running - timedelta(days=1))
    following = _quarter_start(running + timedelta(days=100))
    words = {
        '{id: "2026", start: 2026-01-01, end: 2026-12-31, name: The year 2026}': f'{{id: "{day.year}", start: {day.year}-01-01, end: {day.year}-12-31, name: The year {day.year}}}',
        'cycle: "2026"': f'cycle: "{day.year}"',
        "2026-Q3": _quarter_id(before),
        "2026-Q4": _quarter_id(running),
        "2026-07-01": before.isoformat(),
        "2026-09-30": (running - timedelta(days=1)).isoformat(),
        "2026-10-01": running.isoformat(),
        "2026-12-31": (following - timedelta(days=1)).isoformat(),
    }
    found = re.compile("|".join(re.escape(word) for word in words))
    return found.sub(lambda match: words[match[0]], written)


def _quarter_start(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _quarter_id(start: date) -> str:
    return f"{start.year}-Q{(start.month + 2) // 3}"
