"""How the sites stand: how fresh the data is, what waits, what failed, and what to do about it. Pages, API, command, `/readyz` and
`/metrics` read these values and no others. What ought to trouble somebody is in `plugin.use_cases.health.concerns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from connectors.store import StoreError
from connectors.store.absence import losses
from connectors.store.absence.losses import Loss
from connectors.store.jobs import crashes, schedules
from connectors.store.jobs.counts import ProcessCounts
from connectors.store.jobs.crashes import Crash
from connectors.store.jobs.processes import put_and_take
from connectors.store.lists import list_rows
from connectors.store.mappings import activation_runs, name_comparisons, revisions
from connectors.store.mappings.activation_runs import ActivationRun
from connectors.store.mappings.name_comparisons import NameComparison
from connectors.store.mirror import mirror
from connectors.store.reads import failures, full_reads
from connectors.store.reads.failures import ReadFailure
from connectors.store.visibility import issue_sights
from connectors.store.visibility.issue_sights import BelievedSights
from connectors.store.work import due, inbox, last_reconcile
from connectors.store.writes import brakes, writes
from connectors.store.writes.brakes import Brake
from mappings.rollup.state import HealthLevel
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Site
from plugin.runtime.processes.heartbeat import Process, count_processes, processes
from plugin.runtime.sites.credential_expiry import Expiry, expiry_at
from plugin.sync import outage
from plugin.sync.outage import Outage
from plugin.sync.resync import checkpoint
from plugin.sync.resync.checkpoint import Progress
from plugin.use_cases.health import webhook_state
from plugin.use_cases.health.budget import Budget, budget
from plugin.use_cases.health.delivery_health import DeliveryHealth, health_of
from plugin.use_cases.health.drift import Drift, drift_of, last_recent
from plugin.use_cases.health.webhook_state import WebhookLapse, WebhookState
from plugin.use_cases.permission import VIEWER, question
from plugin.use_cases.record import push
from plugin.use_cases.record.push import UnsentRecord
from plugin.use_cases.work import background_jobs
from plugin.use_cases.work.background_jobs import BackgroundJob
from plugin.use_cases.work.dead_letters import DeadLetter, letters
from plugin.use_cases.work.gaps import GapRow, gap_rows
from plugin.use_cases.work.held_writes import HeldWrite, held_writes
from plugin.use_cases.work.refusals import RefusedWrite, refused_writes
from plugin.use_cases.work.site_read import SYNC

ObjectiveCounts = Mapping[tuple[str, HealthLevel], int]

TRAFFIC = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
CRASHES = timedelta(days=1)
"""How long a process that ended without a word is told of."""
TRIED_EVERY = timedelta(seconds=2)
TRIAL_PATIENCE = 2.0
"""Seconds that `/readyz`, `status` and Sync health wait for others that write."""


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """How one site stood at an instant. None is "never" for the instants and "not looked up" for everything else.

    `due` objectives wait, the first of them overdue since `overdue_since`, with an unserved event since `waiting_since`. `drift` is
    what resyncs had to correct; `deliveries` counts the inbox by status, `per_minute` those of the last minutes, the latest last;
    `writes` counts the ledger of writes by outcome. `gaps` are what could not be read, the accepted ones last. `sync` is what a
    person asked for, `full_read` a read that has not come to its end. `names` is what Jira calls otherwise than the mapping does,
    and what it no longer has.
    """

    site: str
    at: datetime
    url: str | None = None
    mapping_revision: str | None = None
    issues: int | None = None
    newest_change: datetime | None = None
    last_delivery: datetime | None = None
    last_resync: datetime | None = None
    last_recent: datetime | None = None
    last_reconcile: datetime | None = None
    drift: Drift | None = None
    deliveries: Mapping[str, int] | None = None
    per_minute: tuple[int, ...] | None = None
    due: int = 0
    overdue_since: datetime | None = None
    waiting_since: datetime | None = None
    dead: tuple[DeadLetter, ...] = ()
    retried: tuple[tuple[str, str], ...] = ()
    """Objectives that wait for another attempt, each with why the last one failed."""
    refused: tuple[RefusedWrite, ...] = ()
    brake: Brake | None = None
    held: tuple[HeldWrite, ...] = ()
    activating: ActivationRun | None = None
    gaps: tuple[GapRow, ...] = ()
    losses: tuple[Loss, ...] = ()
    writes: Mapping[str, int] | None = None
    webhook: WebhookState | None = None
    lapse: WebhookLapse | None = None
    """What is wrong with the webhook that an app keeps alive."""
    sources: tuple[DeliveryHealth, ...] = ()
    """From where deliveries come."""
    sync: BackgroundJob | None = None
    full_read: Progress | None = None
    outage: Outage | None = None
    budget: Budget | None = None
    token_expires: date | None = None
    sights: BelievedSights | None = None
    """By which answers of Jira it is judged who may see what, where issues are shown by permission."""
    failing: tuple[ReadFailure, ...] = ()
    """Reads of everything, or of what changed of late, whose last try failed."""
    names: NameComparison | None = None
    processes: tuple[Process, ...] | None = None
    crashes: tuple[Crash, ...] = ()
    """Processes that ended without a word within the last day, the latest first."""
    unsent: UnsentRecord | None = None
    """What of the audit log waits for whoever collects it."""
    unwritable: StoreError | None = None
    """Why the database takes no write, where somebody has to help."""

    @property
    def credential(self) -> Expiry:
        """When the credential expires."""
        return expiry_at(self.token_expires, self.at)

    @property
    def heard(self) -> datetime | None:
        """When anything was last learnt of this site."""
        return max(
            (at for at in (self.last_delivery, self.last_resync, self.last_recent) if at), default=None
        )

    @property
    def at_work(self) -> tuple[Process, ...]:
        """The processes that live and work."""
        return at_work(self.processes or (), self.at)


BACKUP = ("", "backup")
"""Among the schedules: it is of no site, and runs by the clock of whoever operates the connector."""


@dataclass(frozen=True, slots=True)
class Installation:
    """All sites, every process that was heard of within the hour, and what all processes counted, those of former times too."""

    at: datetime
    sites: tuple[SiteStatus, ...]
    processes: tuple[Process, ...]
    counted: ProcessCounts
    crashes: tuple[Crash, ...] = ()
    backed_up_at: datetime | None = None
    """When the database was backed up last, as far as the connector was told."""
    unsent: UnsentRecord | None = None
    """What of the audit log waits for whoever collects it."""

    @property
    def living(self) -> tuple[Process, ...]:
        """The processes that gave a sign of life."""
        return tuple(one for one in self.processes if one.lives(self.at))


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a process can work, by how many workers; `why` it cannot, and what to do.

    `unread` are sites whose reads by the clock fail again and again: no reason to send traffic elsewhere, and nothing to be silent about.
    """

    ready: bool
    workers: int = 0
    why: str = ""
    todo: str = ""
    unread: tuple[str, ...] = ()
    retry_after: int = 30
    """Seconds after which it is worth asking again, where it cannot."""


