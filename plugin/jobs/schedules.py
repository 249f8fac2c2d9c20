"""What happens by the clock: resync, the daily look at pace, pruning of old deliveries. When each ran last is kept in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connectors.store import due, facts, inbox, objectives
from plugin.connector import Connector, NotReady
from plugin.sync.resync import resync

log = structlog.get_logger("jira_okr.schedules")


@dataclass(frozen=True, slots=True)
class Schedule:
    """One recurring task of a site."""

    name: str
    every: timedelta
    run: Callable[[Connector, str], object]


def is_due(last: str | None, every: timedelta, now: datetime) -> bool:
    """Whether a task that last ran at this ISO time should run again; one that never ran should."""
    return last is None or now - datetime.fromisoformat(last) >= every


def look_at_pace(connector: Connector, site: str) -> None:
    """A new day changes what is expected: every objective is looked at once after midnight of the mapping's zone."""
    context = connector.context(site)
    today = context.moment().today.isoformat()
    with connector.store.write() as conn:
        if facts.get(conn, site, "pace_day") == today:
            return
        known = [saved.state.id for saved in objectives.all(conn, site)]
        due.mark(conn, site, known, connector.clock(), "a new day")
        facts.put(conn, site, "pace_day", today)


def prune(connector: Connector, _site: str) -> None:
    """Forget deliveries that are older than the retention setting."""
    before = connector.clock() - timedelta(days=connector.settings.keep_deliveries_days)
    with connector.store.write() as conn:
        inbox.prune(conn, before)


class Schedules:
    """Runs what is due for every site; one failing task never stops another."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        resync_every = timedelta(minutes=connector.settings.resync_minutes)
        self._all = [
            Schedule("pace", timedelta(minutes=1), look_at_pace),
            Schedule("prune", timedelta(hours=6), prune),
        ]
        if resync_every:
            self._all.append(
                Schedule("resync", resync_every, lambda connector, site: resync(connector.context(site)))
            )

    def run_due(self) -> None:
        """Run every task that is due now."""
        for site in list(self._connector.sites):
            for schedule in self._all:
                self._run(site, schedule)

    def _run(self, site: str, schedule: Schedule) -> None:
        now = self._connector.clock()
        name = f"schedule:{schedule.name}"
        try:
            with self._connector.store.write() as conn:
                if not is_due(facts.get(conn, site, name), schedule.every, now):
                    return
                facts.put(conn, site, name, now.isoformat())
            schedule.run(self._connector, site)
        except NotReady:
            return
        except Exception:
            log.exception("schedule failed", site=site, schedule=schedule.name)
