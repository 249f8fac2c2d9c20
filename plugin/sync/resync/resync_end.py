"""How a resync begins and ends, the full one and the recent one: quietly, with the brake, and with what it found marked due."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import timedelta

from connectors.store.mappings import revisions
from connectors.store.numbers import objectives
from connectors.store.work import due
from mappings.write_back.plan import Plan
from plugin.sync.context import Context
from plugin.sync.reconcile import survey
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.reconcile.survey import Look
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.sync.write_back.hold import ObjectiveOutcome, brake_resync
from plugin.sync.write_back.permits import try_again

UNTIL_THE_END = timedelta(hours=1)


def quietly(context: Context) -> Context:
    """For a resync: calls yield to fresh events, and what is found waits for the end, where the brake looks at all of it.

    What an event marks meanwhile is not put off. Should the resync never end, its own finds are served after the hour.
    """
    return replace(context, jira=context.jira.in_background(), quiet=UNTIL_THE_END, ceiling=None)


def settle(context: Context, report: ResyncResult, ids: Set[str], others: Set[str] = frozenset()) -> None:
    """Brake what would change too much, then make due what does not stand as it should. A full read tries again what Jira
    refused: one of a kind.
    """
    if not (ids or others):
        return
    standing = _apply_brake(context, report, ids, others)
    if not survey.confirm(context, standing.values()):
        standing = {}
    report.standing = len(standing)
    with context.store.write() as conn:
        probed = try_again(conn, context.site) if report.kind == "full" else frozenset[str]()
        more = others | report.marked
        # A first read of a large site knows of no more: then its ids are not copied, which would be felt.
        wanted = ids | more if more else ids
        wanted = (wanted - standing.keys()) | probed if standing or probed else wanted
        due.mark(conn, context.site, wanted, context.clock(), "resync", bulk=True)


def _apply_brake(context: Context, report: ResyncResult, ids: Set[str], others: Set[str]) -> dict[str, Look]:
    """Brake what these objectives would change; those that stand as they should, by id, with the look at each.

    What an activation made due and nobody has served yet is not held: that was previewed and braked by itself. Something may have
    come while it was being served, which is news of its own: it is told by the revision that its number is of.

    Where nothing has been written yet, by us or by another hand, there is nothing to hold either.
    """
    if report.first and not report.occupied:
        return {}
    with context.store.read() as conn:
        at = revisions.activated_at(conn, context.site)
        activated = due.unserved_since(conn, context.site, at) if at is not None else frozenset[str]()
        former = objectives.of_other_revisions(conn, context.site, context.mapping.revision)
        activated |= due.among_due(conn, context.site, former)
    standing: dict[str, Look] = {}

    def steps() -> Iterator[ObjectiveOutcome]:
        for look in survey.looks(context, sorted((ids | others) - activated)):
            if look.state is None:
                yield _step(context, look.id)
            else:
                standing[look.id] = replace(look, state=None)  # its ledgers need not stay in memory
                yield ObjectiveOutcome(Plan(look.id), look.state, look.state)

    report.held = brake_resync(context, steps(), report.silent, report.edited)
    return standing


def _step(context: Context, objective_id: str) -> ObjectiveOutcome:
    found = reconcile(context, objective_id, write=False)
    return ObjectiveOutcome(replace(found.plan, objective_id=objective_id), found.before, found.state)
