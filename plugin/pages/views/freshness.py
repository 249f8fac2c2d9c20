"""How fresh the data of a site is: one verdict, the figures behind it, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from plugin.budget import in_words
from plugin.credential_expiry import Expiry, expiry_at
from plugin.errands import SILENT_FOR, Errand
from plugin.pages.sources import Buried, SiteFreshness
from plugin.pages.views.ledger import Browse
from plugin.pages.views.moments import When, ago, when_known
from plugin.sync.outage import Outage
from plugin.webhook_state import WebhookState

STUCK = timedelta(minutes=10)
QUIET = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a site's data: `level` names colour and shape; `todo` says what to do next, empty where nothing is."""

    level: str
    word: str
    sentence: str
    todo: str


@dataclass(frozen=True, slots=True)
class DeadRow:
    """One dead letter in the list."""

    name: str
    known: bool
    error: str
    remedy: str
    since: When | None
    objective_id: str = ""


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


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site on the page."""

    site: str
    url: str | None
    verdict: Verdict
    issues: str
    delivery: When | None
    resync: When | None
    recent: When | None
    newest: When | None
    drift: str
    drifted: bool
    drifted_objectives: tuple[tuple[str, str, str], ...]
    drifted_more: int
    pending: int
    pending_since: When | None
    deliveries: tuple[tuple[str, str], ...]
    dead: tuple[DeadRow, ...]
    refused: tuple[RefusedRow, ...]
    traffic: str
    traffic_text: str
    webhook: str
    webhook_todo: str
    calls: str
    limits: str
    credential: Expiry
    sync: Errand | None
    interrupted: str


def site_row(fresh: SiteFreshness, browse: Browse, now: datetime, zone: tzinfo) -> SiteRow:
    """The page's part for one site."""
    calls, limits = in_words(fresh.budget, now) if fresh.budget else ("not known yet", "")
    webhook, webhook_todo = _webhook(fresh.webhook, fresh.last_delivery is not None)
    return SiteRow(
        site=fresh.site,
        url=fresh.url,
        verdict=verdict(fresh, now),
        issues=_count(fresh.issues),
        delivery=when_known(fresh.last_delivery, now, zone),
        resync=when_known(fresh.last_resync, now, zone),
        recent=when_known(fresh.last_recent, now, zone),
        newest=when_known(fresh.newest_change, now, zone),
        drift="not known yet"
        if fresh.drift is None
        else "none"
        if not fresh.drift.issues
        else _corrected(fresh.drift.issues),
        drifted=bool(_drifted(fresh)),
        drifted_objectives=_drifted_objectives(fresh),
        drifted_more=fresh.drift.objectives - len(fresh.drift.worst) if fresh.drift else 0,
        pending=fresh.pending,
        pending_since=when_known(fresh.pending_since, now, zone),
        deliveries=tuple((status, _count(n)) for status, n in sorted((fresh.deliveries or {}).items())),
        dead=tuple(_dead(one, now, zone) for one in fresh.dead),
        refused=tuple(
            RefusedRow(
                one.issue_key,
                browse(one.issue_key),
                one.field,
                one.message,
                one.remedy,
                one.objective_id,
                one.issue_id,
                one.field_id,
            )
            for one in fresh.refused
        ),
        traffic=_traffic(fresh.per_minute),
        traffic_text="not known yet"
        if fresh.per_minute is None
        else f"{sum(fresh.per_minute)} in the last {len(fresh.per_minute)} minutes",
        webhook=webhook,
        webhook_todo=webhook_todo,
        calls=calls,
        limits=limits,
        credential=expiry_at(fresh.token_expires, now),
        sync=_reading(fresh, now),
        interrupted=_interrupted(fresh, now),
    )


def _reading(fresh: SiteFreshness, now: datetime) -> Errand | None:
    """What is being read: because a person asked for it, or by the clock; else what came of the last a person asked for."""
    if fresh.full_read is None or _asked_for(fresh) or now - fresh.full_read.at >= SILENT_FOR:
        return fresh.sync
    going = fresh.full_read
    return Errand("sync", "", going.began, going.at, done=going.read, total=going.total)


def _interrupted(fresh: SiteFreshness, now: datetime) -> str:
    """How far a full read came that nobody goes on with yet; empty where there is none."""
    stopped = fresh.full_read
    if stopped is None or not stopped.read or _asked_for(fresh) or now - stopped.at < SILENT_FOR:
        return ""
    return f"one stopped after {_count(stopped.read)} of {_count(stopped.total)} issues; the next goes on from there"


def _asked_for(fresh: SiteFreshness) -> bool:
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
        return "not known", "only an administrator's token may ask; deliveries tell"
    if not state.registered:
        return "not registered", "register it, so that changes arrive in seconds"
    if not state.enabled:
        return "switched off", "switch it on in Jira, System › WebHooks"
    return ("registered, but lacks events", state.remedy) if state.lacking else ("registered", "")


