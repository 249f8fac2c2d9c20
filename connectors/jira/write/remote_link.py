"""The link on an issue to its "why" page. Known by a global id, so that setting it again changes it and adds none."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.jira.http.errors import Permanent
from connectors.jira.http.transport import Transport, issue_path

LONGEST_GLOBAL_ID = 255


@dataclass(frozen=True, slots=True)
class RemoteLink:
    """A whole link: Jira empties whatever a later write leaves out. `resolved` strikes the title through."""

    global_id: str
    url: str
    title: str
    summary: str = ""
    relationship: str = "OKR"
    application: str = "OKR connector"
    icon_url: str = ""
    resolved: bool = False

    def body(self) -> dict[str, object]:
        """The link as Jira wants it."""
        target: dict[str, object] = {"url": self.url, "title": self.title, "summary": self.summary}
        if self.icon_url:
            target["icon"] = {"url16x16": self.icon_url, "title": self.application}
        target["status"] = {"resolved": self.resolved}
        return {
            "globalId": self.global_id,
            "application": {"type": "jira-okr", "name": self.application},
            "relationship": self.relationship,
            "object": target,
        }


def global_id(site: str, issue_id: str) -> str:
    """The stable id of the link on an issue; built from the issue's id, because keys change."""
    return f"system=jira-okr&site={site}&issue={issue_id}"[:LONGEST_GLOBAL_ID]


def put_remote_link(transport: Transport, api: str, issue_id: str, link: RemoteLink) -> None:
    """Create or replace the link with this global id. Needs Browse and Link issues, no Edit and no screen."""
    transport.post(f"{issue_path(api, issue_id)}/remotelink", link.body())


def delete_remote_link(transport: Transport, api: str, issue_id: str, link_id: str) -> None:
    """Remove the link with this global id; one that is not there is as good as removed."""
    try:
        transport.delete(f"{issue_path(api, issue_id)}/remotelink", {"globalId": link_id})
    except Permanent as error:
        if not error.gone:
            raise
