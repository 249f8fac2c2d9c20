"""What the connector's account may do, site-wide or in one project."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import Transport

BROWSE = "BROWSE_PROJECTS"
LINK = "LINK_ISSUES"
CREATE = "CREATE_ISSUES"


def permissions(
    transport: Transport, api: str, project_key: str | None, names: Iterable[str]
) -> dict[str, bool]:
    """Whether the account has each of these permissions, in a project or, for None, anywhere."""
    asked = list(dict.fromkeys(names))
    params = {"permissions": ",".join(asked)}
    if project_key is not None:
        params["projectKey"] = project_key
    answer = transport.get(f"{api}/mypermissions", params).json()
    found = answer.get("permissions") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise IncompleteRead("Jira's answer about permissions holds none.")
    return {name: bool((found.get(name) or {}).get("havePermission")) for name in asked}
