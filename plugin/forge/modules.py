"""What the app's manifest calls its modules: a call names the page or the trigger that it comes from, and each route is for some of them."""

from __future__ import annotations

ADMINISTRATION = "okr-admin"
EVENTS = frozenset({"issue-events", "plan-events"})
LIFE = frozenset({"app-lifecycle"})
HEARTBEAT = frozenset({"hourly"})
GOODBYE = frozenset({"goodbye"})
