"""What a KPI is worth is written to the issue of its open key result, once for each period that was counted."""

from __future__ import annotations

from dataclasses import replace

from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from mappings.document.schema import KpiPart
from mappings.facts.issue import Issue
from mappings.kpi.episode import KpiState
from mappings.write_back.desired_values import DesiredValue
from mappings.write_back.plan import plan
from plugin.runtime.connector import Connector
from plugin.sync.context import Context
from plugin.sync.write_back.application import apply

CAUSE = "a period of the KPI was counted"


def write_current_values(connector: Connector, site: str) -> None:
    """Write those that were counted and not written yet. What Jira declines is kept as refused, and tried with the next period."""
    context = connector.context(site)
    parts = {part.id: alias for part in context.mapping.document.kpis if (alias := _alias(part)) is not None}
    if not parts:
        return
    with connector.store.read() as conn:
        states = {id_: one for id_, one in kpis.open_key_results(conn, site).items() if id_ in parts}
        issues = mirror.get(conn, site, [one.key_result for one in states.values() if one.key_result])
    for id_, state in states.items():
        issue = issues.get(state.key_result or "")
        if (
            issue is not None
            and not issue.archived
            and state.value is not None
            and state.told != state.latest
        ):
            _write(connector, context, id_, parts[id_], state, issue)


def _write(
    connector: Connector, context: Context, id_: str, alias: str, state: KpiState, issue: Issue
) -> None:
    place = context.place(context.mapping.fields[alias].id)
    if place is not None and state.value is not None:
        wanted = DesiredValue(
            issue_id=issue.id,
            issue_key=issue.key,
            place=place,
            raw=float(state.value),
            value=f"what “{id_}” is worth",
            stays=True,
        )
        apply(context, plan(issue.parent_id or issue.id, [wanted], {issue.id: issue}.get, CAUSE), CAUSE)
    with connector.store.write() as conn:
        kpis.lock_site(conn, context.site)
        now = kpis.get(conn, context.site, id_)
        if (now.key_result, now.latest) == (state.key_result, state.latest):
            kpis.put(conn, context.site, id_, replace(now, told=state.latest), connector.clock())


def _alias(part: KpiPart) -> str | None:
    create = part.promote.create if part.promote is not None else None
    return create.fields.current if create is not None else None
