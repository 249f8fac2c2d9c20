"""What the app's manifest calls its modules: a call names the page or the trigger that it comes from, and each route is for some of them."""

from __future__ import annotations

ISSUE = frozenset({"okr-context"})
OBJECTIVES = frozenset({"okr-objectives", "okr-gadget"})
ADMINISTRATION = frozenset({"okr-admin"})
EVENTS = frozenset({"issue-events", "plan-events"})
LIFE = frozenset({"app-lifecycle"})
HEARTBEAT = frozenset({"hourly"})
JQL = frozenset({"okr-contributes"})
GOODBYE = frozenset({"goodbye"})
