"""Errands: long work that a person asked for on a page. It runs in a thread here; how far it is stands in the store for all processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import structlog

from connectors.jira.http.errors import JiraError
from connectors.store import StoreError
from connectors.store.sites import facts
from mappings.diagnostic import MappingError
from plugin.runtime.connector import Connector, NotReady

SILENT_FOR = timedelta(minutes=2)
"""An errand that said nothing for so long ended with its process; another one may begin."""
TELLS_EVERY_SECONDS = 0.3

Report = Callable[[int, int | None], None]
Work = Callable[[Report], str]

log = structlog.get_logger("jira_okr.errands")


@dataclass(frozen=True, slots=True)
class Errand:
    """One errand: `said` is its result or what went wrong, `todo` what to do about it; `total` None is not known yet.

    `counting` is when the first number came, and `at_first` that number: work that is gone on with does not begin at 0.
    """

    name: str
    by: str
    began: datetime
    seen: datetime
    state: Literal["running", "done", "failed"] = "running"
    done: int = 0
    total: int | None = None
    said: str = ""
    todo: str = ""
    at_first: int = 0
    counting: datetime | None = None

    @property
    def per_second(self) -> float | None:
        """How fast it goes; None while that cannot be said."""
        if self.counting is None or self.seen <= self.counting or self.done <= self.at_first:
            return None
        return (self.done - self.at_first) / (self.seen - self.counting).total_seconds()

    @property
    def seconds_left(self) -> int | None:
        """How long it will take at that pace; None while that cannot be said."""
        pace = self.per_second
        if self.state != "running" or not pace or self.total is None:
            return None
        return round(max(self.total - self.done, 0) / pace)

    def is_running(self, now: datetime) -> bool:
        """Whether it still goes on."""
        return self.state == "running" and now - self.seen < SILENT_FOR


def latest(connector: Connector, site: str, name: str) -> Errand | None:
    """The latest errand of this name; one that fell silent has failed."""
    with connector.store.read() as conn:
        found: Errand | None = facts.get(conn, site, _fact(name), Errand | None)
    if found is None or found.state != "running" or found.is_running(connector.clock()):
        return found
    return replace(found, state="failed", said="It stopped without a word.", todo="Start it again.")


def begin(connector: Connector, site: str, name: str, by: str, work: Work) -> bool:
    """Run this in a thread; False where one of this name runs already."""
    now = connector.clock()
    with connector.store.write() as conn:
        running: Errand | None = facts.get(conn, site, _fact(name), Errand | None)
        if running is not None and running.is_running(now):
            return False
        errand = Errand(name, by, now, now)
        facts.put(conn, site, _fact(name), errand)
    thread = threading.Thread(
        target=_run, args=(connector, site, errand, work), name=f"okr-{name}", daemon=True
    )
    thread.start()
    return True


def _run(connector: Connector, site: str, errand: Errand, work: Work) -> None:
    teller = _Teller(connector, site, errand)
    try:
        said = work(teller.report)
        teller.tell(state="done", said=said)
    except (JiraError, NotReady, MappingError, StoreError) as error:
        said = str(getattr(error, "message", error))
        teller.tell(state="failed", said=said, todo=str(getattr(error, "remedy", "")))
    except Exception:
        log.exception("errand failed", site=site, errand=errand.name)
        teller.tell(
            state="failed", said="Something broke.", todo="It has been logged; show the log to an operator."
        )


class _Teller:
    """Writes down how far an errand is, not more often than anybody looks."""

    def __init__(self, connector: Connector, site: str, errand: Errand) -> None:
        self._connector = connector
        self._site = site
        self._errand = errand
        self._told = 0.0

    def report(self, done: int, total: int | None) -> None:
        """Called at each step of the work."""
        if time.monotonic() - self._told < TELLS_EVERY_SECONDS:
            return
        self._told = time.monotonic()
        if self._errand.counting is None:
            self._errand = replace(self._errand, at_first=done, counting=self._connector.clock())
        self.tell(done=done, total=total)

    def tell(self, **news: object) -> None:
        """Keep what is new of the errand."""
        self._errand = replace(self._errand, seen=self._connector.clock(), **news)  # type: ignore[arg-type]
        try:
            with self._connector.store.write() as conn:
                facts.put(conn, self._site, _fact(self._errand.name), self._errand)
        except StoreError:
            log.warning("progress of an errand could not be kept", site=self._site, errand=self._errand.name)


def _fact(name: str) -> str:
    return f"errand:{name}"
