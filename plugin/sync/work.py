"""One turn of a worker: the inbox first, then due objectives. Every engine runs exactly this."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from structlog.contextvars import bound_contextvars

from connectors.jira.errors import JiraError
from connectors.store import due
from connectors.store.due import Due
from plugin.sync.context import Context
from plugin.sync.failures import Bury, after_failure
from plugin.sync.reconcile import Reconciled, reconcile
from plugin.sync.refresh import refresh
from plugin.sync.tenure import LeaseLost, Tenure

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
    deliveries = work_off_inbox(context, worker)
    with context.store.write() as conn:
        claims = due.claim(conn, worker, context.clock(), context.lease, CLAIM, site=context.site)
    outcomes = [reconcile_claim(context, claim) for claim in claims if not stopping()]
    if stopping():
        give_back(context, worker)
    done = [outcome for outcome in outcomes if outcome is not None]
    return Turn(deliveries, len(done), len(outcomes) - len(done), sum(len(o.applied.written) for o in done))


def work_off_inbox(context: Context, worker: str) -> int:
    """One batch of deliveries; how many. Where Jira cannot be read they stay."""
    try:
        return refresh(context, worker).deliveries
    except JiraError as error:
        log.warning(
            "refresh failed; deliveries are kept", site=context.site, error=str(error), remedy=error.remedy
        )
        return 0


def reconcile_one(context: Context, worker: str, objective_id: str) -> Reconciled | None:
    """Reconcile this objective if it is due and nobody holds it."""
    with context.store.write() as conn:
        claims = due.claim(
            conn, worker, context.clock(), context.lease, 1, site=context.site, objective_id=objective_id
        )
    return reconcile_claim(context, claims[0]) if claims else None


def reconcile_claim(context: Context, claim: Due) -> Reconciled | None:
    """Reconcile what was claimed; None where it failed, which is in the table then."""
    with bound_contextvars(site=claim.site, objective=claim.objective_id):
        return _reconcile_claim(context, claim)


def _reconcile_claim(context: Context, claim: Due) -> Reconciled | None:
    tenure = Tenure(context, claim)
    try:
        tenure.keep()
        outcome = reconcile(context, claim.objective_id, tenure)
    except LeaseLost as lost:
        log.warning("lease lost", why=str(lost))
        return None
    except Exception as error:  # one failing objective must not stop the others
        _put_back(context, tenure.claim, error)
        return None
    log.info("reconciled", written=len(outcome.applied.written), refused=len(outcome.applied.refused))
    return outcome


def give_back(context: Context, worker: str) -> None:
    """What this worker claimed and did not begin is free for others at once."""
    with context.store.write() as conn:
        due.release(conn, worker)


def _put_back(context: Context, claim: Due, error: Exception) -> None:
    decision = after_failure(error, claim.attempts, context.clock(), random.random())  # noqa: S311 - jitter, no secret
    with context.store.write() as conn:
        if isinstance(decision, Bury):
            due.bury(conn, claim, decision.error, decision.remedy, context.clock())
        else:
            due.postpone(conn, claim, decision.until, decision.error)
    log.warning("reconcile failed", decision=type(decision).__name__, error=str(error))
