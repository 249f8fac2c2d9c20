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

SHORTEST, LONGEST = 0.05, 1.0
"""Seconds between two looks: never asked more often, and never later, since other processes mark objectives too."""


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What was worked off, and what still waits though it is its turn: nobody could take it up, as others hold it."""

    reconciled: int = 0
    written: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class _WaitingRows:
    """Rows that wait, and for how many seconds nothing of them can be taken up."""

    rows: int
    pause: float


def drain(
    current: Callable[[], Context],
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    patience: timedelta = timedelta(seconds=30),
    wait: Callable[[float], None] = time.sleep,
) -> DrainResult:
    """Take turns until nothing is due; gives up when nothing moved for `patience` (rows that are backed off stay due).

    Each turn is taken by the mapping that rules then: `current` says which. Another process may activate one meanwhile.
    """
    context = current()
    worker = worker_name(f"drain-{uuid.uuid4().hex}")
    outage.try_now(context.store, context.site, context.clock())
    reconciled = written = failed = 0
    idle_since = context.clock()
    while (left := _left(context, patience)).rows and context.clock() - idle_since < patience:
        context = current()
        done = turn(context, worker)
        total = reconciled + left.rows
        reconciled, written, failed = (
            reconciled + done.reconciled,
            written + done.written,
            failed + done.failed,
        )
        progress(reconciled, total)
        if done.idle:
            wait(left.pause)
        else:
            idle_since = context.clock()
    progress(reconciled, reconciled)
    return DrainResult(reconciled, written, failed, left.rows)


def _left(context: Context, patience: timedelta) -> _WaitingRows:
    """What waits or is in another worker's hands; nothing where the next of it is due only after the patience has run out."""
    with context.store.read() as conn:
        deliveries = len(inbox.load_pending(conn, 1, site=context.site))
        following = due.next_due(conn, context.site)
        ahead = timedelta(0) if following is None else following - context.clock()
        if not deliveries and (following is None or ahead > patience):
            return _WaitingRows(0, SHORTEST)
        pause = SHORTEST if deliveries else min(max(SHORTEST, ahead.total_seconds()), LONGEST)
        return _WaitingRows(due.pending_count(conn, context.site) + deliveries, pause)
