"""A mapping's preview as of an earlier time, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.explain.certainty import sentences
from plugin.pages.views.cycles.cycle_replay import ReplayRow, replay_row
from plugin.use_cases.mappings.past_preview import PastPreview

NONE = "no objective"


@dataclass(frozen=True, slots=True)
class PastPreviewView:
    """Those that would have read otherwise, and how many of `every` would have read the `same`; `said` is why it is not surer."""

    revision: str
    until: str
    rows: tuple[ReplayRow, ...]
    same: int
    every: int
    said: tuple[str, ...]
    untold: int


def past_preview_view(found: PastPreview) -> PastPreviewView:
    """A mapping at an earlier time, for the page."""
    return PastPreviewView(
        revision=found.revision[:12],
        until=f"{found.at:%Y-%m-%d %H:%M} UTC",
        rows=tuple(replay_row(one, NONE) for one in found.changed),
        same=len(found.objectives) - len(found.changed),
        every=len(found.objectives),
        said=sentences(found.doubts),
        untold=len(found.untold),
    )
