"""Whether people are told by e-mail of what we write: never where Jira lets us be silent.

`notifyUsers=false` needs the permission to administer the project (or Jira); without it the whole edit is refused, so it is
asked once per project before the first edit there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.jira import Jira
from connectors.jira.http.errors import JiraRefusal

GOOD_FOR = timedelta(hours=1)
FRESH = timedelta(minutes=1)
"""So long after it was asked the answer is not asked for again, whatever Jira refuses meanwhile."""
SILENCING = ("ADMINISTER_PROJECTS",)


@dataclass(frozen=True, slots=True)
class _KnownAnswer:
    """What Jira said at `at`; None where it declined to say."""

    needed: bool | None
    at: datetime


class NotificationPolicy:
    """Remembers per project for an hour. Thread-safe."""

    def __init__(self, jira: Jira, clock: Callable[[], datetime]) -> None:
        self.jira = jira
        self._clock = clock
        self._known: dict[str, _KnownAnswer] = {}
        self._lock = threading.Lock()

    def needed(self, issue_key: str) -> bool:
        """Whether an edit of this issue has to let Jira notify people.

        Where Jira declines to say what the account may do, that is no word on any field: it is tried silently, and
        `needed_after_all` finds out. Raises a JiraError, never JiraRefusal, where Jira cannot be asked.
        """
        project = _project(issue_key)
        known = self._remembered(project, GOOD_FOR)
        return bool(known.needed) if known is not None else bool(self._ask(project))

    def needed_after_all(self, issue_key: str) -> bool:
        """Asked when a silent edit was forbidden: whether that may be for the silence alone. Raises as `needed` does."""
        project = _project(issue_key)
        known = self._remembered(project, FRESH)
        if known is not None and known.needed is not None:
            return known.needed
        return self._ask(project) is not False

    def _ask(self, project: str) -> bool | None:
        needed: bool | None = None
        with suppress(JiraRefusal):
            granted = self.jira.permissions(project, SILENCING)
            needed = not any(granted.get(name) for name in SILENCING)
        with self._lock:
            self._known[project] = _KnownAnswer(needed, self._clock())
        return needed

    def _remembered(self, project: str, good_for: timedelta) -> _KnownAnswer | None:
        with self._lock:
            known = self._known.get(project)
        return known if known is not None and self._clock() - known.at < good_for else None


def _project(issue_key: str) -> str:
    return issue_key.rpartition("-")[0]
