"""Objectives that need something which Jira no longer has: their numbers stand as they were, and nothing of them is written."""

from __future__ import annotations

from dataclasses import replace

from mappings.document.names import Absence, NameKind
from mappings.rollup.structure.absences import standing_still
from mappings.write_back.plan import Plan
from plugin.sync.context import Context
from plugin.sync.reconcile.measurement import MeasuredObjective


def standing_for(context: Context, found: MeasuredObjective) -> Absence | None:
    """The absence for which an objective is not computed from what is left; None where it needs nothing that is gone."""
    if not context.absences:
        return None
    before = found.before.state if found.before is not None else None
    known = [one for one in (found.state, before) if one is not None]
    touched = {
        id_ for one in (*known, *found.below.values()) for id_ in (*one.touched, one.issue_id or one.id)
    }
    issues = [issue for id_ in sorted(touched) if (issue := found.forest.issue(id_)) is not None]
    return standing_still(context.mapping, context.absences, known[-1].rule_id if known else None, issues)


def without_absent(context: Context, planned: Plan) -> Plan:
    """Leave out fields that Jira no longer has."""
    lost = {absence.id for absence in context.absences if absence.name.kind is NameKind.FIELD}
    if not lost:
        return planned
    return replace(planned, changes=tuple(one for one in planned.changes if one.field_id not in lost))
