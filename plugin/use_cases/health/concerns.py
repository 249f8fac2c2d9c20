"""What ought to trouble somebody about a site. Every door says the same: the first concern is the verdict, and `jira-okr status`
exits with 1 where one of them is wrong. A new one is a function and its line in `CONCERNS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from connectors.store.jobs.background_jobs import SILENT_FOR
from connectors.store.reads.failures import ReadFailure
from mappings.numbers import count_of
from plugin.next_steps import ACTIVATE, HELD_WRITES, LOSSES, PUSH_AUDIT, SYNC, TAKE_NAMES, Door, NextStep
from plugin.sync.outage import Outage
from plugin.use_cases.health.moments import ago
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.health.webhook_state import WebhookState
from plugin.use_cases.record.push import LATE
from plugin.use_cases.work.losses import missing_said

Level = Literal["on_track", "pending", "unknown", "at_risk", "off_track"]
WORST_FIRST: tuple[Level, ...] = ("off_track", "at_risk", "unknown", "pending", "on_track")
MOST_NAMED = 5
STUCK = timedelta(minutes=10)
QUIET = timedelta(hours=26)
LATELY = timedelta(minutes=15)
CRASH_LOOP = 3
"""Crashes within an hour that are no single misfortune any more."""
OUT = {
    "unreachable": "Jira does not answer",
    "sign_in": "Jira does not accept the sign-in",
    "limited": "Jira asks to wait",
    "refused": "Jira cannot be read",
}


FAILING = {
    "full": ("Cannot be read", "Reading everything"),
    "recent": ("Cannot be read", "Reading what changed of late"),
    "goals": ("Goals out of reach", "Looking at and posting to Atlassian Goals"),
    "sights": ("Permissions not told", "Asking Jira who may see what"),
}


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing: `level` names colour and shape, `todo` says what to do, then the `step` of a door. `wrong`: somebody has to do it.

    `numbers`: because of it Jira does not have every number right, which a sync says too; else it is about how the connector runs.
    """

    kind: str
    level: Level
    word: str
    sentence: str
    todo: str
    wrong: bool = True
    numbers: bool = True
    step: NextStep | None = None

    def todo_at(self, door: Door) -> str:
        """What to do, as this door says it."""
        return f"{self.todo} {self.step.at(door) if self.step else ''}".strip()

    @property
    def todo_there(self) -> str:
        """The same for whoever looks at Sync health already."""
        return f"{self.todo} {self.step.on(PLACE) if self.step else ''}".strip()


PLACE = "Sync health"
"""The page where most of it is done."""
FRESH = Concern(
    kind="fresh",
    level="on_track",
    word="Fresh",
    sentence="Deliveries arrive and nothing is stuck.",
    todo="",
    wrong=False,
)


def concerns(status: SiteStatus) -> tuple[Concern, ...]:
    """Everything that troubles this site, what has to be mended first before the rest."""
    found = (concern(status) for concern in CONCERNS)
    return tuple(one for one in found if one is not None)


def verdict(status: SiteStatus) -> Concern:
    """What to think of a site's data in one word."""
    return next(iter(concerns(status)), FRESH)


def worst(sites: Sequence[SiteStatus]) -> SiteStatus:
    """The site that speaks for all of them: the first of those that are worst off."""
    return min(sites, key=lambda one: WORST_FIRST.index(verdict(one).level))


def unwritable(status: SiteStatus) -> Concern | None:
    """The database can be read, and takes nothing: a full disk looks healthy everywhere else."""
    if status.unwritable is None:
        return None
    return Concern(
        kind="unwritable",
        level="off_track",
        word="Nothing is kept",
        sentence=f"{capital(status.unwritable.what)}. No number changes, and what Jira tells is turned away.",
        todo=f"{capital(status.unwritable.remedy)}.",
    )


def never_read(status: SiteStatus) -> Concern | None:
    """Nothing was ever heard of it."""
    if status.last_resync is not None or status.last_delivery is not None:
        return None
    return Concern(
        kind="never_read",
        level="unknown",
        word="Never synced",
        sentence="Nothing has been read from this site yet.",
        todo="Read it once; webhooks keep it fresh from then on.",
        step=SYNC,
        numbers=False,
    )


def jira_out(status: SiteStatus) -> Concern | None:
    """Jira cannot be worked with: nothing else can be right before."""
    return None if status.outage is None else _out(status.outage, status.at)


