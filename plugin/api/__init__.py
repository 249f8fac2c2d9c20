"""The REST API under `/api/v1`. A new operation is one `Operation` in a module here; a new module is one line in `MODULES`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint

from plugin.api import (
    auditing,
    changes,
    check_ins,
    exports,
    freshness,
    gaps,
    held_writes,
    history,
    losses,
    mapping_revisions,
    mapping_texts,
    objectives,
    own_account,
    people,
    plans,
    sites,
    waiting,
)
from plugin.api.dispatch import Turns, problems_everywhere, view_of
from plugin.api.mapping_texts import SchemaGiven
from plugin.api.openapi import PREFIX, document
from plugin.api.operation import JSON, Call, Operation, Reply
from plugin.runtime.connector import Connector

MODULES = (
    objectives,
    history,
    check_ins,
    changes,
    plans,
    waiting,
    held_writes,
    gaps,
    losses,
    freshness,
    sites,
    mapping_texts,
    mapping_revisions,
    exports,
    auditing,
    people,
    own_account,
)


def operations() -> tuple[Operation, ...]:
    """Every operation of the API, the document that describes them included."""
    return (*(one for module in MODULES for one in module.OPERATIONS), DESCRIBE)


def api_blueprint(connector: Connector) -> Blueprint:
    """All routes of the API, and problem documents for whatever else is asked for below `/api/`."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    turns = Turns()
    for one in operations():
        blueprint.add_url_rule(
            one.rule,
            endpoint=one.name,
            view_func=view_of(one, connector, turns),
            methods=[one.method],
            provide_automatic_options=False,
        )
    blueprint.after_app_request(problems_everywhere)
    return blueprint


def describe(_call: Call) -> Reply:
    """This document."""
    return Reply(SchemaGiven(**document(operations(), _version())))


def _version() -> str:
    try:
        return version("jira-okr-connector")
    except PackageNotFoundError:
        return "0"


DESCRIBE = Operation(
    "openapi",
    "GET",
    "/openapi.json",
    "public",
    "The OpenAPI 3.1 document of this API.",
    describe,
    {JSON: SchemaGiven},
)
