"""Moving an issue along its workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import Transport, issue_path
from connectors.jira.write.dispatch import tell
from mappings.facts.issue import Status
from mappings.write_back.target import Request


@dataclass(frozen=True, slots=True)
class WorkflowTransition:
    """A transition that an issue can take now, the status it leads to, and whether it asks for something (`screen`)."""

    id: str
    name: str
    to: Status
    screen: bool


def ways_on(transport: Transport, api: str, issue_id: str) -> tuple[WorkflowTransition, ...]:
    """The transitions that the account may take with an issue now."""
    answer = transport.get(f"{issue_path(api, issue_id)}/transitions").json()
    listed = answer.get("transitions") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        raise IncompleteRead(f"Jira's answer about the transitions of issue {issue_id} lists none.")
    return tuple(_way(one) for one in listed if isinstance(one, dict) and "id" in one)


def take(transport: Transport, api: str, issue_id: str, way: WorkflowTransition) -> None:
    """Move the issue along; raises JiraRefusal where Jira declines, JiraOutage for an answer that is not Jira's."""
    tell(
        transport,
        api,
        Request("POST", f"/issue/{issue_id}/transitions", {"transition": {"id": way.id}}, answer="nothing"),
        notify=True,
    )


def _way(raw: Mapping[str, object]) -> WorkflowTransition:
    to = raw.get("to")
    said = to if isinstance(to, dict) else {}
    category = said.get("statusCategory")
    key = str(category.get("key", "")) if isinstance(category, dict) else None
    status = Status(str(said.get("id", "")), str(said.get("name", "")), key)
    return WorkflowTransition(str(raw["id"]), str(raw.get("name", "")), status, raw.get("hasScreen") is True)
