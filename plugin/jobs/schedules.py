"""What happens by the clock: both resyncs, the daily look at pace, what settles of KPIs, pruning. When each ran last is kept in the store, and who runs it now."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from connectors.jira.http.errors import JiraError
from connectors.store import StoreError
from connectors.store.absence import tombstones
from connectors.store.imports import imports
from connectors.store.jobs import pace_days, schedules, standstills
from connectors.store.kpis import kpi_failures
from connectors.store.mirror import issue_histories, state_changes
from connectors.store.numbers import objectives
from connectors.store.people import sign_in_attempts
from connectors.store.reads import failures, read_requests
from connectors.store.sites import catalogues
from connectors.store.visibility import past_sights
from connectors.store.visibility.account_people import HOLDS
from connectors.store.work import inbox, outbox
from connectors.store.writes import write_counts, write_retention
from mappings.document.version_orders import compares_versions
from plugin.jobs.history_retention import read_counted, thin_history
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.process import worker_name
from plugin.sync import outage
from plugin.sync.active_mapping import under_the_ruling
from plugin.sync.context import Context
from plugin.sync.reconcile import survey
from plugin.sync.refresh import issue_steps
from plugin.sync.refresh.tombstones import WINDOW
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.resync.watermark import want_full_read
from plugin.use_cases.cycles.closure import close_due
from plugin.use_cases.cycles.locks import lock_due
from plugin.use_cases.digests.alerts import forget_gone
from plugin.use_cases.digests.digests import tell_due
from plugin.use_cases.forecasts import forecast_record
from plugin.use_cases.forge.contributions import bring_up_to_date
from plugin.use_cases.health import webhook_state
from plugin.use_cases.kpis.creation import make_wanted
from plugin.use_cases.kpis.current_values import write_current_values
from plugin.use_cases.kpis.departures import follow_departures
from plugin.use_cases.kpis.episodes import follow_key_results
from plugin.use_cases.kpis.settled_periods import count_settled
from plugin.use_cases.kpis.sources.pulls import read_due
from plugin.use_cases.mappings.mapping_life import resume_activation
from plugin.use_cases.record import chain, push
from plugin.use_cases.sites.app_webhook import keep_alive
from plugin.use_cases.subscriptions.subscriptions import relay

LEASE = timedelta(minutes=5)
"""How long a run may say nothing before another process takes it up; a resync speaks with every page."""
AGAIN_AFTER = timedelta(minutes=1)
"""When a run that failed is tried again."""
AT_HAND = timedelta(hours=1)
"""So long deliveries that are settled are left as they came: what was told of late is looked at again."""
CATALOGUE_REST = timedelta(seconds=50)
"""The catalogue is not read again sooner: both resyncs may be due at the same moment, each minute at most."""
NOT_READY_AGAIN_AFTER = timedelta(seconds=5)
RESYNC = "resync"
RECENT = "recent"
READS: dict[str, failures.Kind] = {RESYNC: "full", RECENT: "recent"}
SHORTEST_PAUSE = timedelta(minutes=2)
"""Between two resyncs that are asked for (a renamed version touches issues that no delivery names)."""

log = structlog.get_logger("jira_okr.schedules")


class RunInterruption(Exception):
    """The process stops, or another one took the run over."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One recurring task of a site. `run` calls the function it is given now and then, which may raise Interrupted.

    `wanted` says, without asking the database, whether there is anything to run it for.
    """

    name: str
    every: timedelta
    run: Callable[[Connector, str, Callable[[], None]], object]
    wanted: Callable[[Connector, str], bool] = lambda _connector, _site: True


def look_at_pace(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """A new day changes what is expected: every objective is looked at once after midnight of the mapping's zone, and due where it differs.

    The day counts as begun once all are looked at: an interrupted look begins anew.
    """
    context = connector.context(site)
    today = context.instant.today
    with connector.store.read() as conn:
        if pace_days.is_known(conn, site, today):
            return
        known = objectives.ids(conn, site)
    survey.mark_differing(context, known, "a new day", going_on)
    with connector.store.write() as conn:
        pace_days.turn(conn, site, today)


def go_on_activating(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """An activation that was interrupted while it read goes on."""
    resume_activation(connector, site, lambda _done, _total: going_on())


def count_kpis(connector: Connector, site: str, _going_on: Callable[[], None]) -> None:
    """A period settles with the clock, whether anything comes in or not; the issues of key results are looked at beside."""
    count_settled(connector, site)
    follow_key_results(connector, site)
    make_wanted(connector, site)
    write_current_values(connector, site)


def read_kpis(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """The sources of KPIs whose periods have ended are asked."""
    read_due(connector, site, going_on)


def close_cycles(connector: Connector, site: str, _going_on: Callable[[], None]) -> None:
    """Cycles are locked by themselves so long after their start, and closed so long after their end, as the mapping says."""
    lock_due(connector, site)
    close_due(connector, site)


def tell(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """The digests that are due are made, once each, and what is on its way is sent."""
    tell_due(connector, site, going_on)


def relay_events(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """What happened is told to programs that subscribed."""
    relay(connector, site, going_on)


def bring_clauses(connector: Connector, site: str, _going_on: Callable[[], None]) -> None:
    """What Jira keeps of the JQL function of the Forge app is brought up to date."""
    bring_up_to_date(connector, site)


def keep_webhook(connector: Connector, site: str, _going_on: Callable[[], None]) -> None:
    """The webhook of an OAuth app is refreshed long before it is over, or registered anew where it was lost."""
    keep_alive(connector, site)


def prune(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """Compress what deliveries said, and forget deliveries and audit entries older than their settings, all but a day's last point of old history and a week's last of older, all but the last old write of each place, and former attempts to sign in."""
    now = connector.clock()
    old = now - timedelta(days=connector.settings.keep_history_days)
    with connector.store.write() as conn:
        inbox.prune(conn, now - timedelta(days=connector.settings.keep_deliveries_days))
        sign_in_attempts.prune(conn, now - timedelta(days=1))
        tombstones.prune(conn, now - WINDOW)
        outbox.prune(conn, site, old)
        issue_histories.prune(conn, site)
        state_changes.prune(conn, site, old)
        imports.prune(conn, site, old)
        write_counts.fold(conn, site)
        inbox.fold(conn, site)
        past_sights.prune(conn, site, now - HOLDS)
        if connector.watches_kpis(site):
            kpi_failures.prune(conn, site, old)
    read_counted(connector, site, going_on)
    past_sights.forget_uncounted(connector.store, site, going_on)
    chain.forget_sign_ins(connector)
    chain.forget_old(connector)
    inbox.compress(connector.store, site, now - AT_HAND, going_on)
    thin_history(connector, site, going_on)
    write_retention.thin(connector.store, site, old, going_on)
    forecast_record.forget_old(connector, site)
    follow_departures(connector, site)
    forget_gone(connector, site)


def end_standstills(connector: Connector, site: str, _going_on: Callable[[], None]) -> None:
    """What a clock that was far ahead left behind holds nothing up, whichever site's turn it is."""
    now = connector.clock()
    with connector.store.read() as conn:
        if not standstills.is_any(conn, now):
            return
    with connector.store.write() as conn:
        ended = standstills.end(conn, now)
    if ended:
        log.warning("a clock was far ahead; what it held up goes on", site=site, ended=ended)


