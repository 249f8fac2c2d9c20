"""Who does what tests do."""

from __future__ import annotations

from plugin.access.actor import Actor
from plugin.access.permission import Permission

TESTER = Actor("test", Permission.ADMIN)
