"""How fresh the data of a site is: one verdict, the figures behind it, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from mappings.numbers import count_of, figure_of
from plugin.pages.views.accounts.record import show_value
from plugin.pages.views.objectives.ledger import Browse
from plugin.pages.views.words.held_writes import MOST_HELD, HeldGroup, held_groups
from plugin.pages.views.words.moments import MomentText, when, when_known
from plugin.runtime.sites.credential_expiry import Expiry
from plugin.use_cases.health.budget import in_words
from plugin.use_cases.health.concerns import Concern, concerns, count_corrected, verdict, worst
from plugin.use_cases.health.missing_matters import waiting_obstacles
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.health.webhook_state import WebhookState
from plugin.use_cases.work.background_jobs import SILENT_FOR, BackgroundJob
from plugin.use_cases.work.obstacles import MissingKind, Obstacle

MOST_LOSSES = 10
"""So many issues of a project are shown one by one."""


@dataclass(frozen=True, slots=True)
class DeadRow:
    """One dead letter in the list."""

    name: str
    known: bool
    error: str
    remedy: str
    since: MomentText
    objective_id: str = ""


@dataclass(frozen=True, slots=True)
class SourceCell:
    """One source of deliveries."""

    name: str
    heard: MomentText
    remedy: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One field Jira refuses to take."""

    key: str
    url: str | None
    field: str
    message: str
    remedy: str
    objective_id: str = ""
    issue_id: str = ""
    field_id: str = ""
    stands: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class GapCell:
    """One issue that could not be read, as the page shows it."""

    issue: str
    name: str
    url: str | None
    field: str
    reason: str
    remedy: str
    since: MomentText
    objectives: str
    accepted_by: str


@dataclass(frozen=True, slots=True)
class LossCell:
    """One issue that Jira shows no more."""

    name: str
    url: str | None
    title: str
    reason: str
    since: MomentText


@dataclass(frozen=True, slots=True)
class LossRow:
    """Those of one project: the first of them, and how many more."""

    project: str
    count: str
    issues: tuple[LossCell, ...]
    more: int


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site on the page."""

    site: str
    url: str | None
    verdict: Concern
    verdicts: tuple[Concern, ...]
    issues: str
    delivery: MomentText | None
    resync: MomentText | None
    recent: MomentText | None
    newest: MomentText | None
    drift: str
    drifted: bool
    drifted_objectives: tuple[tuple[str, str, str], ...]
    drifted_more: int
    pending: int
    pending_since: MomentText | None
    deliveries: tuple[tuple[str, str], ...]
    dead: tuple[DeadRow, ...]
    refused: tuple[RefusedRow, ...]
    held: tuple[HeldGroup, ...]
    held_more: int
    gaps: tuple[GapCell, ...]
    losses: tuple[LossRow, ...]
    traffic: str
    traffic_text: str
    sources: tuple[SourceCell, ...]
    webhook: str
    webhook_todo: str
    calls: str
    limits: str
    credential: Expiry
    sync: BackgroundJob | None
    interrupted: str


def site_row(fresh: SiteStatus, browse: Browse, now: datetime, zone: tzinfo) -> SiteRow:
    """The page's part for one site."""
    calls, limits = in_words(fresh.budget, now) if fresh.budget else ("not known yet", "")
    webhook, webhook_todo = _webhook(fresh.webhook, fresh.last_delivery is not None)
    by_kind: dict[MissingKind, list[Obstacle]] = {kind: [] for kind in MissingKind}
    for one in waiting_obstacles(fresh):
        by_kind[one.kind].append(one)
    held = held_groups(by_kind[MissingKind.HELD], browse, now, zone)
    return SiteRow(
        site=fresh.site,
        url=fresh.url,
        verdict=verdict(fresh),
        verdicts=concerns(fresh) or (verdict(fresh),),
        issues=_count(fresh.issues),
        delivery=when_known(fresh.last_delivery, now, zone),
        resync=when_known(fresh.last_resync, now, zone),
        recent=when_known(fresh.last_recent, now, zone),
        newest=when_known(fresh.newest_change, now, zone),
        drift=_drift(fresh),
        drifted=bool(_drifted(fresh)),
        drifted_objectives=_drifted_objectives(fresh),
        drifted_more=fresh.drift.objectives - len(fresh.drift.worst) if fresh.drift else 0,
        pending=fresh.due,
        pending_since=when_known(fresh.overdue_since, now, zone),
        deliveries=tuple((status, _count(n)) for status, n in sorted((fresh.deliveries or {}).items())),
        dead=tuple(_dead(one, now, zone) for one in by_kind[MissingKind.DEAD_LETTER]),
        refused=tuple(
            RefusedRow(
                key=one.issue_key,
                url=browse(one.issue_key),
                field=one.field_name,
                message=one.why,
                remedy=one.remedy,
                objective_id=one.place.objective_id,
                issue_id=one.place.issue,
                field_id=one.place.field_id,
                stands=show_value(one.stands),
                wanted=show_value(one.wanted),
            )
            for one in by_kind[MissingKind.REFUSED]
        ),
        held=held[:MOST_HELD],
        held_more=len(held[MOST_HELD:]),
        gaps=tuple(
            GapCell(
                issue=one.place.issue,
                name=one.name,
                url=browse(one.issue_key) if one.issue_key else None,
                field=one.field_name,
                reason=one.why,
                remedy=one.remedy,
                since=when(one.since, now, zone),
                objectives=", ".join(one.objectives),
                accepted_by=one.accepted_by,
            )
            for one in by_kind[MissingKind.UNREAD]
        ),
        losses=_losses(by_kind[MissingKind.LOST], browse, now, zone),
        traffic=_traffic(fresh.per_minute),
        traffic_text="not known yet"
        if fresh.per_minute is None
        else f"{sum(fresh.per_minute)} in the last {count_of(len(fresh.per_minute), 'minute')}",
        sources=tuple(SourceCell(one.name, when(one.heard, now, zone), one.remedy) for one in fresh.sources),
        webhook=webhook,
        webhook_todo=webhook_todo,
        calls=calls,
        limits=limits,
        credential=fresh.credential,
        sync=_reading(fresh, now),
        interrupted=_interrupted(fresh, now),
    )


