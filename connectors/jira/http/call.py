"""One call to Jira as the rate limits see it: method, kind of endpoint, and the issue a write touches. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

VARIABLE = re.compile(r"^(?:-?\d+|[A-Z][A-Z0-9_]*-\d+)$")
REST = re.compile(r"/rest/(?:(?!webhooks/|jira-webhook/)[^/]+/[^/]+/)?")
"""What an endpoint is called without; those of administrators' webhooks keep their place, for apps have another by that name."""


@dataclass(frozen=True, slots=True)
class Call:
    """`endpoint` is the path with ids replaced (`issue/*/editmeta`); `issue` is set for writes to one issue.

    `background` marks work that yields to fresh events: resync, history.
    """

    method: str
    endpoint: str
    issue: str | None = None
    background: bool = False

    @property
    def bucket(self) -> str:
        """The token bucket this call is counted in: Jira counts per endpoint and method."""
        return f"{self.method} {self.endpoint}"


def place_of(path: str) -> str:
    """The path of a call with its ids left out, as it may be shown to people."""
    match = REST.search(path)
    before = path[: match.end()] if match else ""
    return before + "/".join("*" if VARIABLE.match(part) else part for part in path[len(before) :].split("/"))


def call_of(method: str, path: str, background: bool = False) -> Call:
    """The call a method and a path stand for."""
    match = REST.search(path)
    parts = (path[match.end() :] if match else path.lstrip("/")).split("/")
    if parts[0] == "issue" and len(parts) > 3 and parts[2] == "properties":
        parts[3] = "*"
    endpoint = "/".join("*" if VARIABLE.match(part) else part for part in parts)
    writes = method in ("PUT", "DELETE") or (method == "POST" and len(parts) == 3)
    touches = writes and parts[0] == "issue" and len(parts) > 1 and VARIABLE.match(parts[1])
    return Call(method, endpoint, parts[1] if touches else None, background)