def _out(outage: Outage, now: datetime) -> Concern:
    following = "at once" if outage.next_try <= now else ago(now - outage.next_try)
    return Concern(
        kind="outage",
        level="at_risk" if outage.kind == "limited" else "off_track",
        word=OUT[outage.kind],
        sentence=f"First seen {ago(now - outage.since)}: {outage.error} What came meanwhile is kept; the next try is {following}.",
        todo=outage.remedy,
    )


def nobody_works(status: SiteStatus) -> Concern | None:
    """No process works off what comes in."""
    if status.processes is None or status.at_work:
        return None
    return Concern(
        kind="nobody_works",
        level="off_track",
        word="Nobody works",
        sentence="No process is at work: what Jira tells is kept, and no number changes.",
        todo="An operator starts “jira-okr serve”, or “jira-okr worker”.",
        numbers=False,
    )


def read_failures(status: SiteStatus) -> Concern | None:
    """A read by the clock fails again and again, which must not look as if it found nothing."""
    bad = next((one for one in status.failing if one.lasts and _goes_on(one, status.at)), None)
    if bad is None:
        return None
    word, what = FAILING[bad.kind]
    return Concern(
        kind="failing",
        level="at_risk",
        word=word,
        sentence=f"{what} has failed {count_of(bad.tries, 'time')} in a row, first {ago(status.at - bad.since)}: {bad.error}",
        todo=bad.remedy or "Look at the log.",
        step=None if bad.remedy else SYNC,
        numbers=bad.kind != "sights",
    )


def _goes_on(bad: ReadFailure, now: datetime) -> bool:
    """What is asked by the clock fails until it succeeds; who may see what is asked where somebody looks, and nobody may have looked since."""
    return bad.kind != "sights" or now - bad.at <= LATELY


def standing_still(status: SiteStatus) -> Concern | None:
    """Somebody works, and yet work waits."""
    if status.overdue_since is None or status.at - status.overdue_since <= STUCK:
        return None
    return Concern(
        kind="standing_still",
        level="off_track",
        word="Standing still",
        sentence="Work has been waiting for more than ten minutes.",
        todo="Look whether a worker is running, and at its log.",
    )


def held_changes(status: SiteStatus) -> Concern | None:
    """Changes wait for a person instead of being written."""
    if status.brake is None and not status.held:
        return None
    # Of what was held, some may be released, dropped, or wanted no more: those that wait count.
    count = len(status.held) or (status.brake.count if status.brake else 0)
    what = "1 change waits" if count == 1 else f"{count} changes wait"
    why = status.brake.reason if status.brake else status.held[0].why
    return Concern(
        kind="held",
        level="at_risk",
        word="Held",
        sentence=f"{what} for a person instead of being written: {why}".removesuffix(".") + ".",
        todo="Released, they are written; dropped, they leave Jira as it is.",
        step=HELD_WRITES,
    )


TAKEN_UP = (
    "Should the process that reads for it have ended, it is gone on with by itself and by a sync: within a minute where that process ran on "
    f"the same machine, else {SILENT_FOR.seconds // 60} minutes after its last word."
)


def coming_mapping(status: SiteStatus) -> Concern | None:
    """Another mapping is about to rule, and what it needs is read first."""
    found = status.activating
    if found is None:
        return None
    stands = bool(found.failed)
    todo, step = f"The former mapping rules until then. {TAKEN_UP}", None
    if found.held:
        todo, step = "", ACTIVATE
    elif found.refused:
        todo = "Correct the mapping (or what it names in Jira) and activate it again; it is not tried again by itself."
    elif stands:
        todo, step = "It is tried again by itself, and by the next sync.", SYNC
    began = f" It began on {found.began:%Y-%m-%d} at {found.began:%H:%M} UTC."
    return Concern(
        kind="activating",
        level="at_risk" if stands else "pending",
        word="Activating",
        sentence=f"{found.said[0].upper()}{found.said[1:]}".removesuffix(".") + f".{began}",
        todo=todo,
        wrong=stands,
        step=step,
    )


def missing_issues(status: SiteStatus) -> Concern | None:
    """Jira shows issues no more and does not say that they are deleted."""
    if not status.losses:
        return None
    return Concern(
        kind="losses",
        level="at_risk",
        word="Issues missing",
        sentence=missing_said(status.losses),
        todo="",
        step=LOSSES,
    )


