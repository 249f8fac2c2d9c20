"""When Jira does not answer: one record per site that all workers share. It says who may try when, and what an operator reads.

One worker at a time tries, after waits that grow; the others leave Jira alone. The first success ends the outage for all.
While Jira as a `whole` is out no objective is claimed either, so that none uses up its attempts for what is not its fault.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from connectors.jira.http.errors import AuthFailure, IncompleteRead, JiraError, JiraOutage, RateLimitError
from connectors.store import Store, StoreError
from connectors.store.work import outages
from connectors.store.work.outages import Kind, Outage, load_standing
from plugin.sync.context import Context

__all__ = [
    "KINDS",
    "CallPermission",
    "Kind",
    "Outage",
    "bars_everything",
    "behind",
    "end_outage",
    "is_everything",
    "kind_of",
    "load_standing",
    "next_try",
    "note_answer",
    "note_refusal",
    "put_off",
    "rests",
    "strike",
    "struck",
    "try_now",
    "way",
]

KINDS: tuple[Kind, ...] = ("unreachable", "sign_in", "limited", "refused")
LONGEST_WAIT = 60.0
LONGEST_SIGN_IN_WAIT = 300.0
"""Wrong credentials mend themselves seldom, and Data Center asks for a CAPTCHA after some failed sign-ins."""
TRIAL = timedelta(seconds=90)
"""How long a worker that tries may say nothing before another one does: longer than a call and its repetition."""

log = structlog.get_logger("jira_okr.outage")


@dataclass(frozen=True, slots=True)
class CallPermission:
    """Whether Jira may be asked now; `trial` is the outage that this call may end."""

    free: bool
    trial: Outage | None = None


def bars_everything(conn: Connection, site: str) -> bool:
    """Whether nothing at all should be asked of Jira, but by the one who tries."""
    known = load_standing(conn, site)
    return known is not None and known.whole


def rests(conn: Connection, site: str, now: datetime) -> bool:
    """Whether the next try is still to come."""
    known = load_standing(conn, site)
    return known is not None and known.next_try > now


def way(context: Context) -> CallPermission:
    """Free where Jira answers; else only for the first who asks once the wait is over."""
    with context.store.read() as conn:
        known = load_standing(conn, context.site)
    if known is None:
        return CallPermission(True)
    now = context.clock()
    if known.next_try > now:
        return CallPermission(False)
    taken: list[Outage] = []

    def take(current: Outage | None) -> Outage | None:
        if current is None or current.next_try > now:
            return current
        taken.append(current)
        return replace(current, next_try=now + TRIAL)

    with context.store.write() as conn:
        current = outages.change(conn, context.site, take)
    return CallPermission(True, taken[0]) if taken else CallPermission(current is None)


def strike(
    conn: Connection, site: str, now: datetime, error: JiraError, *, whole: bool, trial: bool = False
) -> Outage:
    """Jira failed: the outage as it stands from now on. Call it within `write`."""
    chance = random.random()  # noqa: S311 - jitter, no secret
    found = struck(load_standing(conn, site), error, now, chance, whole=whole, trial=trial)

    def step(known: Outage | None) -> Outage:
        nonlocal found
        found = struck(known, error, now, chance, whole=whole, trial=trial)
        return found

    outages.change(conn, site, step)
    return found


def note_refusal(store: Store, site: str, now: datetime, error: JiraError) -> None:
    """A read by the clock failed: where that was for the credentials, operators learn it even if no delivery ever comes."""
    if not isinstance(error, AuthFailure):
        return
    try:
        with store.write() as conn:
            strike(conn, site, now, error, whole=True)
    except StoreError as fault:
        log.warning("the outage was not stored", site=site, error=str(fault))


def struck(
    known: Outage | None, error: JiraError, now: datetime, chance: float, *, whole: bool, trial: bool
) -> Outage:
    """Pure: the outage after one more failure. Calls that were under way when it began do not lengthen the wait."""
    if known is not None and known.next_try > now and not trial:
        return replace(known, whole=known.whole or whole)
    tries = 1 if known is None else known.tries + 1
    since = now if known is None else known.since
    until = next_try(error, tries, now, chance)
    return Outage(
        kind=kind_of(error),
        since=since,
        tries=tries,
        next_try=until,
        whole=whole,
        error=error.message,
        remedy=error.remedy,
    )


def next_try(error: JiraError, tries: int, now: datetime, chance: float) -> datetime:
    """1, 2, 4 … 60 seconds, a jitter of ±30 % (`chance` 0…1), never sooner than Jira says."""
    longest = LONGEST_SIGN_IN_WAIT if isinstance(error, AuthFailure) else LONGEST_WAIT
    seconds = min(2.0 ** min(tries - 1, 20), longest) * (0.7 + 0.6 * chance)
    named = getattr(error, "retry_after", None) or 0.0
    until = getattr(error, "until", None) or now
    return max(now + timedelta(seconds=max(seconds, named)), until)


def kind_of(error: JiraError) -> Kind:
    """What an operator has to do with it: wait, mend the credentials, or look what is wrong."""
    if isinstance(error, AuthFailure):
        return "sign_in"
    if isinstance(error, RateLimitError):
        return "limited"
    return "unreachable" if isinstance(error, JiraOutage) else "refused"


def end_outage(context: Context) -> None:
    """Jira answers again."""
    with context.store.write() as conn:
        outages.change(conn, context.site, lambda _known: None)
    log.info("Jira answers again", site=context.site)


def put_off(context: Context, until: datetime | None) -> None:
    """A trial could not even be made: it is tried again then, and what is known of the outage stays as it was."""
    with context.store.write() as conn:
        outages.change(
            conn, context.site, lambda known: known and replace(known, next_try=until or context.clock())
        )


def note_answer(context: Context) -> None:
    """A read of the whole site, or of what changed, came to its end. Where Jira as a whole was out, that is over.

    Where only deliveries could not be read, that may still be so: they are tried at once.
    """
    with context.store.read() as conn:
        known = load_standing(conn, context.site)
    if known is None:
        return
    if known.whole:
        end_outage(context)
        return
    now = context.clock()
    with context.store.write() as conn:
        outages.change(conn, context.site, lambda one: one and replace(one, next_try=now))


def try_now(store: Store, site: str, now: datetime) -> None:
    """Somebody starts, or asks for a sync: that may well be because it is mended. The next try is at once."""
    with store.read() as conn:
        if load_standing(conn, site) is None:
            return
    with store.write() as conn:
        outages.change(conn, site, lambda known: known and replace(known, tries=0, next_try=now))


def is_everything(error: JiraError) -> bool:
    """Whether this failure alone says that nothing else will work."""
    return isinstance(error, AuthFailure) or (isinstance(error, RateLimitError) and error.scope == "site")


def behind(context: Context, error: Exception) -> JiraError | None:
    """What keeps Jira as a whole from answering, where that may be why this one call failed. Asks Jira who we are."""
    if isinstance(error, AuthFailure):
        return error
    if not isinstance(error, JiraOutage) or isinstance(error, IncompleteRead) or error.status == 409:
        return None
    try:
        context.jira.myself()
    except (JiraOutage, AuthFailure) as found:
        return found
    except JiraError:
        return None
    return None
