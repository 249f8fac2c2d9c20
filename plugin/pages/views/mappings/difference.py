"""A preview as people read it: what would be different, worst first, with the issues behind and the fields that would be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mappings.numbers import percent
from mappings.write_back.plan import Change
from mappings.write_back.preview import (
    KeyResultDifference,
    ObjectiveDifference,
    ProgressAndHealth,
    RowDifference,
)
from plugin.pages.views.words.health import WORDS
from plugin.use_cases.mappings.mapping_life import PreviewedMapping

MOST_OBJECTIVES = 200
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class StandingText:
    """Where something stands: `percent` in words, and its health; that is empty for what sums are written to alone."""

    percent: str
    level: str
    word: str


@dataclass(frozen=True, slots=True)
class RowText:
    """One issue that would be treated differently, and why."""

    key: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class StandingChange:
    """One objective or key result before and after; None is not there. `more` rows are not shown."""

    key: str
    name: str
    title: str
    before: StandingText | None
    after: StandingText | None
    rows: tuple[RowText, ...]
    more: int
    key_results: tuple[StandingChange, ...] = ()
    writes: tuple[Change, ...] = ()
    unwritten: str = ""


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The whole preview; `same` objectives would stand as they do, `numberless` would have no number."""

    revision: str
    hash: str
    looked_at: int
    same: int
    numberless: int
    writes: int
    issues: int
    calls: int
    hold: str
    missing: tuple[str, ...]
    moved: tuple[StandingChange, ...]
    more: int


def preview_view(previewed: PreviewedMapping) -> PreviewView:
    """The preview, the largest moves first; of thousands the first are shown and the rest counted."""
    found = previewed.preview
    writes = {plan.objective_id: plan.changes for plan in found.plans}
    concerned = [one for one in found.objectives if one.changed or one.id in writes]
    concerned.sort(key=lambda one: (-_distance(one.before, one.after), one.key or one.id))
    return PreviewView(
        revision=found.revision,
        hash=found.hash,
        looked_at=len(found.objectives),
        same=len(found.objectives) - len(concerned),
        numberless=sum(_is_numberless(one.after) for one in found.objectives),
        writes=found.cost.writes,
        issues=found.cost.issues,
        calls=found.cost.calls,
        hold=previewed.hold.reason if previewed.hold else "",
        missing=previewed.missing_fields,
        moved=tuple(_objective(one, writes.get(one.id, ())) for one in concerned[:MOST_OBJECTIVES]),
        more=max(0, len(concerned) - MOST_OBJECTIVES),
    )


def _objective(one: ObjectiveDifference, writes: tuple[Change, ...]) -> StandingChange:
    key_results = tuple(_key_result(kr) for kr in one.key_results if kr.changed)
    rows = _rows(one.rows)
    more = max(0, len(one.rows) - MOST_ROWS)
    name = one.key or one.id
    return StandingChange(
        key=one.key,
        name=name,
        title=one.title,
        before=_standing(one.before),
        after=_standing(one.after),
        rows=rows,
        more=more,
        key_results=key_results,
        writes=writes[:MOST_ROWS],
        unwritten=one.unwritten,
    )


def _key_result(one: KeyResultDifference) -> StandingChange:
    return StandingChange(
        key=one.key,
        name=one.key or one.id,
        title=one.title,
        before=_standing(one.before),
        after=_standing(one.after),
        rows=_rows(one.rows),
        more=max(0, len(one.rows) - MOST_ROWS),
    )


def _rows(rows: Iterable[RowDifference]) -> tuple[RowText, ...]:
    return tuple(RowText(row.key, row.title, row.reason) for row in list(rows)[:MOST_ROWS])


def _standing(standing: ProgressAndHealth | None) -> StandingText | None:
    if standing is None:
        return None
    if standing.plain:
        return StandingText("no objective, sums only", "", "")
    shown = percent(standing.progress, 0, standing.achieved_at)
    text = "unknown" if shown is None else f"{shown}\u202f%"
    return StandingText(text, standing.health.value, WORDS[standing.health])


def _is_numberless(standing: ProgressAndHealth | None) -> bool:
    """Whether an objective is there and its progress is unknown."""
    return standing is not None and not standing.plain and standing.progress is None


def _distance(before: ProgressAndHealth | None, after: ProgressAndHealth | None) -> Fraction:
    """How far it moves; what comes or goes, or becomes known or unknown, moves farthest."""
    if before is None or after is None or (before.progress is None) != (after.progress is None):
        return Fraction(2)
    return abs((after.progress or Fraction(0)) - (before.progress or Fraction(0)))
