"""Events of the Forge app, brought into the shape of webhooks so that one reader serves both. Pure.

They are named `avi:jira:updated:issue`, carry the actor as `atlassianId`, and hold links and their ends flat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

EVENT = re.compile(r"avi:jira(?:-software)?:([a-z]{1,40}):([a-z-]{1,40})")
NOUNS = {
    "issue": "issue",
    "issuelink": "issuelink",
    "issue-property": "issue_property",
    "comment": "comment",
    "worklog": "worklog",
    "sprint": "sprint",
    "version": "version",
}


def as_webhook(said: Mapping[str, object]) -> Mapping[str, object]:
    """The body as a webhook would have it; a body that is no Forge event comes back as it is."""
    wrapped = said.get("payload")
    event = wrapped if isinstance(wrapped, dict) and "eventType" not in said else said
    name = event.get("eventType")
    match = EVENT.fullmatch(name) if isinstance(name, str) else None
    if match is None or match[2] not in NOUNS:
        return said
    link = {"issueLink": event} if match[2] == "issuelink" else {}
    user = {"accountId": event.get("atlassianId")}
    return {**event, **link, "webhookEvent": f"{NOUNS[match[2]]}_{match[1]}", "user": user}
