"""The Forge app in the Jira of a storm, which writes fields of its own, and how the client calls as it, without sockets."""

from __future__ import annotations

from stormy_world.clock import VirtualClock
from stormy_world.jira import URL, NoSockets

from connectors.jira import BearerCredentials, Jira, JiraAddress
from connectors.jira.http.transport import Transport, new_session
from connectors.sandbox import Sandbox
from connectors.sandbox.goals.goal import CLOUD_ID
from connectors.sandbox.site_state.forge_apps import install

TOKEN = "a token of the app"
FIELDS = "  app_progress: {id: customfield_10200}\n  app_health: {id: customfield_10201}\n"
ON_OBJECTIVES = "    app_set: {app_progress: {value: progress_percent}, app_health: {value: health}}\n"
ON_KEY_RESULTS = "    app_set: {app_progress: {value: progress_percent}}\n"


def found_app(sandbox: Sandbox) -> None:
    """It is installed, and brought two fields along."""
    install(sandbox, "an-app", "production", TOKEN)


def jira_as_app(adapter: NoSockets, clock: VirtualClock) -> Jira:
    """Jira as the app: by the gateway, on the same site, in the same perils."""
    address = JiraAddress("app", f"{URL}/ex/jira/{CLOUD_ID}", BearerCredentials(TOKEN), deployment="cloud")
    session = new_session(address)
    session.mount(URL, adapter)
    return Jira(Transport(address, session, clock=clock.seconds, sleep=clock.sleep))
