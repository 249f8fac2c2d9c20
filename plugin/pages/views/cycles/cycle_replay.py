"""A replay of a cycle, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mappings.explain.certainty import sentences
from mappings.rollup.cycles.score import ScoreMean, shown_score
from mappings.rollup.state import ObjectiveState
from plugin.use_cases.cycles.replay import ObjectiveReplay, Replay, moved_text
from plugin.use_cases.mappings.past_preview import PastPreview
from plugin.use_cases.objectives.objective_values import percent_text

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
        rows=tuple(_row(one) for one in found.objectives),
        means=(*_means("is", found.means_before), *_means("would have been", found.means_after)),
        said=sentences(found.doubts),
        untold=len(found.untold),
        preview=found.preview,
    )


def past_preview_view(found: PastPreview) -> ReplayView:
    """A mapping at an earlier time, for the page: those that would have read otherwise."""
    same = len(found.objectives) - len(found.changed)
    return ReplayView(
        revision=found.revision[:12],
        until=f"{found.at:%Y-%m-%d %H:%M} UTC",
        rows=tuple(_row(one) for one in found.changed),
        means=(f"{same} of {len(found.objectives)} objectives read the same",),
        said=sentences(found.doubts),
        untold=len(found.untold),
        preview="",
    )


def _row(one: ObjectiveReplay) -> ReplayRow:
    before, before_health = _stood(one.before)
    after, after_health = _stood(one.after)
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


def _stood(state: ObjectiveState | None) -> tuple[str, str]:
    if state is None:
        return NONE, ""
    return percent_text(state.progress), state.health.level.value.replace("_", " ")


def _means(word: str, found: Iterable[ScoreMean]) -> tuple[str, ...]:
    return tuple(
        f"The mean score of {mean.commitment} objectives {word} {shown_score(mean.value)}, of {mean.scored}"
        for mean in found
        if mean.scored or mean.unscored
    )
