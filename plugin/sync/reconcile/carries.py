"""Does in Jira what carrying an objective forward needs: its mark, and with what its key results begin; or copies of them. Doing it twice is doing it once."""

from __future__ import annotations

import json

import structlog

from connectors.jira.http.errors import Permanent
from connectors.store.cycles import carries
from connectors.store.cycles.carries import CarryState, KeptCarry
from connectors.store.numbers import check_ins
from mappings.rollup.cycles.carry_plan import CarryPlan
from mappings.write_back.target import Request
from plugin.sync.context import Context
from plugin.sync.reconcile.copies import NotCopied, join_copies, lead_kpis_on, make_copies
from plugin.sync.reconcile.lease import Tenure
from plugin.sync.refresh.omissions import in_scope
from plugin.sync.refresh.reread import land_issues, read_again, with_readings

log = structlog.get_logger("jira_okr.carries")


def carry_on(context: Context, objective_id: str, tenure: Tenure | None = None) -> None:
    """Set what is still to be set. Raises a JiraError for passing trouble: then it is set by the next reconcile."""
    with context.store.read() as conn:
        waiting = carries.waiting(conn, context.site, objective_id)
    for one in waiting:
        if tenure is not None:
            tenure.keep()
        try:
            touched = (_copied if one.plan.copies else _set)(context, one, tenure)
        except NotCopied as error:
            _refused(context, one, f"{error}.")
        except Permanent as error:
            _refused(context, one, _note(one.plan, "; ".join(error.fields.values()) or str(error)))
        else:
            if touched is not None:
                _settle(context, one, touched)


def _set(context: Context, kept: KeptCarry, _tenure: Tenure | None) -> frozenset[str]:
    """Ids of the issues of which something was set."""
    for request, key in _requests(kept.plan):
        context.tell(request, key)
    return frozenset(write.issue_id for write in kept.plan.writes)


def _copied(context: Context, kept: KeptCarry, tenure: Tenure | None) -> frozenset[str] | None:
    """Ids of the copies and of what was touched beside them; None where it goes on later."""
    copies = make_copies(context, kept, tenure)
    if copies is None:
        return None
    touched = join_copies(context, kept, copies)
    lead_kpis_on(context, kept, copies)
    return touched


def _settle(context: Context, kept: KeptCarry, touched: frozenset[str]) -> None:
    """Read what was touched, so that it is known before Jira tells of it, and keep that it is done."""
    plan, now = kept.plan, context.clock()
    read = read_again(context, touched) if touched else None
    issues = with_readings(context, read.issues, {}) if read is not None else []
    with context.store.write() as conn:
        if read is not None:
            land_issues(context, conn, in_scope(context, issues), set(), now, read.gaps)
        if not plan.copies:
            check_ins.carried(conn, context.site, plan.objective_id, kept.by, now)
        carries.settle(conn, context.site, plan, CarryState.DONE)


def _note(plan: CarryPlan, said: str) -> str:
    wanted = ", ".join(f"{one.issue_key} {one.name} → {one.after}" for one in plan.writes)
    copied = ", ".join(one.source_key for one in plan.copies)
    what = f"It was to be copied: {copied}." if plan.copies else f"It was to be set: {wanted}."
    return f"Jira refused it: {said.removesuffix('.')}. {what}"


def _refused(context: Context, kept: KeptCarry, note: str) -> None:
    with context.store.write() as conn:
        carries.settle(conn, context.site, kept.plan, CarryState.REFUSED, note)
    log.warning("not carried forward", site=context.site, objective=kept.plan.objective_id, error=note)


def _requests(plan: CarryPlan) -> list[tuple[Request, str]]:
    """One edit an issue; that of the objective, which makes the next cycle count, comes last."""
    by_issue: dict[str, dict[str, dict[str, object]]] = {}
    keys: dict[str, str] = {}
    for write in plan.writes:
        body = by_issue.setdefault(write.issue_id, {})
        value = json.loads(write.value)
        if write.adds:
            body.setdefault("update", {})[write.field_id] = [{"add": value}]
        else:
            body.setdefault("fields", {})[write.field_id] = value
        keys[write.issue_id] = write.issue_key
    order = sorted(by_issue, key=lambda id_: (id_ == plan.objective_id, id_))
    return [
        (Request("PUT", f"/issue/{id_}", by_issue[id_], notifies=True, answer="edit"), keys[id_])
        for id_ in order
    ]
