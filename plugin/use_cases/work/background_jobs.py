"""Background jobs: long work that a person asked for on a page. It runs in a thread here; how far it is stands in the store for all processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from connectors.jira.http.errors import JiraError
from connectors.store import StoreError
from connectors.store.jobs import background_jobs
from connectors.store.jobs.background_jobs import SILENT_FOR, BackgroundJob
from mappings.diagnostic import MappingError
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import VIEWER, question

TELLS_EVERY_SECONDS = 0.3

__all__ = ["SILENT_FOR", "TELLS_EVERY_SECONDS", "BackgroundJob", "Report", "begin", "latest_job"]

Report = Callable[[int, int | None], None]
Work = Callable[[Report], str]

log = structlog.get_logger("jira_okr.background")


@question(VIEWER)
def latest_job(connector: Connector, _actor: Actor, site: str, name: str) -> BackgroundJob | None:
    """The latest job of this name; one that fell silent has failed."""
    with connector.store.read() as conn:
        found = background_jobs.load_latest(conn, site, name)
    if found is None or found.state != "running" or found.is_running(connector.clock()):
        return found
    return replace(found, state="failed", said="It stopped without a word.", todo="Start it again.")


def begin(connector: Connector, site: str, name: str, by: str, work: Work) -> bool:
    """Run this in a thread; False where one of this name runs already."""
    now = connector.clock()
    job = BackgroundJob(name, by, now, now)
    with connector.store.write() as conn:
        if not background_jobs.begin(conn, site, job):
            return False
    thread = threading.Thread(target=_run, args=(connector, site, job, work), name=f"okr-{name}", daemon=True)
    thread.start()
    return True


def _run(connector: Connector, site: str, job: BackgroundJob, work: Work) -> None:
    teller = _Teller(connector, site, job)
    try:
        said = work(teller.report)
        teller.tell(state="done", said=said)
    except (JiraError, Refusal, MappingError, StoreError) as error:
        said = str(getattr(error, "message", error))
        teller.tell(state="failed", said=said, todo=str(getattr(error, "remedy", "")))
    except Exception:
        log.exception("job failed", site=site, job=job.name)
        teller.tell(
            state="failed", said="Something broke.", todo="It has been logged; show the log to an operator."
        )


class _Teller:
    """Writes down how far a job is, not more often than anybody looks."""

    def __init__(self, connector: Connector, site: str, job: BackgroundJob) -> None:
        self._connector = connector
        self._site = site
        self._job = job
        self._told = 0.0

    def report(self, done: int, total: int | None) -> None:
        """Called at each step of the work."""
        if time.monotonic() - self._told < TELLS_EVERY_SECONDS:
            return
        self._told = time.monotonic()
        if self._job.counting is None:
            self._job = replace(self._job, at_first=done, counting=self._connector.clock())
        self.tell(done=done, total=total)

    def tell(self, **news: object) -> None:
        """Keep what is new of the job."""
        self._job = replace(self._job, seen=self._connector.clock(), **news)  # type: ignore[arg-type]
        try:
            with self._connector.store.write() as conn:
                background_jobs.tell(conn, self._site, self._job)
        except StoreError:
            log.warning("progress of a job could not be kept", site=self._site, job=self._job.name)
