"""Sync: everything is read, or what changed of late, and every objective reconciled, because a person asked for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Literal

from connectors.jira.http.estimate import estimate, estimate_searching, estimate_single_reads
from connectors.store.mirror import mirror
from connectors.store.people.audit import note
from connectors.store.work import due
from mappings.document.plain_parents import subjects
from mappings.numbers import count_of
from plugin.access.authorization.actor import Actor
from plugin.jobs.orphans import free_orphans
from plugin.runtime.connector import Connector
from plugin.runtime.processes.governors import rates_of
from plugin.sync.active_mapping import under_the_ruling
from plugin.sync.context import Context
from plugin.sync.drain import DrainResult, drain
from plugin.sync.resync import checkpoint
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.sync.write_back.places import asked_singly
from plugin.use_cases.health import webhook_state
from plugin.use_cases.health.concerns import Concern, coming_mapping, wrong_in_jira
from plugin.use_cases.health.status import status
from plugin.use_cases.mappings.mapping_life import resume_activation, waits
from plugin.use_cases.permission import EDITOR, VIEWER, act, question
from plugin.use_cases.work import background_jobs
from plugin.use_cases.work.background_jobs import BackgroundJob, Report
from plugin.use_cases.work.losses import note_decided
from plugin.use_cases.work.site_read import SYNC, read, summary

READ = "issues"
Step = Callable[[str], AbstractContextManager[Report]]
"""Shows one stretch of the work, by what it counts (`READ`, then the `subjects` of the mapping): what it gives is told how far it is."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """How to sync. `recent`: only what changed since the last one, deletions stay unseen. `anew`: not from where one was interrupted.

    `accept_loss`: believe Jira even if most issues are gone from it. Without `write` only the mirror is brought up to date.
    """

    kind: Literal["full", "recent"] = "full"
    anew: bool = False
    accept_loss: bool = False
    write: bool = True


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What Jira does not have right when a sync has ended, as `status` says it, and counted: fields it refused, changes and issues that
    are held, open gaps, objectives that failed for good, names of the mapping that are gone from Jira, and the revision that is not active
    yet, whoever reads for it.
    """

    concerns: tuple[Concern, ...] = ()
    refused: int = 0
    held: int = 0
    losses: int = 0
    gaps: int = 0
    dead: int = 0
    gone: tuple[str, ...] = ()
    activating: str | None = None

    def __bool__(self) -> bool:
        return bool(self.concerns)

    @property
    def said(self) -> str:
        """What is not always there, as the rest of a sentence."""
        failed = f", {self.dead} failed for good" if self.dead else ""
        names = ", ".join(self.gone)
        gone = f"; {names}: the numbers that need it stand as they were" if names else ""
        coming = f"; revision {self.activating[:8]} is not active yet" if self.activating else ""
        return failed + gone + coming


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What was read, what came of reconciling the `subjects`, and what Jira still does not have right. So many are `due` still because
    nothing was to be written.
    """

    read: ResyncResult
    done: DrainResult
    lacking: Shortfall = Shortfall()
    subjects: str = "objectives"
    due: int = 0

    @property
    def wrong(self) -> bool:
        """Whether somebody has to do something before every number in Jira is right."""
        return bool(self.lacking) or self.done.waiting > 0

    @property
    def right(self) -> bool:
        """Whether nothing is left to do, for us neither."""
        return not self.wrong and not self.due

    @property
    def said(self) -> str:
        """All of it in a sentence or two."""
        why = "." if self.lacking else ELSEWHERE
        waiting = f" {self.done.waiting} still wait{why}" if self.done.waiting else ""
        one = self.subjects.removesuffix("s")
        failed = f"; {count_of(self.done.failed, 'attempt')} failed" if self.done.failed else ""
        lost = f", {count_of(self.lacking.losses, 'issue')} held" if self.lacking.losses else ""
        standing = (
            f"{count_of(self.read.standing, f'{one} stands as it', f'{self.subjects} stand as they')} should. "
            if self.read.standing
            else ""
        )
        return (
            f"{summary(self.read, right=self.right, written=self.done.written)} {standing}Worked out {count_of(self.done.reconciled, one, self.subjects)}: "
            f"{count_of(self.done.written, 'field')} written, {self.lacking.refused} refused, {self.lacking.held} held{lost}, "
            f"{count_of(self.lacking.gaps, 'gap')}{self.lacking.said}{failed}.{waiting}"
        )


@dataclass(frozen=True, slots=True)
class ReadWorkload:
    """What a full sync has before it: how many issues (`begun` of them were read before it was interrupted), calls, seconds at least."""

    issues: int
    calls: int
    seconds: float
    begun: int | None = None


FULL = SyncRequest()
ELSEWHERE = (
    ": another process has them, or ended on another machine without giving them back, which is over in minutes. "
    "Sync again then, or leave it to the workers."
)


@act(EDITOR)
def begin(connector: Connector, actor: Actor, site: str, wanted: SyncRequest = FULL) -> bool:
    """Sync in the background; False where one goes on already. Raises Refusal where no mapping is active."""
    connector.context(site)

    def work(report: Report) -> str:
        found = _sync(
            connector, actor, site, wanted, lambda what: nullcontext(report if what == READ else _untold)
        )
        return found.said if wanted.write else summary(found.read, right=found.right)

    begun = background_jobs.begin(connector, site, SYNC, actor.label, work)
    if begun:
        _note(connector, actor, site, wanted)
    return begun


@act(EDITOR)
def run(
    connector: Connector,
    actor: Actor,
    site: str,
    wanted: SyncRequest = FULL,
    step: Step = lambda _what: nullcontext(_untold),
    announced: Callable[[ReadWorkload], None] | None = None,
) -> SyncResult:
    """Sync here and now. What is ahead of a full read is `announced` before it begins."""
    connector.context(site)
    _note(connector, actor, site, wanted)
    return _sync(connector, actor, site, wanted, step, announced)


@question(VIEWER)
def latest_sync(connector: Connector, actor: Actor, site: str) -> BackgroundJob | None:
    """The latest sync that was begun in the background, None where none ever was."""
    return background_jobs.latest_job(connector, actor, site, SYNC)


@question(VIEWER)
def anything_read(connector: Connector, _actor: Actor, site: str) -> bool:
    """Whether the mirror holds anything of a site."""
    with connector.store.read() as conn:
        return mirror.count(conn, site) > 0


def _sync(
    connector: Connector,
    actor: Actor,
    site: str,
    wanted: SyncRequest,
    step: Step,
    announced: Callable[[ReadWorkload], None] | None = None,
) -> SyncResult:
    if wanted.kind == "full":
        connector.catalogue(site, fresh=True)
    if waits(connector, site):
        with step(READ) as report:
            resume_activation(connector, site, report)
    context = connector.context(site)
    total = None
    if announced is not None and wanted.kind == "full":
        total = _announce(context, wanted, announced)
    with step(READ) as report:
        found = under_the_ruling(
            lambda: connector.context(site), lambda ruling: _read(ruling, wanted, report, total)
        )
    if found.accepted:
        with connector.store.write() as conn:
            note_decided(connector, conn, site, found.accepted, "losses accepted", actor.label)
    if wanted.kind == "full":
        webhook_state.look(connector, site)
    if not wanted.write:
        with connector.store.read() as conn:
            left = due.pending_count(conn, site)
        return SyncResult(found, DrainResult(), _lacking(connector, actor, site), due=left)
    connector.announce()
    free_orphans(connector.store)
    counted = subjects(connector.context(site).mapping.document)
    with step(counted) as report:
        done = drain(partial(connector.context, site), report)
    return SyncResult(found, done, _lacking(connector, actor, site), counted)


def _lacking(connector: Connector, actor: Actor, site: str) -> Shortfall:
    found = status(connector, actor, site)
    concerns, coming = wrong_in_jira(found), coming_mapping(found)
    if coming is not None and coming not in concerns:
        # Nothing is wrong with it for a status, yet a sync that ends before it rules has not made every number that of the mapping.
        concerns = (*concerns, coming)
    return Shortfall(
        concerns=concerns,
        refused=len(found.refused),
        held=len(found.held),
        losses=len(found.losses),
        gaps=sum(one.waits for one in found.gaps),
        dead=len(found.dead),
        gone=tuple(sorted({str(one) for one in found.names.absences})) if found.names is not None else (),
        activating=found.activating.revision if found.activating is not None else None,
    )


def _untold(_done: int, _total: int | None) -> None:
    """Nobody looks."""


def _read(context: Context, wanted: SyncRequest, report: Report, total: int | None) -> ResyncResult:
    return read(
        context,
        report,
        recent=wanted.kind == "recent",
        accept_loss=wanted.accept_loss,
        total=total,
        anew=wanted.anew,
    )


def _announce(context: Context, wanted: SyncRequest, announced: Callable[[ReadWorkload], None]) -> int | None:
    """How many issues there are; None where an interrupted read is gone on with, which knows."""
    begun = None if wanted.anew else checkpoint.load_place(context)
    if begun is not None:
        announced(_ahead(context, max(begun.total - begun.read, 0), begun.read))
        return None
    total = context.jira.count(context.mapping.scope_by_id)
    announced(_ahead(context, total))
    return total


def _ahead(context: Context, issues: int, begun: int | None = None) -> ReadWorkload:
    cost = estimate(
        estimate_searching(issues), estimate_single_reads(asked_singly(context)), rates=rates_of(context.jira)
    )
    return ReadWorkload(issues, cost.calls, cost.seconds, begun)


def _note(connector: Connector, actor: Actor, site: str, wanted: SyncRequest) -> None:
    detail = {"kind": wanted.kind} | {name: True for name in ("anew", "accept_loss") if getattr(wanted, name)}
    with connector.store.write() as conn:
        note(conn, actor.label, "sync asked for", connector.clock(), detail, site)