def given_up(status: SiteStatus) -> Concern | None:
    """Dead letters."""
    dead = len(status.dead)
    if not dead:
        return None
    sentence = f"{dead} {'objective' if dead == 1 else 'objectives'} failed for good."
    return Concern(
        kind="given_up",
        level="at_risk",
        word="Needs a person",
        sentence=sentence,
        todo="Do what stands below each.",
    )


def failed_attempts(status: SiteStatus) -> Concern | None:
    """Objectives whose attempts fail, and that are tried again."""
    count = len(status.retried)
    if not count:
        return None
    objectives = "1 objective" if count == 1 else f"{count} objectives"
    return Concern(
        kind="retried",
        level="at_risk",
        word="Not written yet",
        sentence=f"{objectives} could not be brought up to date: {status.retried[0][1]}",
        todo="It is tried again by itself, ever less often; what goes on failing ends among the failed items.",
    )


def wrong_in_jira(status: SiteStatus) -> tuple[Concern, ...]:
    """What Jira does not have right, and somebody has to see to."""
    return tuple(one for one in concerns(status) if one.wrong and one.numbers)


def refused_fields(status: SiteStatus) -> Concern | None:
    """Fields that Jira declined in its own words: what stands there is not what we say."""
    count = len(status.refused)
    if not count:
        return None
    fields = "1 field" if count == 1 else f"{count} fields"
    return Concern(
        kind="refused",
        level="at_risk",
        word="Jira lacks numbers",
        sentence=f"Jira does not have our number in {fields}: it refuses them.",
        todo="Do what stands below each, then retry; every full sync tries one of each kind again by itself.",
    )


def unread(status: SiteStatus) -> Concern | None:
    """Issues that could not be read and that wait for a person."""
    waiting = [one for one in status.gaps if one.waits]
    if not waiting:
        return None
    what = "1 issue cannot be read" if len(waiting) == 1 else f"{len(waiting)} issues cannot be read"
    first = f"{waiting[0].name}: {waiting[0].reason}"
    return Concern(
        kind="gaps",
        level="at_risk",
        word="Gaps",
        sentence=f"{what}, and the numbers that need them stand as they were. {first}",
        todo=waiting[0].remedy,
    )


def gone_names(status: SiteStatus) -> Concern | None:
    """The mapping names something that Jira no longer has: numbers that need it stand as they were."""
    lost = status.names.absences if status.names is not None else ()
    if not lost:
        return None
    what = ", ".join(sorted({str(one) for one in lost})[:MOST_NAMED])
    return Concern(
        kind="gone",
        level="at_risk",
        word="Gone from Jira",
        sentence=f"{capital(what)}: the numbers that need it stand as they were, and nothing of them is written.",
        todo="Bring it back in Jira, or write something else in the mapping and activate that.",
    )


def new_names(status: SiteStatus) -> Concern | None:
    """Jira calls something otherwise than the mapping does: no number changes by that."""
    found = status.names.renames if status.names is not None else ()
    if not found:
        return None
    what = ", ".join(sorted({str(one) for one in found})[:MOST_NAMED])
    return Concern(
        kind="renamed",
        level="pending",
        word="Renamed in Jira",
        sentence=f"{capital(what)}. Numbers go by ids, so none of them changes.",
        todo="The check of the mapping says where.",
        step=TAKE_NAMES,
        wrong=False,
        numbers=False,
    )


def capital(text: str) -> str:
    """With a capital letter at its beginning, and nothing else changed."""
    return text[:1].upper() + text[1:]


def credential(status: SiteStatus) -> Concern | None:
    """The admin's word on the token: where Jira refuses it, that is an outage and said before."""
    found = status.credential
    if not found.wants_renewal:
        return None
    over = found.state == "over"
    return Concern(
        kind="credential",
        level="at_risk",
        word="Token expired" if over else "Token expires soon",
        sentence=f"{'By the day that was entered, the' if over else 'The'} token for Jira {found.said}.",
        todo=found.remedy,
        numbers=False,
    )


def webhook_lapse(status: SiteStatus) -> Concern | None:
    """The webhook of an app lives 30 days, and is refreshed by us."""
    if status.lapse is None:
        return None
    return Concern(
        kind="webhook",
        level="at_risk",
        word="Webhook lapses",
        sentence=f"{status.lapse.sentence} Without it changes come by the look every few minutes.",
        todo=status.lapse.remedy,
        step=status.lapse.step,
        numbers=False,
    )