@question(VIEWER)
def status(connector: Connector, actor: Actor, site: str) -> SiteStatus:
    """One site, which has to be there."""
    known, now = connector.site(site), connector.clock()
    with connector.store.read() as conn:
        found = replace(
            _status(conn, known, now, tuple(processes(conn))), unsent=push.unsent(connector, conn)
        )
    return replace(
        found,
        sync=background_jobs.latest_job(connector, actor, site, SYNC),
        unwritable=_unwritable(connector),
    )


@question(VIEWER)
def installation(connector: Connector, actor: Actor) -> Installation:
    """All sites side by side, in the order in which the connector knows them."""
    now = connector.clock()
    with connector.store.read() as conn:
        known = tuple(processes(conn))
        sites = [_status(conn, site, now, known) for site in list(connector.sites.values())]
        total = count_processes(conn)
        crashed = tuple(crashes.load_since(conn, now - CRASHES))
        backed_up = schedules.last(conn, *BACKUP)
        unsent = push.unsent(connector, conn)
    fault = _unwritable(connector)
    told = tuple(
        replace(
            one,
            sync=background_jobs.latest_job(connector, actor, one.site, SYNC),
            unsent=unsent,
            unwritable=fault,
        )
        for one in sites
    )
    return Installation(
        at=now,
        sites=told,
        processes=known,
        counted=total,
        crashes=crashed,
        backed_up_at=backed_up,
        unsent=unsent,
    )


@question(VIEWER)
def objective_counts(connector: Connector, _actor: Actor) -> Mapping[str, ObjectiveCounts]:
    """By site, how many objectives of each cycle (the empty text: of none) are of each health."""
    with connector.store.read() as conn:
        return {name: list_rows.count_standing(conn, name) for name in list(connector.sites)}


@question(VIEWER)
def vitals(connector: Connector, _actor: Actor) -> tuple[SiteStatus, ...]:
    """All sites with no more than it takes to say what troubles them: counts nothing that grows with a site."""
    now = connector.clock()
    with connector.store.read() as conn:
        known = tuple(processes(conn))
        unsent = push.unsent(connector, conn)
        found = (_vital(conn, site, now, known) for site in list(connector.sites.values()))
        return tuple(replace(one, unsent=unsent) for one in found)


