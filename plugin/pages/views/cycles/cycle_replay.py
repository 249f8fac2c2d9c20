"""A replay of a cycle, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mappings.explain.certainty import sentences
from mappings.rollup.cycles.score import ScoreMean, shown_score
from mappings.rollup.state import ObjectiveState
from plugin.use_cases.cycles.replay import ObjectiveReplay, Replay, moved_text
from plugin.use_cases.objectives.objective_values import progress_text

NONE = "none of the cycle"


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """One objective: what it read and would have read, each with its health."""

    name: str
    title: str
    before: str
    before_health: str
    after: str
    after_health: str
    moved: str
    certainty: str


@dataclass(frozen=True, slots=True)
class ReplayView:
    """The whole: `means` say what the mean scores are and would have been, `said` why it is not surer."""

    revision: str
    until: str
    rows: tuple[ReplayRow, ...]
    means: tuple[str, ...]
    said: tuple[str, ...]
    untold: int
    preview: str


def replay_view(found: Replay) -> ReplayView:
    """A replay for the page."""
    return ReplayView(
        revision=found.revision[:12],
        until=f"{found.at:%Y-%m-%d %H:%M} UTC",
        rows=tuple(replay_row(one, NONE) for one in found.objectives),
        means=(*_means("is", found.means_before), *_means("would have been", found.means_after)),
        said=sentences(found.doubts),
        untold=len(found.untold),
        preview=found.preview,
    )


def replay_row(one: ObjectiveReplay, none: str) -> ReplayRow:
    """One objective; `none` where it was not there by one of the mappings."""
    before, before_health = _stood(one.before, none)
    after, after_health = _stood(one.after, none)
    return ReplayRow(
        name=one.shown.key or one.shown.id,
        title=one.shown.title,
        before=before,
        before_health=before_health,
        after=after,
        after_health=after_health,
        moved=moved_text(one.moved) or "—",
        certainty=one.certainty.value,
    )


def _stood(state: ObjectiveState | None, none: str) -> tuple[str, str]:
    if state is None:
        return none, ""
    return progress_text(state), state.health.level.value.replace("_", " ")


def _means(word: str, found: Iterable[ScoreMean]) -> tuple[str, ...]:
    return tuple(
        f"The mean score of {mean.commitment} objectives {word} {shown_score(mean.value)}, of {mean.scored}"
        for mean in found
        if mean.scored or mean.unscored
    )
