"""One objective, whole: the number, why it is that, and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mappings.numbers import rounded_share
from mappings.progress import RULE_OF_KIND
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from plugin.pages.sources import HistoryPoint, SavedObjective
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.check_in import CurrentCheckIn, left_over, not_kept
from plugin.pages.views.objectives.history.chart import Chart, chart
from plugin.pages.views.objectives.key_result import KeyResultRow, key_result_row
from plugin.pages.views.objectives.ledger import Browse, LedgerLine, LedgerTable, gap_rows, ledger_table
from plugin.pages.views.objectives.names import name
from plugin.pages.views.objectives.objective_context import NeighbourLink, ObjectiveContext
from plugin.pages.views.objectives.remarks import RemarkRow, remarks
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.health import Badge, badge
from plugin.pages.views.words.moments import MomentText, day_text, when
from plugin.pages.views.words.obstacle import ObstacleLine, obstacle_line
from plugin.use_cases.cycles.cycles import CycleDays

MOST_OBSTACLES = 10
"""So many are shown; of one objective thousands of changes may be held."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything the page of one objective shows."""

    name: str
    key: str
    url: str | None
    title: str
    status: str
    owner: str
    project: str
    team: str
    cycle: str
    commitment: str
    bar: Bar
    pace: str
    delivery: Bar
    outcome: Bar
    health: Badge
    flags: tuple[str, ...]
    gaps: tuple[LedgerLine, ...]
    key_results: tuple[KeyResultRow, ...]
    left_over: tuple[CurrentCheckIn, ...]
    not_kept: str
    remarks: tuple[RemarkRow, ...]
    drifted: tuple[str, MomentText] | None
    obstacles: tuple[ObstacleLine, ...]
    more_obstacles: int
    ledger: LedgerTable
    beside: LedgerTable | None
    chart: Chart
    computed: MomentText
    changed: MomentText
    revision: str
    aligned_to: tuple[NeighbourLink, ...]
    below: tuple[NeighbourLink, ...]
    over: bool
    """Whether its days are over: what it should be at is what it should have come to."""
    fed: bool
    """Whether its number is made of the objectives below it, and of no key result of its own."""


def explanation(
    saved: SavedObjective, history: Sequence[HistoryPoint], around: ObjectiveContext
) -> Explanation:
    """The page of one objective."""
    state = saved.state
    level = state.health.level.value
    krs = _key_results(state, around)
    return Explanation(
        name=name(state),
        key=state.key,
        url=around.browse(state.key) if state.key else None,
        title=state.title or "Untitled",
        status=state.status,
        owner=state.owner or "",
        project=state.project_key,
        team=state.team or "",
        cycle=_cycle(state, around.cycle),
        commitment=state.commitment,
        bar=bar(state.progress, state.expected, level, state.commitment, over=around.over),
        over=around.over,
        pace="" if state.pace is None else str(rounded_share(state.pace, 2)),
        delivery=bar(state.delivery, None, "plain", state.commitment),
        outcome=bar(state.outcome, None, "plain", state.commitment),
        health=badge(state.health),
        flags=tuple(finish_clause(flag) for flag in state.flags),
        gaps=_gaps(state, around.browse),
        key_results=krs,
        left_over=left_over(state.key_results, around),
        remarks=remarks(krs, [one.id for one in state.key_results], around),
        drifted=_drifted(around),
        obstacles=tuple(
            obstacle_line(one, around.browse, around.now, around.zone)
            for one in around.obstacles[:MOST_OBSTACLES]
        ),
        more_obstacles=max(0, len(around.obstacles) - MOST_OBSTACLES),
        not_kept=not_kept(state.key_results, around),
        ledger=_table(state, state.ledger, around),
        beside=_table(state, state.beside, around) if state.beside.rows else None,
        chart=chart(
            history,
            state.expected,
            around.cycle,
            around.now,
            around.zone,
            around.marks,
            ACHIEVED_AT[state.commitment],
        ),
        computed=when(saved.computed_at, around.now, around.zone),
        changed=when(saved.changed_at, around.now, around.zone),
        revision=saved.mapping_revision,
        aligned_to=around.aligned_to,
        below=around.below,
        fed=not state.key_results and bool(state.ledger.rows) and bool(around.below),
    )


def _table(state: ObjectiveState, ledger: Ledger, around: ObjectiveContext) -> LedgerTable:
    """A ledger of the objective, whose rows have to reach what their own key results have to."""
    bars = {one.id: ACHIEVED_AT[one.commitment] for one in state.key_results}
    return ledger_table(
        ledger, around.browse, around.shown, ACHIEVED_AT[state.commitment], bars, around.asked
    )


def _key_results(state: ObjectiveState, around: ObjectiveContext) -> tuple[KeyResultRow, ...]:
    return tuple(
        key_result_row(one, place, _mark(one.kind, state), around)
        for place, one in enumerate(state.key_results, start=1)
    )


def _mark(kind: str, state: ObjectiveState) -> Fraction | None:
    """Three kinds do not run with time, so no mark says where they should be today."""
    rule = RULE_OF_KIND.get(kind)
    return state.expected if rule is None or rule.timed else None


def _cycle(state: ObjectiveState, cycle: CycleDays | None) -> str:
    if cycle is None:
        return state.cycle_id or ""
    own = "" if state.span is None else "own days "
    return f"{cycle.name or cycle.id} ({own}{day_text(cycle.start)} – {day_text(cycle.end)})"


def _drifted(around: ObjectiveContext) -> tuple[str, MomentText] | None:
    """What resyncs had to correct beneath it, and when that was found last."""
    found = around.drifted
    if found is None:
        return None
    what = (
        "1 issue behind this number was"
        if found.issues == 1
        else f"{found.issues} issues behind this number were"
    )
    return what, when(found.at, around.now, around.zone)


def _gaps(state: ObjectiveState, browse: Browse) -> tuple[LedgerLine, ...]:
    """Every row a person should look at, of the objective and of its key results, each issue once."""
    ledgers = [state.ledger, state.beside, *(one.measurement.ledger for one in state.key_results)]
    rows = [row for ledger in ledgers for row in gap_rows(ledger, browse)]
    return tuple({row.id: row for row in reversed(rows)}.values())[::-1]
