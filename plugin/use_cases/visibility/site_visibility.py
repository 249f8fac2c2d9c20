"""What people see at a site of issues that Jira does not show them. A mode that the site cannot answer is refused."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.jira.http.errors import JiraRefusal
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.visibility import issue_sights, modes
from connectors.store.visibility.modes import Visibility
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

__all__ = ["Visibility", "change_visibility", "obstacle_to_asking", "site_visibility"]


@dataclass(frozen=True, slots=True)
class SiteVisibility:
    """The mode of a site; `obstacle` says why Jira does not tell what others may see, empty where it does or nobody has to ask."""

    mode: Visibility
    obstacle: str = ""


@question(VIEWER)
def site_visibility(connector: Connector, _actor: Actor, site: str) -> Visibility:
    """The mode of a site."""
    connector.site(site)
    with connector.store.read() as conn:
        return modes.load_all(conn).get(site, Visibility.EVERYONE)


@question(ADMIN)
def examine(connector: Connector, _actor: Actor, site: str) -> SiteVisibility:
    """The mode of a site, and whether Jira answers what it needs. Raises JiraError where Jira says nothing at all."""
    with connector.store.read() as conn:
        mode = modes.load_all(conn).get(site, Visibility.EVERYONE)
    return SiteVisibility(mode, "" if mode is Visibility.EVERYONE else obstacle_to_asking(connector, site))


@act(ADMIN)
def change_visibility(connector: Connector, actor: Actor, site: str, mode: Visibility) -> Visibility:
    """Show issues by this mode from now on; the one before. Refusal where the site cannot answer it, and JiraError where Jira says nothing."""
    connector.site(site)
    if mode is not Visibility.EVERYONE:
        obstacle = obstacle_to_asking(connector, site)
        if obstacle:
            raise Refusal(f"{mode} cannot be: {obstacle}", "mode")
    now = connector.clock()
    with connector.store.write() as conn:
        before = modes.load_all(conn).get(site, Visibility.EVERYONE)
        modes.put(conn, site, mode, now)
        issue_sights.forget(conn, site)
        audit.note(
            conn, actor.label, "visibility changed", now, {"from": before.value, "to": mode.value}, site
        )
        connector.modes = (connector.monotonic(), modes.load_all(conn))
    return before


def obstacle_to_asking(connector: Connector, site: str) -> str:
    """Why Jira would not tell our account what others may see; empty where it does."""
    jira = connector.site(site).jira
    if jira.deployment == "cloud":
        if jira.permissions(None, ("ADMINISTER",))["ADMINISTER"]:
            return ""
        return (
            "of other people Jira Cloud tells administrators alone what they may see. Give the connector's account the global permission "
            "Administer Jira."
        )
    with connector.store.read() as conn:
        one = next(iter(mirror.every(conn, site)), None)
    if one is None:
        return "no issue was read yet, so it could not be tried. Sync first."
    try:
        any(jira.seen_by(jira.myself().id, {one.id: one.key}))
    except JiraRefusal as error:
        return f"Jira does not tell who may browse an issue ({error.message}) Give the connector's account the global permission Browse Users."
    return ""
