"""What is known to be out of sight, so that it is not asked for again at every read: parents by key that Jira does not show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol


class ParentMemory(Protocol):
    """Remembers keys that Jira does not show to the account, for as long as it thinks right."""

    def hidden(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of these keys that were out of sight a while ago."""

    def hide(self, keys: Iterable[str]) -> None:
        """Jira does not show these, now."""

    def standing(self, named: Mapping[str, str]) -> Mapping[str, str]:
        """Of issues by id that name a parent by a key out of sight: the id of the parent that was known, where it has that very key."""


class NoParentMemory:
    """Remembers nothing: everything is asked for each time."""

    def hidden(self, keys: Iterable[str]) -> frozenset[str]:  # noqa: ARG002 - as the protocol has it
        """None of them."""
        return frozenset()

    def hide(self, keys: Iterable[str]) -> None:
        """Forget them at once."""

    def standing(self, named: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ARG002 - as the protocol has it
        """Of none."""
        return {}
