"""When the personal access token we use expires, where Jira Data Center tells. Cloud tells nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime

from connectors.jira.http.errors import JiraError
from connectors.jira.http.transport import Transport
from connectors.jira.sign_in.credentials import BearerCredentials

PATH = "/rest/pat/latest/tokens"


def token_end(transport: Transport) -> date | None:
    """The day on which our token expires (UTC). None where Jira does not say, or has several tokens of this account that end on different days.

    The list has names and days, and nothing by which to know which of them is ours.
    """
    if not isinstance(transport.address.credentials, BearerCredentials):
        return None
    try:
        said = transport.get(PATH).json()
    except JiraError:
        return None
    if not isinstance(said, list) or not said:
        return None
    days = {_day(one.get("expiringAt")) if isinstance(one, dict) else None for one in said}
    return days.pop() if len(days) == 1 else None


def _day(value: object) -> date | None:
    """The day of an instant, as text or in milliseconds since the epoch."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC).date()
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    if moment is None:
        return None
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()
