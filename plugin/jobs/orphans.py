"""What a process that was killed still holds: given back as soon as it is certain that it lives no more, not only when leases end.

Certain is a process of this place alone (`plugin.runtime.processes.process`); what others hold elsewhere is left to their leases and heartbeats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from connectors.store import Store
from connectors.store.jobs import schedules
from connectors.store.work import due, inbox
from plugin.runtime.processes.process import ProcessId, is_gone, process_of

LOOK_SECONDS = 5.0
"""How often the processes that still run look for what others left behind."""

log = structlog.get_logger("jira_okr.engine")


def find_orphans(workers: Iterable[str], gone: Callable[[ProcessId], bool] = is_gone) -> list[str]:
    """The names that tell of a process which is gone. Pure but for `gone`, which is asked once per process."""
    known: dict[ProcessId, bool] = {}
    found: list[str] = []
    for worker in sorted(workers):
        process = process_of(worker)
        if process is None:
            continue
        if process not in known:
            known[process] = gone(process)
        if known[process]:
            found.append(worker)
    return found


def free_orphans(store: Store) -> list[str]:
    """Give back objectives, deliveries and schedules of dead processes; the names they were held under."""
    with store.read() as conn:
        left = find_orphans({*due.holders(conn), *inbox.holders(conn), *schedules.holders(conn)})
    if left:
        with store.write() as conn:
            for worker in left:
                due.release(conn, worker)
                inbox.release(conn, worker)
            schedules.release(conn, left)
        log.warning("a process died; what it held is given back", workers=left)
    return left