def verdict(fresh: SiteFreshness, now: datetime) -> Verdict:
    """What to think of a site's data; the first that holds."""
    if fresh.last_resync is None and fresh.last_delivery is None:
        return Verdict(
            "unknown",
            "Never synced",
            "Nothing has been read from this site yet.",
            "Run “jira-okr sync” for it once; webhooks keep it fresh from then on.",
        )
    if fresh.outage is not None:
        return _out(fresh.outage, now)
    if fresh.pending_since is not None and now - fresh.pending_since > STUCK:
        return Verdict(
            "off_track",
            "Standing still",
            "Work has been waiting for more than ten minutes.",
            "Look whether a worker is running, and at its log.",
        )
    if fresh.dead or fresh.refused:
        sentence = _dead_sentence(len(fresh.dead), len(fresh.refused))
        return Verdict("at_risk", "Needs a person", sentence, "Do what stands below each.")
    credential = expiry_at(fresh.token_expires, now)
    return _renewal(credential) if credential.wants_renewal else _age(fresh, now)


def _renewal(credential: Expiry) -> Verdict:
    """It is the admin's word: where Jira refuses the token, that is an outage and said before."""
    if credential.state == "over":
        sentence = f"By the day that was entered, the token for Jira {credential.said}."
        return Verdict("at_risk", "Token expired", sentence, credential.remedy)
    sentence = f"The token for Jira {credential.said}."
    return Verdict("at_risk", "Token expires soon", sentence, credential.remedy)


OUT = {
    "unreachable": "Jira does not answer",
    "sign_in": "Jira does not accept the sign-in",
    "limited": "Jira asks to wait",
    "refused": "Jira cannot be read",
}


def _out(outage: Outage, now: datetime) -> Verdict:
    """What has to be mended first: nothing else on the page can be right before."""
    following = "at once" if outage.next_try <= now else ago(now - outage.next_try)
    sentence = f"First seen {ago(now - outage.since)}: {outage.error} What came meanwhile is kept; the next try is {following}."
    level = "at_risk" if outage.kind == "limited" else "off_track"
    return Verdict(level, OUT[outage.kind], sentence, outage.remedy)


def _age(fresh: SiteFreshness, now: datetime) -> Verdict:
    if newest(fresh) is None or now - (newest(fresh) or now) > QUIET:
        return Verdict(
            "at_risk",
            "Ageing",
            "No delivery and no resync for more than a day.",
            "Look whether the webhook is still registered in Jira, then run “jira-okr sync”.",
        )
    if fresh.last_delivery is None:
        return Verdict(
            "pending",
            "No webhook yet",
            "The data is from the last resync; no delivery has ever arrived.",
            "Register the webhook in Jira, so that changes arrive in seconds.",
        )
    if _drifted(fresh):
        return Verdict(
            "at_risk",
            "Drift found",
            f"Resyncs found deliveries missing: {_corrected(_drifted(fresh))}.",
            "Look at the webhook in Jira, and at the proxy in front of the connector.",
        )
    return Verdict("on_track", "Fresh", "Deliveries arrive and nothing is stuck.", "")


def newest(fresh: SiteFreshness) -> datetime | None:
    """When this site was last heard of."""
    heard = [at for at in (fresh.last_delivery, fresh.last_resync, fresh.last_recent) if at is not None]
    return max(heard, default=None)


@dataclass(frozen=True, slots=True)
class Pulse:
    """The one line about freshness that other pages show; it leads to this one. No word where all is well."""

    level: str
    word: str
    at: When | None


def pulse(sites: Sequence[SiteFreshness], now: datetime, zone: tzinfo) -> Pulse | None:
    """The worst site speaks for all; None where there is no site."""
    if not sites:
        return None
    order = ("off_track", "at_risk", "unknown", "pending", "on_track")
    worst = min(sites, key=lambda fresh: order.index(verdict(fresh, now).level))
    found = verdict(worst, now)
    word = "" if found.level == "on_track" else found.word
    return Pulse(found.level, word, when_known(newest(worst), now, zone))


def _count(value: int | None) -> str:
    return "not known yet" if value is None else f"{value:,}".replace(",", "\u202f")


def _drifted(fresh: SiteFreshness) -> int:
    return fresh.drift.issues if fresh.drift else 0


def _drifted_objectives(fresh: SiteFreshness) -> tuple[tuple[str, str, str], ...]:
    """Id, name and how many issues, of the objectives that had been wrong."""
    worst = fresh.drift.worst if fresh.drift else ()
    return tuple((one.id, one.key or one.title or one.id, _corrected(one.issues)) for one in worst)


def _corrected(drift: int) -> str:
    return "1 issue corrected" if drift == 1 else f"{drift} issues corrected"


def _dead_sentence(dead: int, refused: int) -> str:
    parts = [
        f"{dead} {'objective' if dead == 1 else 'objectives'} failed for good" if dead else "",
        f"Jira refuses {refused} {'field' if refused == 1 else 'fields'}" if refused else "",
    ]
    return ", and ".join(part for part in parts if part) + "."


def _dead(one: Buried, now: datetime, zone: tzinfo) -> DeadRow:
    return DeadRow(
        one.objective_key or one.objective_id,
        one.known,
        one.error,
        one.remedy,
        when_known(one.since, now, zone),
        one.objective_id,
    )
