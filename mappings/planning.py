"""What has to change in Jira: desired against actual field values, and the plan in between. Executes nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one issue: the JSON value Jira has, the JSON value it shall get, and why. None clears the field."""

    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    before: object
    after: object
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordered set of changes for one objective. An empty plan is the end of every loop."""

    objective_id: str
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def by_issue(self) -> dict[str, tuple[Change, ...]]:
        """Changes grouped by issue id: one edit per issue carries all its fields."""
        grouped: dict[str, list[Change]] = {}
        for change in self.changes:
            grouped.setdefault(change.issue_id, []).append(change)
        return {issue_id: tuple(changes) for issue_id, changes in grouped.items()}