@question(VIEWER)
def readiness(connector: Connector, _actor: Actor) -> Readiness:
    """The store must answer, have the right tables and take a write, and workers must show signs of life.

    A process that only serves is ready without any: it takes deliveries in, and nothing is lost until workers are back.
    """
    try:
        connector.store.check()
        _try_to_write(connector)
        with connector.store.read() as conn:
            known = processes(conn)
            unread = tuple(
                name
                for name in connector.sites
                if any(
                    one.lasts and one.kind in ("full", "recent") for one in failures.load_standing(conn, name)
                )
            )
    except StoreError as error:
        return Readiness(False, why=error.what, todo=error.remedy, retry_after=error.retry_after)
    working = at_work(known, connector.clock())
    lost = [process for process in known if process.wanted and process not in working]
    if connector.settings.workers and lost and not working:
        return Readiness(False, why=_lost(lost[0]), todo="start it again, or start jira-okr worker")
    return Readiness(True, sum(process.workers for process in working), unread=unread)


def _try_to_write(connector: Connector) -> None:
    """StoreError where the database takes no write now: a full disk is told by nothing less. Who asks all the time writes no more often for it."""
    now = connector.clock()
    if connector.written_at is not None and abs(now - connector.written_at) < TRIED_EVERY:
        return
    with connector.store.write(patience=TRIAL_PATIENCE) as conn:
        put_and_take(conn, now)
    connector.written_at = now


def _unwritable(connector: Connector) -> StoreError | None:
    """Why the database takes no write; None where it does, or where that passes by itself."""
    try:
        _try_to_write(connector)
    except StoreError as fault:
        return None if fault.passing else fault
    return None


def at_work(known: Sequence[Process], now: datetime) -> tuple[Process, ...]:
    """Those that live and work."""
    return tuple(process for process in known if process.works and process.lives(now))


def _lost(process: Process) -> str:
    if process.gone:
        return f"process {process.pid} was killed or crashed, and no other works"
    return (
        f"no worker has given a sign of life for a minute; the last one was of process {process.pid}, "
        f"at {process.at.isoformat(timespec='seconds')}"
    )


def _status(conn: Connection, site: Site, now: datetime, known: tuple[Process, ...]) -> SiteStatus:
    active = revisions.active(conn, site.name)
    return replace(
        _vital(conn, site, now, known),
        mapping_revision=active.revision if active else None,
        issues=mirror.count(conn, site.name),
        newest_change=mirror.newest(conn, site.name),
        last_reconcile=last_reconcile.load_instant(conn, site.name),
        drift=drift_of(conn, site.name),
        deliveries=inbox.counts(conn, site.name),
        per_minute=per_minute(inbox.list_arrivals(conn, site.name, now - TRAFFIC), now),
        waiting_since=due.waiting_since(conn, site.name),
        writes=writes.outcomes(conn, site.name),
        webhook=webhook_state.last_answer(conn, site.name),
        sources=health_of(conn, site.name),
        full_read=checkpoint.progress(conn, site.name),
        budget=budget(conn, site.name, now),
    )


def _vital(conn: Connection, site: Site, now: datetime, known: tuple[Process, ...]) -> SiteStatus:
    latest = inbox.recent(conn, site.name, 1)
    pending = due.pending_count(conn, site.name)
    following = due.next_run(conn, site.name) if pending else None
    full = full_reads.load_latest(conn, site.name)
    return SiteStatus(
        site=site.name,
        at=now,
        url=site.browse_url,
        last_delivery=latest[0].received_at if latest else None,
        last_resync=full.at if full else None,
        last_recent=last_recent(conn, site.name),
        sights=issue_sights.load_believed(conn, site.name, now),
        drift=drift_of(conn, site.name, 0),
        due=pending,
        overdue_since=following if following is not None and following < now else None,
        dead=letters(conn, site.name),
        retried=tuple(due.list_failing(conn, site.name, now)),
        refused=refused_writes(conn, site.name),
        brake=brakes.load_standing(conn, site.name),
        held=held_writes(conn, site.name),
        activating=activation_runs.get(conn, site.name),
        gaps=gap_rows(conn, site.name),
        losses=tuple(losses.load_all(conn, site.name, "held")),
        outage=outage.load_standing(conn, site.name),
        token_expires=site.token_expires,
        webhook=None if latest else webhook_state.last_answer(conn, site.name),
        lapse=webhook_state.lapse(conn, site.name, now),
        failing=failures.load_standing(conn, site.name),
        names=_names(conn, site.name),
        processes=known,
        crashes=tuple(crashes.load_since(conn, now - CRASHES)),
    )


def _names(conn: Connection, site: str) -> NameComparison | None:
    """What the active mapping calls otherwise than Jira does."""
    found = name_comparisons.load_latest(conn, site)
    return found if found is not None and found.revision == revisions.active_name(conn, site) else None


def per_minute(received: Sequence[datetime], now: datetime) -> tuple[int, ...]:
    """How many came in each of the last minutes, the latest last."""
    minutes = TRAFFIC // MINUTE
    counts = [0] * minutes
    for at in received:
        # another machine's clock may be ahead of this one's
        ago = max(0, (now - at) // MINUTE)
        counts[max(0, minutes - 1 - ago)] += 1
    return tuple(counts)
