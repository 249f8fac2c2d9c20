"""Why a message was not sent."""

from __future__ import annotations


class SendingFailure(Exception):
    """It was not sent, or nobody knows whether it was. `for_good`: it will not be, however often it is tried; `wait`: so many seconds were asked for."""

    def __init__(self, reason: str, *, for_good: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.for_good, self.wait = reason, for_good, wait