def _losses(lost: Sequence[Obstacle], browse: Browse, now: datetime, zone: tzinfo) -> tuple[LossRow, ...]:
    by_project: dict[str, list[Obstacle]] = {}
    for one in lost:
        by_project.setdefault(one.place.project, []).append(one)
    return tuple(
        LossRow(
            project,
            "1 issue" if len(found) == 1 else f"{_count(len(found))} issues",
            tuple(
                LossCell(
                    name=one.issue_key,
                    url=browse(one.issue_key),
                    title=one.title,
                    reason=one.why,
                    since=when(one.since, now, zone),
                )
                for one in found[:MOST_LOSSES]
            ),
            max(len(found) - MOST_LOSSES, 0),
        )
        for project, found in by_project.items()
    )


def _drift(fresh: SiteStatus) -> str:
    if fresh.drift is None:
        return "not known yet"
    return count_corrected(fresh.drift.issues) if fresh.drift.issues else "none"


def _reading(fresh: SiteStatus, now: datetime) -> BackgroundJob | None:
    """What is being read: because a person asked for it, or by the clock; else what came of the last a person asked for."""
    if fresh.full_read is None or _asked_for(fresh) or now - fresh.full_read.at >= SILENT_FOR:
        return fresh.sync
    going = fresh.full_read
    return BackgroundJob("sync", "", going.began, going.at, done=going.read, total=going.total)


def _interrupted(fresh: SiteStatus, now: datetime) -> str:
    """How far a full read came that nobody goes on with yet; empty where there is none."""
    stopped = fresh.full_read
    if stopped is None or not stopped.read or _asked_for(fresh) or now - stopped.at < SILENT_FOR:
        return ""
    return f"one stopped after {_count(stopped.read)} of {figure_of(_count(stopped.total), 'issue')}; the next goes on from there"


def _asked_for(fresh: SiteStatus) -> bool:
    return fresh.sync is not None and fresh.sync.state == "running"


def _traffic(per_minute: Sequence[int] | None) -> str:
    """Deliveries per minute, of the last full minutes."""
    if not per_minute:
        return "not known yet"
    mean = sum(per_minute) / len(per_minute)
    return f"{mean:.1f}" if 0 < mean < 10 else f"{mean:.0f}"


NOT_LOOKED_UP = (
    "not looked up yet",
    "a sync started here asks Jira whether it has the webhook of this connector",
)


def _webhook(state: WebhookState | None, delivered: bool) -> tuple[str, str]:
    """Whether Jira has our webhook, and what to do where it has not."""
    if state is None:
        return (
            ("delivers", "a sync started here asks Jira how it is registered") if delivered else NOT_LOOKED_UP
        )
    if state.registered is None:
        return (
            "not known",
            "only an administrator's token, or an app with the scope for it, may ask; deliveries tell",
        )
    if not state.registered:
        return "not registered", "register it, so that changes arrive in seconds"
    if not state.enabled:
        return "switched off", "switch it on in Jira, System › WebHooks"
    if state.lacking:
        return "registered, but lacks events", state.remedy
    if state.expires is not None:
        return "registered", f"by the OAuth app, until {state.expires:%Y-%m-%d}; refreshed before by itself"
    return "registered", ""


@dataclass(frozen=True, slots=True)
class FreshnessLine:
    """The one line about freshness that other pages show; it leads to this one. No word where all is well."""

    level: str
    word: str
    at: MomentText | None


def pulse(sites: Sequence[SiteStatus], now: datetime, zone: tzinfo) -> FreshnessLine | None:
    """The worst site speaks for all; None where there is no site."""
    if not sites:
        return None
    speaks = worst(sites)
    found = verdict(speaks)
    word = "" if found.level == "on_track" else found.word
    return FreshnessLine(found.level, word, when_known(speaks.heard, now, zone))


def _count(value: int | None) -> str:
    return "not known yet" if value is None else f"{value:,}".replace(",", "\u202f")


def _drifted(fresh: SiteStatus) -> int:
    return fresh.drift.issues if fresh.drift else 0


def _drifted_objectives(fresh: SiteStatus) -> tuple[tuple[str, str, str], ...]:
    """Id, name and how many issues, of the objectives that had been wrong."""
    worst = fresh.drift.worst if fresh.drift else ()
    return tuple((one.id, one.key or one.title or one.id, count_corrected(one.issues)) for one in worst)


def _dead(one: Obstacle, now: datetime, zone: tzinfo) -> DeadRow:
    return DeadRow(
        name=one.name,
        known=one.place.known,
        error=one.why,
        remedy=one.remedy,
        since=when(one.since, now, zone),
        objective_id=one.place.objective_id,
    )
