"""Who does or asks something, whatever door they came through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.access.authorization.permission import Permission


@dataclass(frozen=True, slots=True)
class Actor:
    """`label` is how history and audit log name them, `role` what they may do; `account_id` is 0 where they have no account.

    `proved_at` is when a person last said who they are, by password or at the provider; None for programs.
    `sees_all` is for the connector's own work, which is shown to nobody. `person` is who they are in the Jira `of_site`, where the call itself proves it.
    """

    label: str
    role: Permission
    account_id: int = 0
    proved_at: datetime | None = None
    sees_all: bool = False
    of_site: str = ""
    person: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether they may do what this permission is asked for."""
        return self.role.includes(permission)


COMMAND_LINE = Actor("command line", Permission.ADMIN, sees_all=True)
"""Whoever may run commands beside the database may do everything anyway."""
SETTINGS = Actor("settings", Permission.ADMIN, sees_all=True)
"""Whoever wrote the settings that a process starts with: the mapping file that is adopted where none is active yet."""
CALENDAR = Actor("calendar", Permission.EDITOR, sees_all=True)
"""What happens because its day has come: a cycle is closed by itself."""
DEMONSTRATION = Actor("demo", Permission.ADMIN, sees_all=True)
"""The demo, which sets itself up."""
FORGE = Actor("Forge app", Permission.EDITOR, sees_all=True)
"""Events and the hourly call of the Forge app, which no person makes."""
NOBODY = Actor("nobody", Permission.PUBLIC)
"""Whoever has not signed in yet."""
MONITORING = Actor("monitoring", Permission.VIEWER, sees_all=True)
"""Load balancers and Prometheus, which nobody signs in: they are shown counts, never an issue."""
