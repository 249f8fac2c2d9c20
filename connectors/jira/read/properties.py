"""Entity properties of issues: JSON that people do not see and no screen has to show, at most 32,768 characters."""

from __future__ import annotations

from urllib.parse import quote

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import Transport, issue_path

LARGEST = 32_768


def get_property(transport: Transport, api: str, issue_id: str, key: str) -> object:
    """The value, or None where Jira says that the issue has no such property. Raises IncompleteRead for an answer of another shape."""
    try:
        answer = transport.get(_path(api, issue_id, key)).json()
    except JiraRefusal as error:
        if error.gone:
            return None
        raise
    if not isinstance(answer, dict) or "value" not in answer:
        raise IncompleteRead("Jira's answer for an entity property holds no value.")
    return answer["value"]


def put_property(transport: Transport, api: str, issue_id: str, key: str, value: object) -> None:
    """Set the value, whatever it was before."""
    transport.put(_path(api, issue_id, key), value)


def delete_property(transport: Transport, api: str, issue_id: str, key: str) -> None:
    """Remove the property; one that is not there is as good as removed.

    Jira says 404 as well where the account may not edit the issue: what is still there then was refused.
    """
    try:
        transport.delete(_path(api, issue_id, key))
    except JiraRefusal as error:
        if not error.gone or get_property(transport, api, issue_id, key) is not None:
            raise


def _path(api: str, issue_id: str, key: str) -> str:
    return f"{issue_path(api, issue_id)}/properties/{quote(key, safe='')}"
