"""What goes wrong outside of us, by the names that doors need: Jira and the database."""

from __future__ import annotations

from connectors.jira.http.errors import AuthFailure, JiraError, JiraRefusal, RateLimitError
from connectors.store import StoreError

__all__ = ["AuthFailure", "JiraError", "JiraRefusal", "RateLimitError", "StoreError", "describe_error"]


def describe_error(error: JiraError) -> str:
    """What Jira said, what to do about it, and which call it was."""
    asked = f" The call was {error.asked}." if error.asked else ""
    return f"{error.message} {error.remedy}".strip() + asked
