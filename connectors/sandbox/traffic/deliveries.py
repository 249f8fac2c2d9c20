"""Sends webhook messages in the background, in order, and retries as Jira does. Faults can drop, repeat, delay and reorder them."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field

import requests

from connectors.sandbox.traffic.webhooks import SignedBody

RETRIES = 5
RETRIED = frozenset({408, 409, 425, 429})
KEPT_ATTEMPTS = 10_000


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """How unreliable the network is: shares of messages, 0 to 1, and a delay in seconds."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 0.2


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver; `status` is None where no answer came. `retry` counts from 0."""

    identifier: str
    event: str
    url: str
    retry: int
    status: int | None
    will_retry: bool


@dataclass(order=True, slots=True)
class _DueDelivery:
    at: float
    serial: int
    message: SignedBody = field(compare=False)
    retry: int = field(default=0, compare=False)


class Sender:
    """A background thread with a queue by due time. `backoff` is the middle of the random wait before a retry, in seconds (Jira: 600)."""

    def __init__(self, backoff: float = 600.0, timeout: float = 10.0, seed: int = 0) -> None:
        self.backoff = backoff
        self.timeout = timeout
        self.faults = WebhookFaults()
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.attempts: deque[Attempt] = deque(maxlen=KEPT_ATTEMPTS)
        self.dropped: list[str] = []
        self._heap: list[_DueDelivery] = []
        self._serial = itertools.count()
        self._busy = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    def start(self) -> None:
        """Begin to deliver."""
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop at once; what is not delivered is lost."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join(self.timeout + 1)
        self._session.close()

    def put(self, message: SignedBody) -> None:
        """Accept a message; the faults decide what becomes of it."""
        with self._wake:
            for delay in self._fate(message):
                heapq.heappush(
                    self._heap, _DueDelivery(time.monotonic() + delay, next(self._serial), message)
                )
            self._wake.notify_all()

    def _fate(self, message: SignedBody) -> list[float]:
        """The delays of the copies that will be sent; an order is broken by sending one late."""
        faults = self.faults
        if self.random.random() < faults.drop:
            self.dropped.append(message.identifier)
            return []
        copies = 2 if self.random.random() < faults.duplicate else 1
        return [self._delay() for _ in range(copies)]

    def _delay(self) -> float:
        late = self.faults.delay_seconds if self.random.random() < self.faults.delay else 0.0
        if self.random.random() < self.faults.reorder:
            late += self.random.uniform(0, self.faults.delay_seconds)
        return late

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is left to send or to retry; False if that took too long."""
        end = time.monotonic() + timeout
        with self._wake:
            while self._heap or self._busy:
                if not self._wake.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    return False
        return True

    @property
    def pending(self) -> int:
        """How many messages wait to be sent or retried."""
        with self._wake:
            return len(self._heap) + self._busy

    def _run(self) -> None:
        while (due := self._next()) is not None:
            attempt = self._send(due)
            with self._wake:
                self.attempts.append(attempt)
                if attempt.will_retry and not self._stopping:
                    wait = self.backoff * self.random.uniform(0.5, 1.5)
                    heapq.heappush(
                        self._heap,
                        _DueDelivery(time.monotonic() + wait, next(self._serial), due.message, due.retry + 1),
                    )
                self._busy -= 1
                self._wake.notify_all()

    def _next(self) -> _DueDelivery | None:
        with self._wake:
            while not self._stopping:
                wait = self._heap[0].at - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._heap)
                self._wake.wait(wait)
        return None

    def _send(self, due: _DueDelivery) -> Attempt:
        message = due.message
        headers = dict(message.headers)
        if due.retry:
            headers["X-Atlassian-Webhook-Retry"] = str(due.retry)
        try:
            answer = self._session.post(
                message.url, data=message.body, headers=headers, timeout=self.timeout, allow_redirects=False
            )
            status: int | None = answer.status_code
        except requests.RequestException:
            status = None
        again = (status is None or status in RETRIED or status >= 500) and due.retry < RETRIES
        return Attempt(
            identifier=message.identifier,
            event=message.event,
            url=message.url,
            retry=due.retry,
            status=status,
            will_retry=again,
        )
