"""One key result: its kind in words, start, current and target, its bar, and the ledger of its issues."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mappings.progress import RULE_OF_KIND
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import KeyResultState, Measurement
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.check_in import CheckIns, check_ins
from plugin.pages.views.objectives.ledger import LedgerTable, ledger_table
from plugin.pages.views.objectives.objective_context import ObjectiveContext
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import number_text, percent_text
from plugin.pages.views.words.health import Badge, badge
from plugin.pages.views.words.moments import MomentText, day_text, when_known


@dataclass(frozen=True, slots=True)
class KeyResultRow:
    """One key result as the page shows it. `raw` is the over-achievement where the bar had to be clamped."""

    anchor: str
    key: str
    url: str | None
    title: str
    kind: str
    nature: str
    contributing: bool
    commitment: str
    status: str
    owner: str
    start: str
    current: str
    target: str
    metric: bool
    measured: MomentText | None
    due: str
    late: bool
    raw: str
    reason: str
    weight: str
    bar: Bar
    health: Badge
    ledger: LedgerTable
    ledger_empty: bool
    check_ins: CheckIns


def key_result_row(
    state: KeyResultState,
    place: int,
    expected: Fraction | None,
    around: ObjectiveContext,
) -> KeyResultRow:
    """The row of one key result; `place` counts from 1 and names its anchor."""
    measured = state.measurement
    return KeyResultRow(
        anchor=f"kr-{place}",
        key=state.key,
        url=around.browse(state.key) if state.key else None,
        title=state.title or "Untitled",
        kind=_kind(state.kind),
        nature=state.nature,
        contributing=state.contributing,
        commitment=state.commitment,
        status=state.status,
        owner=state.owner or "",
        start=number_text(measured.start),
        current=number_text(measured.current),
        target=number_text(measured.target),
        metric=any(value is not None for value in (measured.start, measured.current, measured.target)),
        measured=when_known(measured.measured_at, around.now, around.zone),
        due="" if measured.due is None else day_text(measured.due),
        late=measured.late,
        raw=_beyond(measured, state.commitment),
        reason=finish_clause(measured.reason),
        weight=number_text(state.weight),
        bar=bar(measured.progress, expected, state.health.level.value, state.commitment, over=around.over),
        health=badge(state.health),
        ledger=ledger_table(
            measured.ledger,
            around.browse,
            around.shown,
            achieved_at=ACHIEVED_AT[state.commitment],
            asked=around.asked,
        ),
        ledger_empty=measured.ledger.plain,
        check_ins=check_ins(state, around),
    )


def _beyond(measured: Measurement, commitment: str) -> str:
    clamped = measured.raw is not None and measured.raw != measured.progress
    return percent_text(measured.raw, 0, ACHIEVED_AT[commitment]) if clamped else ""


def _kind(kind: str) -> str:
    """The kind in words; a kind that is no longer known by its own name."""
    rule = RULE_OF_KIND.get(kind)
    return kind.replace("_", " ").capitalize() if rule is None else rule.label
