"""What a scoped token may be used for: which scope each call takes, as Jira's official contract says. Pure."""

from __future__ import annotations

import re

READ_WORK, WRITE_WORK, READ_USER = "read:jira-work", "write:jira-work", "read:jira-user"
READ_APP, WRITE_APP = "read:app-data:jira", "write:app-data:jira"
"""Atlassian takes calls without these as yet, and says that it will not for ever."""
MANAGE_WEBHOOK = "manage:jira-webhook"
CONFIGURE = "manage:jira-configuration"
NONE_FITS = ""
"""No token has it: webhooks of administrators are registered with other credentials."""

_API = r"/rest/api/[^/]+"
SCOPES: tuple[tuple[str, str, str | None], ...] = (
    ("GET", rf"{_API}/serverInfo", None),
    (".*", rf"{_API}/webhook(?:/refresh)?", MANAGE_WEBHOOK),
    ("GET", rf"{_API}/jql/function/computation", READ_APP),
    ("POST", rf"{_API}/jql/function/computation/search", READ_APP),
    (".*", rf"{_API}/(?:jql/function/computation|app/field/.*)", WRITE_APP),
    ("GET", rf"{_API}/(?:myself|user(?:/.*)?)", READ_USER),
    ("GET", rf"{_API}/(?:statuses/search|priority/search)", CONFIGURE),
    (".*", rf"{_API}/(?:field/.+/.+|issuetypescreenscheme/.+)", CONFIGURE),
    ("POST", rf"{_API}/field", CONFIGURE),
    (".*", rf"{_API}/(?:screenscheme|screens/.+)", "manage:jira-project"),
    (
        "POST",
        rf"{_API}/(?:search/.+|permissions/check|issue/bulkfetch|changelog/bulkfetch|comment/list)",
        READ_WORK,
    ),
    ("GET", rf"{_API}/.*", READ_WORK),
    (".*", rf"{_API}/.*", WRITE_WORK),
)
"""Method, path, scope; the first that fits decides."""


def scope_of_call(method: str, path: str) -> str | None:
    """The scope that a call takes; None where any token will do."""
    for verb, place, scope in SCOPES:
        if re.fullmatch(verb, method) and re.fullmatch(place, path):
            return scope
    return NONE_FITS
