"""What Forge posts without a person: events, the life of the app, and its hourly call. All of it is answered within a moment."""

from __future__ import annotations

from flask import Blueprint, Response

from plugin.access.authorization.actor import FORGE
from plugin.access.authorization.permission import needs
from plugin.forge.door import body, no_content, paired_route
from plugin.forge.modules import EVENTS, GOODBYE, HEARTBEAT, LIFE
from plugin.runtime.connector import Connector
from plugin.use_cases.forge.admission import Admission, AdmittedCaller
from plugin.use_cases.forge.events import catch_up, intake_of, leave, take_in


def register(blueprint: Blueprint, connector: Connector, admission: Admission) -> None:
    """Add the routes."""
    intake = intake_of(connector)

    @blueprint.post("/events", endpoint="events")
    @needs("public", signed=True)
    @paired_route(admission, EVENTS)
    def event(caller: AdmittedCaller) -> Response:
        take_in(connector, FORGE, intake, caller.site, body())
        return no_content()

    @blueprint.post("/lifecycle", endpoint="lifecycle")
    @needs("public", signed=True)
    @paired_route(admission, LIFE)
    def life(_caller: AdmittedCaller) -> Response:
        return no_content()

    @blueprint.post("/heartbeat", endpoint="heartbeat")
    @needs("public", signed=True)
    @paired_route(admission, HEARTBEAT, heartbeat=True)
    def hour(caller: AdmittedCaller) -> Response:
        catch_up(connector, FORGE, caller.site)
        return no_content()

    @blueprint.post("/uninstall", endpoint="uninstall")
    @needs("public", signed=True)
    @paired_route(admission, GOODBYE)
    def goodbye(caller: AdmittedCaller) -> Response:
        leave(connector, FORGE, caller)
        return no_content()
