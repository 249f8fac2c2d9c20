"""Works everything off in the calling thread: for commands that want to be done when they end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connectors.store.work import due, inbox
from plugin.runtime.processes.process import worker_name
from plugin.sync import outage
from plugin.sync.context import Context
from plugin.sync.work import turn


@dataclass(frozen=True, slots=True)
class Drained:
    """What was worked off."""

    reconciled: int = 0
    written: int = 0
    failed: int = 0


def drain(
    context: Context,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    patience: timedelta = timedelta(seconds=30),
    wait: Callable[[float], None] = time.sleep,
) -> Drained:
    """Take turns until nothing is due; gives up when nothing moved for `patience` (rows that are backed off stay due)."""
    worker = worker_name(f"drain-{uuid.uuid4().hex[:8]}")
    outage.try_now(context.store, context.site, context.clock())
    reconciled = written = failed = 0
    idle_since = context.clock()
    while (left := _left(context, patience)) and context.clock() - idle_since < patience:
        done = turn(context, worker)
        reconciled, written, failed = (
            reconciled + done.reconciled,
            written + done.written,
            failed + done.failed,
        )
        progress(reconciled, reconciled + left)
        if done.idle:
            wait(0.05)
        else:
            idle_since = context.clock()
    progress(reconciled, reconciled)
    return Drained(reconciled, written, failed)


def _left(context: Context, patience: timedelta) -> int:
    """What waits or is in another worker's hands; nothing where the next of it is due only after the patience has run out."""
    with context.store.read() as conn:
        deliveries = len(inbox.pending(conn, 1, site=context.site))
        following = due.next_due(conn, context.site)
        if not deliveries and (following is None or following - context.clock() > patience):
            return 0
        return due.pending_count(conn, context.site) + deliveries
