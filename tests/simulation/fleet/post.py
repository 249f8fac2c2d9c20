"""The sandbox's own sender, which finds the connector wherever it serves now, and writes down what becomes of each delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fleet.chronicle import Chronicle

from connectors.sandbox.traffic.deliveries import Sender
from connectors.sandbox.traffic.webhooks import SignedBody

PLACE = "http://okr.example.test"
BACK_OFF = 1.0
TIMEOUT = 10.0


class Post(Sender):
    """Delivers to `door()`, which may change whenever the connector is started anew."""

    def __init__(self, seed: int, chronicle: Chronicle) -> None:
        super().__init__(BACK_OFF, TIMEOUT, seed)
        self.chronicle = chronicle
        self.door: Callable[[], str] = lambda: PLACE
        self.lost = 0

    def put(self, message: SignedBody) -> None:
        before = len(self.dropped)
        super().put(message)
        if len(self.dropped) > before:
            self.chronicle.note("post", f"{_named(message)} dropped")

    def _send(self, due: Any) -> Any:
        here = replace(due.message, url=due.message.url.replace(PLACE, self.door()))
        attempt = super()._send(type(due)(due.at, due.serial, here, due.retry))
        given_up = not attempt.will_retry and attempt.status != 204
        self.lost += given_up
        self.chronicle.note(
            "post",
            f"{_named(due.message)} try {attempt.retry + 1}: {attempt.status}{', lost' if given_up else ''}",
        )
        return attempt


def _named(message: SignedBody) -> str:
    return f"{message.event} {message.identifier[:8]}"
