"""Two closings of a cycle side by side, as the page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from mappings.explain.closing_difference import RecordDifference
from mappings.explain.movement import Effect
from mappings.facts.local_time import local_day
from mappings.rollup.cycles.closing_record import ClosingRecord
from plugin.pages.views.words.moments import day_text
from plugin.use_cases.cycles.cycles import mean_text
from plugin.use_cases.cycles.replay import moved_text
from plugin.use_cases.cycles.versions import ClosingAct, VersionDifference, alike_text
from plugin.use_cases.objectives.objective_values import progress_text

NONE = "not in this version"


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One row that moved an objective from the one version to the other."""

    name: str
    part: str
    points: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One objective of which something differs."""

    name: str
    title: str
    before: str
    before_under: str
    after: str
    after_under: str
    moved: str
    said: tuple[str, ...]
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True, slots=True)
class VersionsView:
    """The whole; `same` says in words how many objectives stand alike in both."""

    heads: tuple[str, str]
    told: tuple[str, str]
    rows: tuple[VersionRow, ...]
    same: str
    means: tuple[str, ...]


def versions_view(found: VersionDifference, zone: tzinfo) -> VersionsView:
    """A difference for the page, with days of this zone."""
    return VersionsView(
        heads=(f"Version {found.before.version}", f"Version {found.after.version}"),
        told=(_told(found.before, zone), _told(found.after, zone)),
        rows=tuple(_row(one) for one in found.differing),
        same=alike_text(found),
        means=(
            *(f"Version {found.before.version}: mean of {mean_text(one)}" for one in found.means_before),
            *(f"Version {found.after.version}: mean of {mean_text(one)}" for one in found.means_after),
        ),
    )


def _told(act: ClosingAct, zone: tzinfo) -> str:
    day = day_text(local_day(act.at, zone))
    return f"closed on {day} by {act.by}" + (f": {act.note}" if act.note else "")


def _row(one: RecordDifference) -> VersionRow:
    before, before_under = _stood(one.before)
    after, after_under = _stood(one.after)
    return VersionRow(
        name=one.shown.key or one.shown.id,
        title=one.shown.title,
        before=before,
        before_under=before_under,
        after=after,
        after_under=after_under,
        moved=moved_text(one.moved) or "—",
        said=one.said,
        rows=tuple(_effect(row) for row in one.effects),
    )


def _stood(one: ClosingRecord | None) -> tuple[str, str]:
    if one is None:
        return NONE, ""
    return (
        one.score.shown,
        f"{progress_text(one.state)}, {one.state.health.level.value.replace('_', ' ')}",
    )


def _effect(row: Effect) -> EffectRow:
    named = " ".join(part for part in (row.key, row.title) if part)
    return EffectRow(named or row.id, row.part.value, moved_text(row.effect) or "unknown")
