"""The waiting jobs of Procrastinate on the connector's own connection: its tables, and announcements inside our transactions.

A job carries only a key. Whatever is lost here is found again: `sweep` announces what is due and has no waiting job.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from connectors.store import Store
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.jobs import engine_versions

QUEUE = "okr"
REFRESH = "okr.refresh"
RECONCILE = "okr.reconcile"
FURTHEST = timedelta(seconds=5)
"""A waiting job would hide an earlier wish for the same key, so none waits longer; what is due later is left to the sweep."""
MOST_SWEPT = 2_000
SHARE = 5
"""So many of the jobs that wait in bulk are taken for urgent at each sweep, so that they are served however much people do."""
ENGINE = "procrastinate"
# Any fixed number serves; it only has to be the same in every process that installs.
_LOCK = 0x0_6A69_7261_6F6C


@dataclass(frozen=True, slots=True)
class Job:
    """One announcement. `key` is its lock (one at a time) and its queueing lock (one waiting)."""

    key: str
    task: str
    args: dict[str, str]
    at: datetime | None = None


def refresh_job(site: str) -> Job:
    """Work off the inbox of a site."""
    return Job(f"inbox:{site}", REFRESH, {"site": site})


def reconcile_job(site: str, objective_id: str, at: datetime | None = None) -> Job:
    """Reconcile one objective, from `at` on."""
    return Job(
        f"objective:{site}:{objective_id}", RECONCILE, {"site": site, "objective_id": objective_id}, at
    )


class QueueAnnouncer:
    """Enqueues in the transaction that makes work due."""

    def delivered(self, conn: Connection, site: str) -> None:
        """One waiting job for the inbox of the site."""
        announce(conn, [refresh_job(site)])

    def marked(self, conn: Connection, site: str, objective_ids: Iterable[str], run_after: datetime) -> None:
        """One waiting job for each objective."""
        announce(conn, [reconcile_job(site, objective_id, run_after) for objective_id in set(objective_ids)])


def announce(conn: Connection, jobs: Iterable[Job]) -> None:
    """Enqueue what has no waiting job yet, all or nothing with the caller's transaction."""
    wanted = sorted(jobs, key=lambda job: job.key)
    if not wanted:
        return
    conn.execute(_HASTEN, {"keys": [job.key for job in wanted]})
    try:
        with conn.begin_nested():
            conn.execute(_DEFER, _arrays(wanted))
    except IntegrityError:
        _announce_singly(conn, wanted)


def _announce_singly(conn: Connection, jobs: list[Job]) -> None:
    """Somebody else enqueued one of the keys at the same time: that one is announced then, the others are not yet."""
    for job in jobs:
        try:
            with conn.begin_nested():
                conn.execute(_DEFER, _arrays([job]))
        except IntegrityError:
            continue


