"""What could not be read of Jira. A gap is named and listed; numbers that need it stand as they were until it is read or accepted."""

from __future__ import annotations

from dataclasses import dataclass

CORRECT = "Open the issue in Jira and correct the field (an administrator can, where people cannot), or accept the gap."
ALLOW = (
    "Give the connector's account Browse projects in its project and access to its security level, "
    "or accept the gap."
)

UNCOUNTED = "count"
"""In the place of a field: what is known by Jira's count alone."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One issue that could not be read. `field` is empty where nothing of it could; `parent` is the id or key that it hangs under, where that was read.

    An id is known of every gap that is kept, but of `UNCOUNTED`; `reason` and `remedy` are whole sentences. `listed`: Jira names it among the issues of the
    scope, so that it is ours though nothing of it was ever read. `omitted` are the ids of fields that the answer left out, where all else of the issue was read.
    """

    issue_id: str
    issue_key: str
    reason: str
    remedy: str = CORRECT
    field: str = ""
    parent: str = ""
    listed: bool = False
    omitted: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How people call what could not be read: the issue's key, its id, or what lacks where neither is known."""
        nameless = (
            "issues that are only counted" if self.field == UNCOUNTED else "an issue without id and key"
        )
        return self.issue_key or self.issue_id or nameless
