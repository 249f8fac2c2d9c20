"""The distributed engine: Procrastinate on the PostgreSQL that holds the data, any number of processes on any machines.

Its jobs only wake somebody for a key. Retry is off, for backing off lives in the due table: a job never fails. A job that
a killed worker left `doing` would block its key for ever; it is marked failed, its leases are given back, and the row that is
still due is announced again by the sweep. Of a dead process of this machine that is known at once, of others by their heartbeats.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.worker import Worker
from sqlalchemy import Connection

from connectors.store.work import due, inbox
from plugin.jobs import queue
from plugin.jobs.fresh_start import try_jira_at_once
from plugin.jobs.orphans import LOOK_SECONDS, free_orphans
from plugin.jobs.port import STOP_SECONDS
from plugin.jobs.schedules import Schedules
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.process import worker_name
from plugin.sync import outage
from plugin.sync.context import Context
from plugin.sync.work import is_barred, reconcile_one, work_off_inbox

POLLING_SECONDS = 0.2
"""Quiet periods end by time, which notifies nobody."""
SWEEP_SECONDS = 1.0
MISSED_HEARTBEATS = 3
JOB = "/job-"
FORGET_HOURS = 24

log = structlog.get_logger("jira_okr.engine")


class DistributedEngine:
    """One worker process: `workers` jobs at once, the sweep, and the schedules that no other process runs. None with 0."""

    def __init__(self, connector: Connector, workers: int) -> None:
        self._connector = connector
        self._count = workers
        self._heartbeat = connector.settings.heartbeat_seconds
        self._stop = threading.Event()
        self._worker: Worker | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start to work; with no workers there is nothing to start, for jobs are enqueued where work is made."""
        if not self._count:
            return
        try_jira_at_once(self._connector)
        for loop in (self._work, self._sweep, self._keep_schedules):
            thread = threading.Thread(
                target=loop, name=f"okr-{loop.__name__.strip('_').replace('_', '-')}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def announce(self) -> None:
        """Nothing: what was announced in the transaction notifies at its commit."""

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Let every job finish, then end. What is not finished by then stays in the tables."""
        self._stop.set()
        worker = self._worker
        if worker is not None:
            worker.stop()  # type: ignore[no-untyped-call]
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads.clear()

    # -- jobs

    def _work(self) -> None:
        """A worker that broke (the database was away) is replaced."""
        while not self._stop.is_set():
            try:
                asyncio.run(self._run())
            except Exception:
                log.exception("worker failed; a new one is started")
                self._stop.wait(1.0)

    async def _run(self) -> None:
        pool = ThreadPoolExecutor(self._count + 1, "okr-job")
        asyncio.get_running_loop().set_default_executor(pool)
        app = self._app()
        async with app.open_async():
            mending = asyncio.create_task(self._mend(app))
            try:
                await self._run_worker(app)
            finally:
                mending.cancel()
                pool.shutdown(wait=False)

    async def _run_worker(self, app: procrastinate.App) -> None:
        self._worker = Worker(
            app,
            queues=[queue.QUEUE],
            concurrency=self._count,
            fetch_job_polling_interval=POLLING_SECONDS,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self._heartbeat,
            stalled_worker_timeout=self._heartbeat * MISSED_HEARTBEATS,
        )
        try:
            # `run` forgets a stop that came before it: look again once it is under way
            running = asyncio.create_task(self._worker.run())  # type: ignore[no-untyped-call]
            await asyncio.sleep(0)
            if self._stop.is_set():
                self._worker.stop()  # type: ignore[no-untyped-call]
            await running
        finally:
            self._worker = None

    def _app(self) -> procrastinate.App:
        address = self._connector.store.engine.url.set(drivername="postgresql")
        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=address.render_as_string(hide_password=False),
                min_size=1,
                max_size=self._count + 3,
            )
        )
        app.task(name=queue.REFRESH, pass_context=True)(self._refresh)
        app.task(name=queue.RECONCILE, pass_context=True)(self._reconcile)
        return app

    def _refresh(self, job: procrastinate.JobContext, site: str) -> None:
        """Batches of deliveries until the inbox is empty."""
        worker = _worker_name(job.job.id)
        more = True
        while more and not self._stop.is_set():
            more = False
            with self._site(site) as context:
                more = context is not None and work_off_inbox(context, worker) > 0

    def _reconcile(self, job: procrastinate.JobContext, site: str, objective_id: str) -> None:
        """This objective, if it is due."""
        with self._site(site) as context:
            if context is None or self._stop.is_set():
                return
            reconcile_one(context, _worker_name(job.job.id), objective_id)
            with context.store.write() as conn:
                if not is_barred(conn, site):
                    queue.follow_up(conn, site, objective_id, context.clock())

    @contextmanager
    def _site(self, site: str) -> Iterator[Context | None]:
        """A job ends well whatever happens: what failed is in the tables. None where there is nothing to work with."""
        context = self._context(site)
        try:
            yield context
        except Exception:
            log.exception("job failed", site=site)

    def _context(self, site: str) -> Context | None:
        try:
            return self._connector.context(site)
        except Refusal as reason:
            log.warning("job dropped; the work is kept", site=site, why=str(reason))
        except Exception:
            log.exception("job failed", site=site)
        return None

    # -- what is left behind

    async def _mend(self, app: procrastinate.App) -> None:
        """Again and again: end the jobs of workers that no longer give a sign of life, and forget old failures."""
        while True:
            try:
                await self._free_orphans(app)
                for job in await app.job_manager.get_stalled_jobs(
                    seconds_since_heartbeat=self._heartbeat * MISSED_HEARTBEATS
                ):
                    await self._end_stalled(app, job)
                await app.job_manager.delete_old_jobs(FORGET_HOURS, include_failed=True, include_aborted=True)
            except ConnectorException as error:
                log.warning("stalled jobs could not be looked for", error=str(error))
            except Exception:
                log.exception("what dead workers left could not be given back")
            await asyncio.sleep(min(self._heartbeat, LOOK_SECONDS))

    async def _free_orphans(self, app: procrastinate.App) -> None:
        """What processes of this place held that are gone: their leases, and the jobs that the leases name."""
        for worker in await asyncio.to_thread(free_orphans, self._connector.store):
            _, named, job_id = worker.partition(JOB)
            if named and job_id.isdecimal():
                with suppress(ConnectorException):  # another process was faster
                    await app.job_manager.finish_job_by_id_async(int(job_id), Status.FAILED, delete_job=False)

    async def _end_stalled(self, app: procrastinate.App, job: Job) -> None:
        """Failed, not retried: a retry collides with the follow-up that waits for the same key, and then the key is blocked."""
        try:
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        except ConnectorException:
            return  # another process was faster
        await asyncio.to_thread(self._release, f"{JOB}{job.id}")
        log.warning("a worker died; its job is given back", job=job.id, task=job.task_name, **job.task_kwargs)

    def _release(self, job: str) -> None:
        """Whatever process ran the job."""
        with self._connector.store.write() as conn:
            for worker in due.holders(conn) | inbox.holders(conn):
                if worker.endswith(job):
                    due.release(conn, worker)
                    inbox.release(conn, worker)

    # -- by the clock

    def _sweep(self) -> None:
        """Announce what is due and has no waiting job: rows whose time came, leases that ran out, whatever was lost."""
        while not self._stop.wait(SWEEP_SECONDS):
            try:
                with self._connector.store.write() as conn:
                    self._announce_due(conn, self._connector.clock())
            except Exception:
                log.exception("sweep failed")

    def _announce_due(self, conn: Connection, now: datetime) -> None:
        """Where Jira is out, only that somebody tries it again, and that once its time has come; where a site is half read, no objective."""
        sites = set(self._connector.sites)
        resting = {site for site in sites if outage.rests(conn, site, now)}
        out = {site for site in sites if outage.bars_everything(conn, site)}
        barred = {site for site in sites if is_barred(conn, site)}
        queue.announce(conn, [queue.refresh_job(site) for site in out - resting])
        queue.sweep(conn, sites, now, resting=resting, without=barred)

    def _keep_schedules(self) -> None:
        schedules = Schedules(self._connector, self._stop.is_set)
        while not self._stop.wait(1.0):
            schedules.run_due()


def _worker_name(job_id: int | None) -> str:
    """Leases bear the names of process and job, so that they can be given back when either is found dead."""
    return worker_name(f"{JOB.lstrip('/')}{job_id}")
