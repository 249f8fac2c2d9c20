"""For operators: `/healthz` (the process answers), `/readyz` (it can work), `/metrics` (Prometheus)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from plugin.access.authorization.actor import MONITORING
from plugin.runtime.connector import Connector
from plugin.runtime.processes.metrics import render_metrics
from plugin.use_cases.health.status import installation, objective_counts, readiness
from plugin.use_cases.kpis.board import kpi_figures


def operations_blueprint(connector: Connector) -> Blueprint:
    """Routes for load balancers and monitoring; they need no sign-in and show counts, never an issue."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> ResponseReturnValue:
        found = readiness(connector, MONITORING)
        if found.ready:
            unread = {"cannot_be_read": list(found.unread)} if found.unread else {}
            return jsonify(status="ready", workers=found.workers, **unread)
        answer = jsonify(status="not ready", why=found.why, to_do=found.todo)
        answer.headers["Retry-After"] = str(found.retry_after)
        return answer, 503

    @blueprint.get("/metrics")
    def metrics() -> ResponseReturnValue:
        text = render_metrics(
            installation(connector, MONITORING),
            objective_counts(connector, MONITORING),
            kpi_figures(connector, MONITORING),
        )
        return Response(text, content_type=CONTENT_TYPE_LATEST)

    return blueprint
