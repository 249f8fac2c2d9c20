"""For operators: `/healthz` (the process answers), `/readyz` (it can work), `/metrics` (Prometheus)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from connectors.store import StoreError
from plugin.connector import Connector
from plugin.heartbeat import Process, processes
from plugin.metering import render_metrics


def operations_blueprint(connector: Connector) -> Blueprint:
    """Routes for load balancers and monitoring; they need no sign-in and show counts, never an issue."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> ResponseReturnValue:
        found = readiness(connector)
        return jsonify(found), 200 if found["status"] == "ready" else 503

    @blueprint.get("/metrics")
    def metrics() -> ResponseReturnValue:
        return Response(render_metrics(connector), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def readiness(connector: Connector) -> dict[str, Any]:
    """`ready`, or `not ready` and why: the store must answer and have the right tables, and workers must show signs of life.

    A process that only serves is ready without any: it takes deliveries in, and nothing is lost until workers are back.
    """
    try:
        connector.store.check()
        with connector.store.read() as conn:
            known = processes(conn)
    except StoreError as error:
        return {"status": "not ready", "why": error.what, "to_do": error.remedy}
    now = connector.clock()
    at_work = [process for process in known if process.works and process.lives(now)]
    lost = [process for process in known if process.wanted and process not in at_work]
    if connector.settings.workers and lost and not at_work:
        return {
            "status": "not ready",
            "why": _lost(lost[0]),
            "to_do": "start it again, or start jira-okr worker",
        }
    return {"status": "ready", "workers": sum(process.workers for process in at_work)}


def _lost(process: Process) -> str:
    if process.gone:
        return f"process {process.pid} was killed or crashed, and no other works"
    return (
        f"no worker has given a sign of life for a minute; the last one was of process {process.pid}, "
        f"at {process.at.isoformat(timespec='seconds')}"
    )