_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(:queue, job.task, job.priority, job.key, job.key, job.args, job.at)::procrastinate_job_to_defer_v1
    ))
    FROM (
        SELECT one.*, COALESCE((
            SELECT -due.bulk FROM due
            WHERE due.site = one.args ->> 'site' AND due.objective_id = one.args ->> 'objective_id'
        ), 0)::integer AS priority
        FROM unnest(
            CAST(:keys AS text[]), CAST(:tasks AS text[]), CAST(:args AS jsonb[]), CAST(:ats AS timestamptz[])
        ) AS one(key, task, args, at)
    ) AS job
    WHERE (job.at IS NULL OR job.at <= now() + CAST(:furthest AS interval))
    AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS waiting
        WHERE waiting.queueing_lock = job.key AND waiting.status = 'todo'
    )
    """
)


# What is being taken already is passed over, so nobody waits here.
_HASTEN = text(
    """
    UPDATE procrastinate_jobs SET priority = 0 WHERE id IN (
        SELECT job.id FROM procrastinate_jobs AS job
        JOIN due ON due.site = job.args ->> 'site' AND due.objective_id = job.args ->> 'objective_id'
        WHERE job.queueing_lock = ANY(CAST(:keys AS text[])) AND job.status = 'todo' AND job.priority < 0
        AND due.bulk = 0
        FOR UPDATE OF job SKIP LOCKED
    )
    """
)
_SHARE_OF_BULK = text(
    """
    UPDATE procrastinate_jobs SET priority = 0 WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE queue_name = :queue AND status = 'todo' AND priority < 0
        ORDER BY id LIMIT :share
        FOR UPDATE SKIP LOCKED
    )
    """
)


def _arrays(jobs: list[Job]) -> dict[str, object]:
    return {
        "queue": QUEUE,
        "furthest": FURTHEST,
        "keys": [job.key for job in jobs],
        "tasks": [job.task for job in jobs],
        "args": [json.dumps(job.args) for job in jobs],
        "ats": [job.at for job in jobs],
    }


def sweep(
    conn: Connection,
    sites: Iterable[str],
    now: datetime,
    *,
    resting: Iterable[str] = (),
    without: Iterable[str] = (),
    share: int = SHARE,
) -> int:
    """Announce what is due, or will be in a moment, and has no waiting job; how many keys.

    `sites` are those that are known: rows of a site that was removed wait for nobody. `resting` are those whose deliveries
    are not read for now, `without` those whose objectives are left alone. Of what waits in bulk the oldest `share` become as
    urgent as what people did.
    """
    here, known = {"now": to_ms(now)}, set(sites)
    asked = sorted(known - set(resting))
    found = [refresh_job(site) for site in asked if conn.execute(_DELIVERED, {**here, "site": site}).first()]
    soon = to_ms(now + timedelta(seconds=1))
    rows = conn.execute(
        _DUE,
        {"now": to_ms(now), "soon": soon, "most": MOST_SWEPT, "sites": sorted(known - set(without))},
    )
    found += [reconcile_job(row.site, row.objective_id, from_ms(row.run_after)) for row in rows]
    announce(conn, found)
    conn.execute(_SHARE_OF_BULK, {"queue": QUEUE, "share": share})
    return len(found)


def follow_up(conn: Connection, site: str, objective_id: str, now: datetime) -> None:
    """After a run: announce the key again where its row is to be served soon (an event came, or its quiet period lasts)."""
    row = conn.execute(_ROW, {"site": site, "objective_id": objective_id}).first()
    if row is not None and row.at <= to_ms(now + FURTHEST):
        announce(conn, [reconcile_job(site, objective_id, from_ms(row.at))])


_DELIVERED = text(
    """
    SELECT 1 FROM delivery
    WHERE status = 'pending' AND site = :site AND (lease_until IS NULL OR lease_until <= :now)
    AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS waiting
        WHERE waiting.queueing_lock = 'inbox:' || :site AND waiting.status = 'todo'
    )
    LIMIT 1
    """
)
_DUE = text(
    """
    SELECT site, objective_id, run_after FROM due
    WHERE buried_at IS NULL AND run_after <= :soon AND (lease_until IS NULL OR lease_until <= :now)
    AND site = ANY(CAST(:sites AS text[]))
    AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS waiting
        WHERE waiting.queueing_lock = 'objective:' || due.site || ':' || due.objective_id
        AND waiting.status = 'todo'
    )
    ORDER BY bulk, run_after LIMIT :most
    """
)
_ROW = text(
    """
    SELECT GREATEST(run_after, COALESCE(lease_until, 0)) AS at FROM due
    WHERE site = :site AND objective_id = :objective_id AND buried_at IS NULL
    """
)


def install(store: Store) -> None:
    """Bring Procrastinate's own tables into the database, or up to the release that is here; safe in many processes at once."""
    here = version(ENGINE)
    with store.read() as conn:
        if engine_versions.get(conn, ENGINE) == here:
            return
    with store.write() as conn:
        conn.execute(text("SET LOCAL lock_timeout = 0"))  # another's installation may take longer
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        installed = engine_versions.get(conn, ENGINE)
        if installed == here:
            return
        for script in _scripts(conn, installed):
            # The driver runs several statements at once only without parameters.
            _driver(conn).execute(script)
        engine_versions.put(conn, ENGINE, here)


def _scripts(conn: Connection, installed: str | None) -> list[str]:
    from procrastinate.schema import SchemaManager  # a library that no other engine needs

    if conn.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        return [SchemaManager.get_schema()]
    paths = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return [path.read_text(encoding="utf-8") for path in newer_scripts(paths, installed)]


def newer_scripts(paths: Iterable[Path], installed: str | None) -> list[Path]:
    """The migrations of releases after the installed one; none where that is not known."""
    known = _numbers(installed or "")
    return [path for path in paths if known and _numbers(path.name.partition("_")[0]) > known]


def _numbers(text_: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text_)[:3])


def _driver(conn: Connection) -> Any:
    return conn.connection.driver_connection