def crashes(status: SiteStatus) -> Concern | None:
    """Processes ended without a word: one is told, several within an hour want somebody to look."""
    if not status.crashes:
        return None
    count, latest = len(status.crashes), status.crashes[0]
    often = sum(status.at - one.found <= timedelta(hours=1) for one in status.crashes) >= CRASH_LOOP
    what = "1 process" if count == 1 else f"{count} processes"
    when = ago(status.at - latest.found)
    return Concern(
        kind="crashed",
        level="at_risk" if often else "pending",
        word="Crashed",
        sentence=f"{what} of the connector ended without a word within the last day: killed, or died of a fault. "
        f"The latest was “{latest.role}”, process {latest.pid} on {latest.host}, noticed {when}. What it was doing was done again.",
        todo="Look at the log of that time, which says by which signal; SIGKILL is mostly a machine without memory.",
        wrong=often,
        numbers=False,
    )


def unsent(status: SiteStatus) -> Concern | None:
    """Whoever collects the audit log has not got it for a while."""
    found = status.unsent
    if found is None or status.at - found.since <= LATE:
        return None
    many = "1 entry" if found.entries == 1 else f"{found.entries} entries"
    return Concern(
        kind="audit_push",
        level="at_risk",
        word="Audit log not sent",
        sentence=f"{many} of the audit log wait to be sent to {found.receiver}; the oldest is of {ago(status.at - found.since)}.",
        todo="It is tried again each minute, and nothing is lost.",
        step=PUSH_AUDIT,
        numbers=False,
    )


def stale(status: SiteStatus) -> Concern | None:
    """Nothing was heard of it for long."""
    if never_read(status) is not None or (status.heard is not None and status.at - status.heard <= QUIET):
        return None
    return Concern(
        kind="stale",
        level="at_risk",
        word="Ageing",
        sentence="For more than a day Jira sent nothing and nothing was read.",
        todo="Look whether the webhook is still registered in Jira, then read everything.",
        step=SYNC,
        numbers=False,
    )


def no_webhook(status: SiteStatus) -> Concern | None:
    """It is read by the clock alone."""
    if status.last_delivery is not None or never_read(status) is not None:
        return None
    sentence, todo = _unheard(status.webhook)
    return Concern(
        kind="no_webhook",
        level="pending",
        word="No webhook yet" if todo == REGISTER else "Jira never called",
        sentence=sentence,
        todo=todo,
        wrong=False,
        numbers=False,
    )


REGISTER = "Register the webhook in Jira, so that changes arrive in seconds."


def _unheard(webhook: WebhookState | None) -> tuple[str, str]:
    """Why no delivery ever came, as far as Jira said whether it has our webhook, and what to do."""
    said = "The data is from the last full reading; Jira has never called"
    if webhook is None or webhook.registered is False:
        return f"{said}.", REGISTER
    if webhook.registered is None:
        return (
            f"{said}, and our account may not ask whether the webhook is registered.",
            "Look in Jira whether it is; register it where it is not.",
        )
    if not webhook.enabled:
        return (
            f"{said}: the webhook is registered there, and switched off.",
            "Switch it on in Jira, System › WebHooks.",
        )
    return (
        f"{said}, though the webhook is registered there.",
        "Change an issue in Jira. If nothing comes then, look whether Jira reaches the address of the webhook: name, proxy, firewall, certificate.",
    )


def corrections(status: SiteStatus) -> Concern | None:
    """Resyncs had to correct something, and did."""
    issues = status.drift.issues if status.drift else 0
    if not issues:
        return None
    return Concern(
        kind="drift",
        level="at_risk",
        word="Corrections found",
        sentence=f"Full readings found what no webhook had told: {count_corrected(issues)}.",
        todo="Look at the webhook in Jira, and at the proxy in front of the connector.",
        wrong=False,
        numbers=False,
    )


CONCERNS: tuple[Callable[[SiteStatus], Concern | None], ...] = (
    unwritable,
    never_read,
    jira_out,
    nobody_works,
    read_failures,
    standing_still,
    held_changes,
    coming_mapping,
    missing_issues,
    given_up,
    failed_attempts,
    refused_fields,
    unread,
    gone_names,
    credential,
    webhook_lapse,
    crashes,
    unsent,
    stale,
    no_webhook,
    new_names,
    corrections,
)


def count_corrected(issues: int) -> str:
    """`1 issue corrected`."""
    return "1 issue corrected" if issues == 1 else f"{issues} issues corrected"
