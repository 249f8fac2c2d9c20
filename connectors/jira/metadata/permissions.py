"""What the connector's account may do, site-wide or in one project."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import Transport
from connectors.jira.sign_in.scopes import NEEDED, MissingScope, MissingWriteScope, Scope

BROWSE = "BROWSE_PROJECTS"
LINK = "LINK_ISSUES"
CREATE = "CREATE_ISSUES"
PROPERTY = "jira-okr.scope"
DATACENTER = "/rest/api/2"


def permissions(
    transport: Transport, api: str, project_key: str | None, names: Iterable[str]
) -> dict[str, bool]:
    """Whether the account has each of these permissions, in a project or, for None, anywhere.

    Cloud has to be told which; Data Center tells of all, and knows no such parameter.
    """
    asked = list(dict.fromkeys(names))
    params = {} if api == DATACENTER else {"permissions": ",".join(asked)}
    if project_key is not None:
        params["projectKey"] = project_key
    answer = transport.get(f"{api}/mypermissions", params).json()
    found = answer.get("permissions") if isinstance(answer, dict) else None
    if not isinstance(found, dict):
        raise IncompleteRead("Jira's answer about permissions holds none.")
    return {name: bool((found.get(name) or {}).get("havePermission")) for name in asked}


def missing_scopes(transport: Transport, api: str) -> tuple[Scope, ...]:
    """Which of the scopes we need a token lacks, found out by one call for each. Jira has no list of them.

    The write is the removal of a property from an issue that cannot be: 404 where the token may write.
    """
    missing: list[Scope] = []
    asks: tuple[Callable[[], object], ...] = (
        lambda: transport.get(f"{api}/mypermissions", {"permissions": BROWSE}),
        lambda: transport.get(f"{api}/myself"),
        lambda: transport.delete(f"{api}/issue/0/properties/{PROPERTY}"),
    )
    for ask in asks:
        try:
            ask()
        except (MissingScope, MissingWriteScope) as error:
            missing += error.scopes
        except JiraRefusal:
            continue
    return tuple(scope for scope in NEEDED if scope in missing)
