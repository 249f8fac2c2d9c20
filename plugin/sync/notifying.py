"""Whether people are told by e-mail of what we write: never where Jira lets us be silent.

`notifyUsers=false` needs the permission to administer the project (or Jira); without it the whole edit is refused, so it is
asked once per project before the first edit there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.jira import Jira

GOOD_FOR = timedelta(hours=1)
SILENCING = ("ADMINISTER_PROJECTS",)


class Notifying:
    """Remembers per project for an hour. Thread-safe."""

    def __init__(self, jira: Jira, clock: Callable[[], datetime]) -> None:
        self.jira = jira
        self._clock = clock
        self._known: dict[str, tuple[bool, datetime]] = {}
        self._lock = threading.Lock()

    def needed(self, issue_key: str) -> bool:
        """Whether an edit of this issue has to let Jira notify people. Raises a JiraError where Jira cannot be asked."""
        project = issue_key.rpartition("-")[0]
        now = self._clock()
        with self._lock:
            needed, asked = self._known.get(project, (True, now - 2 * GOOD_FOR))
        if now - asked < GOOD_FOR:
            return needed
        granted = self.jira.permissions(project, SILENCING)
        needed = not any(granted.get(name) for name in SILENCING)
        with self._lock:
            self._known[project] = (needed, now)
        return needed
