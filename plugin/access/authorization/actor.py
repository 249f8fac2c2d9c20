"""Who does or asks something, whatever door they came through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.access.authorization.permission import Permission


@dataclass(frozen=True, slots=True)
class Actor:
    """`label` is how history and audit log name them, `role` what they may do; `account_id` is 0 where they have no account.

    `proved_at` is when a person last said who they are, by password or at the provider; None for programs.
    """

    label: str
    role: Permission
    account_id: int = 0
    proved_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether they may do what this permission is asked for."""
        return self.role.includes(permission)


COMMAND_LINE = Actor("command line", Permission.ADMIN)
"""Whoever may run commands beside the database may do everything anyway."""
SETTINGS = Actor("settings", Permission.ADMIN)
"""Whoever wrote the settings that a process starts with: the mapping file that is adopted where none is active yet."""
CALENDAR = Actor("calendar", Permission.EDITOR)
"""What happens because its day has come: a cycle is closed by itself."""
DEMONSTRATION = Actor("demo", Permission.ADMIN)
"""The demo, which sets itself up."""
FORGE = Actor("Forge app", Permission.EDITOR)
"""Events and the hourly call of the Forge app, which no person makes."""
NOBODY = Actor("nobody", Permission.PUBLIC)
"""Whoever has not signed in yet."""
MONITORING = Actor("monitoring", Permission.VIEWER)
"""Load balancers and Prometheus, which nobody signs in: they are shown counts, never an issue."""
