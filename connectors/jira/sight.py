"""What is known to be out of sight, so that it is not asked for again at every read: parents by key that Jira does not show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Sight(Protocol):
    """Remembers keys that Jira does not show to the account, for as long as it thinks right."""

    def hidden(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of these keys that were out of sight a while ago."""

    def hide(self, keys: Iterable[str]) -> None:
        """Jira does not show these, now."""


class NoSight:
    """Remembers nothing: everything is asked for each time."""

    def hidden(self, keys: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - as the protocol has it
        """None of them."""
        return frozenset()

    def hide(self, keys: Iterable[str]) -> None:
        """Forget them at once."""
