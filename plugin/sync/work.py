"""One turn of a worker: the inbox first, then due objectives. Every engine runs exactly this."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial

import structlog
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from connectors.jira.http.errors import JiraError, RateLimitError
from connectors.jira.http.limit import LOCAL
from connectors.store.work import due, inbox
from connectors.store.work.due import DueObjective
from mappings.write_back.targets import PLANS_TOGETHER
from plugin.sync import outage
from plugin.sync.active_mapping import rules
from plugin.sync.context import Context
from plugin.sync.reconcile.failures import Burial, Postponement, after_failure
from plugin.sync.reconcile.lease import LostLease, ObjectiveLease
from plugin.sync.reconcile.reconcile import ReconcileResult, reconcile
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.checkpoint import is_half_read
from plugin.sync.write_back.application import OpenedPlan, write_waiting
from plugin.sync.write_back.clearing_look import ClearingLook
from plugin.sync.write_back.shared_writes import SharedWrites

CLAIM = PLANS_TOGETHER

log = structlog.get_logger("jira_okr.work")


@dataclass(frozen=True, slots=True)
class WorkTurn:
    """What one turn did; an idle turn found nothing to do."""

    deliveries: int = 0
    reconciled: int = 0
    failed: int = 0
    written: int = 0

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.deliveries or self.reconciled or self.failed)


def turn(context: Context, worker: str, stopping: Callable[[], bool] = lambda: False) -> WorkTurn:
    """Work off one batch of deliveries and one claim of due objectives. Errors end in the tables, never in the caller."""
    deliveries = work_off_inbox(context, worker)
    claims = _claim(context, worker, CLAIM)
    outcomes: list[ReconcileResult | None] = []
    unsent: list[str] = []
    shared = SharedWrites(partial(_not_sent, context, unsent, lru_cache(1)(partial(outage.behind, context))))
    look = ClearingLook(claim.objective_id for claim in claims)
    context = replace(context, clearing_look=look, shared_writes=shared)

    def is_out() -> bool:
        return bool(unsent or None in outcomes) and _is_barred(context)

    try:
        for claim in claims:
            if stopping() or is_out():
                break
            outcomes.append(reconcile_claim(context, claim))
        if not is_out():
            write_waiting(context)
    finally:
        left = shared.take()
        if left or len(outcomes) < len(claims):
            give_back(context, worker)
    done = [outcome for outcome in outcomes if outcome is not None]
    failed = len(outcomes) - len(done) + len(unsent)
    written = sum(len(one.applied.written) for one in done) + shared.written
    return WorkTurn(deliveries, len(done) - len(unsent) - len(left), failed, written)


def work_off_inbox(context: Context, worker: str, wait: Callable[[float], object] = time.sleep) -> int:
    """One batch of deliveries, gathered for a moment; how many. Where Jira cannot be read they stay, and the next try waits for
    all workers alike.
    """
    way = outage.way(context)
    if not way.free:
        return 0
    whole = way.trial is not None and way.trial.whole
    try:
        if whole:
            context.jira.myself()
            whole = False
        _gather(context, wait)
        done = refresh(context, worker)
    except JiraError as error:
        _note_failure(context, error, whole=whole, trial=way.trial is not None)
        return 0
    if way.trial is not None:
        outage.end_outage(context)
    return done


def _gather(context: Context, wait: Callable[[float], object]) -> None:
    """Wait until the oldest delivery that nobody holds has waited long enough for others.

    Another worker that waited for the same one may have taken all by then. What came since is waited for anew: it would otherwise
    be read one by one, by whoever wakes up second.
    """
    oldest, waited_for = _oldest_free(context), None
    while oldest is not None and oldest != waited_for:
        left = min(oldest + context.gather - context.clock(), context.gather)
        if left <= timedelta(0):
            return
        wait(left.total_seconds())
        oldest, waited_for = _oldest_free(context), oldest


def _oldest_free(context: Context) -> datetime | None:
    if not context.gather:
        return None
    with context.store.read() as conn:
        return inbox.oldest_free(conn, context.site, context.clock())


def _note_failure(context: Context, error: JiraError, *, whole: bool, trial: bool) -> None:
    if isinstance(error, RateLimitError) and error.reason == LOCAL:
        # Our own pacing: a moment's wait, and no failure. Jira was not even asked, so the trial is still to come.
        if trial:
            outage.put_off(context, error.until)
        return
    whole = whole or outage.is_everything(error)
    with context.store.write() as conn:
        found = outage.strike(conn, context.site, context.clock(), error, whole=whole, trial=trial)
    log.warning(
        "Jira cannot be read; deliveries are kept",
        site=context.site,
        error=str(error),
        tries=found.tries,
        next_try=found.next_try.isoformat(timespec="seconds"),
    )


def reconcile_one(context: Context, worker: str, objective_id: str) -> ReconcileResult | None:
    """Reconcile this objective if it is due and nobody holds it."""
    claims = _claim(context, worker, 1, objective_id)
    return reconcile_claim(context, claims[0]) if claims else None


def _claim(context: Context, worker: str, most: int, objective_id: str | None = None) -> list[DueObjective]:
    """Nothing where another mapping rules by now, or the same in another bound form: what that made due must not be served by
    the former one, and be done with.

    Which one rules is asked after the claim. What comes later marks what was claimed, which then stays due.
    """
    with context.store.write() as conn:
        if is_barred(conn, context.site):
            return []
        claims = due.claim(
            conn,
            worker,
            context.clock(),
            context.lease,
            most,
            site=context.site,
            objective_id=objective_id,
        )
        if claims and not rules(conn, context):
            due.release(conn, worker, begun=False)
            return []
        return claims


def _is_barred(context: Context) -> bool:
    with context.store.read() as conn:
        return is_barred(conn, context.site)


def is_barred(conn: Connection, site: str) -> bool:
    """Whether no objective is claimed: while Jira as a whole is out each claim would only use up an attempt, and while the
    site is half read each number would be of half its issues.
    """
    return outage.bars_everything(conn, site) or is_half_read(conn, site)


def reconcile_claim(context: Context, claim: DueObjective) -> ReconcileResult | None:
    """Reconcile what was claimed; None where it failed, which is in the table then."""
    with bound_contextvars(site=claim.site, objective=claim.objective_id):
        return _reconcile_claim(context, claim)


def _reconcile_claim(context: Context, claim: DueObjective) -> ReconcileResult | None:
    tenure = ObjectiveLease(context, claim)
    try:
        tenure.keep()
        outcome = reconcile(context, claim.objective_id, tenure)
    except LostLease as lost:
        log.warning("lease lost", why=str(lost))
        return None
    except Exception as error:  # one failing objective must not stop the others
        _put_back(context, tenure.claim, error)
        return None
    log.info("reconciled", written=len(outcome.applied.written), refused=len(outcome.applied.refused))
    return outcome


def _not_sent(
    context: Context,
    unsent: list[str],
    behind: Callable[[Exception], JiraError | None],
    plan: OpenedPlan,
    error: Exception,
) -> None:
    """What an objective left for others could not be sent: it is tried again, and what may have arrived is looked up first.

    `behind` says what keeps Jira as a whole from answering: asked once of an error that all of them met.
    """
    unsent.append(plan.objective_id)
    if plan.tenure is None or isinstance(error, LostLease):
        log.warning("lease lost", why=str(error))
        return
    _postpone(context, plan.tenure.claim, error, behind(error))


def give_back(context: Context, worker: str) -> None:
    """What this worker claimed and did not begin is free for others at once, and was no attempt."""
    with context.store.write() as conn:
        due.release(conn, worker, begun=False)


def _put_back(context: Context, claim: DueObjective, error: Exception) -> None:
    _postpone(context, claim, error, outage.behind(context, error))


def _postpone(context: Context, claim: DueObjective, error: Exception, out: JiraError | None) -> None:
    decision = after_failure(error, claim.attempts, context.clock(), random.random())  # noqa: S311 - jitter, no secret
    with context.store.write() as conn:
        if out is not None:
            found = outage.strike(conn, context.site, context.clock(), out, whole=True)
            decision = Postponement(found.next_try, str(error))
        if isinstance(decision, Burial):
            due.bury(conn, claim, decision.error, decision.remedy, context.clock())
        else:
            due.postpone(conn, claim, decision.until, decision.error, counted=out is None)
    log.warning(
        "reconcile failed", decision=type(decision).__name__, error=str(error), outage=out is not None
    )
