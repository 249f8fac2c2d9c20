"""Who does what tests do."""

from __future__ import annotations

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission

TESTER = Actor("test", Permission.ADMIN)
