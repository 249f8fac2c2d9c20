"""Objectives that need something which Jira no longer has: their numbers stand as they were, and nothing of them is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from mappings.document.names import Absence, NameKind
from mappings.facts.issue import Issue
from mappings.rollup.structure.absences import has, standing_still
from mappings.write_back.plan import Plan
from plugin.sync.context import Context
from plugin.sync.reconcile.measurement import MeasuredObjective
from plugin.sync.refresh import gaps


@dataclass(frozen=True, slots=True)
class Standstill:
    """For which absence an objective is not computed, and the issues that have, as far as is known, what is gone."""

    absence: Absence
    holders: frozenset[str]


def standing_for(context: Context, conn: Connection, found: MeasuredObjective) -> Standstill | None:
    """What an objective stands still for, instead of being computed from what is left; None where it needs nothing that is gone.

    Nor is it computed from others that stand still: what their numbers need, its own does.
    """
    if not context.absences:
        return None
    before = found.before.state if found.before is not None else None
    known = [one for one in (found.state, before) if one is not None]
    needed = {id_ for one in known for id_ in (*one.touched, one.issue_id or one.id)}
    needed |= {id_ for one in known for id_ in gaps.needs(one, found.below)}
    near = {id_: issue for id_ in needed if (issue := found.forest.issue(id_)) is not None}
    near |= mirror.get(conn, context.site, needed - near.keys())
    issues = [near[id_] for id_ in sorted(near)]
    absence = standing_still(context.mapping, context.absences, known[-1].rule_id if known else None, issues)
    return None if absence is None else Standstill(absence, holders(context, issues))


def holders(context: Context, issues: Iterable[Issue]) -> frozenset[str]:
    """Those of these issues that have something which is gone."""
    return frozenset(issue.id for issue in issues if any(has(issue, one) for one in context.absences))


def without_absent(context: Context, planned: Plan) -> Plan:
    """Leave out fields that Jira no longer has."""
    lost = {absence.id for absence in context.absences if absence.name.kind is NameKind.FIELD}
    if not lost:
        return planned
    return replace(planned, changes=tuple(one for one in planned.changes if one.field_id not in lost))
