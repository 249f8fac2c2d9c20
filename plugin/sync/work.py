"""One turn of a worker: the inbox first, then due objectives. Every engine runs exactly this."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from connectors.jira.errors import JiraError
from connectors.store import due
from connectors.store.due import Due
from plugin.sync.context import Context
from plugin.sync.failures import Bury, after_failure
from plugin.sync.reconcile import Reconciled, reconcile
from plugin.sync.refresh import refresh

LEASE = timedelta(minutes=2)
CLAIM = 20

log = structlog.get_logger("jira_okr.work")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn did; an idle turn found nothing to do."""

    deliveries: int = 0
    reconciled: int = 0
    failed: int = 0
    written: int = 0

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.deliveries or self.reconciled or self.failed)


def turn(context: Context, worker: str, stopping: Callable[[], bool] = lambda: False) -> Turn:
    """Work off one batch of deliveries and one claim of due objectives. Errors end in the tables, never in the caller."""
    deliveries = _refresh_safely(context, worker)
    with context.store.write() as conn:
        claims = due.claim(conn, worker, context.clock(), LEASE, CLAIM, site=context.site)
    outcomes = [_reconcile_safely(context, claim) for claim in claims if not stopping()]
    done = [outcome for outcome in outcomes if outcome is not None]
    return Turn(deliveries, len(done), len(outcomes) - len(done), sum(len(o.applied.written) for o in done))


def _refresh_safely(context: Context, worker: str) -> int:
    try:
        return refresh(context, worker).deliveries
    except JiraError as error:
        log.warning(
            "refresh failed; deliveries are kept", site=context.site, error=str(error), remedy=error.remedy
        )
        return 0


def _reconcile_safely(context: Context, claim: Due) -> Reconciled | None:
    try:
        outcome = reconcile(context, claim.objective_id, claim)
    except Exception as error:  # one failing objective must not stop the others
        _put_back(context, claim, error)
        return None
    log.info(
        "reconciled",
        site=claim.site,
        objective=claim.objective_id,
        written=len(outcome.applied.written),
        refused=len(outcome.applied.refused),
    )
    return outcome


def _put_back(context: Context, claim: Due, error: Exception) -> None:
    decision = after_failure(error, claim.attempts, context.clock(), random.random())  # noqa: S311 - jitter, no secret
    with context.store.write() as conn:
        if isinstance(decision, Bury):
            due.bury(conn, claim, decision.error, decision.remedy, context.clock())
        else:
            due.postpone(conn, claim, decision.until, decision.error)
    log.warning(
        "reconcile failed", objective=claim.objective_id, decision=type(decision).__name__, error=str(error)
    )
