"""`/sites/{site}/forge`: the Forge app inside Jira: its installations, and the code by which one is paired with a site."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from mappings.numbers import count_of
from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import UNKEPT, Caller, Reply, Routes
from plugin.doors.model import JsonShape, OutcomeJson
from plugin.use_cases.forge import pairing

ROUTES = Routes()


class InstallationJson(JsonShape):
    """One installation of the app. `token_expires` is null where the app has no token that can be used now."""

    environment: str
    cloud_id: str
    paired_at: datetime
    heard_at: datetime | None
    heartbeat_at: datetime | None = Field(description="When Forge made its hourly call last.")
    uninstalled_at: datetime | None
    token_expires: datetime | None


class InstallationsJson(JsonShape):
    """Every installation that belongs to a site."""

    items: list[InstallationJson]


class CodeJson(JsonShape):
    """What a Jira admin types into the app's page in Jira. It is told this once."""

    code: str = Field(description="What a Jira admin types into the page of the app.")
    until: datetime


@ROUTES.get("/sites/{site}/forge", "viewer", "The installations of the Forge app that belong to a site.")
def list_installations(caller: Caller, path: SiteAddress) -> Reply[InstallationsJson]:
    """Those taken out of Jira too."""
    found = pairing.list_installations(caller.connector, caller.actor, site_of(caller, path))
    items = [
        InstallationJson(
            environment=one.environment,
            cloud_id=one.cloud_id,
            paired_at=one.paired_at,
            heard_at=one.heard_at,
            heartbeat_at=one.heartbeat_at,
            uninstalled_at=one.uninstalled_at,
            token_expires=one.token_expires,
        )
        for one in found
    ]
    return Reply(InstallationsJson(items=items))


@ROUTES.post("/sites/{site}/forge/code", "admin", "Make a code by which the Forge app is paired with a site.")
def make_code(caller: Caller, path: SiteAddress) -> Reply[CodeJson]:
    """It holds for fifteen minutes, once, and takes the place of the one before."""
    made = pairing.make_code(caller.connector, caller.actor, site_of(caller, path))
    return Reply(
        CodeJson(code=made.shown, until=made.until),
        UNKEPT,
        again=CodeJson(code="", until=made.until),
    )


@ROUTES.delete("/sites/{site}/forge", "admin", "Unpair every installation of the Forge app from a site.")
def unpair_site(caller: Caller, path: SiteAddress) -> Reply[OutcomeJson]:
    """The app stays in Jira, and is turned away from then on."""
    name = site_of(caller, path)
    count = pairing.unpair(caller.connector, caller.actor, name)
    return Reply(
        OutcomeJson(
            said=f"{count_of(count, 'installation of the Forge app is', 'installations of the Forge app are')} no longer paired with {name}."
        )
    )
