"""`/api/v1/objectives`: the objectives, one objective, its ledgers and its history."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connectors.store import objectives
from connectors.store.objectives import SavedObjective
from plugin.api.problem import problem
from plugin.connector import Connector
from plugin.finding import find_objective
from plugin.standing import ledger_values, number, objective_values


def add_objective_routes(blueprint: Blueprint, connector: Connector) -> None:
    """Register the routes."""

    @blueprint.get("/objectives")
    def list_objectives() -> ResponseReturnValue:
        site = request.args.get("site", "main")
        with connector.store.read() as conn:
            saved = objectives.all(conn, site)
        return jsonify(objectives=[_saved_values(one) for one in saved])

    @blueprint.get("/objectives/<name>")
    def one_objective(name: str) -> ResponseReturnValue:
        saved = find_objective(connector, request.args.get("site", "main"), name)
        return jsonify(_saved_values(saved)) if saved else _unknown(name)

    @blueprint.get("/objectives/<name>/ledger")
    def ledger(name: str) -> ResponseReturnValue:
        saved = find_objective(connector, request.args.get("site", "main"), name)
        return jsonify(ledgers_of(saved)) if saved else _unknown(name)

    @blueprint.get("/objectives/<name>/history")
    def history(name: str) -> ResponseReturnValue:
        site = request.args.get("site", "main")
        saved = find_objective(connector, site, name)
        if saved is None:
            return _unknown(name)
        with connector.store.read() as conn:
            points = objectives.history(conn, site, saved.state.id)
        return jsonify(
            points=[
                {"at": point.at.isoformat(), "progress": number(point.progress), "health": point.health}
                for point in points
            ]
        )


def ledgers_of(saved: SavedObjective) -> dict[str, Any]:
    """The headline's ledger, the one beside it, and one per key result."""
    state = saved.state
    return {
        "objective": {"id": state.id, "key": state.key, "title": state.title},
        "headline": ledger_values(state.ledger),
        "beside": ledger_values(state.beside),
        "key_results": [
            {"id": one.id, "key": one.key, "title": one.title, **ledger_values(one.measurement.ledger)}
            for one in state.key_results
        ],
    }


def _saved_values(saved: SavedObjective) -> dict[str, Any]:
    return {
        **objective_values(saved.state),
        "mapping_revision": saved.mapping_revision,
        "computed_at": saved.computed_at.isoformat(),
        "changed_at": saved.changed_at.isoformat(),
    }


def _unknown(name: str) -> ResponseReturnValue:
    return problem(
        404, "No such objective", f"{name!r} is no objective here.", "GET /api/v1/objectives lists them."
    )
