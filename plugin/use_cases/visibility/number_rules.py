"""What a use case tells of numbers, where numbers are by permission. One that is not named here is refused to whoever may not see all."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

ROOM = "plugin.use_cases."


class NumberRule(Enum):
    """How much of the numbers of objectives is in the answer of a use case."""

    EACH = "of each objective for itself, or of none: they are cut from the answer"
    ONE = "of one objective, which it is asked for: for one without numbers nothing is told"
    WHOLE = "of one objective, by all its rows: there is none where one of them is hidden, even where only rows are"
    ALL = "of many together: it is refused where there is one without numbers"


EACH = (
    "accounts.",
    "badges.",
    "check_ins.check_ins.check_in",
    "check_ins.check_ins.keep",
    "check_ins.check_ins.withdraw",
    "check_ins.due_check_ins.",
    "cycles.closure.reopen_cycle",
    "cycles.cycles.past_cycles",
    "cycles.cycles.running_cycles",
    "cycles.cycles.verify_records",
    "cycles.locks.lock_cycle",
    "cycles.locks.waits_behind_lock",
    "digests.",
    "forge.",
    "health.",
    "imports.imports.",
    "kpis.",
    "mappings.drafts.",
    "mappings.first_mapping.fit",
    "mappings.mapping_life.check_text",
    "mappings.mapping_life.glance_text",
    "mappings.mapping_life.rollback",
    "mappings.renames.",
    "mappings.revisions.",
    "mappings.trial.",
    "objectives.as_of.as_of",
    "objectives.as_of.instant_asked",
    "objectives.as_of.read_",
    "objectives.backfill.",
    "objectives.fed_numbers.",
    "objectives.goals.",
    "objectives.objective_lines.",
    "objectives.objective_list.",
    "objectives.objectives.aligned_to",
    "objectives.objectives.computed",
    "objectives.objectives.drift_below",
    "objectives.objectives.every_objective",
    "objectives.objectives.every_point",
    "objectives.objectives.explained_by",
    "objectives.objectives.knows_issue",
    "objectives.objectives.list_",
    "objectives.objectives.news",
    "objectives.objectives.objective",
    "record.",
    "sites.",
    "subscriptions.",
    "visibility.",
    "work.",
)
"""Rooms, modules and use cases: the beginning of their names."""
ONE = (
    "check_ins.check_ins.list_",
    "forecasts.forecasts.forecast_of",
    "objectives.objectives.history",
    "objectives.objectives.marks",
    "objectives.objectives.movement",
)


WHOLE = ("forge.what_if.",)
"""Those that give None then."""


def rule_of(use_case: Callable[..., object]) -> NumberRule:
    """The rule of a use case; the strictest where nobody thought of it."""
    name = f"{use_case.__module__}.{use_case.__qualname__}".removeprefix(ROOM)
    if name.startswith(WHOLE):
        return NumberRule.WHOLE
    if name.startswith(ONE):
        return NumberRule.ONE
    return NumberRule.EACH if name.startswith(EACH) else NumberRule.ALL
