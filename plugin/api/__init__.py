"""The REST API under `/api/v1`."""

from __future__ import annotations

from flask import Blueprint

from plugin.api.objectives import add_objective_routes
from plugin.connector import Connector

PREFIX = "/api/v1"


def api_blueprint(connector: Connector) -> Blueprint:
    """All routes of the API."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    add_objective_routes(blueprint, connector)
    return blueprint
