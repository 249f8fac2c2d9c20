"""For operators: `/healthz` (the process answers), `/readyz` (it can work), `/metrics` (Prometheus)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from connectors.store import StoreError
from plugin.connector import Connector
from plugin.metering import render_metrics


def operations_blueprint(connector: Connector) -> Blueprint:
    """Routes for load balancers and monitoring; they need no sign-in and show no data."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> ResponseReturnValue:
        try:
            connector.store.check()
        except StoreError as error:
            return jsonify(status="not ready", why=str(error)), 503
        return jsonify(status="ready")

    @blueprint.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return Response(render_metrics(connector), mimetype="text/plain; version=0.0.4")

    return blueprint