def seal_record(connector: Connector, _site: str, _going_on: Callable[[], None]) -> None:
    """What was noted in the audit log is bound to what stood before, whichever site's turn it is, and goes to what collects it."""
    chain.seal(connector)
    push.push_record(connector)


def forecast(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """What is said today of each objective is kept once; what was said in a cycle that has ended is held against what came of it."""
    forecast_record.keep_today(connector, site, going_on)
    forecast_record.judge_ended(connector, site, going_on)


def with_names_of_today(connector: Connector, site: str) -> Context:
    """The context of a read, once the catalogue has been read again: a field that is gone is noticed before it is missed, and an order of versions that is another."""
    ordered = compares_versions(connector.context(site).mapping.document)
    with connector.store.read() as conn:
        read = catalogues.read_at(conn, site)
    if ordered or read is None or connector.clock() - read >= CATALOGUE_REST:
        connector.catalogue(site, fresh=True)
    return connector.context(site)


def read_everything(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """A resync that tells with every page that it is alive; then a look whether the webhook is as it should be."""
    with_names_of_today(connector, site)
    under_the_ruling(
        lambda: connector.context(site), lambda ruling: resync(ruling, lambda _done, _total: going_on())
    )
    context = connector.context(site)
    issue_steps.keep_up(context, lambda _done, _total: going_on())
    outage.note_answer(context)
    webhook_state.look(connector, site)


def read_recent(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """What changed of late. Where that has no beginning (another scope, other fields than were read), everything is wanted."""
    with_names_of_today(connector, site)
    found = under_the_ruling(
        lambda: connector.context(site),
        lambda ruling: resync_recent(ruling, lambda _done, _total: going_on()),
    )
    context = connector.context(site)
    if found is None:
        want_full_read(context)
    else:
        outage.note_answer(context)


class Schedules:
    """Runs what is due for every site, each task in one process at a time; one failing task never stops another."""

    def __init__(self, connector: Connector, stopping: Callable[[], bool] = lambda: False) -> None:
        self._connector = connector
        self._stopping = stopping
        self._holder = worker_name(uuid.uuid4().hex)
        self.all = [
            Schedule("clock", timedelta(minutes=5), end_standstills),
            Schedule("pace", timedelta(minutes=1), look_at_pace),
            Schedule("forecast", timedelta(minutes=1), forecast),
            Schedule("cycles", timedelta(hours=1), close_cycles),
            Schedule("record", timedelta(minutes=1), seal_record),
            Schedule("prune", timedelta(hours=6), prune),
            Schedule("kpis", timedelta(minutes=1), count_kpis, Connector.watches_kpis),
            Schedule("kpi sources", timedelta(minutes=1), read_kpis, Connector.reads_kpis),
            Schedule("tell", timedelta(minutes=1), tell),
            Schedule("events", timedelta(minutes=1), relay_events),
            Schedule("activation", timedelta(minutes=1), go_on_activating),
            Schedule("webhook", timedelta(hours=1), keep_webhook, Connector.signs_in_by_app),
        ]
        if connector.settings.forge is not None:
            self.all.append(Schedule("forge", timedelta(minutes=10), bring_clauses))
        if connector.settings.resync_minutes:
            every = timedelta(minutes=connector.settings.resync_minutes)
            self.all.append(Schedule(RESYNC, every, read_everything))
        if connector.settings.recent_minutes:
            every = timedelta(minutes=connector.settings.recent_minutes)
            self.all.append(Schedule(RECENT, every, read_recent))

    def due(self) -> list[Schedule]:
        """The tasks that are due for some site, as one statement shows it. Whoever runs one looks again; a fault waits for the next look."""
        connector, now = self._connector, self._connector.clock()
        try:
            with connector.store.read() as conn:
                known, wished = schedules.load_appointments(conn)
        except Exception as error:  # the next look is due soon
            log.warning("schedules not looked at", error=str(error))
            return []
        sites = list(connector.sites)

        def is_due(one: Schedule, site: str) -> bool:
            standing = known.get((site, one.name), schedules.NEVER)
            every = _every(one, wished=site in wished)
            return one.wanted(connector, site) and standing.is_due(self._holder, now, every)

        return [one for one in self.all if any(is_due(one, site) for site in sites)]

    def run_due(self) -> None:
        """Run every task that is due now."""
        for schedule in self.due():
            self.run(schedule)

    def run(self, schedule: Schedule) -> None:
        """Run one task for every site where it is due now."""
        for site in list(self._connector.sites):
            if not self._stopping() and schedule.wanted(self._connector, site):
                self._run(site, schedule)

    def _run(self, site: str, schedule: Schedule) -> None:
        try:
            if not self._take(site, schedule):
                return
            schedule.run(self._connector, site, lambda: self._go_on(site, schedule))
            self._done(site, schedule)
        except RunInterruption:
            self._let_go(site, schedule, timedelta(0))
        except Refusal:
            self._let_go(site, schedule, NOT_READY_AGAIN_AFTER)
        except JiraError as error:
            log.warning("schedule failed", site=site, schedule=schedule.name, error=str(error))
            outage.note_refusal(self._connector.store, site, self._connector.clock(), error)
            self._note_failure(site, schedule, error)
            self._let_go(site, schedule, AGAIN_AFTER)
        except Exception:
            log.exception("schedule failed", site=site, schedule=schedule.name)
            self._let_go(site, schedule, AGAIN_AFTER)

    def _note_failure(self, site: str, schedule: Schedule, error: JiraError) -> None:
        """A read that fails for ever, for whatever reason, must not look like one that finds nothing."""
        kind = READS.get(schedule.name)
        if kind is None:
            return
        try:
            with self._connector.store.write() as conn:
                failures.note(conn, site, kind, self._connector.clock(), error.message, error.remedy)
        except StoreError as fault:
            log.warning("a failed read was not noted", site=site, error=str(fault))

    def _take(self, site: str, schedule: Schedule) -> bool:
        now = self._connector.clock()
        with self._connector.store.write() as conn:
            wished = schedule.name == RESYNC and read_requests.is_open(conn, site)
            every = _every(schedule, wished=wished)
            return schedules.take(conn, site, schedule.name, self._holder, now, now + LEASE, every)

    def _go_on(self, site: str, schedule: Schedule) -> None:
        if self._stopping() or site not in self._connector.sites:
            raise RunInterruption
        until = self._connector.clock() + LEASE
        with self._connector.store.write() as conn:
            if not schedules.renew(conn, site, schedule.name, self._holder, until):
                raise RunInterruption

    def _done(self, site: str, schedule: Schedule) -> None:
        with self._connector.store.write() as conn:
            schedules.ran(conn, site, schedule.name, self._connector.clock())
            schedules.end(conn, site, schedule.name, self._holder)

    def _let_go(self, site: str, schedule: Schedule, rest: timedelta) -> None:
        """Free for any process once the rest is over."""
        try:
            with self._connector.store.write() as conn:
                until = self._connector.clock() + rest if rest else None
                schedules.rest(conn, site, schedule.name, self._holder, until)
        except Exception:
            log.exception("schedule could not be given back; its lease runs out", site=site)


def _every(schedule: Schedule, *, wished: bool) -> timedelta:
    """How long it rests; a read of everything that somebody asked for comes sooner."""
    return min(schedule.every, SHORTEST_PAUSE) if wished and schedule.name == RESYNC else schedule.every
