"""Entity properties of issues: JSON that people do not see and no screen has to show, at most 32,768 characters."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from connectors.jira.errors import Permanent
from connectors.jira.transport import Transport, issue_path

LARGEST = 32_768


def get_property(transport: Transport, api: str, issue_id: str, key: str) -> Any:
    """The value, or None where the issue has no such property."""
    try:
        answer = transport.get(_path(api, issue_id, key)).json()
    except Permanent as error:
        if error.gone:
            return None
        raise
    return answer.get("value") if isinstance(answer, dict) else None


def put_property(transport: Transport, api: str, issue_id: str, key: str, value: object) -> None:
    """Set the value, whatever it was before."""
    transport.put(_path(api, issue_id, key), value)


def delete_property(transport: Transport, api: str, issue_id: str, key: str) -> None:
    """Remove the property; one that is not there is as good as removed."""
    try:
        transport.delete(_path(api, issue_id, key))
    except Permanent as error:
        if not error.gone:
            raise


def _path(api: str, issue_id: str, key: str) -> str:
    return f"{issue_path(api, issue_id)}/properties/{quote(key, safe='')}"
