"""Who may call Jira now. `decide` and `learn` are pure functions of a state, so that the state may also live in a shared
store; `Governor` keeps it in this process.

Jira Cloud limits three things at once: bursts per endpoint and method (shared by everyone on the site), writes per
issue, and, for some kinds of credentials, points per hour. Data Center limits per user where an admin switched it on, and
says with every answer how many calls are left; otherwise the connector restrains itself to a steady rate over all calls.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors.jira.http.allowance import Allowance, read_allowance
from connectors.jira.http.call import Call
from connectors.jira.http.limit import LOCAL, PER_ISSUE, Limit, read_limit

ISSUE_WINDOWS = ((2.0, 20), (30.0, 100))
"""At most so many writes to one issue in so many seconds."""
LONGEST_WINDOW = 30.0
MOST_REMEMBERED = 1000
RESERVE = 0.5
"""The part of a bucket that background work leaves for fresh events."""
STRAY = 60.0
"""What was written down before lies no more seconds ahead than this, unless a clock was ahead and is right again."""
LONGEST_PAUSE = 1.3 * 86_400.0
"""A day is the longest wait that Jira is believed; jitter lengthens it."""
LONGEST_BACK_OFF = {"endpoint": 16.0, "issue": 16.0, "site": 60.0}
SITE = "site"


@dataclass(frozen=True, slots=True)
class CallPermit:
    """The call may be made now; its turn is taken."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again in `seconds`; `reason` names the limit."""

    seconds: float
    reason: str = LOCAL


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls per second by method, and by kind of endpoint where Jira allows others; methods that are not named are free.

    `total` is for all calls together, None for no such limit. `writers` processes share what Jira allows of writes to one issue,
    which is not limited where nothing is `spaced`. `common` are rates that everybody on the site uses up together.
    """

    by_method: Mapping[str, float]
    by_bucket: Mapping[str, float] = field(default_factory=dict)
    writers: int = 1
    total: float | None = None
    spaced: bool = True
    common: bool = True

    def of(self, bucket: str) -> float | None:
        """The rate of one bucket, None for no limit."""
        return self.by_bucket.get(bucket, self.by_method.get(bucket.partition(" ")[0]))


CLOUD = Rates(
    {"GET": 100.0, "POST": 100.0, "PUT": 50.0, "DELETE": 50.0},
    {"GET issue/*": 150.0, "GET issue/*/changelog": 200.0, "POST search/approximate-count": 150.0},
)
ALL = "all"
"""The bucket of all calls together."""


def data_center(calls_per_second: float | None = None) -> Rates:
    """Data Center has no limits of its own: what an admin configures shows in its answers, else this is what we allow ourselves."""
    return Rates({}, total=calls_per_second, spaced=False, common=False)


DATA_CENTER = data_center()


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens left at an instant; each call takes one, and they come back at the bucket's rate."""

    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing before `until`; `strikes` counts refusals in a row, for waits that Jira does not name."""

    until: float
    strikes: int
    reason: str


@dataclass(frozen=True, slots=True)
class LimitState:
    """What is known about the limits of one site. Instants are seconds since the epoch."""

    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    writes: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    pauses: Mapping[str, Pause] = field(default_factory=dict)
    allowance: Allowance | None = None


def decide(
    state: LimitState, call: Call, now: float, rates: Rates = CLOUD
) -> tuple[CallPermit | Wait, LimitState]:
    """Whether the call may be made now, and the state after it took its turn (unchanged where it has to wait)."""
    state = _without_strays(state, now)
    waits = [
        _paused(state, call, now),
        _spaced(state, call, now, rates.writers) if rates.spaced else Wait(0.0),
        _budgeted(state, call.bucket, rates.of(call.bucket), now, background=call.background),
        _budgeted(state, ALL, rates.total, now, background=call.background),
        Wait(state.allowance.wait(now, background=call.background) if state.allowance else 0.0),
    ]
    longest = max(waits, key=lambda wait: wait.seconds)
    return (longest, state) if longest.seconds > 0 else (CallPermit(), _taken(state, call, now, rates))


def learn(
    state: LimitState, call: Call, status: int, headers: Mapping[str, str], now: float, jitter: float = 0.0
) -> LimitState:
    """The state after an answer: pauses for what Jira refused, no more strikes for what it granted.

    `jitter` (0.3 is 30 %) lengthens waits, so that workers do not come back all at once; never below what Jira says.
    """
    state = replace(state, allowance=read_allowance(headers, now))
    if status == 429 or (status == 503 and any(name.lower() == "retry-after" for name in headers)):
        return _refused(state, call, read_limit(headers, datetime.fromtimestamp(now, UTC)), now, jitter)
    if any(key in state.pauses and state.pauses[key].until <= now for key in _scopes(call).values()):
        over = {
            key for key in _scopes(call).values() if key in state.pauses and state.pauses[key].until <= now
        }
        return replace(state, pauses={key: pause for key, pause in state.pauses.items() if key not in over})
    return state


class Governor:
    """The limits of one site, kept for the threads of this process. With several processes give each its `share`."""

    def __init__(
        self,
        rates: Rates = CLOUD,
        share: float = 0.8,
        jitter: Callable[[], float] = lambda: random.uniform(0, 0.3),  # noqa: S311
    ) -> None:
        self._rates = scale_rates(rates, share)
        self._jitter = jitter
        self._state = LimitState()
        self._lock = threading.Lock()

    @property
    def state(self) -> LimitState:
        """What is known now; for status pages and metrics."""
        return self._state

    def before(self, call: Call, now: float) -> CallPermit | Wait:
        """Take a turn, or learn how long to wait for one."""
        with self._lock:
            decision, self._state = decide(self._state, call, now, self._rates)
            return decision

    def after(self, call: Call, status: int, headers: Mapping[str, str], now: float) -> None:
        """Learn from an answer."""
        with self._lock:
            self._state = learn(self._state, call, status, headers, now, self._jitter())


def scale_rates(rates: Rates, share: float) -> Rates:
    """A part of the rates, because others use the site too."""
    return replace(
        rates,
        by_method={name: rate * share for name, rate in rates.by_method.items()},
        by_bucket={name: rate * share for name, rate in rates.by_bucket.items()},
        total=None if rates.total is None else rates.total * share,
    )


def _without_strays(state: LimitState, now: float) -> LimitState:
    """Without what a clock that was far ahead left: no bucket would fill and no pause end before that time comes."""
    known = state.allowance
    ahead = (
        any(held.at > now + STRAY for held in state.buckets.values())
        or any(times[-1] > now + STRAY for times in state.writes.values())
        or any(pause.until > now + LONGEST_PAUSE for pause in state.pauses.values())
        or (known is not None and known.at > now + STRAY)
    )
    if not ahead:
        return state
    return LimitState(
        buckets={key: held for key, held in state.buckets.items() if held.at <= now + STRAY},
        writes={key: times for key, times in state.writes.items() if times[-1] <= now + STRAY},
        pauses={key: pause for key, pause in state.pauses.items() if pause.until <= now + LONGEST_PAUSE},
        allowance=known if known is not None and known.at <= now + STRAY else None,
    )


def _scopes(call: Call) -> dict[str, str]:
    """The keys under which a pause holds for this call, by scope."""
    keys = {"site": SITE, "endpoint": f"endpoint {call.bucket}"}
    return {**keys, "issue": f"issue {call.issue}"} if call.issue else keys


def _paused(state: LimitState, call: Call, now: float) -> Wait:
    pauses = [state.pauses[key] for key in _scopes(call).values() if key in state.pauses]
    longest = max(pauses, key=lambda pause: pause.until, default=None)
    return Wait(longest.until - now, longest.reason) if longest else Wait(0.0)


def _spaced(state: LimitState, call: Call, now: float, writers: int = 1) -> Wait:
    """Until the oldest write that fills a window, or this process's part of it, leaves it."""
    times = state.writes.get(call.issue or "", ())
    windows = [(window, max(1, most // writers)) for window, most in ISSUE_WINDOWS]
    free = [times[-most] + window for window, most in windows if len(times) >= most]
    return Wait(max([0.0, *(moment - now for moment in free)]), PER_ISSUE)


def _budgeted(state: LimitState, bucket: str, rate: float | None, now: float, *, background: bool) -> Wait:
    if rate is None:
        return Wait(0.0)
    needed = 1.0 + (RESERVE * rate if background else 0.0)
    missing = min(needed, _size(rate)) - _tokens(state, bucket, now, rate)
    return Wait(max(0.0, missing / rate)) if missing > 1e-9 else Wait(0.0)


def _size(rate: float) -> float:
    """A bucket holds a second's worth, Jira does not publish its own size; never less than one call."""
    return max(rate, 1.0)


def _tokens(state: LimitState, bucket: str, now: float, rate: float) -> float:
    """What the bucket holds now."""
    held = state.buckets.get(bucket)
    return _size(rate) if held is None else min(_size(rate), held.tokens + max(0.0, now - held.at) * rate)


def _taken(state: LimitState, call: Call, now: float, rates: Rates) -> LimitState:
    used = {
        bucket: Bucket(_tokens(state, bucket, now, rate) - 1.0, now)
        for bucket, rate in ((call.bucket, rates.of(call.bucket)), (ALL, rates.total))
        if rate is not None
    }
    return replace(
        state,
        buckets={**state.buckets, **used} if used else state.buckets,
        writes=_written(state.writes, call.issue, now) if rates.spaced else state.writes,
        allowance=state.allowance and state.allowance.less_one(now),
    )


def _written(
    writes: Mapping[str, tuple[float, ...]], issue: str | None, now: float
) -> Mapping[str, tuple[float, ...]]:
    if issue is None:
        return writes
    start = now - LONGEST_WINDOW
    if len(writes) > MOST_REMEMBERED:
        writes = {known: times for known, times in writes.items() if times[-1] > start}
    recent = tuple(moment for moment in writes.get(issue, ()) if moment > start)
    return {**writes, issue: (*recent, now)}


def _refused(state: LimitState, call: Call, limit: Limit, now: float, jitter: float) -> LimitState:
    scopes = _scopes(call)
    key = scopes.get(limit.scope, scopes["endpoint"])
    known = state.pauses.get(key)
    strikes = known.strikes + 1 if known else 1
    wait = limit.retry_after or _back_off(limit, strikes, now)
    until = max(now + wait * (1.0 + jitter), known.until if known else 0.0)
    return replace(state, pauses={**state.pauses, key: Pause(until, strikes, limit.reason)})


def _back_off(limit: Limit, strikes: int, now: float) -> float:
    """2, 4, 8, 16 seconds; an hourly quota comes back with the full hour, unless Jira says that it is about to."""
    if "quota" in limit.reason and limit.retry_after is None:
        return 3600.0 - now % 3600.0
    return min(2.0**strikes, LONGEST_BACK_OFF[limit.scope])
