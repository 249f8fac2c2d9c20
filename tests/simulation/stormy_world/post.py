"""The way of deliveries from Jira to the connector: dropped, repeated, late and out of order, and retried as Jira retries."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

from stormy_world.clock import VirtualClock

from connectors.sandbox.traffic.webhooks import SignedBody

RETRIES = 5
BACK_OFF = 60.0


@dataclass(frozen=True, slots=True)
class Reliability:
    """Shares of messages, 0 to 1; a late one comes up to `seconds` later."""

    drop: float = 0.0
    duplicate: float = 0.0
    late: float = 0.0
    seconds: float = 60.0


class PostOffice:
    """Takes messages from the sandbox, and hands over those whose time has come."""

    def __init__(self, clock: VirtualClock, dice: random.Random) -> None:
        self.clock = clock
        self.dice = dice
        self.reliability = Reliability()
        self.deliver: Callable[[SignedBody], int | None] = lambda _message: 204
        self.dropped = 0
        self.sent = 0
        self._heap: list[tuple[float, int, int, SignedBody]] = []
        self._serial = itertools.count()

    def put(self, message: SignedBody) -> None:
        """Accept a message; its fate is decided here."""
        if self.dice.random() < self.reliability.drop:
            self.dropped += 1
            return
        for _ in range(2 if self.dice.random() < self.reliability.duplicate else 1):
            late = self.dice.random() < self.reliability.late
            self._push(self.dice.uniform(0, self.reliability.seconds) if late else 0.0, 0, message)

    def _push(self, delay: float, retry: int, message: SignedBody) -> None:
        heapq.heappush(self._heap, (self.clock.seconds() + delay, next(self._serial), retry, message))

    def hand_over(self, most: int = 1000) -> None:
        """Deliver what is due. No answer and 5xx are retried; after the last retry a message is lost, as Jira loses it."""
        while most and self._heap and self._heap[0][0] <= self.clock.seconds():
            most -= 1
            _, _, retry, message = heapq.heappop(self._heap)
            self.sent += 1
            status = self.deliver(message)
            if status is not None and status < 500:
                continue
            if retry < RETRIES:
                self._push(BACK_OFF, retry + 1, message)
            else:
                self.dropped += 1

    @property
    def waiting(self) -> int:
        """How many are under way."""
        return len(self._heap)
