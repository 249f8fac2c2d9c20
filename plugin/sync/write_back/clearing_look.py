"""One look at what the objectives of a turn may have left in Jira: a read for all of them, good for the moment in which they are cleared."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from mappings.facts.issue import Issue

GOOD_FOR = timedelta(seconds=1)
"""So many are cleared in it as clear themselves within a second. What somebody writes over us within this time, and of which nothing has told yet, may be cleared as ours, as what is written between any look and the edit."""


@dataclass(frozen=True, slots=True)
class ShownIssues:
    """What Jira showed by id of some issues, which of them it did not show, which fields were asked for, and when."""

    issues: dict[str, Issue]
    gone: frozenset[str]
    fields: frozenset[str]
    at: datetime

    def among(self, ids: Set[str]) -> tuple[list[Issue], frozenset[str]]:
        """Of these issues what was shown, and which were not."""
        return [self.issues[id_] for id_ in sorted(ids & self.issues.keys())], self.gone & ids


class ClearingLook:
    """Remembers for one turn, in one thread. `waiting` are the objectives whose turn is still to come."""

    def __init__(self, objective_ids: Iterable[str]) -> None:
        self.waiting = set(objective_ids)
        self._shown: ShownIssues | None = None

    def begin(self, objective_id: str) -> None:
        """It is this one's turn: nobody has to look for it any more."""
        self.waiting.discard(objective_id)

    def good(self, ids: Set[str], fields: Set[str], now: datetime) -> ShownIssues | None:
        """What was seen a moment ago, where these issues and fields were among it."""
        shown = self._shown
        if shown is None or now - shown.at > GOOD_FOR or not fields <= shown.fields:
            return None
        return shown if ids <= shown.issues.keys() | shown.gone else None

    def keep(self, shown: ShownIssues) -> None:
        """This was seen now."""
        self._shown = shown
