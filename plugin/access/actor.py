"""Who does or asks something, whatever door they came through."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.access.permission import Permission


@dataclass(frozen=True, slots=True)
class Actor:
    """`label` is how history and audit log name them, `role` what they may do; `account_id` is 0 where they have no account."""

    label: str
    role: Permission
    account_id: int = 0

    def may(self, permission: Permission) -> bool:
        """Whether they may do what this permission is asked for."""
        return self.role.includes(permission)


COMMAND_LINE = Actor("command line", Permission.ADMIN)
"""Whoever may run commands beside the database may do everything anyway."""
MONITORING = Actor("monitoring", Permission.VIEWER)
"""Load balancers and Prometheus, which nobody signs in: they are shown counts, never an issue."""
