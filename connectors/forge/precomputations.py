"""What Jira keeps of the answers of our JQL functions: it goes on using them until the app brings others, or nobody has asked for a week."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connectors import typed_json
from connectors.jira import Jira

PATH = "/rest/api/3/jql/function/computation"
MOST_AT_ONCE = 100
MOST = 2_000
"""How many are looked at; each counts as a point of the app's hourly allowance."""


class Precomputation(msgspec.Struct, frozen=True):
    """One answer that Jira keeps, and of what."""

    id: str
    operator: str = ""
    arguments: tuple[str, ...] = ()
    value: str = ""


class _Page(msgspec.Struct, rename="camel"):
    values: list[Precomputation]
    is_last: bool = False


_DECODER = typed_json.decoder(_Page)


def kept_by(jira: Jira) -> list[Precomputation]:
    """All of the app whose token it is. Raises JiraError."""
    found: list[Precomputation] = []
    while len(found) < MOST:
        asked = {"startAt": len(found), "maxResults": MOST_AT_ONCE}
        page = jira.transport.get(PATH, asked).read(_DECODER)
        found += page.values
        if page.is_last or not page.values:
            break
    return found


def bring(jira: Jira, values: Sequence[tuple[str, str]]) -> None:
    """Other answers in the place of these, by their ids; those that Jira has forgotten meanwhile are passed over. Raises JiraError."""
    for at in range(0, len(values), MOST_AT_ONCE):
        part = [{"id": id_, "value": value} for id_, value in values[at : at + MOST_AT_ONCE]]
        jira.transport.post(PATH, {"values": part}, {"skipNotFoundPrecomputations": True})
