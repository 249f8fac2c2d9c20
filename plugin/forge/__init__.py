"""The door for the Forge app inside Jira (`/forge/…`), and beside it the app itself: its manifest, and its pages in `ui`."""

from __future__ import annotations

from flask import Blueprint

from plugin.forge import administration, events, jql, pages
from plugin.forge.door import PREFIX, register_faults
from plugin.runtime.connector import Connector
from plugin.use_cases.forge.admission import Admission


def forge_blueprint(connector: Connector) -> Blueprint:
    """All routes that Forge calls."""
    blueprint = Blueprint("forge", __name__, url_prefix=PREFIX)
    admission = Admission(connector)
    for part in (pages, jql, events, administration):
        part.register(blueprint, connector, admission)
    register_faults(blueprint)
    return blueprint
