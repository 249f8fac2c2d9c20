"""One governor per site for all its workers: each process decides for itself, and what Jira refused to one is known to all.

Turns are taken from a share of the site's rates, one part for each process that called Jira lately. Pauses (a quota until its
reset, a burst, one issue) are written to the store at once and read from it twice a second: coarse, and enough, for Jira's
limits are counted in seconds.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from connectors.jira import Jira
from connectors.jira.http.call import Call
from connectors.jira.http.governor import (
    CLOUD,
    CallPermit,
    LimitState,
    Pause,
    Rates,
    Wait,
    decide,
    learn,
    scale_rates,
)
from connectors.jira.http.limit import RemainingCalls, read_left
from connectors.store import Store, StoreError
from connectors.store.limits import callers, pauses, quotas
from connectors.store.limits.pauses import KeptPause
from connectors.store.limits.quotas import Quota

LOOK_SECONDS = 0.5
PRESENT_SECONDS = 5.0
"""How often a process that calls Jira says so; one that said nothing for three times as long does not count."""
SHARE = 0.8
"""People and other apps use the site too."""

log = structlog.get_logger("jira_okr.pacing")


@dataclass(frozen=True, slots=True)
class SharedLimits:
    """What the store said last: pauses of the site, how many processes call it, and when that was read."""

    pauses: Mapping[str, Pause]
    callers: int = 1
    read_at: float = float("-inf")
    said_at: float = float("-inf")


class SharedGovernor:
    """The limits of one site, shared by all processes on one store. Thread-safe; a store that is away leaves each to itself.

    `rates` is asked at each call, and may be replaced: which kind of Jira it is, is found out at the first.
    """

    def __init__(
        self,
        store: Store,
        site: str,
        rates: Rates = CLOUD,
        jitter: Callable[[], float] = lambda: random.uniform(0, 0.3),  # noqa: S311
    ) -> None:
        self._store = store
        self._site = site
        self.rates: Callable[[], Rates] = lambda: rates
        self._jitter = jitter
        self._me = uuid.uuid4().hex[:12]
        self._state = LimitState()
        self._left: RemainingCalls | None = None
        self._known = SharedLimits({})
        self._lock = threading.Lock()

    @property
    def state(self) -> LimitState:
        """What is known now; for status pages and metrics."""
        return self._state

    def before(self, call: Call, now: float) -> CallPermit | Wait:
        """Take a turn, or learn how long to wait for one."""
        self._look(now)
        with self._lock:
            shared = replace(self._state, pauses=merge_pauses(self._state.pauses, self._known.pauses))
            decision, self._state = decide(shared, call, now, divide_rates(self.rates(), self._known.callers))
            return decision

    def after(self, call: Call, status: int, headers: Mapping[str, str], now: float) -> None:
        """Learn from an answer, and let the others know what was refused."""
        left = read_left(headers, _instant(now))
        with self._lock:
            self._left = left or self._left
            former = self._state.pauses
            self._state = learn(self._state, call, status, headers, now, self._jitter())
            news = {key: pause for key, pause in self._state.pauses.items() if former.get(key) != pause}
        if news:
            self._tell(news, now)

    def _look(self, now: float) -> None:
        """Read what others know; one thread does, the rest go on with what is known."""
        with self._lock:
            known = self._known
            if now - known.read_at < LOOK_SECONDS:
                return
            says = now - known.said_at >= PRESENT_SECONDS
            self._known = replace(known, read_at=now, said_at=now if says else known.said_at)
        try:
            count = self._say_present(now) if says else known.callers
            with self._store.read() as conn:
                found = pauses.load_all(conn, self._site)
        except StoreError as error:
            log.warning("the shared limits cannot be read", site=self._site, error=str(error))
            return
        with self._lock:
            self._known = replace(self._known, pauses={one.what: read(one) for one in found}, callers=count)

    def _say_present(self, now: float) -> int:
        left, since = self._left, now - 3 * PRESENT_SECONDS
        with self._store.write() as conn:
            if left is not None:
                quotas.put(conn, self._site, Quota(left.remaining, left.most, left.until, left.at))
            return callers.count_with(conn, self._site, self._me, _instant(now), _instant(since))

    def _tell(self, news: Mapping[str, Pause], now: float) -> None:
        told = [KeptPause(what, _instant(one.until), one.strikes, one.reason) for what, one in news.items()]
        try:
            with self._store.write() as conn:
                pauses.put(conn, self._site, told, _instant(now))
        except StoreError as error:
            log.warning("a pause could not be shared", site=self._site, error=str(error))


def rates_of(jira: Jira) -> Rates:
    """What a site's calls are held to, as far as is known which kind of Jira it is; for estimates."""
    governor = jira.transport.governor
    return governor.rates() if isinstance(governor, SharedGovernor) else CLOUD


def merge_pauses(ours: Mapping[str, Pause], theirs: Mapping[str, Pause]) -> dict[str, Pause]:
    """Of each pause the longer one."""
    both = dict(ours)
    for key, pause in theirs.items():
        if key not in both or both[key].until < pause.until:
            both[key] = pause
    return both


def read(kept: KeptPause) -> Pause:
    """A pause as the governor counts it: in seconds since the epoch."""
    return Pause(kept.until.timestamp(), kept.strikes, kept.reason)


def divide_rates(rates: Rates, callers: int) -> Rates:
    """One caller's part of what the connector allows itself of the site's rates and of the writes to one issue."""
    part = max(callers, 1)
    return replace(scale_rates(rates, (SHARE if rates.common else 1.0) / part), writers=part)


def _instant(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)
