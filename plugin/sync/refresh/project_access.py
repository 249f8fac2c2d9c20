"""Whether the connector's account may still browse a project: what tells a deleted issue from one that went out of sight."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.jira import Jira
from connectors.jira.http.errors import JiraRefusal
from connectors.jira.metadata.permissions import BROWSE

GOOD_FOR = timedelta(minutes=1)


class ProjectSight:
    """Remembers per project for a minute. Thread-safe."""

    def __init__(self, jira: Jira, clock: Callable[[], datetime]) -> None:
        self.jira = jira
        self._clock = clock
        self._known: dict[str, tuple[bool, datetime]] = {}
        self._lock = threading.Lock()

    def may_browse(self, project_key: str) -> bool:
        """What Jira says now, or said a moment ago. Raises a JiraError where it cannot be asked."""
        now = self._clock()
        with self._lock:
            known = self._known.get(project_key)
        if known is not None and now - known[1] < GOOD_FOR:
            return known[0]
        may = may_browse(self.jira, project_key)
        with self._lock:
            self._known[project_key] = (may, now)
        return may


def may_browse(jira: Jira, project_key: str) -> bool:
    """Ask Jira now. A project that it does not know, or forbids to ask about, cannot be browsed."""
    try:
        return jira.permissions(project_key, (BROWSE,))[BROWSE]
    except JiraRefusal as error:
        if error.gone or error.status in (400, 403):
            return False
        raise
