"""What a process that was killed still holds: given back as soon as it is certain that it lives no more, not only when leases end.

Certain is a process of this place alone (`plugin.runtime.process`); what others hold elsewhere is left to their leases and heartbeats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import Connection, delete, select

from connectors.store import Store
from connectors.store.schema import fact
from connectors.store.sites import facts
from connectors.store.work import due, inbox
from plugin.jobs.schedules import RUNNING, Running
from plugin.runtime.process import ProcessId, is_gone, process_of

LOOK_SECONDS = 5.0
"""How often the processes that still run look for what others left behind."""

log = structlog.get_logger("jira_okr.engine")


def orphaned(workers: Iterable[str], gone: Callable[[ProcessId], bool] = is_gone) -> list[str]:
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
        schedules = _schedules(conn)
        left = orphaned({*due.holders(conn), *inbox.holders(conn), *schedules.values()})
    if left:
        with store.write() as conn:
            for worker in left:
                due.release(conn, worker)
                inbox.release(conn, worker)
            _stop(conn, left)
        log.warning("a process died; what it held is given back", workers=left)
    return left


def _schedules(conn: Connection) -> dict[tuple[str, str], str]:
    """Who runs which schedule, by site and name of the fact."""
    rows = conn.execute(select(fact.c.site, fact.c.name).where(fact.c.name.startswith(RUNNING))).all()
    running = {(site, name): facts.get(conn, site, name, Running | None) for site, name in rows}
    return {key: one.holder for key, one in running.items() if one is not None}


def _stop(conn: Connection, holders: list[str]) -> None:
    for (site, name), holder in _schedules(conn).items():
        if holder in holders:
            conn.execute(delete(fact).where(fact.c.site == site, fact.c.name == name))
